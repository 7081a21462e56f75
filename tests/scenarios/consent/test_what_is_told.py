"""What a person is told of grants and policy, and what consent of theirs is for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from automatosx_nb.app import Marketplace
from automatosx_nb.errors import ConsentRequired, NotForOneCall, UsageError
from automatosx_nb.layers import VARIABLE
from tests.commands.test_verbs import Console, ax
from tests.scenarios.consent.holding import CELLS, IMPORTER, KEEPER, OPTIONAL, STORAGE, SetPolicy, granted

if TYPE_CHECKING:
    from tests.conftest import MakePlugin


def test_policy_explain_says_what_would_happen_and_which_line_decides(
    market: Marketplace, set_policy: SetPolicy, make_plugin: MakePlugin
) -> None:
    market.publish(make_plugin(permissions={CELLS: "Counts."}, extra=OPTIONAL))
    set_policy(allow=[CELLS], deny=["storage"])
    said = ax(market, "policy explain acme.demo@1.0.0")
    assert "acme.demo 1.0.0 may be installed" in said
    assert "granted by policy" in said
    assert "denied by policy" in said
    found = json.loads(ax(market, "policy explain acme.demo --json"))
    lines = {each["permission"]: (each["verdict"], each["line"], each["optional"]) for each in found["permissions"]}
    assert lines == {CELLS: ("granted", 1, False), "storage": ("denied", 2, True)}
    set_policy(deny=[CELLS])
    found = json.loads(ax(market, "policy explain acme.demo --json"))
    assert not found["allowed"]
    assert "which this installation's policy denies" in found["because"]


def test_policy_explain_names_the_line_that_keeps_a_plugin_out(
    market: Marketplace, make_plugin: MakePlugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    market.publish(make_plugin())
    monkeypatch.setenv(VARIABLE, json.dumps({"RegistryPolicy": {"deny": ["acme.*", "ACME.demo@1"]}}))
    other = Marketplace()
    said = ax(other, "policy explain acme.demo")
    assert f"is denied by this installation's policy: 'ACME.demo@1' is in c.RegistryPolicy.deny ({VARIABLE})" in said
    other.close()


def test_consent_for_a_session_at_an_install_works_and_is_in_no_generation(
    shell: Any, market: Marketplace, make_plugin: MakePlugin
) -> None:
    market.publish(make_plugin(source=KEEPER, permissions=STORAGE))
    with pytest.raises(ConsentRequired):
        shell.run_line_magic("ax", "install acme.demo --for session")
    shell.run_line_magic("ax", "install acme.demo --grant storage:1GiB --for session")
    assert shell.run_line_magic("demo", "") == "seen"
    assert (granted(market), market.session.of("acme.demo")) == ((), ("storage",))
    assert [(e.detail["for"], e.detail["permissions"]) for e in market.audit.read() if e.kind == "grants-given"] == [
        ("session", ["storage"])
    ]
    other = Marketplace()  # another kernel
    (held,) = (each for each in other.holdings("acme.demo")[0].permissions if each.permission == "storage")
    assert held.state == "open"
    other.close()


def test_consent_for_one_call_is_not_for_what_a_worker_is_started_with_and_changes_nothing(
    market: Marketplace, make_plugin: MakePlugin
) -> None:
    market.publish(make_plugin(source=IMPORTER, permissions={"modules:pyarrow": "To count."}))
    with pytest.raises(NotForOneCall):
        ax(market, "install acme.demo --grant modules:pyarrow --for once")
    assert market.installed() == ()
    with pytest.raises(UsageError, match="there is none here"):
        ax(market, "install acme.demo --grant modules:pyarrow --for session", Console(session=False))
    ax(market, "install acme.demo --grant modules:pyarrow --for session")
    assert (granted(market), market.session.of("acme.demo")) == ((), ("modules:pyarrow",))


def test_an_update_with_consent_for_a_session_keeps_what_was_granted_before(
    market: Marketplace, make_plugin: MakePlugin
) -> None:
    market.publish(make_plugin(permissions=STORAGE))
    market.install("acme.demo", grant=["storage"])
    more = {**STORAGE, "files:read:data/*": "To read."}
    market.publish(make_plugin(version="1.1.0", permissions=more))
    ax(market, "update --grant files:read:data/* --for session")
    assert (granted(market), market.session.of("acme.demo")) == (("storage",), ("files:read:data/*",))


def test_grants_lists_what_is_held_and_what_is_open(
    market: Marketplace, set_policy: SetPolicy, make_plugin: MakePlugin
) -> None:
    assert "Nothing is installed" in ax(market, "grants")
    market.publish(make_plugin(permissions={CELLS: "Counts."}, extra=OPTIONAL))
    market.install("acme.demo", grant=[CELLS])
    states = {each.permission: each.state for each in market.holdings("acme.demo")[0].permissions}
    assert states == {CELLS: "profile", "storage": "open"}
    set_policy(allow=["storage"], deny=["events:*"])
    states = {each.permission: each.state for each in market.holdings("acme.demo")[0].permissions}
    assert states == {CELLS: "denied", "storage": "policy"}
    assert "denied by policy" in ax(market, "grants acme.demo")


def test_without_anybody_to_ask_nothing_is_implied(market: Marketplace, make_plugin: MakePlugin) -> None:
    market.publish(make_plugin(permissions=STORAGE, extra=f'[permissions.optional]\n"{CELLS}" = "Counts."\n'))
    with pytest.raises(ConsentRequired):
        ax(market, "install acme.demo", Console(answer=None))
    ax(market, "install acme.demo --grant storage", Console(answer=None))
    assert granted(market) == ("storage",)
