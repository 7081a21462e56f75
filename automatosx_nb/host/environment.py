"""What the Python environment around us has, for plugins that need a library."""

from __future__ import annotations

import getpass
import platform
import socket
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from packaging.requirements import Requirement

from automatosx_nb.profile.transaction import Author


def missing_packages(requirements: Iterable[str]) -> tuple[str, ...]:
    """Those PEP 508 requirements whose marker applies here and that no installed distribution meets."""
    return tuple(text for text in requirements if not _is_met(Requirement(text)))


def python_version() -> str:
    return platform.python_version()


def author() -> Author:
    """Whoever runs this process, now."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "unknown"
    return Author(f"{user}@{socket.gethostname()}", datetime.now(UTC).isoformat(timespec="seconds"))


def _is_met(requirement: Requirement) -> bool:
    if requirement.marker is not None and not requirement.marker.evaluate():
        return True
    try:
        found = version(requirement.name)
    except PackageNotFoundError:
        return False
    return requirement.specifier.contains(found, prereleases=True)
