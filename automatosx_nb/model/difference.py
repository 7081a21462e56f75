"""What differs between two generations of a profile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from automatosx_nb.model.generation import Generation, InstalledPlugin

Kind = Literal["added", "changed", "removed", "same"]
SettingsOf = Callable[["InstalledPlugin"], Mapping[str, Any]]
"""What the user set for a plugin of some generation."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One plugin in two generations. ``same``: it is the same release, and something else about it differs."""

    id: str
    kind: Kind
    old: str | None
    new: str | None
    given: tuple[str, ...] = ()
    """Permissions that it holds in the later one only."""
    gone: tuple[str, ...] = ()
    wish: tuple[str | None, str | None] | None = None
    """Before and after; None: it is the same, as everywhere below."""
    channel: tuple[str, str] | None = None
    pin: tuple[str | None, str | None] | None = None
    """As sentences: ``pinned by ada@host on 2026-01-01: the report needs it``."""
    settings: tuple[str, ...] = ()
    """Names of settings that have other values."""
    other_data: bool = False
    """The same release on other data, as after a rollback."""

    def __str__(self) -> str:
        """In one line, for a person."""
        sign = {"added": "+", "changed": "↑", "removed": "-", "same": "="}[self.kind]
        versions = " → ".join(dict.fromkeys(each for each in (self.old, self.new) if each is not None))
        said = "; ".join(self._words())
        return f"{sign} {self.id} {versions}" + (f"  ({said})" if said else "")

    def _words(self) -> Iterator[str]:
        if self.given and self.kind != "removed":
            yield f"granted {', '.join(self.given)}"
        if self.gone and self.kind != "removed":
            yield f"no longer granted {', '.join(self.gone)}"
        if self.wish and self.kind not in ("added", "removed"):
            yield f"wish {self.wish[0] or 'none'} → {self.wish[1] or 'none'}"
        if self.channel:
            yield f"channel {self.channel[0]} → {self.channel[1]}"
        if self.pin:
            yield self.pin[1] or f"no longer {self.pin[0]}"
        if self.settings:
            yield f"other settings: {', '.join(self.settings)}"
        if self.other_data:
            yield "with other data"


def differences(old: Generation, new: Generation, settings: SettingsOf) -> tuple[Difference, ...]:
    """By plugin, in alphabetical order; only those that differ."""
    found = (
        _difference(plugin, old.plugins.get(plugin), new.plugins.get(plugin), settings)
        for plugin in sorted({*old.plugins, *new.plugins})
    )
    return tuple(each for each in found if each is not None)


def _difference(
    plugin: str, old: InstalledPlugin | None, new: InstalledPlugin | None, settings: SettingsOf
) -> Difference | None:
    if old is None or new is None:
        return _one_sided(plugin, old, new)
    if old == new:
        return None
    return Difference(
        plugin,
        "same" if old.sha256 == new.sha256 else "changed",
        old.version,
        new.version,
        given=tuple(each for each in new.grants if each not in old.grants),
        gone=tuple(each for each in old.grants if each not in new.grants),
        wish=_pair(old.wish, new.wish),
        channel=_pair(old.channel, new.channel),
        pin=_pair(old.pin and str(old.pin), new.pin and str(new.pin)),
        settings=_other_values(settings(old), settings(new)) if old.state != new.state else (),
        other_data=old.sha256 == new.sha256 and old.state != new.state,
    )


def _one_sided(plugin: str, old: InstalledPlugin | None, new: InstalledPlugin | None) -> Difference:
    return Difference(
        plugin,
        "added" if new else "removed",
        old.version if old else None,
        new.version if new else None,
        given=new.grants if new else (),
        gone=old.grants if old else (),
        wish=_pair(old.wish if old else None, new.wish if new else None),
        pin=_pair(old.pin and str(old.pin) if old else None, new.pin and str(new.pin) if new else None),
    )


def _pair(old: Any, new: Any) -> Any:
    return None if old == new else (old, new)


def _other_values(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    absent = object()
    return tuple(name for name in sorted({*old, *new}) if old.get(name, absent) != new.get(name, absent))
