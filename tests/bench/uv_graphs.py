"""The resolver's graphs as folders of tiny wheels, so that ``uv pip compile --offline`` can solve them too.

npm's ranges become PEP 440's: one interval as its two bounds; several as the outer bounds, with what is known to lie
between them excluded by name. What has no equal there (optional requirements, yanked releases, prereleases, Python
versions, names that PEP 503 would fold into one) makes a graph one that cannot be written.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from shutil import which
from time import perf_counter
from typing import Any, NamedTuple
from zipfile import ZIP_STORED, ZipFile

from automatosx_nb.model.semver import Range, Version

Records = Mapping[str, Sequence[Mapping[str, Any]]]

RUNS = 7
PATIENCE_S = 60
NOTHING = "==999999"
"""What no version is."""
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_TOOK = re.compile(r"Resolved \d+ packages? in (?:([\d.]+)s|(\d+)ms)")


class NotWritable(Exception):
    """The graph has something that wheels do not."""


class Took(NamedTuple):
    """``ms``: the least of several runs, by uv's own figure; where it reports none (a conflict), by the clock."""

    ms: float
    found: Mapping[str, str] | None
    """Name → version; None: a conflict."""

    def __str__(self) -> str:
        return f"{self.ms:.0f}" if self.found is not None else f"{self.ms:.0f} wall"


def uv_path() -> str | None:
    """The ``uv`` beside this Python, else on the path."""
    beside = Path(sys.executable).parent / "uv"
    return str(beside) if beside.exists() else which("uv")


class Wheels:
    """A folder of wheels with the releases of ``index`` that run on ``engine``."""

    def __init__(self, index: Records, engine: str | None, folder: Path) -> None:
        """:raises NotWritable:"""
        self._versions = {plugin: [each["version"] for each in releases] for plugin, releases in index.items()}
        self._folder = folder
        if len({_normal(plugin) for plugin in index}) < len(index):
            raise NotWritable("names")
        (folder / "wheels").mkdir()
        for plugin, releases in index.items():
            for release in releases:
                if _runs(release, engine):
                    self._write(plugin, release)

    def compile(self, uv: str, wishes: Mapping[str, str]) -> Took | None:
        """What uv makes of ``wishes``; None: it took more than :data:`PATIENCE_S` seconds.

        :raises NotWritable:
        """
        asked = self._folder / "wishes.in"
        asked.write_text("".join(f"{_normal(plugin)}{self._specifier(plugin, wishes[plugin])}\n" for plugin in wishes))
        command = [uv, "pip", "compile", str(asked), "--offline", "--no-index", "--no-annotate", "--no-header"]
        command += ["--find-links", str(self._folder / "wheels"), "--cache-dir", str(self._folder / "cache")]
        command += ["--python", sys.executable, "--no-config"]
        best: Took | None = None
        try:
            for _ in range(1 + RUNS):
                started = perf_counter()
                done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
                took = _took(done, 1e3 * (perf_counter() - started))
                best = took if best is None or took.ms < best.ms else best
        except subprocess.TimeoutExpired:
            return None
        return best

    def _write(self, plugin: str, release: Mapping[str, Any]) -> None:
        name, version = _normal(plugin), release["version"]
        needs = [
            f"Requires-Dist: {_normal(on)}{self._specifier(on, text)}"
            for on, text in release["deps"].items()
            if on != plugin
        ]
        inside = f"{name.replace('-', '_')}-{version}"
        path = self._folder / "wheels" / f"{inside}-py3-none-any.whl"
        with ZipFile(path, "w", ZIP_STORED) as wheel:
            head = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
            wheel.writestr(f"{inside}.dist-info/METADATA", "\n".join([*head, *needs, ""]))
            wheel.writestr(
                f"{inside}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            wheel.writestr(f"{inside}.dist-info/RECORD", "")

    def _specifier(self, plugin: str, text: str) -> str:
        return _specifier(text, tuple(self._versions.get(plugin, ())))


def _took(done: subprocess.CompletedProcess[str], wall_ms: float) -> Took:
    said = _TOOK.search(done.stderr)
    if done.returncode == 0 and said:
        found = dict(line.split("==") for line in done.stdout.split() if "==" in line)
        return Took(1e3 * float(said[1]) if said[1] else float(said[2]), found)
    if "No solution found" not in done.stderr:
        raise RuntimeError(done.stderr)
    return Took(wall_ms, None)


def _runs(release: Mapping[str, Any], engine: str | None) -> bool:
    """:raises NotWritable:"""
    for key in ("optional", "yanked", "python", "stage", "quarantined"):
        if release.get(key):
            raise NotWritable(key)
    wanted = release.get("engine")
    return not (wanted and engine) or Range.parse(wanted).allows(Version.parse(engine), prereleases=True)


@cache
def _normal(plugin: str) -> str:
    name = re.sub(r"[-_.]+", "-", plugin).lower()
    if not _NAME.fullmatch(name):
        raise NotWritable(plugin)
    return name


@cache
def _specifier(text: str, versions: tuple[str, ...]) -> str:
    """``text`` in the words of PEP 440, for a plugin with these ``versions``."""
    if any("-" in version or "+" in version for version in versions):
        raise NotWritable("prereleases")
    wanted = Range.parse(text)
    known = sorted(Version.parse(version) for version in versions)
    inside = [version for version in known if version in wanted]
    if not inside:
        return NOTHING
    alternatives = wanted.canonical.split("||")
    if len(alternatives) == 1:
        return "" if alternatives == ["*"] else ",".join(map(_comparator, alternatives[0].split()))
    between = [f"!={version}" for version in known if inside[0] < version < inside[-1] and version not in wanted]
    return ",".join([f">={inside[0]}", f"<={inside[-1]}", *between])


def _comparator(comparator: str) -> str:
    version = comparator.removesuffix("-0")
    if "-" in version:
        raise NotWritable("prereleases")
    return version if version[0] in "<>" else f"=={version.removeprefix('=')}"
