"""What lies where in a mirror. docs/operations.md shows it to people.

``mirror.json`` names, by SHA-256, a document a plugin: its details, its index and its changelogs. The index names the
artifacts. So whoever has the digest of ``mirror.json`` has that of everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import msgspec

from automatosx_nb.model.release import CheckResult
from automatosx_nb.model.semver.encoding import as_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from automatosx_nb.model.release import IndexRelease, PluginDetail

FORMAT = 1


class Blob(msgspec.Struct, frozen=True):
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    size: Annotated[int, msgspec.Meta(ge=0, le=1 << 28)]
    """Bytes."""


class Root(msgspec.Struct, frozen=True):
    """``source`` is the address of the registry that was copied; the times are RFC 3339, UTC."""

    format: int
    source: str
    made: str
    expires: str
    plugins: dict[str, Blob]
    """Plugin id → its document."""


class PluginDocument(msgspec.Struct, frozen=True):
    """``detail`` and ``index`` are the documents of the REST interface, so that they are read as those are.

    ``detail`` is null where all of the plugin is quarantined: then the index says so, and nothing else does.
    """

    detail: msgspec.Raw
    index: msgspec.Raw
    changelogs: dict[str, str]
    """Version → Markdown."""
    checks: dict[str, tuple[CheckResult, ...]] = {}
    """Version → what was found when it was published."""


@dataclass(frozen=True, slots=True)
class MirroredPlugin:
    """What is copied of one plugin. ``releases`` also has the quarantined ones, whose artifacts are not copied."""

    id: str
    detail: PluginDetail | None
    """None: nothing of it is copied, for all of it is quarantined."""
    releases: Sequence[IndexRelease]
    changelogs: Mapping[str, str]
    checks: Mapping[str, Sequence[CheckResult]]


def path_of(sha256: str) -> str:
    return f"sha256/{sha256[:2]}/{sha256}"


def encode_root(root: Root) -> bytes:
    return msgspec.json.format(msgspec.json.encode(root, order="sorted"), indent=1) + b"\n"


def encode_plugin(plugin: MirroredPlugin) -> bytes:
    """The same of the same, byte for byte."""
    index = {"id": plugin.id, "releases": plugin.releases}
    document = {"detail": plugin.detail, "index": index, "changelogs": plugin.changelogs, "checks": plugin.checks}
    return msgspec.json.encode(document, enc_hook=as_text, order="sorted")
