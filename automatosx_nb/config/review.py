"""Who has to approve releases before everybody sees them, as traitlets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from traitlets import Int, Unicode
from traitlets.config import Configurable

from automatosx_nb.config.written import Patterns
from automatosx_nb.model.policy import Pattern
from automatosx_nb.model.review import ReviewPolicy as Policy


class ReviewPolicy(Configurable):
    """What becomes of a release in a registry that this installation keeps, before it is public."""

    beta = Int(0, min=0, max=10, help="Reviewers who have to approve what becomes a beta.").tag(config=True)
    stable = Int(0, min=0, max=10, help="Reviewers who have to approve what becomes stable.").tag(config=True)
    trusted = Patterns(
        Unicode(),
        help="Whose patches pass by themselves where they ask for nothing new, as in ['acme.*'].",
    ).tag(config=True)


def review_policy(value: Callable[[str, str], Any]) -> Policy:
    """From ``value(section, setting)``, what the layers come to."""
    beta, stable, trusted = (value("ReviewPolicy", name) for name in ("beta", "stable", "trusted"))
    return Policy(beta, stable, tuple(map(Pattern.parse, trusted)))


def stricter_review(setting: str, one: Any, other: Any) -> Any:
    """More approvals, and of those who are trusted only the ones that both name."""
    return [each for each in one if each in other] if setting == "trusted" else max(one, other)
