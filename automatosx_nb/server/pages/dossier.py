"""A release's dossier as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from automatosx_nb.model.names import publisher_of, short_name
from automatosx_nb.model.permissions import WordedPermission, worded

if TYPE_CHECKING:
    from automatosx_nb.model.code_difference import FileChange
    from automatosx_nb.model.identity import Actor
    from automatosx_nb.model.review import Dossier, Review, Standing


@dataclass(frozen=True, slots=True)
class DossierView:
    """``actor``: who looks at it."""

    dossier: Dossier
    actor: Actor

    @property
    def standing(self) -> Standing:
        return self.dossier.standing

    @property
    def id(self) -> str:
        return self.standing.id

    @property
    def name(self) -> str:
        return short_name(self.id)

    @property
    def publisher(self) -> str:
        return publisher_of(self.id)

    @property
    def is_own(self) -> bool:
        return self.actor.name == self.standing.submitter

    @property
    def may_decide(self) -> bool:
        return self.actor.may_review and not self.is_own

    @property
    def said(self) -> Review | None:
        """What whoever looks at it said before."""
        return next((each for each in self.standing.reviews if each.reviewer == self.actor.name), None)

    @property
    def new_permissions(self) -> list[WordedPermission]:
        return [self._worded(text) for text in self.dossier.permissions.added]

    @property
    def changed_permissions(self) -> list[tuple[str, str, WordedPermission]]:
        """Whether it is wider, what it was, what it is."""
        changes = self.dossier.permissions
        pairs = [("Wider", *pair) for pair in changes.widened] + [("Narrower", *pair) for pair in changes.narrowed]
        return [(how, before, self._worded(now)) for how, before, now in pairs]

    @property
    def kept_permissions(self) -> list[WordedPermission]:
        """What is asked for as before."""
        changes = self.dossier.permissions
        new = {*changes.added, *(now for _, now in (*changes.widened, *changes.narrowed))}
        return [self._worded(text) for text in self.dossier.asked if text not in new]

    @property
    def failed(self) -> int:
        return sum(not check.passed for check in self.dossier.checks)

    def _worded(self, text: str) -> WordedPermission:
        return worded(text, self.dossier.asked.get(text, ""))


def diff_lines(change: FileChange) -> list[tuple[str, str]]:
    """Each line of a unified diff with what it is: ``add``, ``gone``, ``hunk``, or nothing."""
    kinds = {"+": "add", "-": "gone", "@": "hunk"}
    return [(kinds.get(line[:1], ""), line) for line in change.diff.splitlines()]
