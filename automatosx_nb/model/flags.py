"""What a registry says against a release that is there: yanked, deprecated, quarantined, or under an advisory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from automatosx_nb.model.keys import named, state
from automatosx_nb.model.printable import one_line

if TYPE_CHECKING:
    from automatosx_nb.model.keys import PublisherKey
    from automatosx_nb.model.release import IndexRelease

Kind = Literal["yanked", "deprecated", "quarantined", "advisory", "signature"]


@dataclass(frozen=True, slots=True)
class Flag:
    """One thing that is said of one release; ``str()`` is the sentence. ``disables``: it does not run any more."""

    plugin: str
    version: str
    kind: Kind
    reason: str
    disables: bool

    def __str__(self) -> str:
        return f"{self.plugin} {self.version} {self.words()}"

    def words(self) -> str:
        """Continues the sentence 'acme.a 1.0.0 …'."""
        said = one_line(self.reason)
        if self.kind == "yanked":
            return yanked_for(self.reason)
        if self.kind == "deprecated":
            return f"is deprecated: {said}"
        if self.kind == "signature":
            return f"has a signature that counts no longer: {said}"
        words = f"is quarantined: {said}" if self.kind == "quarantined" else f"is under advisory {said}"
        return f"{words} (it is disabled)" if self.disables else words


def yanked_for(reason: str) -> str:
    """Continues 'acme.a 1.0.0 …'."""
    return f"was yanked: {one_line(reason)}"


def flags_of(plugin: str, release: IndexRelease) -> Iterator[Flag]:
    """The gravest first."""
    version = str(release.version)
    if release.quarantined is not None:
        yield Flag(plugin, version, "quarantined", release.quarantined, disables=True)
    for advisory in sorted(release.advisories, key=lambda each: not each.disables):
        yield Flag(plugin, version, "advisory", f"{advisory.id}: {advisory.summary}", advisory.disables)
    if release.yanked is not None:
        yield Flag(plugin, version, "yanked", release.yanked, disables=False)
    if release.deprecated is not None:
        yield Flag(plugin, version, "deprecated", deprecation(release), disables=False)


def signature_flag(plugin: str, version: str, signer: str, keys: Iterable[PublisherKey]) -> Flag:
    """Of an installed release that the key ``signer`` signed, and that no key signs any more, as the registry says."""
    key = next((each for each in keys if each.id == signer), None)
    said = f"key {signer[:16]} speaks for its publisher no more" if key is None else f"key {named(key)} is {state(key)}"
    return Flag(plugin, version, "signature", said, disables=False)


def warnings_of(plugin: str, release: IndexRelease) -> tuple[str, ...]:
    """What whoever chose it by its exact version has to know, each continuing the sentence 'acme.a 1.0.0 …'."""
    return tuple(flag.words() for flag in flags_of(plugin, release) if flag.kind in ("yanked", "advisory"))


class Deprecated(Protocol):
    """What a release says of that."""

    @property
    def deprecated(self) -> str | None: ...
    @property
    def successor(self) -> str | None: ...


def deprecation(release: Deprecated) -> str:
    """Why, and what to use in its place; empty: it is not."""
    if release.deprecated is None:
        return ""
    return f"{release.deprecated} (use {release.successor})" if release.successor else release.deprecated
