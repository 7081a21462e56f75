"""Windows: no layer yet, and no fork server to start a worker from."""

from __future__ import annotations

from collections.abc import Mapping

from automatosx_nb.errors import SandboxUnavailable
from automatosx_nb.sandbox.confine import Confinement


def confine(confinement: Confinement) -> Mapping[str, str]:
    """:raises SandboxUnavailable: always; a worker that is not confined is not started."""
    raise SandboxUnavailable(f"no wall of {confinement.folder!r} exists on Windows yet; use WSL 2")
