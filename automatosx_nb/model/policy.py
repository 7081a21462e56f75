"""What whoever runs this installation decides about releases: which plugins may come, and how old a release has to be.

The clock is handed in; nothing here reads one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from automatosx_nb.errors import InvalidDuration, InvalidRange
from automatosx_nb.model.names import fold, parse_plugin_id, publisher_of
from automatosx_nb.model.semver import Range

if TYPE_CHECKING:
    from automatosx_nb.model.place import Place
    from automatosx_nb.model.semver import Version

_DURATION = re.compile(r"([0-9]{1,6}) ?(minute|hour|day|week)s?")


class ReleasePolicy(Protocol):
    """Whatever keeps releases out; false where it keeps out none."""

    def __bool__(self) -> bool: ...
    def against(self, plugin: str, version: Version, /) -> str | None:
        """Why that release may not come, continuing 'acme.a 1.0.0 …'; None: it may."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Some releases: of one plugin (``acme.charts``), in a range (``acme.charts@<2``), or a publisher's (``acme.*``).

    Ids are compared folded, so that no other spelling of one passes. Prereleases are in a range like any release.
    """

    plugin: str
    """A folded id, or ``publisher.*``."""
    range: Range | None
    text: str
    """As it was written."""
    place: Place | None = field(default=None, compare=False)

    @classmethod
    def parse(cls, text: str, place: Place | None = None) -> Pattern:
        """:raises InvalidPluginId:
        :raises InvalidRange:
        """
        name, at, wanted = text.partition("@")
        if at and not wanted.strip():
            raise InvalidRange(text, len(name) + 1, "a range is missing after '@'")
        everything = name.strip().endswith(".*")
        parsed = parse_plugin_id(fold(name.strip().removesuffix("*") + "any" if everything else name))
        plugin = f"{publisher_of(parsed)}.*" if everything else parsed
        return cls(plugin, Range.parse(wanted) if at else None, text, place)

    def matches(self, folded: str, version: Version) -> bool:
        """:param folded: a plugin's id, folded."""
        named = self.plugin in (folded, f"{publisher_of(folded)}.*")
        return named and (self.range is None or self.range.allows(version, prereleases=True))

    @property
    def specificity(self) -> tuple[bool, bool]:
        """Larger is more specific: one plugin before a publisher's, a range before every version."""
        return not self.plugin.endswith(".*"), self.range is not None

    @property
    def where(self) -> str:
        """Its place, to go behind a sentence; empty where that is not known."""
        return "" if self.place is None else f" ({self.place})"


@dataclass(frozen=True, slots=True)
class Policy:
    """``deny`` beats ``allow``; without any ``allow``, whatever is not denied may come."""

    allow: tuple[Pattern, ...] = ()
    deny: tuple[Pattern, ...] = ()
    also: tuple[tuple[Pattern, ...], ...] = ()
    """Further lists of what is allowed, each of which has to match, too: those of layers that only narrow."""
    signed: bool = False
    """Only what its publisher signed may come; whoever knows a release's signature holds it against this."""

    def __bool__(self) -> bool:
        """Whether it keeps anything out."""
        return bool(self.allow or self.deny or self.also or self.signed)

    def against(self, plugin: str, version: Version) -> str | None:
        """Why that release may not come, continuing 'acme.a 1.0.0 …'; None: it may."""
        folded = fold(plugin)
        denying = [pattern for pattern in self.deny if pattern.matches(folded, version)]
        if denying:
            first = max(denying, key=lambda pattern: pattern.specificity)
            return f"is denied by this installation's policy: {first.text!r} is in c.RegistryPolicy.deny{first.where}"
        for allowed in filter(None, (self.allow, *self.also)):
            if not any(pattern.matches(folded, version) for pattern in allowed):
                where = allowed[0].where
                return (
                    f"is not allowed by this installation's policy: nothing in c.RegistryPolicy.allow matches it{where}"
                )
        return None


UNSIGNED = "is not signed by its publisher, and c.RegistryPolicy.require_signed lets in only what is"


@dataclass(frozen=True, slots=True)
class Cooldown:
    """Releases published less than ``span`` before ``now`` (with a time zone) are not chosen yet."""

    span: timedelta
    now: datetime

    def against(self, published: str) -> str | None:
        """Why a release of that time (RFC 3339) is not chosen yet, continuing 'acme.a 1.0.0 …'; None: it is.

        What has no time of publication cannot be seen to be old enough.
        """
        rule = f"the cooldown (c.UpdatePolicy.cooldown) is {duration_text(self.span)}: name it exactly to have it"
        try:
            age = self.now - datetime.fromisoformat(published)
        except (ValueError, TypeError):
            return f"does not say when it was published, and {rule}"
        if age >= self.span:
            return None
        return f"was published {duration_text(max(age, timedelta()))} ago, and {rule}"


def parse_duration(text: str) -> timedelta:
    """A whole number and its unit: ``36 hours``, ``3 days``, ``1 week``.

    :raises InvalidDuration:
    """
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise InvalidDuration(text)
    return timedelta(**{f"{found[2]}s": int(found[1])})


def duration_text(span: timedelta) -> str:
    """In the largest unit that it fills: ``3 days``, ``36 hours``; whole units only, as people say it."""
    minutes = int(span.total_seconds()) // 60
    for unit, length in (("day", 1440), ("hour", 60), ("minute", 1)):
        if minutes >= 2 * length or (minutes and minutes % length == 0):
            count = minutes // length
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "less than a minute"
