"""What is granted, revoked or denied counts in running workers, from their next call on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from automatosx_nb import magics
from automatosx_nb.app import Marketplace
from automatosx_nb.errors import NotForOneCall, PermissionDenied, UsageError
from tests.commands.test_verbs import Console, ax
from tests.scenarios.consent.holding import CELLS, IMPORTER, KEEPER, OPTIONAL, STORAGE, SetPolicy, granted

if TYPE_CHECKING:
    from tests.conftest import MakePlugin


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
