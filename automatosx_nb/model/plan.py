"""What would change: plans from one generation to the next, as records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from automatosx_nb.errors import NotInPlan
from automatosx_nb.model.spelling import nearest
from automatosx_nb.model.tree import tree_text

if TYPE_CHECKING:
    from automatosx_nb.model.generation import Channel, Pin
    from automatosx_nb.model.held_back import HeldBack
    from automatosx_nb.model.keys import ReleaseSignature
    from automatosx_nb.model.tree import ChosenPlugin


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """One plugin that a plan adds, changes or removes."""

    id: str
    kind: Literal["add", "update", "downgrade", "remove"]
    old: str | None
    new: str | None
    why: str
    """For a person, as in ``you asked for it`` or ``acme.charts 2.0.0 requires acme.tables ^1.2``."""
    asks: Mapping[str, str] = field(default_factory=dict)
    """Permissions that nobody has granted yet → the author's reason."""
    optional: Mapping[str, str] = field(default_factory=dict)
    """The same of those that it can do without."""
    by_policy: Mapping[str, str] = field(default_factory=dict)
    """Permissions that it gets without a question → the setting that says so."""
    denied: Mapping[str, str] = field(default_factory=dict)
    """Permissions that it asks for and nobody can grant → the setting that says so."""
    drops: tuple[str, ...] = ()
    """Permissions that it was granted and loses: the new version no longer asks for them, or ``grants`` lacks them."""
    size: int = 0
    """Bytes to fetch; 0 where the store has it."""
    changelog: str = ""
    """Markdown: what is new since ``old``."""
    missing_packages: tuple[str, ...] = ()
    """PEP 508 requirements that this environment does not meet."""
    sha256: str = ""
    """Of the new version's artifact, in hexadecimal; empty where nothing is fetched."""
    grants: tuple[str, ...] | None = None
    """Exactly what it is granted afterwards, as a lock says; None: what it was granted before and is granted now."""
    requires: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)
    """Plugin id → the range that ``old`` required and the one that ``new`` does, where they differ; None: none."""
    old_size: int = 0
    """Bytes of ``old``'s artifact; 0: nothing was there, or nobody knows."""
    source: str = ""
    """The address of the registry that ``new`` comes from; empty: from the store."""
    verified: bool = False
    """Whether its publisher is verified there."""
    signature: ReleaseSignature | None = None
    """Its publisher's, as the registry tells it; it is verified against what was fetched. None: there is none."""
    publisher: str = ""
    """What differs about who stands behind it, continuing 'acme.a …'; empty: nothing."""
    doubt: str = ""
    """Of that, what may mean that it is somebody else: it waits until somebody says that they trust it."""
    deprecated: str = ""
    """Why ``new`` is, and what to use in its place; empty: it is not."""
    warnings: tuple[str, ...] = ()
    """What else is said against ``new``, which was named exactly: yanked, under an advisory. Each continues 'it …'."""

    @property
    def requires_otherwise(self) -> tuple[str, ...]:
        """What it requires otherwise than ``old``, each continuing 'acme.a …'."""
        return tuple(_requires(plugin, *ranges) for plugin, ranges in self.requires.items()) if self.old else ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What an action would do to a profile. A plan changes nothing, and fits only the generation it was made for."""

    base: int
    action: str
    changes: tuple[PlannedChange, ...]
    kept: Mapping[str, str]
    """Plugin id → version of what stays as it is."""
    wishes: Mapping[str, str]
    """Plugin id → range, after the action."""
    rewished: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)
    """Plugin id → its wish before and after, where only that changes; None: as somebody's dependency."""
    pins: Mapping[str, Pin | None] = field(default_factory=dict)
    """Plugin id → the pin that it gets; None: its pin is lifted. Others keep theirs while their version stays."""
    channels: Mapping[str, Channel] = field(default_factory=dict)
    """Plugin id → its channel, where that changes."""
    grants_digest: str = ""
    """Of the lock that is followed: whoever agrees to it agrees to all that the lock grants. Empty: there is none."""
    plugins: tuple[ChosenPlugin, ...] = ()
    """All that is there afterwards, each after what it requires; empty for a rollback, which asks no resolver."""
    held_back: tuple[HeldBack, ...] = ()
    """Newer versions that were not chosen, and why."""

    def why(self, plugin: str) -> tuple[str, ...]:
        """Sentences: how the wishes lead to ``plugin``, what else requires it, and why it is no newer version.

        :raises NotInPlan: it is neither there afterwards nor removed.
        """
        for change in self.changes:
            if change.id == plugin and change.new is None:
                return (f"{plugin} {change.old} is removed because {change.why}.",)
        for one in self.plugins:
            if one.id == plugin:
                newer = tuple(f"{each}." for each in self.held_back if each.id == plugin)
                return (one.why, *self._further_requirers(one), *newer)
        known = [one.id for one in self.plugins]
        raise NotInPlan(plugin, nearest(plugin, known))

    def tree(self) -> str:
        """The wishes, and below each plugin what it requires, drawn in lines of text."""
        return tree_text(self.wishes, self.plugins)

    def _further_requirers(self, of: ChosenPlugin) -> tuple[str, ...]:
        others = [
            f"{one.id} {one.version} requires it in {one.requires[of.id]}"
            for one in self.plugins
            if of.id in one.requires and f"{one.id} {one.version} requires {of.id} " not in of.why
        ]
        return (f"Besides, {', '.join(others)}.",) if others else ()

    @property
    def missing_packages(self) -> tuple[str, ...]:
        """PEP 508 requirements of everything that comes, which this environment does not meet."""
        return tuple(dict.fromkeys(each for change in self.changes if change.new for each in change.missing_packages))

    @property
    def pip_line(self) -> str:
        """What gets the missing packages when it is run in a cell; empty: none is missing."""
        return pip_line(self.missing_packages)

    @property
    def changes_nothing(self) -> bool:
        return not (self.changes or self.rewished or self.pins or self.channels)

    @property
    def asks(self) -> dict[str, Mapping[str, str]]:
        """Plugin id → the permissions that still need consent; empty: nobody has to be asked."""
        return {change.id: change.asks for change in self.changes if change.asks}


def _requires(plugin: str, before: str | None, after: str | None) -> str:
    if after is None:
        return f"no longer requires {plugin}"
    return f"requires {plugin} {after}" + (f" (before: {before})" if before else " (not before)")


def pip_line(packages: Iterable[str]) -> str:
    """What to run in a cell to get ``packages``; empty where there are none."""
    quoted = " ".join(f"'{package}'" for package in packages)
    return f"%pip install {quoted}" if quoted else ""


@dataclass(frozen=True, slots=True)
class Applied:
    """A plan that was carried out; ``generation`` is current now."""

    generation: int
    plan: Plan
    brought_again: tuple[str, ...] = ()
    """Plugins whose artifacts were missing or damaged, with their versions: those were fetched again."""
