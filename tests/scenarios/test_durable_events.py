"""Durable events from end to end: through a shell, a worker, the disk, and another marketplace on the same profile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from automatosx_nb import magics
from automatosx_nb.app import Marketplace
from automatosx_nb.cli import Terminal
from automatosx_nb.errors import LimitExceeded
from automatosx_nb.host.restarts import MOST
from automatosx_nb.model.delivery import Retries
from automatosx_nb.profile.deliveries import Deliveries
from tests.conftest import current_market

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MakePlugin

WAIT_S = 30.0
LISTENER = """
from automatosx_nb.sdk import storage

def run():
    return [value for _, value in storage.items("seen/")]

def on_event(event):
    count = len(storage.keys("seen/"))
    storage.put(f"seen/{count:04d}", [event.type, event.data])
    if (event.data or {}).get("plugin") == "acme.bad" or (event.data or {}).get("ok") is False:
        raise ValueError("cannot handle this")
"""


@pytest.fixture
def market(stocked_home: Path) -> Iterator[Marketplace]:
    """The marketplace that this process's shell uses; a dead letter takes no minutes in it."""
    with current_market() as market:
        folder = market.profile.root / "events"
        vars(market)["deliveries"] = Deliveries(folder, retries=Retries(attempts=2, first_s=0.01))
        yield market


@pytest.fixture
def shells(market: Marketplace) -> Iterator[Callable[[], Any]]:
    """Starts a shell with the extension, as a kernel does; the one before ends."""
    begun: list[Any] = []

    def end() -> None:
        for shell in begun:
            magics.unload(shell)
            shell.history_manager.end_session()
            shell.history_manager = None
        begun.clear()

    def begin() -> Any:
        end()
        make: Callable[[], Any] = InteractiveShell
        begun.append(make())
        magics.load(begun[0])
        return begun[0]

    yield begin
    end()


def listener(topic: str, *, more: str = "", source: str = LISTENER, **options: Any) -> dict[str, Any]:
    """What ``make_plugin`` takes for a plugin that subscribes durably to ``topic``."""
    subscription = (
        f'[[contributes.subscriptions]]\ntopic = "{topic}"\nhandler = "demo:on_event"\ndelivery = "durable"\n'
    )
    permissions = {f"events:subscribe:{topic}": "Listens.", "storage": "Keeps what it saw."}
    return {"source": source, "permissions": permissions, "extra": subscription + more, **options}


def install(market: Marketplace, folder: Path, *grants: str) -> None:
    market.publish(folder)
    plugin = folder.name.rpartition("-")[0]
    market.install(plugin, grant=[*grants, "storage"])


def until(true: Callable[[], bool]) -> None:
    """Ends when ``true`` is, which another thread makes it."""
    nothing = threading.Event()
    for _ in range(int(WAIT_S / 0.02)):
        if true():
            return
        nothing.wait(0.02)
    raise AssertionError("it never came true")


def counts(market: Marketplace) -> Mapping[str, int]:
    (pending,) = market.deliveries.pending("acme.demo")
    return {name: count for name, count in pending.counts.items() if count}


MARKETPLACE = "marketplace.plugin.*"
CELLS = "kernel.cell.finished"


def test_what_another_process_changes_while_no_kernel_runs_is_delivered_when_one_starts(
    market: Marketplace, shells: Callable[[], Any], make_plugin: MakePlugin
) -> None:
    install(market, make_plugin(**listener(MARKETPLACE)), f"events:subscribe:{MARKETPLACE}")
    with closing(Marketplace(market.profile.root, market.registry)) as terminal:
        install(terminal, make_plugin("acme.other", magic="other"))
        terminal.remove("acme.other")
    assert counts(market) == {"accepted": 2}
    shell = shells()
    until(lambda: counts(market) == {"accepted": 2, "handled": 2})
    seen = shell.run_line_magic("demo", "")
    assert [topic for topic, _ in seen] == ["marketplace.plugin.installed", "marketplace.plugin.removed"]
    assert seen[0][1] == {"plugin": "acme.other", "version": "1.0.0", "generation": 2}


def test_what_a_kernel_that_runs_follows_is_delivered_once(
    market: Marketplace, shells: Callable[[], Any], make_plugin: MakePlugin
) -> None:
    install(market, make_plugin(**listener(MARKETPLACE)), f"events:subscribe:{MARKETPLACE}")
    shell = shells()
    install(market, make_plugin("acme.other", magic="other"))
    until(lambda: counts(market) == {"accepted": 1, "handled": 1})
    assert len(shell.run_line_magic("demo", "")) == 1


def test_a_cells_event_outlives_the_kernel_and_is_handled_in_the_next(
    market: Marketplace, shells: Callable[[], Any], make_plugin: MakePlugin
) -> None:
    install(market, make_plugin(**listener(CELLS)), f"events:subscribe:{CELLS}")
    shell = shells()
    shell.run_cell("1 + 1", store_history=True)
    until(lambda: counts(market) == {"accepted": 1, "handled": 1})
    shell._automatosx_session.host.activation.runner(market.installed_plugin("acme.demo")).stop()
    shell.run_cell("2 + 2", store_history=True)
    until(lambda: counts(market).get("accepted") == 2)
    shell = shells()
    until(lambda: counts(market)["handled"] == 2)
    assert [data["ok"] for _, data in shell.run_line_magic("demo", "")] == [True, True]


def test_what_a_handler_cannot_handle_is_a_dead_letter_that_an_update_can_replay(
    market: Marketplace, shells: Callable[[], Any], make_plugin: MakePlugin
) -> None:
    install(market, make_plugin(**listener(CELLS)), f"events:subscribe:{CELLS}")
    shell = shells()
    shell.run_cell("1 / 0", store_history=True)
    shell.run_cell("1 + 1", store_history=True)
    until(lambda: counts(market) == {"accepted": 2, "failed": 2, "buried": 1, "handled": 1})
    (letter,) = market.deliveries.dead()
    assert (letter.plugin, letter.event["type"], letter.attempts) == ("acme.demo", CELLS, 2)
    assert "cannot handle this" in letter.error
    mended = LISTENER.replace('raise ValueError("cannot handle this")', "return None")
    market.publish(make_plugin(version="1.1.0", **listener(CELLS, source=mended)))
    market.update()
    assert market.deliveries.replay() == 1
    until(lambda: counts(market)["handled"] == 2)
    assert [data["ok"] for _, data in shell.run_line_magic("demo", "")] == [False, False, True, False]


def test_removing_a_plugin_ends_its_subscription_and_a_rollback_begins_it_anew(
    market: Marketplace, shells: Callable[[], Any], make_plugin: MakePlugin
) -> None:
    install(market, make_plugin(**listener(MARKETPLACE)), f"events:subscribe:{MARKETPLACE}")
    install(market, make_plugin("acme.other", magic="other"))
    assert counts(market) == {"accepted": 1}
    market.remove("acme.demo")
    assert market.deliveries.pending() == ()
    (entry,) = [each for each in market.audit.read() if each.kind == "events-discarded"]
    assert entry.plugin == "acme.demo"
    assert entry.detail == {"topic": MARKETPLACE, "events": 2, "generation": 3}
    market.rollback()
    assert counts(market) == {}
    market.remove("acme.other")
    assert counts(market) == {"accepted": 1}


def test_what_is_granted_for_a_session_only_is_no_durable_subscription(
    market: Marketplace, shells: Callable[[], Any], make_plugin: MakePlugin
) -> None:
    granted = f"events:subscribe:{CELLS}"
    install(market, make_plugin(**listener(CELLS)), granted)
    market.revoke("acme.demo", granted)
    assert market.deliveries.pending() == ()
    market.grant_in_session("acme.demo", granted)
    shell = shells()
    shell.run_cell("1 + 1", store_history=True)
    until(lambda: len(shell.run_line_magic("demo", "")) == 1)
    assert market.deliveries.pending() == ()


PUBLISHER = """
from automatosx_nb.sdk import events

def run():
    events.publish("plugin.acme.teller.told", {"n": 1})
    return "published"
"""
DECLARES = """
[contributes.events."plugin.acme.teller.told"]
type = "object"
"""


def install_teller(market: Marketplace, make_plugin: MakePlugin, *, declares: str = DECLARES) -> None:
    publishes = {"events:publish:plugin.acme.teller.told": "Tells."}
    teller = make_plugin("acme.teller", magic="tell", source=PUBLISHER, permissions=publishes, extra=declares)
    install(market, teller, *publishes)


def test_what_a_plugin_publishes_in_a_terminal_is_kept(
    market: Marketplace, shells: Callable[[], Any], make_plugin: MakePlugin
) -> None:
    topic = "plugin.acme.teller.told"
    install(market, make_plugin(**listener(topic)), f"events:subscribe:{topic}")
    install_teller(market, make_plugin)
    with Terminal().runner(market, market.installed_plugin("acme.teller")) as runner:
        assert runner.call("demo:run") == "published"
    assert counts(market) == {"accepted": 1}
    shells()
    until(lambda: counts(market).get("handled") == 1)


def test_the_last_event_of_a_topic_that_keeps_it_is_there_in_the_next_kernel(
    market: Marketplace, shells: Callable[[], Any], make_plugin: MakePlugin
) -> None:
    topic = "plugin.acme.teller.told"
    retains = '[contributes.events."plugin.acme.teller.told"]\ntype = "object"\nretained = true\n'
    install_teller(market, make_plugin, declares=retains)
    assert shells().run_line_magic("tell", "") == "published"
    (event,) = shells()._automatosx_session.host.bus.retained("plugin.**")
    assert (event.type, event.data) == (topic, {"n": 1})
    market.remove("acme.teller")
    assert market.deliveries.retained("**") == ()


SPINNING = LISTENER.replace(
    "    count =",
    """    if storage.get("tried") is None:
        storage.put("tried", True)
        while True:
            pass
    count =""",
)


def test_a_worker_that_is_killed_while_it_handles_an_event_is_handed_it_again(
    market: Marketplace, shells: Callable[[], Any], make_plugin: MakePlugin
) -> None:
    install(market, make_plugin(**listener(CELLS, source=SPINNING)), f"events:subscribe:{CELLS}")
    shell = shells()
    shell.run_cell("1 + 1", store_history=True)
    runner = shell._automatosx_session.host.activation.runner(market.installed_plugin("acme.demo"))
    with closing(market.profile.state(market.installed_plugin("acme.demo"))) as state:
        until(lambda: state.get("tried")[0])
    runner.worker.stop()
    until(lambda: counts(market) == {"accepted": 1, "failed": 1, "handled": 1})
    assert len(shell.run_line_magic("demo", "")) == 1


def test_when_a_plugins_publish_returns_the_event_is_on_disk(
    market: Marketplace, shells: Callable[[], Any], make_plugin: MakePlugin
) -> None:
    topic = "plugin.acme.teller.told"
    install(market, make_plugin(**listener(topic)), f"events:subscribe:{topic}")
    install_teller(market, make_plugin)
    shell = shells()
    assert shell.run_line_magic("tell", "") == "published"
    assert counts(market)["accepted"] == 1
    until(lambda: counts(market).get("handled") == 1)
    assert shell.run_line_magic("demo", "") == [[topic, {"n": 1}]]


SPINS = "def run():\n    while True:\n        pass\n"


def test_what_becomes_of_a_worker_in_a_terminal_is_kept(
    market: Marketplace,
    shells: Callable[[], Any],
    make_plugin: MakePlugin,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AUTOMATOSX_CONFIG", '{"SandboxLimits": {"wall_s": 0.3}}')
    install(market, make_plugin(**listener(MARKETPLACE)), f"events:subscribe:{MARKETPLACE}")
    install(market, make_plugin("acme.spinning", magic="spin", source=SPINS))
    with Terminal().runner(market, market.installed_plugin("acme.spinning")) as runner:
        for _ in range(MOST):
            with pytest.raises(LimitExceeded):
                runner.call("demo:run")
    assert counts(market)["accepted"] == 1 + MOST + 1
    shell = shells()
    until(lambda: counts(market).get("handled") == 1 + MOST + 1)
    told = [(topic, data["plugin"]) for topic, data in shell.run_line_magic("demo", "")[1:]]
    assert told == [
        *([("marketplace.plugin.limited", "acme.spinning")] * MOST),
        ("marketplace.plugin.suspended", "acme.spinning"),
    ]
