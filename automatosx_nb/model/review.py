"""Review: which releases need whose word before everybody sees them, and what is known of one that waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from automatosx_nb.model.code_difference import FileChange
from automatosx_nb.model.gate import within_step
from automatosx_nb.model.names import fold
from automatosx_nb.model.permissions import not_covered
from automatosx_nb.model.release import CheckResult, Stage

if TYPE_CHECKING:
    from automatosx_nb.model.policy import Pattern
    from automatosx_nb.model.semver import Version

STAGES = (Stage.DRAFT, Stage.BETA, Stage.STABLE)
"""As far as a release comes, in that order; it never goes back."""


def is_above(stage: Stage, other: Stage) -> bool:
    return STAGES.index(stage) > STAGES.index(other)


@dataclass(frozen=True, slots=True)
class ReviewPolicy:
    """How many reviewers have to approve a release before it is promoted. The defaults are those of one person."""

    beta: int = 0
    stable: int = 0
    trusted: tuple[Pattern, ...] = ()
    """Whose patches pass by themselves where they ask for nothing new."""

    def needed(self, to: Stage) -> int:
        """Approvals without which nothing becomes ``to``. Whoever leaves beta out still takes what beta takes."""
        return {Stage.DRAFT: 0, Stage.BETA: self.beta, Stage.STABLE: max(self.beta, self.stable)}[to]

    def passes_by_itself(self, plugin: str, old: Version, before: Asks, new: Version, asks: Asks) -> bool:
        """Whether ``new`` needs nobody's word, ``old`` being the stable release below it."""
        trusted = any(pattern.matches(fold(plugin), new) for pattern in self.trusted)
        patch = old < new and not new.is_prerelease and within_step("patch", old, new)
        return trusted and patch and not asks.more_than(before)


@dataclass(frozen=True, slots=True)
class Asks:
    """What a release asks of whoever installs it; optional or not."""

    permissions: frozenset[str] = frozenset()
    dependencies: frozenset[str] = frozenset()
    """Plugin ids."""
    packages: frozenset[str] = frozenset()
    """PEP 508."""

    def more_than(self, before: Asks) -> bool:
        return bool(
            not_covered(self.permissions, before.permissions)
            or self.dependencies - before.dependencies
            or self.packages - before.packages
        )


@dataclass(frozen=True, slots=True)
class Review:
    """One reviewer's word on one release, and so on its exact bytes."""

    reviewer: str
    approves: bool
    reason: str
    given: str
    """RFC 3339, UTC."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a release has come, and what it takes to come further."""

    id: str
    version: str
    sha256: str
    stage: Stage
    wanted: Stage | None
    """What it waits to become; None: nothing is asked for."""
    submitter: str
    published: str
    needed: int
    """Approvals that it takes to become what it waits for, else the next stage."""
    approvals: int
    reviews: tuple[Review, ...] = ()
    """The newest first."""
    yanked: str | None = None
    quarantined: str | None = None


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """What waits, the oldest first. ``next`` is the ``after`` of the page that follows; None: there is none."""

    items: tuple[Standing, ...]
    next: int | None = None


@dataclass(frozen=True, slots=True)
class PermissionChanges:
    """What a release asks for in another way than the one before; permissions as texts."""

    added: tuple[str, ...]
    widened: tuple[tuple[str, str], ...]
    """Before and now."""
    narrowed: tuple[tuple[str, str], ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that a reviewer needs: what is new since ``baseline``, the stable release below it, and what was checked."""

    standing: Standing
    baseline: str | None
    """None: there is none, and everything is new."""
    permissions: PermissionChanges
    asked: Mapping[str, str]
    """Every permission that it asks for now, optional ones too → the author's reason."""
    dependencies: Mapping[str, tuple[str | None, str | None]]
    """Plugin id → range before and now, where they differ."""
    packages: tuple[tuple[str, ...], tuple[str, ...]]
    """Requirements that are gone, and those that are new."""
    contributions: tuple[tuple[str, ...], tuple[str, ...]]
    """The same of what it adds to a notebook, as in ``magics: doctor``."""
    files: tuple[FileChange, ...]
    checks: tuple[CheckResult, ...]
