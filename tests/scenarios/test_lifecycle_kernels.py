"""Running kernels: calls in flight end on the generation on which they began, and what keeps ending goes back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from traitlets.config import Config

from automatosx_nb.app import Marketplace
from automatosx_nb.errors import AutomatosxError, PluginDisabled, WorkerLost
from automatosx_nb.host.kernel import KernelHost
from automatosx_nb.host.reverting import Reverting
from automatosx_nb.model.events import PLUGIN_SUSPENDED
from automatosx_nb.model.identity import owner
from automatosx_nb.model.release import Advisory
from automatosx_nb.model.semver import Range
from automatosx_nb.package import build
from tests.no_failure import no_failure
from tests.scenarios.lifecycle import BASE, CRASHES, Lend, entry, installed, open_shop, saved, write_plugin

if TYPE_CHECKING:
    from automatosx_nb.host.bus import Undo
    from automatosx_nb.model.generation import InstalledPlugin
    from automatosx_nb.registry.service import EmbeddedRegistry
    from automatosx_nb.sandbox.supervisor import Sandbox

WAITS = """\
from automatosx_nb.sdk import storage


def run():
    storage.put('started', True)
    while not storage.get('go'):
        pass
    storage.put('ended', True)
    return 'ended'
"""
STORAGE = {"storage": "To remember."}


class Recorder:
    """A front end that keeps what was added."""

    def __init__(self) -> None:
        self.magics: dict[str, str] = {}

    def add_magic(
        self, plugin: InstalledPlugin, magic: Mapping[str, Any], call: Callable[[str, str | None], object]
    ) -> Undo:
        self.magics[magic["name"]] = plugin.version
        return lambda: self.magics.__delitem__(magic["name"])

    def add_formatter(self, type_name: str, show: Callable[[object], object | None]) -> Undo:
        raise AssertionError(f"no plugin here formats {type_name}: {show}")


class NoEvents:
    def register(self, event: str, function: Callable[..., Any]) -> None: ...

    def unregister(self, event: str, function: Callable[..., Any]) -> None: ...


@pytest.fixture
def shop_of_waits(tmp_path: Path) -> Iterator[EmbeddedRegistry]:
    registry = open_shop(tmp_path / "own")
    for version in ("1.0.0", "1.0.1"):
        folder = write_plugin(tmp_path / version, "acme.waits", version, source=WAITS, permissions=STORAGE)
        registry.publish(build(folder))
    yield registry
    registry.close()


@pytest.fixture
def market(home: Path, shop_of_waits: EmbeddedRegistry, lend: Lend) -> Marketplace:
    return lend(Marketplace(registry=shop_of_waits, config=Config(SandboxLimits={"wall_s": 20.0})))


@pytest.fixture
def kernel(market: Marketplace) -> Iterator[KernelHost]:
    host = KernelHost(market, Recorder(), NoEvents(), dict, no_failure)
    host.follow()
    yield host
    host.close()


def wait_for(market: Marketplace, plugin: InstalledPlugin, key: str) -> None:
    state = market.profile.state(plugin)
    tick = threading.Event()
    while not state.get(key)[1]:
        tick.wait(0.01)
    state.close()


def test_a_call_in_flight_ends_on_its_own_generation_while_the_kernel_follows_the_next(
    market: Marketplace, kernel: KernelHost
) -> None:
    market.install("acme.waits", "1.0.0", grant=["storage"])
    kernel.follow()
    old = entry(market, "acme.waits")
    runner = kernel.activation.runner(old)
    found: list[object] = []
    caller = threading.Thread(target=lambda: found.append(runner.call("demo:run")))
    caller.start()
    wait_for(market, old, "started")
    market.update()
    assert kernel.follow()
    assert kernel.activation.runner(entry(market, "acme.waits")) is not runner
    state = market.profile.state(old)
    state.put("go", True)
    caller.join()
    assert found == ["ended"]
    assert state.get("ended") == (True, True)
    state.close()
    assert saved(market, "acme.waits", "ended") is None


def test_a_kernel_obeys_an_advisory_that_came_while_it_ran(
    market: Marketplace, kernel: KernelHost, shop_of_waits: EmbeddedRegistry
) -> None:
    market.install(BASE, "1.0.0")
    kernel.follow()
    assert kernel.activation.runner(entry(market, BASE)).call("demo:run") == "ran"
    shop_of_waits.advisories.put(
        owner(), Advisory("AX-1", BASE, Range.parse("1.0.0"), "critical", "sends data away", disables=True)
    )
    market.check_flags()
    kernel.follow()
    with pytest.raises(PluginDisabled):
        kernel.activation.runner(entry(market, BASE))
    assert kernel.activation.runners() == {}
    market.update()
    kernel.follow()
    assert kernel.activation.runner(entry(market, BASE)).call("demo:run") == "ran"


def test_a_plugin_that_crash_loops_after_its_update_is_its_older_version_again(
    home: Path, shop_of_waits: EmbeddedRegistry, one_sandbox: Sandbox
) -> None:
    market = Marketplace(registry=shop_of_waits, config=Config(SandboxLimits={"wall_s": 0.1}))
    market._sandbox = one_sandbox
    market.install(CRASHES, "1.0.0")
    market.update()
    failures: list[Exception] = []
    host = KernelHost(market, Recorder(), NoEvents(), dict, lambda _what, error: failures.append(error))
    host.follow()
    reverting = Reverting(host.bus, market.revert_update, lambda _what, error: failures.append(error))
    host.bus.subscribe(PLUGIN_SUSPENDED, reverting.suspended)
    runner = host.activation.runner(entry(market, CRASHES))
    ends: list[str] = []
    for _ in range(5):
        with pytest.raises(AutomatosxError) as caught:
            runner.call("demo:run")
        ends.append(caught.value.code)
    reverting.wait()
    assert ends == ["limit-exceeded"] * 5
    assert installed(market) == {CRASHES: "1.0.0"}
    host.follow()
    with pytest.raises(WorkerLost):
        runner.call("demo:run")
    assert host.activation.runner(entry(market, CRASHES)).call("demo:run") == "ran"
    assert failures == []
    host.close()
    market._sandbox = None
    market.close()
