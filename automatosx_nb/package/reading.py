"""Reading an artifact safely, wholly in memory: nothing is written, and nothing is trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automatosx_nb.errors import InvalidArtifact
from automatosx_nb.model import manifest
from automatosx_nb.package import paths, zipformat
from automatosx_nb.package.artifact import Package, digest
from automatosx_nb.package.caps import CAPS, Caps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automatosx_nb.model.manifest import Manifest


def read(data: bytes, *, name: str = "artifact", caps: Caps = CAPS) -> Package:
    """Everything in an artifact; ``name`` is what errors call it.

    :raises InvalidArtifact: it is not safe, or not a plugin's.
    :raises InvalidManifest: its plugin.toml has problems.
    """
    try:
        files = _files(data, caps)
    except zipformat.Refusal as refusal:
        raise InvalidArtifact(name, refusal.reason, refusal.member) from None
    if paths.MANIFEST not in files:
        raise InvalidArtifact(name, f"it has no {paths.MANIFEST}")
    described = manifest.parse(_text(files, paths.MANIFEST, name), source=f"{paths.MANIFEST} of {name}")
    _check_contents(described, files, name)
    return Package(
        manifest=described,
        files=files,
        readme=_text(files, "README.md", name),
        changelog=_text(files, "CHANGELOG.md", name),
        sha256=digest(data),
        size=len(data),
    )


def _files(data: bytes, caps: Caps) -> dict[str, bytes]:
    found = zipformat.members(data, caps)
    _check_names([member.name for member in found], caps)
    budget = caps.total_mb << 20
    files: dict[str, bytes] = {}
    for member in found:
        content = zipformat.inflate(data, member, caps, budget)
        budget -= len(content)
        files[member.name] = content
    return dict(sorted(files.items()))


def _check_names(names: list[str], caps: Caps) -> None:
    """No path that is unsafe or foreign, none twice, and no file where another one needs a folder."""
    seen: dict[str, str] = {}
    for name in names:
        reason = paths.unsafe(name, caps) or paths.foreign(name)
        if reason:
            raise zipformat.Refusal(reason, name)
        twin = seen.get(paths.folded(name))
        seen[paths.folded(name)] = name
        if twin is None:
            continue
        if twin == name:
            raise zipformat.Refusal("two members have the same name", name)
        raise zipformat.Refusal(f"two names are one where case or accents do not count: {twin!r} is the other", name)
    for folded, name in seen.items():
        parts = folded.split("/")
        if any("/".join(parts[:depth]) in seen for depth in range(1, len(parts))):
            raise zipformat.Refusal("a file stands where another member needs a folder", name)
    _check_folders(names)


def _check_folders(names: list[str]) -> None:
    """The same for the folders on the way: ``src/Pkg`` and ``src/pkg`` are one on some systems, two on others."""
    seen: dict[str, str] = {}
    for name in names:
        parts = name.split("/")
        for depth in range(1, len(parts)):
            folder = "/".join(parts[:depth])
            twin = seen.setdefault(paths.folded(folder), folder)
            if twin != folder:
                reason = f"two folders are one where case or accents do not count: {twin!r} is the other"
                raise zipformat.Refusal(reason, name)


def _check_contents(described: Manifest, files: Mapping[str, bytes], name: str) -> None:
    """What the manifest speaks of has to be there."""
    main = described.main
    if f"src/{main}.py" not in files and f"src/{main}/__init__.py" not in files:
        raise InvalidArtifact(name, f"its main {main!r} is neither src/{main}.py nor src/{main}/__init__.py")
    for reference in described.handlers:
        module = "src/" + reference.partition(":")[0].replace(".", "/")
        if f"{module}.py" not in files and f"{module}/__init__.py" not in files:
            raise InvalidArtifact(name, f"the module of its handler {reference!r} is not under src/")
    for named in (*described.docs, *(one.file for one in described.screenshots)):
        if named not in files:
            raise InvalidArtifact(name, f"its manifest names {named!r}, which is not there")


def _text(files: Mapping[str, bytes], path: str, name: str) -> str:
    try:
        return files.get(path, b"").decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidArtifact(name, "a text is not UTF-8", path) from None
