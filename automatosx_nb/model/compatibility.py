"""Whether a release fits where it would run: the runtime, the Python, the operating system, the installed packages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from automatosx_nb.errors import InvalidRange
from automatosx_nb.model.semver import Range, Version

if TYPE_CHECKING:
    from collections.abc import Sequence


class Needs(Protocol):
    """What a release says of where it runs; a search result says it, too."""

    @property
    def engine(self) -> str:
        """The range of the runtime's API version."""

    @property
    def python(self) -> str:
        """A PEP 440 specifier set; empty: any."""

    @property
    def platforms(self) -> Sequence[str]:
        """Operating systems; empty: any."""

    @property
    def packages(self) -> Sequence[str]:
        """PEP 508 requirements."""


class Unmet(NamedTuple):
    """A PEP 508 requirement that does not hold; ``found`` says what is there in its place, in a few words."""

    requirement: str
    found: str


@dataclass(frozen=True, slots=True)
class Environment:
    """Where plugins would run. ``platform`` is one of ``requirements.PLATFORMS``, or another system's name."""

    engine: Version
    python: str
    platform: str
    unmet: Callable[[Iterable[str]], Iterable[Unmet]]
    """Those of some PEP 508 requirements that do not hold."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One thing that does not fit. ``reason`` continues the sentence 'acme.a 1.0.0 …', ``remedy`` is a sentence."""

    what: Literal["automatosx", "python", "platform", "package"]
    needs: str
    found: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.reason}. {self.remedy}"


def mismatches(needs: Needs, here: Environment) -> tuple[Mismatch, ...]:
    """All that does not fit; empty: it runs here."""
    found = [_engine(needs.engine, here.engine), _python(needs.python, here.python)]
    found.append(_platform(needs.platforms, here.platform))
    packages = [_package(unmet) for unmet in here.unmet(needs.packages)]
    return (*(one for one in found if one is not None), *packages)


def against_engine(wanted: Range, engine: Version) -> str | None:
    """Why a runtime of this API version does not do; None: it does."""
    fits = wanted.allows(engine, prereleases=True)
    return None if fits else f"needs automatosx {wanted}, and this is {engine}"


def against_python(specifiers: str, python: str) -> str | None:
    """Why this Python does not do; None: it does."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    if not specifiers:
        return None
    try:
        fits = SpecifierSet(specifiers).contains(python, prereleases=True)
    except InvalidSpecifier:
        return f"asks for a Python that cannot be read: {specifiers!r}"
    return None if fits else f"needs Python {specifiers}, and this is {python}"


def against_platform(platforms: Sequence[str], platform: str) -> str | None:
    """Why this operating system does not do; None: it does."""
    if not platforms or platform in platforms:
        return None
    return f"works on {' and '.join(platforms)}, and this is {platform}"


def _engine(text: str, engine: Version) -> Mismatch | None:
    try:
        wanted = Range.parse(text)
    except InvalidRange:
        unread = f"asks for an automatosx that cannot be read: {text!r}"
        return Mismatch("automatosx", text, str(engine), unread, "Tell its publisher.")
    reason = against_engine(wanted, engine)
    if reason is None:
        return None
    newer = wanted.intersects(Range.parse(f">{engine}"))
    remedy = "Update automatosx_nb." if newer else "Look for a newer version: it was made for an older automatosx_nb."
    return Mismatch("automatosx", text, str(engine), reason, remedy)


def _python(specifiers: str, python: str) -> Mismatch | None:
    reason = against_python(specifiers, python)
    if reason is None:
        return None
    return Mismatch("python", specifiers, python, reason, f"Use a kernel with Python {specifiers}.")


def _platform(platforms: Sequence[str], platform: str) -> Mismatch | None:
    reason = against_platform(platforms, platform)
    if reason is None:
        return None
    return Mismatch("platform", ", ".join(platforms), platform, reason, f"Run the kernel on {' or '.join(platforms)}.")


def _package(unmet: Unmet) -> Mismatch:
    reason = f"needs {unmet.requirement}, {unmet.found}"
    return Mismatch("package", unmet.requirement, unmet.found, reason, f"Run %pip install '{unmet.requirement}'.")
