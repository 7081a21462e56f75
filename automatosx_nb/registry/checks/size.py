"""An artifact is no larger than the registry takes, and which files make it so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automatosx_nb.registry.checks.submission import Check, Finding, Opened

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMED = 3


def find(submission: Opened) -> Iterator[Finding]:
    package, allowed = submission.package, submission.policy.size_mb
    if package.size <= allowed * (1 << 20):
        return
    largest = sorted(package.files, key=lambda path: -len(package.files[path]))[:_NAMED]
    named = ", ".join(f"{path} ({len(package.files[path]) / (1 << 20):.1f})" for path in largest)
    size = package.size / (1 << 20)
    yield Finding("error", f"it has {size:.1f} MiB, and {allowed:g} are taken here; its largest files: {named}")


CHECK = Check("size", "It is no larger than is taken here.", find)
