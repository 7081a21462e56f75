"""A release that does not pass its own self-test does not come in, and what was there goes on working."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from automatosx_nb.app import Marketplace
from automatosx_nb.errors import SelfTestFailed
from automatosx_nb.host.assembly import make_runner
from automatosx_nb.package import build
from automatosx_nb.registry.service import EmbeddedRegistry
from automatosx_nb.sandbox import self_test
from tests.no_failure import no_failure
from tests.scenarios.lifecycle import Lend, write_plugin

if TYPE_CHECKING:
    from pathlib import Path


CAREFUL = "acme.careful"
RUN = "from automatosx_nb.sdk import storage\n\ndef run():\n    return 'ran'\n\ndef self_test():\n"
RELEASES = {
    "1.0.0": RUN + "    assert run() == 'ran'\n",
    "1.1.0": RUN + "    assert run() == 'walked', 'it does not walk'\n",
    "1.2.0": RUN + "    while True:\n        pass\n",
    "1.3.0": RUN + "    storage.put('a', 1)\n",
    "1.4.0": RUN + "    assert len('x' * (400 << 20)) == 400 << 20\n",
}
LIMITS = "\n[limits]\nmemory-mb = 300\n"
"""Of each of them."""


@pytest.fixture(scope="module")
def careful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRegistry]:
    """A registry that starts nothing, so that what fails can be published."""
    folder = tmp_path_factory.mktemp("careful")
    with EmbeddedRegistry(folder / "registry", sandbox=None) as registry:
        for version, source in RELEASES.items():
            plugin = write_plugin(
                folder / version, CAREFUL, version, permissions={"storage": "To remember."}, source=source
            )
            manifest = plugin / "plugin.toml"
            text = manifest.read_text("utf-8")
            manifest.write_text(
                text.replace('main = "demo"\n', 'main = "demo"\nself-test = "demo:self_test"\n') + LIMITS, "utf-8"
            )
            registry.publish(build(plugin))
        yield registry


@pytest.fixture
def market(home: Path, careful: EmbeddedRegistry, lend: Lend, monkeypatch: pytest.MonkeyPatch) -> Marketplace:
    monkeypatch.setattr(self_test, "WALL_S", 0.5)
    return lend(Marketplace(registry=careful))


def test_what_passes_its_self_test_comes_in(market: Marketplace) -> None:
    market.install(CAREFUL, "1.0.0", grant=["storage"])
    assert market.installed_plugin(CAREFUL).version == "1.0.0"


FAILURES = pytest.mark.parametrize(
    ("release", "reason"),
    [("1.1.0", "it does not walk"), ("1.2.0", "wall_s"), ("1.3.0", "nothing of the host"), ("1.4.0", "memory")],
)


@FAILURES
def test_what_fails_its_self_test_is_not_installed(market: Marketplace, release: str, reason: str) -> None:
    with pytest.raises(SelfTestFailed) as caught:
        market.install(CAREFUL, release, grant=["storage"])
    assert reason in caught.value.reason
    assert (caught.value.plugin, caught.value.version) == (CAREFUL, release)
    assert market.installed() == ()
    ended = "limit-exceeded" if reason in ("wall_s", "memory") else "worker-ended"
    told = [(entry.kind, entry.detail["for"]) for entry in market.audit.read()]
    assert told == [("worker-started", "trial"), (ended, "trial")]


@FAILURES
def test_an_update_that_fails_its_self_test_leaves_the_old_version_working(
    market: Marketplace, release: str, reason: str
) -> None:
    market.install(CAREFUL, "1.0.0", grant=["storage"])
    with pytest.raises(SelfTestFailed, match=reason):
        market.install(CAREFUL, release)
    assert market.installed_plugin(CAREFUL).version == "1.0.0"
    assert [entry.number for entry in market.history()] == [1]
    runner = make_runner(market, market.installed_plugin(CAREFUL), dict, on_error=no_failure)
    assert runner.call("demo:run") == "ran"
    runner.stop()
