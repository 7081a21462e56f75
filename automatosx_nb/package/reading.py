"""Reading an artifact safely, wholly in memory: nothing is written, and nothing is trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from automatosx_nb.errors import ArtifactFault, InvalidArtifact, InvalidManifest, NotAnArchive
from automatosx_nb.model import manifest
from automatosx_nb.package import paths, zipformat
from automatosx_nb.package.artifact import Contents, Package, digest
from automatosx_nb.package.caps import CAPS, Caps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from automatosx_nb.model.manifest import Manifest


MOST = 50
"""Faults of one artifact that are told."""


class Examined(NamedTuple):
    """What is in an artifact, and what is wrong with it: first its archive, then its manifest.

    ``contents`` is there where the archive can be unpacked, ``manifest`` where that can be read, ``package`` where
    nothing is wrong.
    """

    errors: tuple[InvalidArtifact | InvalidManifest, ...]
    contents: Contents | None = None
    manifest: Manifest | None = None
    package: Package | None = None


def read(data: bytes, *, name: str = "artifact", caps: Caps = CAPS) -> Package:
    """Everything in an artifact; ``name`` is what errors call it.

    :raises NotAnArchive:
    :raises InvalidArtifact: it is not safe, or not a plugin's.
    :raises InvalidManifest: its plugin.toml has problems.
    """
    found = examine(data, name=name, caps=caps)
    if found.package is None:
        raise found.errors[0]
    return found.package


def examine(data: bytes, *, name: str = "artifact", caps: Caps = CAPS) -> Examined:
    """As :func:`read`, with all that is wrong, and nothing raised."""
    try:
        members = zipformat.members(data, caps)
        files = _files(data, members, caps)
    except zipformat.Refusal as refusal:
        kind = NotAnArchive if isinstance(refusal, zipformat.NoArchive) else InvalidArtifact
        return Examined((kind(name, refusal.reason, refusal.member),))
    faults = list(_name_faults([member.name for member in members], caps))
    texts = {path: _text(files, path, faults) for path in (paths.MANIFEST, "README.md", "CHANGELOG.md")}
    described = broken = None
    if paths.MANIFEST not in files:
        faults.append(ArtifactFault(f"it has no {paths.MANIFEST}"))
    elif (text := texts[paths.MANIFEST]) is not None:
        try:
            described = manifest.parse(text, source=f"{paths.MANIFEST} of {name}")
            faults += _lacking(described, files)
        except InvalidManifest as error:
            broken = error
    found = files, texts["README.md"] or "", texts["CHANGELOG.md"] or "", digest(data), len(data)
    if described is None or faults:
        return Examined((*as_error(name, faults), *([broken] if broken else [])), Contents(*found), described)
    package = Package(*found, described)
    return Examined((), package, described, package)


def as_error(name: str, faults: Sequence[ArtifactFault]) -> tuple[InvalidArtifact, ...]:
    """One with all ``faults``, of very many the first; none where there are none."""
    if not faults:
        return ()
    first, *more = faults[:MOST]
    if len(faults) > MOST:
        more.append(ArtifactFault(f"and {len(faults) - MOST} faults more"))
    return (InvalidArtifact(name, first.reason, first.member, tuple(more)),)


def _files(data: bytes, found: Sequence[zipformat.Member], caps: Caps) -> dict[str, bytes]:
    budget = caps.total_mb << 20
    files: dict[str, bytes] = {}
    for member in found:
        content = zipformat.inflate(data, member, caps, budget)
        budget -= len(content)
        files[member.name] = content
    return dict(sorted(files.items()))


def _name_faults(names: Sequence[str], caps: Caps) -> Iterator[ArtifactFault]:
    """Paths that are unsafe or foreign, or there twice, and files where another one needs a folder."""
    seen: dict[str, str] = {}
    for name in names:
        reason = paths.unsafe(name, caps) or paths.foreign(name)
        if reason:
            yield ArtifactFault(reason, name)
            continue
        twin = seen.get(paths.folded(name))
        seen[paths.folded(name)] = name
        if twin == name:
            yield ArtifactFault("two members have the same name", name)
        elif twin is not None:
            reason = f"two names are one where case or accents do not count: {twin!r} is the other"
            yield ArtifactFault(reason, name)
    for folded, name in seen.items():
        parts = folded.split("/")
        if any("/".join(parts[:depth]) in seen for depth in range(1, len(parts))):
            yield ArtifactFault("a file stands where another member needs a folder", name)
    yield from _folder_faults(seen.values())


def _folder_faults(names: Iterable[str]) -> Iterator[ArtifactFault]:
    """The same for the folders on the way: ``src/Pkg`` and ``src/pkg`` are one on some systems, two on others."""
    seen: dict[str, str] = {}
    for name in names:
        parts = name.split("/")
        for depth in range(1, len(parts)):
            folder = "/".join(parts[:depth])
            twin = seen.setdefault(paths.folded(folder), folder)
            if twin != folder:
                reason = f"two folders are one where case or accents do not count: {twin!r} is the other"
                yield ArtifactFault(reason, name)


def _lacking(described: Manifest, files: Mapping[str, bytes]) -> Iterator[ArtifactFault]:
    """What the manifest speaks of, and is not there."""
    main = described.main
    if f"src/{main}.py" not in files and f"src/{main}/__init__.py" not in files:
        yield ArtifactFault(f"its main {main!r} is neither src/{main}.py nor src/{main}/__init__.py")
    for reference in described.handlers:
        module = "src/" + reference.partition(":")[0].replace(".", "/")
        if f"{module}.py" not in files and f"{module}/__init__.py" not in files:
            yield ArtifactFault(f"the module of its handler {reference!r} is not under src/")
    for named in (*described.docs, *(one.file for one in described.screenshots)):
        if named not in files:
            yield ArtifactFault(f"its manifest names {named!r}, which is not there")


def _text(files: Mapping[str, bytes], path: str, faults: list[ArtifactFault]) -> str | None:
    """Empty where it is not there; None: it is no text."""
    try:
        return files.get(path, b"").decode("utf-8")
    except UnicodeDecodeError:
        faults.append(ArtifactFault("a text is not UTF-8", path))
        return None
