"""What durable subscribers are owed, and what cannot be had of it."""

from __future__ import annotations

from typing import ClassVar

from automatosx_nb.errors.root import PlatformError, UserError


class DeliveriesDamaged(PlatformError):
    code: ClassVar[str] = "deliveries-damaged"
    path: str
    reason: str

    def problem(self) -> str:
        return f"the events that are kept for plugins at {self.path} cannot be used: {self.reason}."

    def next_step(self) -> str:
        return "Move the file away and keep it: a new one is started, and what is left of the old one may be rescued."


class UnknownDeadLetter(UserError, LookupError):
    """``known``: the numbers that there are."""

    code: ClassVar[str] = "unknown-dead-letter"
    numbers: tuple[int, ...]
    known: tuple[int, ...]

    def problem(self) -> str:
        return f"there is no dead letter {', '.join(map(str, self.numbers))}."

    def next_step(self) -> str:
        if not self.known:
            return "Nothing was changed. There are no dead letters at all."
        shown = ", ".join(map(str, self.known[:10])) + (", …" if len(self.known) > 10 else "")
        return f"Nothing was changed. There are {shown}: see %ax events dead."
