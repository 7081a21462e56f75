"""What policy allows needs no consent, and what it denies comes in on no path."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from automatosx_nb import profile
from automatosx_nb.app import Marketplace
from automatosx_nb.errors import ConsentRequired, InvalidConfiguration, PolicyForbids, ResolutionConflict
from tests.commands.test_verbs import Console, ax
from tests.scenarios.consent.holding import KEEPER, OPTIONAL, STORAGE, SetPolicy, granted

if TYPE_CHECKING:
    from tests.conftest import MakePlugin


def test_what_policy_allows_is_granted_without_a_question_and_marked(
    market: Marketplace, set_policy: SetPolicy, make_plugin: MakePlugin
) -> None:
    market.publish(make_plugin(permissions=STORAGE))
    with pytest.raises(ConsentRequired):
        market.install("acme.demo")
    set_policy(allow=["storage for acme.*"])
    (change,) = market.plan("acme.demo").changes
    assert (dict(change.asks), list(change.by_policy)) == ({}, ["storage"])
    console = Console()
    said = ax(market, "install acme.demo", console)
    assert "granted by policy: storage, for 'storage for acme.*' is in c.PermissionPolicy.allow" in said
    assert console.questions == []
    assert granted(market) == ("storage",)


def test_what_policy_does_not_name_is_still_asked(
    market: Marketplace, set_policy: SetPolicy, make_plugin: MakePlugin
) -> None:
    market.publish(make_plugin(permissions=STORAGE))
    set_policy(allow=["storage for nordic.*", "modules:*"])
    with pytest.raises(ConsentRequired):
        market.install("acme.demo")
    assert market.installed() == ()


# --- what policy denies nobody grants: every path


def _install(market: Marketplace, _lock: Path) -> None:
    market.install("acme.demo", grant=["storage"])


def _as_dependency(market: Marketplace, _lock: Path) -> None:
    market.install("acme.top", grant=["storage"])


def _exactly(market: Marketplace, _lock: Path) -> None:
    market.install("acme.demo", "1.0.0", prereleases=True, grant=["storage"])


def _sync(market: Marketplace, lock: Path) -> None:
    market.sync(lock, grant=["storage"])


def _sync_by_digest(market: Marketplace, lock: Path) -> None:
    market.sync(lock, grants_digest=market._read_lock(lock).grants_digest)


def _roll_back(market: Marketplace, _lock: Path) -> None:
    market.rollback()


def _roll_back_to(market: Marketplace, _lock: Path) -> None:
    market.rollback(1)


@pytest.mark.parametrize(
    "path", [_install, _as_dependency, _exactly, _sync, _sync_by_digest, _roll_back, _roll_back_to]
)
@pytest.mark.parametrize("rule", ["storage", "* for Acme.Demo", "* for ACME.*", "storage for acme.demo@<2"])
def test_no_path_installs_what_needs_a_denied_permission(
    market: Marketplace, set_policy: SetPolicy, make_plugin: MakePlugin, tmp_path: Path, path: Any, rule: str
) -> None:
    lock = tmp_path / "automatosx.lock"
    market.publish(make_plugin(permissions=STORAGE, source=KEEPER))
    market.publish(make_plugin("acme.top", magic="top", requires={"acme.demo": "^1"}))
    market.install("acme.demo", grant=["storage"])
    market.lock(lock)
    market.remove("acme.demo")
    set_policy(deny=[rule])
    with pytest.raises((PolicyForbids, ResolutionConflict)) as caught:
        path(market, lock)
    assert "c.PermissionPolicy.deny" in str(caught.value)
    assert "automatosx_config.py, line 1" in str(caught.value)
    assert market.installed() == ()


def test_every_writer_of_generations_takes_the_policy() -> None:
    """Whoever adds a path on which something is installed has to say which policy it is held against."""
    takes_it = {}
    for path in Path(profile.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and "switch_to(" in ast.unparse(node) and node.name != "switch_to":
                takes_it[node.name] = [each.arg for each in node.args.kwonlyargs if each.annotation]
    assert set(takes_it) == {"apply_plan", "apply_return", "apply_grants"}
    assert all("permissions" in names for names in takes_it.values())


def test_no_decision_of_policy_is_a_coroutine_that_somebody_could_forget_to_await() -> None:
    import inspect

    from automatosx_nb.host import broker, grants, holdings
    from automatosx_nb.model import consent, gate, policy

    for module in (broker, grants, holdings, consent, gate, policy):
        for _, kind in inspect.getmembers(module, inspect.isclass):
            for name, member in inspect.getmembers(kind, inspect.isfunction):
                assert not inspect.iscoroutinefunction(member), f"{kind.__name__}.{name}"


def test_granting_what_is_denied_names_the_line(
    market: Marketplace, set_policy: SetPolicy, make_plugin: MakePlugin
) -> None:
    market.publish(make_plugin(extra=OPTIONAL, source=KEEPER))
    set_policy(deny=["storage"])
    with pytest.raises(PolicyForbids) as caught:
        market.install("acme.demo", grant=["storage"])
    assert "cannot be granted storage by anybody: 'storage' is in c.PermissionPolicy.deny" in str(caught.value)
    market.install("acme.demo")
    for scope in ("profile", "session", "once"):
        with pytest.raises(PolicyForbids, match="line 1"):
            ax(market, f"grant acme.demo storage --for {scope}")
    assert granted(market) == ()
    (held,) = market.holdings("acme.demo")
    assert held.permissions[0].state == "denied"


def test_what_is_denied_for_one_version_comes_in_another(
    market: Marketplace, set_policy: SetPolicy, make_plugin: MakePlugin
) -> None:
    market.publish(make_plugin(version="1.0.0"))
    market.publish(make_plugin(version="1.1.0", permissions=STORAGE, source=KEEPER))
    set_policy(deny=["storage for acme.demo"])
    plan = market.install("acme.demo").plan
    assert [entry.version for entry in market.installed()] == ["1.0.0"]
    assert "asks for storage, which this installation's policy denies" in plan.held_back[0].reason


def test_a_rollback_that_grants_nothing_new_is_free_of_later_denials(
    market: Marketplace, set_policy: SetPolicy, make_plugin: MakePlugin
) -> None:
    market.publish(make_plugin(permissions=STORAGE, source=KEEPER))
    market.publish(make_plugin("acme.other", magic="other"))
    market.install("acme.demo", grant=["storage"])
    market.install("acme.other")
    set_policy(deny=["storage"])
    market.rollback()
    assert [entry.id for entry in market.installed()] == ["acme.demo"]


def test_a_policy_that_cannot_be_read_stops_installs_grants_and_calls(
    shell: Any, market: Marketplace, set_policy: SetPolicy, make_plugin: MakePlugin
) -> None:
    market.publish(make_plugin(permissions=STORAGE, source=KEEPER))
    market.install("acme.demo", grant=["storage"])
    assert shell.run_line_magic("demo", "") == "seen"
    set_policy(deny=["storrage"])
    for change in (
        lambda: market.install("automatosx.cell-ledger"),
        lambda: market.grant("acme.demo", "storage"),
        market.rollback,
        lambda: shell.run_line_magic("demo", ""),
    ):
        with pytest.raises(InvalidConfiguration, match=r"automatosx_config\.py, line 1"):
            change()
    set_policy()
    assert shell.run_line_magic("demo", "") == "seen"
