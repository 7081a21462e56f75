"""A shop of small plugins that every test of the life cycle takes from: published once, installed many times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

from automatosx_nb.app import Marketplace
from automatosx_nb.model.generation import InstalledPlugin
from automatosx_nb.model.release import Stage
from automatosx_nb.package import build
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.commands.test_verbs import Console, ax

if TYPE_CHECKING:
    from automatosx_nb.model.generation import Generation

__all__ = ["Console", "ax"]

Lend = Callable[[Marketplace], Marketplace]
BASE, TOP, OTHER, ASKS, CRASHES = "acme.base", "acme.top", "nordic.other", "acme.asks", "acme.crashes"


def write_plugin(
    folder: Path,
    plugin: str,
    version: str,
    *,
    requires: Mapping[str, str] | None = None,
    permissions: Mapping[str, str] | None = None,
    needs: str = "",
    extra: str = "",
    source: str = "def run():\n    return 'ran'\n",
) -> Path:
    (folder / "src").mkdir(parents=True)
    manifest = dedent(f"""\
        schema = 1
        [plugin]
        id = "{plugin}"
        version = "{version}"
        summary = "A plugin made for a test."
        license = "MIT"
        authors = [{{name = "A. Tester"}}]
        categories = ["data-quality"]
        main = "demo"
        [requires]
        automatosx = "^1.0"
        """)
    wanted = ", ".join(f'"{name}" = "{wish}"' for name, wish in (requires or {}).items())
    asked = "\n".join(f'"{name}" = "{why}"' for name, why in (permissions or {}).items())
    magic = plugin.partition(".")[2]
    manifest += f"plugins = {{{wanted}}}\n{needs}\n[permissions]\n{asked}\n"
    manifest += f'[[contributes.magics]]\nname = "{magic}"\nhandler = "demo:run"\n{extra}\n'
    (folder / "plugin.toml").write_text(manifest)
    (folder / "README.md").write_text(f"# {plugin}\n\nA plugin made for a test.\n")
    (folder / "CHANGELOG.md").write_text(f"## {version}\n\n- What is new in {version}.\n")
    (folder / "src" / "demo.py").write_text(source)
    return folder


SETTING = '[contributes.settings.rows]\ntype = "integer"\ndefault = 10\n'
PLUGINS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (BASE, "1.0.0", {"extra": SETTING}),
    (BASE, "1.0.1", {"extra": SETTING}),
    (BASE, "1.1.0", {"extra": SETTING}),
    (BASE, "2.0.0", {"extra": SETTING}),
    (TOP, "1.0.0", {"requires": {BASE: "^1.0"}}),
    (TOP, "1.1.0", {"requires": {BASE: "^1.1"}}),
    (OTHER, "1.0.0", {}),
    (ASKS, "1.0.0", {"permissions": {"storage": "To remember."}}),
    (ASKS, "1.0.1", {"permissions": {"storage": "To remember.", "network:api.example.org": "To look up."}}),
    (CRASHES, "1.0.0", {}),
    (CRASHES, "1.0.1", {"source": "def run():\n    while True:\n        pass\n"}),
)
BETA: tuple[str, str, dict[str, Any]] = (BASE, "1.2.0", {"extra": SETTING})


def open_shop(folder: Path) -> EmbeddedRegistry:
    """Without a sandbox: what these tests look at comes after publishing."""
    registry = EmbeddedRegistry(folder / "registry")
    for plugin, version, more in PLUGINS:
        registry.publish(build(write_plugin(folder / f"{plugin}-{version}", plugin, version, **more)))
    plugin, version, more = BETA
    beta = build(write_plugin(folder / f"{plugin}-{version}", plugin, version, **more))
    registry.publish(beta, stage=Stage.BETA)
    return registry


def installed(market: Marketplace) -> dict[str, str]:
    return {entry.id: entry.version for entry in market.installed()}


def saved(market: Marketplace, plugin: str, key: str = "kept") -> Any:
    state = market.profile.state(market.installed_plugin(plugin))
    try:
        return state.get(key)[1]
    finally:
        state.close()


def save(market: Marketplace, plugin: str, value: object, key: str = "kept") -> None:
    state = market.profile.state(market.installed_plugin(plugin))
    state.put(key, value)
    state.close()


def entry(market: Marketplace, plugin: str) -> InstalledPlugin:
    return market.installed_plugin(plugin)


def age(market: Marketplace, days: float) -> None:
    """Make every generation older by ``days``, as if they had been written then."""
    for number in market.profile.generations.numbers():
        generation: Generation = market.profile.generations.read(number)
        made = datetime.fromisoformat(generation.created) - timedelta(days=days)
        path = market.profile.root / "generations" / f"{number:06d}.json"
        path.write_text(path.read_text().replace(generation.created, made.isoformat(timespec="seconds")))


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def now() -> datetime:
    return datetime.now(UTC)
