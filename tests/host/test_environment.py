"""PEP 508 requirements against distributions that are really on the path."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from automatosx_nb.host.environment import environment, missing_packages, platform_name, unmet_packages
from automatosx_nb.model.requirements import PLATFORMS


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path that distributions can be put into."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def put(path: Path, name: str, version: str, requires: Sequence[str] = (), extras: Sequence[str] = ()) -> None:
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Provides-Extra: {extra}" for extra in extras]
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    folder = path / f"{name.replace('-', '_')}-{version}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("\n".join(lines) + "\n")


def fault(requirement: str) -> str | None:
    found = unmet_packages([requirement])
    return found[0].found if found else None


def test_a_requirement_is_met_by_what_is_installed(path: Path) -> None:
    put(path, "ax-table", "2.1.0")
    assert fault("ax-table") is None
    assert fault("AX_table>=2,<3") is None
    assert fault("ax-table>=3") == "and 2.1.0 is installed"
    assert fault("ax-absent") == "which is not installed"


def test_a_prerelease_that_is_installed_counts(path: Path) -> None:
    put(path, "ax-table", "3.0.0rc1")
    assert fault("ax-table>=2") is None
    assert fault("ax-table>=3") == "and 3.0.0rc1 is installed"


def test_a_requirement_whose_marker_does_not_apply_is_none() -> None:
    assert fault("ax-absent; python_version < '3'") is None
    assert fault("ax-absent; python_version > '3'") == "which is not installed"


def test_an_extra_is_met_when_what_it_brings_is_there(path: Path) -> None:
    needs = ["ax-base", "ax-arrow>=5; extra == 'fast'", "ax-other; extra == 'slow'"]
    put(path, "ax-table", "2.1.0", needs, ["fast", "slow", "none"])
    assert fault("ax-table") is None
    assert fault("ax-table[fast]") == "whose extra 'fast' lacks ax-arrow"
    put(path, "ax-arrow", "5.0")
    assert fault("ax-table[Fast]") is None
    assert fault("ax-table[fast,none]>=2") is None
    assert fault("ax-table[fast,slow]") == "whose extra 'slow' lacks ax-other"
    assert fault("ax-table[quick]") == "and 2.1.0, which is installed, has no extra 'quick'"


def test_extras_that_lead_to_each_other_end(path: Path) -> None:
    put(path, "ax-table", "2.0", ["ax-table[b]; extra == 'a'", "ax-table[a]; extra == 'b'"], ["a", "b"])
    assert fault("ax-table[a]") is None


def test_what_is_missing_is_named_as_it_was_written() -> None:
    assert missing_packages(["ax-absent >= 2", "packaging"]) == ("ax-absent >= 2",)


@pytest.mark.parametrize(
    ("system", "name"), [("linux", "linux"), ("darwin", "macos"), ("win32", "windows"), ("sunos5", "sunos5")]
)
def test_a_platform_has_the_name_that_manifests_use(monkeypatch: pytest.MonkeyPatch, system: str, name: str) -> None:
    monkeypatch.setattr(sys, "platform", system)
    assert platform_name() == name


def test_the_environment_is_this_process() -> None:
    here = environment()
    assert here.python == ".".join(map(str, sys.version_info[:3]))
    assert here.platform in PLATFORMS
