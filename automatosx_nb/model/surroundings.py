"""An environment as a search tells it, so that a registry elsewhere can say what runs there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from automatosx_nb.errors import InvalidRange, InvalidSearch, InvalidVersion
from automatosx_nb.model.compatibility import against_engine, against_platform, against_python
from automatosx_nb.model.semver import Range, Version

MAX_TEXT = 16_384
"""Characters."""
VALID = "an environment, as in automatosx==1.0.0,python==3.12.4,platform==linux,pandas==2.2.3"
_MARKERS = {"linux": ("linux", "Linux", "posix"), "macos": ("darwin", "Darwin", "posix")}
_MARKERS["windows"] = ("win32", "Windows", "nt")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is empty was not said, and no plugin is left out for it. ``platform`` is one of ``requirements.PLATFORMS``.

    ``packages`` are all the installed distributions, (name, version) sorted by name, where any is said.
    """

    engine: str = ""
    python: str = ""
    platform: str = ""
    packages: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Surroundings:
        """Of ``name==version``, separated by commas; ``automatosx``, ``python`` and ``platform`` are no packages.

        :raises InvalidSearch:
        """
        if len(text) > MAX_TEXT:
            raise InvalidSearch("compatible", f"{len(text)} characters long", f"at most {MAX_TEXT} characters")
        said: dict[str, str] = {}
        for part in filter(None, (each.strip() for each in text.split(","))):
            name, equal, version = (each.strip() for each in part.partition("=="))
            if not (name and equal and version) or name in said:
                raise InvalidSearch(
                    "compatible", f"{part!r}" + (", which is there twice" if name in said else ""), VALID
                )
            said[name] = version
        engine, python, platform = (said.pop(name, "") for name in ("automatosx", "python", "platform"))
        return cls(_engine(engine), _python(python), platform, packages_of(said))

    def __str__(self) -> str:
        around = (("automatosx", self.engine), ("python", self.python), ("platform", self.platform))
        return ",".join(f"{name}=={version}" for name, version in (*around, *self.packages) if version)

    def has_engine(self, wanted: str) -> bool:
        """Whether the runtime is in the range ``wanted``."""
        if not self.engine:
            return True
        try:
            return against_engine(Range.parse(wanted), Version.parse(self.engine)) is None
        except InvalidRange:
            return False

    def has_python(self, specifiers: str) -> bool:
        return not self.python or against_python(specifiers, self.python) is None

    def is_platform(self, platforms: tuple[str, ...]) -> bool:
        return not self.platform or against_platform(platforms, self.platform) is None

    def has_package(self, requirement: str) -> bool:
        """Whether a PEP 508 requirement holds; extras are not looked into."""
        from packaging.requirements import InvalidRequirement, Requirement
        from packaging.utils import canonicalize_name

        if not self.packages:
            return True
        try:
            wanted = Requirement(requirement)
        except InvalidRequirement:
            return False
        if wanted.marker is not None and not wanted.marker.evaluate(self._markers()):
            return True
        found = dict(self.packages).get(canonicalize_name(wanted.name))
        return found is not None and wanted.specifier.contains(found, prereleases=True)

    def _markers(self) -> Mapping[str, str]:
        """Those of PEP 508's variables that are known of it."""
        known: dict[str, str] = {}
        if self.python:
            known |= {"python_full_version": self.python, "python_version": ".".join(self.python.split(".")[:2])}
        if self.platform in _MARKERS:
            known |= dict(zip(("sys_platform", "platform_system", "os_name"), _MARKERS[self.platform], strict=True))
        return known


def _engine(text: str) -> str:
    try:
        return str(Version.parse(text)) if text else ""
    except InvalidVersion as error:
        raise InvalidSearch("compatible", f"automatosx=={text!s:.40}", VALID) from error


def _python(text: str) -> str:
    return _release(text, "python") if text else ""


def packages_of(said: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Name → version as :class:`Surroundings` has them.

    :raises InvalidSearch: a version is none of Python's.
    """
    from packaging.utils import canonicalize_name

    return tuple(sorted((str(canonicalize_name(name)), _release(version, name)) for name, version in said.items()))


def _release(text: str, name: str) -> str:
    from packaging.version import InvalidVersion as NoVersion
    from packaging.version import Version as Release

    try:
        return str(Release(text))
    except NoVersion as error:
        raise InvalidSearch("compatible", f"{name!s:.40}=={text!s:.40}", VALID) from error
