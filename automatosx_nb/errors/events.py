"""What is no topic, no event, or not to be said now."""

from __future__ import annotations

from typing import ClassVar

from automatosx_nb.errors.root import UserError


class InvalidTopic(UserError, ValueError):
    code: ClassVar[str] = "invalid-topic"
    text: str
    reason: str

    def problem(self) -> str:
        return f"{self.text!r} is no topic: {self.reason}."

    def next_step(self) -> str:
        return "Write it as in 'kernel.cell.finished'; in a pattern '*' is one part and '**' the rest: docs/events.md."
