"""A shell follows the profile: what is installed appears, what is removed goes, what was there before comes back."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from automatosx_nb import magics
from automatosx_nb.app import Marketplace
from automatosx_nb.errors import NotInstalled
from tests.conftest import current_market

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MakePlugin

TOPIC = "events:subscribe:kernel.cell.finished"
LISTENER = "def run():\n    return 1\n\n\ndef on_cell(event):\n    return None\n"
SUBSCRIPTION = '[[contributes.subscriptions]]\ntopic = "kernel.cell.finished"\nhandler = "demo:on_cell"\n'


@pytest.fixture
def market(stocked_home: Path) -> Iterator[Marketplace]:
    """The marketplace that this process's shell uses."""
    with current_market() as market:
        yield market


@pytest.fixture
def shell(market: Marketplace, shell: Any) -> Any:
    """With the extension, over the marketplace that the test changes."""
    magics.load(shell)
    return shell


def has(shell: Any, name: str, kind: str = "line") -> bool:
    return name in shell.magics_manager.magics[kind]


def test_loading_twice_is_loading_once_and_unloading_leaves_nothing(shell: Any) -> None:
    session = shell._automatosx_session
    magics.load(shell)
    assert shell._automatosx_session is session
    assert has(shell, "ax")
    magics.unload(shell)
    magics.unload(shell)
    assert not has(shell, "ax")
    assert all("automatosx" not in repr(each) for each in shell.events.callbacks["pre_run_cell"])


def test_a_magic_comes_and_goes_with_its_generation_and_uncovers_what_it_hid(
    shell: Any, market: Marketplace, make_plugin: MakePlugin
) -> None:
    shell.register_magic_function(lambda line: "the user's own", "line", "demo")
    market.publish(make_plugin())
    market.install("acme.demo")
    assert shell.run_line_magic("demo", "") == "ran"
    assert "acme.demo 1.0.0" in shell.magics_manager.magics["line"]["demo"].__doc__
    market.remove("acme.demo")
    assert shell.run_line_magic("demo", "") == "the user's own"


def test_a_magic_that_the_user_wrote_over_a_plugins_stays_when_the_plugin_goes(
    shell: Any, market: Marketplace, make_plugin: MakePlugin
) -> None:
    market.publish(make_plugin())
    market.install("acme.demo")
    shell.register_magic_function(lambda line: "the user's own", "line", "demo")
    market.remove("acme.demo")
    assert shell.run_line_magic("demo", "") == "the user's own"


def test_a_magic_that_the_user_wrote_over_a_plugins_stays_when_grants_or_other_plugins_change(
    shell: Any, market: Marketplace, make_plugin: MakePlugin
) -> None:
    market.publish(make_plugin(permissions={TOPIC: "Counts."}, source=LISTENER, extra=SUBSCRIPTION))
    market.publish(make_plugin("acme.other", magic="other"))
    market.install("acme.demo", grant=[TOPIC])
    shell.register_magic_function(lambda line: "the user's own", "line", "demo")
    market.install("acme.other")
    market.revoke("acme.demo", TOPIC)
    market.grant_in_session("acme.demo", TOPIC)
    assert shell.run_line_magic("demo", "") == "the user's own"


def test_a_magic_kept_from_a_removed_plugin_starts_nothing(
    shell: Any, market: Marketplace, make_plugin: MakePlugin
) -> None:
    market.publish(make_plugin())
    market.install("acme.demo")
    kept = shell.magics_manager.magics["line"]["demo"]
    assert kept("") == "ran"
    market.remove("acme.demo")
    with pytest.raises(NotInstalled):
        kept("")
    assert shell._automatosx_session.host.activation.runners() == {}


def test_an_update_replaces_the_worker_and_a_rollback_brings_the_old_code_back(
    shell: Any, market: Marketplace, make_plugin: MakePlugin
) -> None:
    market.publish(make_plugin(version="1.0.0", source="def run():\n    return 'one'\n"))
    market.install("acme.demo")
    assert shell.run_line_magic("demo", "") == "one"
    market.publish(make_plugin(version="1.1.0", source="def run():\n    return 'two'\n"))
    market.update()
    assert shell.run_line_magic("demo", "") == "two"
    market.rollback()
    assert shell.run_line_magic("demo", "") == "one"


def test_the_kernels_callbacks_are_there_only_while_somebody_subscribes(
    shell: Any, market: Marketplace, make_plugin: MakePlugin
) -> None:
    def callbacks() -> int:
        return len(shell.events.callbacks["post_run_cell"])

    before = callbacks()
    market.publish(make_plugin(source=LISTENER, permissions={TOPIC: "To listen."}, extra=SUBSCRIPTION))
    market.install("acme.demo", grant=[TOPIC])
    assert callbacks() == before + 1
    market.rollback()
    assert callbacks() == before


def test_what_another_marketplace_installs_is_followed_by_the_next_cell(
    shell: Any, market: Marketplace, make_plugin: MakePlugin
) -> None:
    other = Marketplace()
    other.publish(make_plugin())
    other.install("acme.demo")
    other.close()
    told: list[bool] = []
    market.on_change(lambda: told.append(True))
    assert not has(shell, "demo")
    shell.run_cell("x = 1")
    assert has(shell, "demo")
    shell.run_cell("x = 2")
    assert told == [True], "a panel shows it, too, and once"


def test_a_damaged_profile_never_fails_a_cell_and_is_told_on_the_kernels_own_error_stream(
    shell: Any, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (home / "profile").mkdir(parents=True)
    (home / "profile" / "current").write_text("seven")
    assert shell.run_cell("answer = 21 * 2").success
    assert shell.user_ns["answer"] == 42
    assert "does not hold the number of a generation" in capfd.readouterr().err


def test_ax_prints_what_a_verb_says(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    shell.run_line_magic("ax", "")
    shell.run_line_magic("ax", "list")
    out = capsys.readouterr().out
    assert "usage: %ax <verb>" in out
    assert "Nothing is installed. Look around with %ax search." in out


class Once:
    """Interrupts the first call."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.interrupted = False

    def __call__(self, *args: Any, **named: Any) -> Any:
        if not self.interrupted:
            self.interrupted = True
            raise KeyboardInterrupt
        return self._function(*args, **named)


@pytest.mark.parametrize("what", ["adding a magic", "subscribing"])
def test_a_generation_whose_taking_over_was_interrupted_is_taken_over_by_the_next_cell(
    shell: Any, market: Marketplace, make_plugin: MakePlugin, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    market.publish(make_plugin(permissions={TOPIC: "To listen."}, source=LISTENER, extra=SUBSCRIPTION))
    host = shell._automatosx_session.host
    owner, name = (host.activation._frontend, "add_magic") if what == "adding a magic" else (host.bus, "add")
    once = Once(getattr(owner, name))
    with monkeypatch.context() as interrupted:
        interrupted.setattr(owner, name, once)
        with suppress(KeyboardInterrupt):
            market.install("acme.demo", grant=[TOPIC])
        with suppress(KeyboardInterrupt):
            host.follow()
    host.follow()
    assert once.interrupted
    assert shell.run_line_magic("demo", "") == 1
    assert [each.owner for each in host.bus.subscribers()] == ["acme.demo"]
    market.remove("acme.demo")
    host.follow()
    assert not has(shell, "demo")
    assert not host.bus.subscribers()


def test_an_interrupt_within_a_subscription_leaves_none_that_nobody_can_end(
    shell: Any, market: Marketplace, make_plugin: MakePlugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    market.publish(make_plugin(permissions={TOPIC: "To listen."}, source=LISTENER, extra=SUBSCRIPTION))
    bus, follow = shell._automatosx_session.host.bus, shell._automatosx_session.host.follow
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    add = bus.add

    def pressed_stop(*args: Any, **named: Any) -> Any:
        undo = add(*args, **named)
        signal.raise_signal(signal.SIGINT)
        return undo

    try:
        with monkeypatch.context() as interrupted:
            interrupted.setattr(bus, "add", pressed_stop)
            with pytest.raises(KeyboardInterrupt):
                market.install("acme.demo", grant=[TOPIC])
        follow()
        assert len(bus.subscribers()) == 1
        market.remove("acme.demo")
        follow()
        assert not bus.subscribers()
        assert not bus.wants("kernel.cell.finished")
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_worker_whose_end_was_interrupted_is_ended_by_the_next_cell(
    shell: Any, market: Marketplace, make_plugin: MakePlugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    market.publish(make_plugin())
    market.install("acme.demo")
    assert shell.run_line_magic("demo", "") == "ran"
    host = shell._automatosx_session.host
    runner = host.activation.runners()["acme.demo"]
    worker = runner.worker
    once = Once(runner.stop)
    monkeypatch.setattr(runner, "stop", once)
    with suppress(KeyboardInterrupt):
        market.remove("acme.demo")
    with suppress(KeyboardInterrupt):
        host.follow()
    assert once.interrupted
    host.follow()
    assert not worker.alive
