"""Who may do what in a registry."""

from __future__ import annotations

from typing import ClassVar

from automatosx_nb.errors.root import UserError


class ActionForbidden(UserError):
    """The registry knows who asks, and that one may not do this. ``missing``: what it takes."""

    code: ClassVar[str] = "action-forbidden"
    actor: str
    action: str
    missing: str

    def problem(self) -> str:
        return f"{self.actor!r} may not {self.action} here: it takes {self.missing}."

    def next_step(self) -> str:
        return "Ask whoever runs the registry, or use a token that carries it."
