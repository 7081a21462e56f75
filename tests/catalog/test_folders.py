"""What every bundled plugin folder has, and what its versions promise to each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from automatosx_nb.catalog import ROOT, folders
from automatosx_nb.model import manifest
from automatosx_nb.model.manifest import Manifest
from automatosx_nb.model.names import short_name
from automatosx_nb.sandbox.modules import PluginModules


def read(folder: Path) -> Manifest:
    return manifest.parse((folder / "plugin.toml").read_text(encoding="utf-8"), source=str(folder))


def test_the_catalog_holds_ours_and_the_communitys() -> None:
    found = [f"{read(folder).id} {read(folder).version}" for folder in folders()]
    assert found == [
        "automatosx.cell-ledger 1.0.0",
        "automatosx.data-profiler 1.0.0",
        "automatosx.data-profiler 1.1.0",
        "meadow.privacy-scan 1.0.0",
        "lantern.quick-charts 1.0.0",
    ]


@pytest.mark.parametrize("folder", folders(), ids=lambda folder: str(folder.relative_to(ROOT)))
class TestFolder:
    def test_lies_under_its_name_and_version(self, folder: Path) -> None:
        described = read(folder)
        assert (short_name(described.id), str(described.version)) == (folder.parent.name, folder.name)

    def test_explains_itself(self, folder: Path) -> None:
        described = read(folder)
        asked = (*described.permissions, *described.optional_permissions)
        readme = (folder / "README.md").read_text(encoding="utf-8")
        assert all(f"`{permission}`" in readme for permission in asked)
        assert all(f"%{magic.name}" in readme for magic in described.contributes.magics)
        assert f"## {described.version}\n" in (folder / "CHANGELOG.md").read_text(encoding="utf-8")
        assert (folder / "icon.svg").read_text(encoding="utf-8").startswith("<svg")

    def test_loads_under_the_language_policy(self, folder: Path) -> None:
        described = read(folder)
        granted = {p.removeprefix("modules:") for p in described.permissions if p.startswith("modules:")}
        source = folder / "src"
        sources = {path.relative_to(source).as_posix(): path.read_bytes() for path in source.rglob("*.py")}
        modules = PluginModules(described.id, sources, granted=granted, write=lambda text: None)
        assert described.contributes.handlers
        assert all(callable(modules.handler(handler)) for handler in described.contributes.handlers)


def test_the_update_of_the_profiler_needs_no_new_consent() -> None:
    older, newer = (read(ROOT / "data-profiler" / version) for version in ("1.0.0", "1.1.0"))
    assert newer.permissions == older.permissions
