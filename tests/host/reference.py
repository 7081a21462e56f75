"""What plugins hold, as a handful of sets: the reference against which the broker and a kernel are compared.

A permission is the set of single things that it allows, so that covering is containing. It shares no code with ours.
"""

from __future__ import annotations

from dataclasses import dataclass, field

ALLOWS: dict[str, frozenset[str]] = {
    "storage": frozenset({"keep"}),
    "files:read:data/a.csv": frozenset({"read a"}),
    "files:read:data/b.csv": frozenset({"read b"}),
    "files:read:data/*": frozenset({"read a", "read b", "read data"}),
    "files:read:*/a.csv": frozenset({"read a", "read any a"}),
    "files:read:**": frozenset({"read a", "read b", "read data", "read any a", "read all"}),
    "files:write:data/a.csv": frozenset({"write a"}),
    "files:write:data/*": frozenset({"write a", "write data"}),
    "variables:read:x": frozenset({"see x"}),
    "variables:read": frozenset({"see x", "see all"}),
    "secrets:token": frozenset({"token"}),
}
"""What is read of ``data`` and what is called ``a.csv`` have one file in common, and neither contains the other."""


@dataclass
class Reference:
    """One plugin in one kernel."""

    profile: set[str] = field(default_factory=set)
    session: set[str] = field(default_factory=set)
    waiting: set[str] = field(default_factory=set)
    """For the next call."""
    passing: set[str] = field(default_factory=set)
    """For the call under way."""
    denied: set[str] = field(default_factory=set)
    """What policy denies."""
    allowed_by_policy: set[str] | None = None
    """With ``default = "deny"``: what policy allows; None: another default."""

    def begin(self, *, event: bool) -> None:
        if not event:
            self.passing, self.waiting = self.waiting, set()

    def end(self) -> None:
        self.passing = set()

    def revoke(self, text: str) -> None:
        """Whatever is part of ``text``."""
        for held in (self.profile, self.session, self.waiting):
            held -= {each for each in held if ALLOWS[each] <= ALLOWS[text]}

    def grants_that_count(self) -> set[str]:
        held = self.profile | self.session | self.passing
        return {text for text in held if not self._forbidden(text)}

    def may(self, text: str) -> bool:
        return not self._forbidden(text) and any(ALLOWS[text] <= ALLOWS[held] for held in self.grants_that_count())

    def _forbidden(self, text: str) -> bool:
        mine = ALLOWS[text]
        if any(mine <= ALLOWS[rule] or ALLOWS[rule] <= mine for rule in self.denied):
            return True
        allowed = self.allowed_by_policy
        return allowed is not None and not any(mine <= ALLOWS[rule] for rule in allowed)
