"""Consent and policy on every path on which a plugin could come to hold something."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from automatosx_nb import app, magics, profile
from automatosx_nb.app import Marketplace
from automatosx_nb.errors import (
    ConsentRequired,
    InvalidConfiguration,
    NotForOneCall,
    NotGranted,
    NotInstalled,
    PermissionDenied,
    PermissionNotAsked,
    PolicyForbids,
    ResolutionConflict,
    UsageError,
)
from automatosx_nb.layers import VARIABLE
from tests.commands.test_verbs import Console, ax

if TYPE_CHECKING:
    from tests.conftest import MakePlugin

STORAGE = {"storage": "To remember."}
CELLS = "events:subscribe:kernel.cell.finished"
KEEPER = """\
from automatosx_nb.sdk import storage


def run():
    storage.put('seen', 1)
    return ','.join(storage.keys())
"""
IMPORTER = """\
def run():
    try:
        import pyarrow
        return 'with'
    except ImportError:
        return 'without'
"""
OPTIONAL = '[permissions.optional]\n"storage" = "To remember."\n'
SetPolicy = Callable[..., None]


@pytest.fixture
def market(stocked_home: Path) -> Iterator[Marketplace]:
    """The marketplace that this process's shell uses."""
    market = app.current()
    yield market
    market.close()
    app._current.clear()


@pytest.fixture
def set_policy(market: Marketplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SetPolicy:
    """Write the system's policy; the running marketplace reads it when it next asks."""
    folder = tmp_path / "etc"
    folder.mkdir()
    monkeypatch.setattr("jupyter_core.paths.SYSTEM_CONFIG_PATH", [str(folder)])

    def write(**settings: Any) -> None:
        lines = [f"c.PermissionPolicy.{name} = {value!r}\n" for name, value in settings.items()]
        path = folder / "automatosx_config.py"
        path.write_text("".join(lines) or "c.PermissionPolicy.deny = []\n")
        market._policy_looked = float("-inf")

    return write


@pytest.fixture
def shell(market: Marketplace, shell: Any) -> Any:
    """With the extension, over the marketplace that the test changes."""
    magics.load(shell)
    return shell


def granted(market: Marketplace, plugin: str = "acme.demo") -> tuple[str, ...]:
    return next(entry.grants for entry in market.installed() if entry.id == plugin)


# --- what policy allows needs no consent


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


# --- updates that ask for more wait


def test_an_update_of_everything_holds_back_only_what_asks_for_more(
    market: Marketplace, make_plugin: MakePlugin
) -> None:
    for plugin, more in (("acme.asks", STORAGE), ("acme.modest", {})):
        name = plugin.partition(".")[2]
        market.publish(make_plugin(plugin, "1.0.0", magic=name))
        market.publish(make_plugin(plugin, "1.1.0", magic=name))
        market.publish(make_plugin(plugin, "1.2.0", magic=name, permissions=more))
        market.install(plugin, "1.0.0")
    said = ax(market, "update")
    versions = {entry.id: entry.version for entry in market.installed()}
    assert versions == {"acme.asks": "1.1.0", "acme.modest": "1.2.0"}
    assert "Held back: acme.asks 1.2.0 asks for storage, which nobody has granted: --grant storage lets it in." in said
    ax(market, "update --grant storage")
    assert granted(market, "acme.asks") == ("storage",)


def test_an_update_waits_whose_new_dependency_asks(market: Marketplace, make_plugin: MakePlugin) -> None:
    market.publish(make_plugin("acme.base", magic="base", permissions=STORAGE))
    market.publish(make_plugin("acme.top", "1.0.0", magic="top"))
    market.publish(make_plugin("acme.top", "1.1.0", magic="top", requires={"acme.base": "^1"}))
    market.install("acme.top", "1.0.0")
    market.update()
    assert [(entry.id, entry.version) for entry in market.installed()] == [("acme.top", "1.0.0")]
    market.update(grant=["storage"])
    assert {entry.id for entry in market.installed()} == {"acme.top", "acme.base"}


def test_a_person_who_refuses_gets_the_rest_of_the_update(market: Marketplace, make_plugin: MakePlugin) -> None:
    market.publish(make_plugin("acme.demo", "1.0.0"))
    market.publish(make_plugin("acme.demo", "1.1.0"))
    market.publish(make_plugin("acme.demo", "1.2.0", permissions=STORAGE))
    market.install("acme.demo", "1.0.0")
    console = Console(answer=False)
    ax(market, "update", console)
    assert "held back" in console.questions[0]
    assert [entry.version for entry in market.installed()] == ["1.1.0"]


# --- optional permissions


def test_an_optional_permission_is_a_question_of_its_own(market: Marketplace, make_plugin: MakePlugin) -> None:
    market.publish(make_plugin(permissions={CELLS: "Counts cells."}, extra=OPTIONAL))
    market.install("acme.demo", grant=[CELLS])
    assert granted(market) == (CELLS,)
    market.remove("acme.demo")
    console = Console(answer=True)
    ax(market, "install acme.demo", console)
    assert len(console.questions) == 2
    assert "can do without this" in console.questions[1]
    assert granted(market) == (CELLS, "storage")


def test_granting_and_revoking_are_generations_that_a_rollback_takes_back(
    market: Marketplace, make_plugin: MakePlugin
) -> None:
    market.publish(make_plugin(extra=OPTIONAL, source=KEEPER))
    market.install("acme.demo")
    said = ax(market, "grant acme.demo storage")
    assert "granted storage (low risk)" in said
    assert granted(market) == ("storage",)
    assert market.history()[0].action == "grant acme.demo storage"
    assert "is no longer granted storage" in ax(market, "revoke acme.demo storage")
    assert granted(market) == ()
    market.rollback()
    assert granted(market) == ("storage",)
    before = market.history()[0].number
    ax(market, "grant acme.demo storage")
    assert market.history()[0].number == before


def test_what_is_not_asked_for_is_not_granted_and_what_is_not_held_not_revoked(
    market: Marketplace, make_plugin: MakePlugin
) -> None:
    market.publish(make_plugin(extra=OPTIONAL))
    market.install("acme.demo")
    with pytest.raises(PermissionNotAsked, match="It asks for storage"):
        market.grant("acme.demo", CELLS)
    with pytest.raises(NotGranted):
        market.revoke("acme.demo", "storage")
    with pytest.raises(NotInstalled):
        market.grant("acme.dmo", "storage")
    with pytest.raises(NotInstalled):
        ax(market, "grants acme.dmo")


def test_a_wider_grant_than_asked_for_gives_what_was_asked_for(market: Marketplace, make_plugin: MakePlugin) -> None:
    extra = f'[permissions.optional]\n"{CELLS}" = "Counts."\n'
    market.publish(make_plugin(extra=extra))
    market.install("acme.demo")
    market.grant("acme.demo", "events:subscribe:kernel.**")
    assert granted(market) == (CELLS,)
    with pytest.raises(PermissionNotAsked):
        market.grant("acme.demo", "events:subscribe:kernel.cell.started")


def test_a_revoked_permission_is_asked_again_by_the_next_version(market: Marketplace, make_plugin: MakePlugin) -> None:
    market.publish(make_plugin(version="1.0.0", permissions=STORAGE, source=KEEPER))
    market.publish(make_plugin(version="1.1.0", permissions=STORAGE, source=KEEPER))
    market.install("acme.demo", "1.0.0", grant=["storage"])
    market.revoke("acme.demo", "storage")
    with pytest.raises(ConsentRequired):
        market.update("acme.demo")


# --- running workers


def worker_of(shell: Any, plugin: str = "acme.demo") -> Any:
    return shell._automatosx_session.host.activation.runners()[plugin].worker


def denied(call: Callable[[], object], said: str = "storage") -> None:
    with pytest.raises(PermissionDenied) as caught:
        call()
    assert f"has no permission {said!r}" in str(caught.value)


def test_a_revoke_takes_effect_on_a_running_worker_at_its_next_call(
    shell: Any, market: Marketplace, make_plugin: MakePlugin
) -> None:
    market.publish(make_plugin(permissions=STORAGE, source=KEEPER))
    market.install("acme.demo", grant=["storage"])
    assert shell.run_line_magic("demo", "") == "seen"
    worker = worker_of(shell)
    shell.run_line_magic("ax", "revoke acme.demo storage")
    denied(lambda: shell.run_line_magic("demo", ""))
    assert worker_of(shell) is worker, "a revoke alone starts no new worker"
    shell.run_line_magic("ax", "rollback")
    assert shell.run_line_magic("demo", "") == "seen"


def test_a_revoke_by_another_process_takes_effect_too(shell: Any, market: Marketplace, make_plugin: MakePlugin) -> None:
    market.publish(make_plugin(permissions=STORAGE, source=KEEPER))
    market.install("acme.demo", grant=["storage"])
    shell.run_line_magic("demo", "")
    words = [sys.executable, "-m", "automatosx_nb.cli", "revoke", "acme.demo", "storage"]
    subprocess.run(words, check=True, capture_output=True, env=os.environ)
    denied(lambda: shell.run_line_magic("demo", ""))


def test_a_new_denial_takes_effect_on_a_running_worker_and_names_the_line(
    shell: Any, market: Marketplace, set_policy: SetPolicy, make_plugin: MakePlugin
) -> None:
    market.publish(make_plugin(permissions=STORAGE, source=KEEPER))
    market.install("acme.demo", grant=["storage"])
    shell.run_line_magic("demo", "")
    set_policy(deny=["storage for acme.demo@1"])
    with pytest.raises(PermissionDenied) as caught:
        shell.run_line_magic("demo", "")
    assert "'storage for acme.demo@1' is in c.PermissionPolicy.deny" in str(caught.value)
    set_policy()
    assert shell.run_line_magic("demo", "") == "seen"


READER = """
from automatosx_nb.sdk import variables


def run(text=""):
    found = [variables.names()]
    for name in ("api_key", "api_url"):
        try:
            found.append(variables.get(name))
        except Exception as error:
            found.append(str(error))
    return found
"""


def test_policy_about_some_variables_holds_within_a_grant_of_more(
    shell: Any, market: Marketplace, set_policy: SetPolicy, make_plugin: MakePlugin
) -> None:
    market.publish(make_plugin(permissions={"variables:read:api_*": "Looks."}, source=READER))
    market.install("acme.demo", grant=["variables:read:api_*"])
    shell.user_ns.update(api_key="secret", api_url="https://example.org")
    assert shell.run_line_magic("demo", "") == [["api_key", "api_url"], "secret", "https://example.org"]
    set_policy(deny=["variables:read:*_key"])
    names, key, url = shell.run_line_magic("demo", "")
    assert (names, url) == (["api_url"], "https://example.org")
    assert "acme.demo has no permission 'variables:read:api_key'" in key
    assert "secret" not in key


ONE_FILE = "files:read:a.csv"
FILE_READER = """
from automatosx_nb.sdk import files


def run(text=""):
    return files.read_text("a.csv")
"""


def test_a_file_can_be_granted_for_once_and_revoked_meanwhile(
    shell: Any, market: Marketplace, make_plugin: MakePlugin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.csv").write_text("x")
    monkeypatch.chdir(tmp_path)
    magics.unload(shell)
    magics.load(shell)
    extra = f'[permissions.optional]\n"{ONE_FILE}" = "Reads."\n'
    market.publish(make_plugin(extra=extra, source=FILE_READER))
    market.install("acme.demo")
    shell.run_line_magic("ax", f"grant acme.demo {ONE_FILE} --for once")
    assert shell.run_line_magic("demo", "") == "x"
    denied(lambda: shell.run_line_magic("demo", ""), ONE_FILE)
    market.grant("acme.demo", ONE_FILE)
    assert shell.run_line_magic("demo", "") == "x"
    market.revoke("acme.demo", ONE_FILE)
    denied(lambda: shell.run_line_magic("demo", ""), ONE_FILE)


def test_a_session_grant_lives_in_this_kernel_only(shell: Any, market: Marketplace, make_plugin: MakePlugin) -> None:
    market.publish(make_plugin(extra=OPTIONAL, source=KEEPER))
    market.install("acme.demo")
    denied(lambda: shell.run_line_magic("demo", ""))
    shell.run_line_magic("ax", "grant acme.demo storage --for session")
    for _ in range(2):
        assert shell.run_line_magic("demo", "") == "seen"
    assert granted(market) == ()
    assert len(market.history()) == 1
    shell.run_line_magic("ax", "revoke acme.demo storage")
    denied(lambda: shell.run_line_magic("demo", ""))
    assert len(market.history()) == 1
    with pytest.raises(UsageError, match="type it in a cell"):
        ax(market, "grant acme.demo storage --for session", Console(session=False))


def test_a_grant_for_once_is_gone_after_the_next_call(shell: Any, market: Marketplace, make_plugin: MakePlugin) -> None:
    market.publish(make_plugin(extra=OPTIONAL, source=KEEPER))
    market.install("acme.demo")
    shell.run_line_magic("ax", "grant acme.demo storage --for once")
    assert market.holdings("acme.demo")[0].permissions[0].state == "once"
    assert shell.run_line_magic("demo", "") == "seen"
    denied(lambda: shell.run_line_magic("demo", ""))


def test_a_session_grant_is_gone_with_the_plugin(shell: Any, market: Marketplace, make_plugin: MakePlugin) -> None:
    market.publish(make_plugin(extra=OPTIONAL, source=KEEPER))
    market.install("acme.demo")
    market.grant_in_session("acme.demo", "storage")
    market.remove("acme.demo")
    market.install("acme.demo")
    denied(lambda: shell.run_line_magic("demo", ""))


def test_what_a_worker_is_started_with_cannot_be_granted_for_one_call(
    market: Marketplace, make_plugin: MakePlugin
) -> None:
    extra = f'[permissions.optional]\n"{CELLS}" = "Counts."\n"modules:pyarrow" = "Fast."\n'
    market.publish(make_plugin(extra=extra))
    market.install("acme.demo")
    for permission in (CELLS, "modules:pyarrow"):
        with pytest.raises(NotForOneCall):
            market.grant_in_session("acme.demo", permission, once=True)


def test_a_library_comes_and_goes_with_its_grant(shell: Any, market: Marketplace, make_plugin: MakePlugin) -> None:
    market.publish(make_plugin(extra='[permissions.optional]\n"modules:pyarrow" = "Fast."\n', source=IMPORTER))
    market.install("acme.demo")
    seen = [shell.run_line_magic("demo", "")]
    market.grant_in_session("acme.demo", "modules:pyarrow")
    seen.append(shell.run_line_magic("demo", ""))
    market.revoke("acme.demo", "modules:pyarrow")
    seen.append(shell.run_line_magic("demo", ""))
    market.grant("acme.demo", "modules:pyarrow")
    seen.append(shell.run_line_magic("demo", ""))
    market.revoke("acme.demo", "modules:pyarrow")
    seen.append(shell.run_line_magic("demo", ""))
    assert seen == ["without", "with", "without", "with", "without"]


def test_a_subscription_ends_and_begins_with_its_grant(
    shell: Any, market: Marketplace, set_policy: SetPolicy, make_plugin: MakePlugin
) -> None:
    source = "def run():\n    return 1\n\n\ndef on_cell(event):\n    return None\n"
    extra = '[[contributes.subscriptions]]\ntopic = "kernel.cell.finished"\nhandler = "demo:on_cell"\n'
    market.publish(make_plugin(permissions={CELLS: "Counts."}, extra=extra, source=source))
    market.install("acme.demo", grant=[CELLS])
    host = shell._automatosx_session.host
    assert host.bus.wants("kernel.cell.finished")
    market.revoke("acme.demo", CELLS)
    assert not host.bus.wants("kernel.cell.finished")
    market.rollback()
    assert host.bus.wants("kernel.cell.finished")
    set_policy(deny=["events:*"])
    host.follow()
    assert not host.bus.wants("kernel.cell.finished")


# --- what a person is told


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
