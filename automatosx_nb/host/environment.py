"""What the Python environment around us is and has, for plugins that need a runtime, a system or a library."""

from __future__ import annotations

import getpass
import platform
import socket
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from automatosx_nb.host.surface import current_surface
from automatosx_nb.model.compatibility import Environment, Unmet
from automatosx_nb.model.policy import Cooldown, duration_text
from automatosx_nb.model.runtime import API_VERSION
from automatosx_nb.model.surroundings import Surroundings
from automatosx_nb.profile.transaction import Author

_PLATFORMS = {"darwin": "macos", "win32": "windows", "cygwin": "windows"}


def environment() -> Environment:
    """This process's."""
    return Environment(API_VERSION, python_version(), platform_name(), unmet_packages)


def surroundings() -> Surroundings:
    """The same, as a search tells it."""
    found = {str(canonicalize_name(each.name)): each.version for each in distributions() if each.name}
    packages = tuple(sorted(found.items()))
    return Surroundings(str(API_VERSION), python_version(), platform_name(), packages)


def missing_packages(requirements: Iterable[str]) -> tuple[str, ...]:
    """Those PEP 508 requirements whose marker applies here and that the installed distributions do not meet."""
    return tuple(unmet.requirement for unmet in unmet_packages(requirements))


def unmet_packages(requirements: Iterable[str]) -> tuple[Unmet, ...]:
    """As :func:`missing_packages`, each with what is there in its place."""
    found = ((text, _fault(Requirement(text), frozenset())) for text in requirements)
    return tuple(Unmet(text, fault) for text, fault in found if fault is not None)


def python_version() -> str:
    return platform.python_version()


def platform_name() -> str:
    """By the names that manifests use."""
    return _PLATFORMS.get(sys.platform, sys.platform)


def cooldown_now(span: timedelta) -> Cooldown | None:
    """The cooldown of ``span`` as it is at this moment; None where there is none."""
    return Cooldown(span, datetime.now(UTC)) if span else None


def age(since: str) -> str:
    """How long ago a moment (RFC 3339) is, for a person."""
    return duration_text(max(timedelta(), datetime.now(UTC) - datetime.fromisoformat(since)))


def author() -> Author:
    """Whoever runs this process, now."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "unknown"
    return Author(f"{user}@{socket.gethostname()}", datetime.now(UTC).isoformat(timespec="seconds"), current_surface())


def _fault(requirement: Requirement, seen: frozenset[tuple[str, str]]) -> str | None:
    """How the installed distributions do not meet it, to follow 'needs pandas>=2,'; None: they do.

    An extra is met when what it brings is there, too; ``seen`` are the names and extras that are being looked at.
    """
    if requirement.marker is not None and not requirement.marker.evaluate():
        return None
    try:
        found = distribution(requirement.name)
    except PackageNotFoundError:
        return "which is not installed"
    if not requirement.specifier.contains(found.version, prereleases=True):
        return f"and {found.version} is installed"
    for extra in sorted(requirement.extras):
        one = (canonicalize_name(requirement.name), canonicalize_name(extra))
        fault = None if one in seen else _extra_fault(found, extra, seen | {one})
        if fault is not None:
            return fault
    return None


def _extra_fault(found: Distribution, extra: str, seen: frozenset[tuple[str, str]]) -> str | None:
    provided = [canonicalize_name(name) for name in found.metadata.get_all("Provides-Extra") or ()]
    if canonicalize_name(extra) not in provided:
        return f"and {found.version}, which is installed, has no extra {extra!r}"
    for requirement in _brought_by(found, extra):
        if _fault(requirement, seen) is not None:
            return f"whose extra {extra!r} lacks {requirement.name}"
    return None


def _brought_by(found: Distribution, extra: str) -> Iterator[Requirement]:
    """What ``extra`` requires beyond what the distribution itself does."""
    for text in found.requires or ():
        requirement = Requirement(text)
        marker, requirement.marker = requirement.marker, None
        if marker is not None and not marker.evaluate({"extra": ""}) and marker.evaluate({"extra": extra}):
            yield requirement
