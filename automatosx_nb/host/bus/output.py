"""What one thread prints and displays goes to the activity list, while every other thread's goes where it went."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from automatosx_nb.host.bus.activity import Activity


class Printed:
    """Within, what the thread that entered writes to ``sys.stdout`` and ``sys.stderr`` is ``who``'s activity.

    A kernel would put it into whichever cell runs at that moment. Displays are kept from there, too.
    """

    def __init__(self, activity: Activity) -> None:
        self.who = ""
        self._activity = activity
        self._before: tuple[Any, Any] | None = None
        self._publisher: Any = None

    def __enter__(self) -> Printed:
        thread = threading.get_ident()
        self._before = sys.stdout, sys.stderr
        sys.stdout = _OfOneThread(sys.stdout, thread, self._write)
        sys.stderr = _OfOneThread(sys.stderr, thread, self._write)
        self._publisher = _display_publisher()
        if self._publisher is not None:
            self._publisher.register_hook(self._displayed)  # ipykernel's hooks are each thread's own
        return self

    def __exit__(self, *_: object) -> None:
        assert self._before is not None, "it was entered"
        for name, before in zip(("stdout", "stderr"), self._before, strict=True):
            mine = getattr(sys, name)
            if isinstance(mine, _OfOneThread):
                setattr(sys, name, before)
        if self._publisher is not None:
            self._publisher.unregister_hook(self._displayed)

    def _write(self, text: str) -> None:
        if text.strip():
            self._activity.add(self.who, "output", text.rstrip("\n"))

    def _displayed(self, message: dict[str, Any]) -> None:
        """A hook that returns nothing keeps the message."""
        plain = message.get("content", {}).get("data", {}).get("text/plain", "")
        self._activity.add(self.who, "output", f"[display] {plain}")


class _OfOneThread:
    """Stands before a stream: what ``thread`` writes goes to ``write``, all else to the stream.

    It is no ``io`` class: those close what they stand for when they are forgotten.
    """

    def __init__(self, stream: Any, thread: int, write: Callable[[str], None]) -> None:
        self._stream = stream
        self._thread = thread
        self._taken = write

    def write(self, text: str) -> int:
        if threading.get_ident() == self._thread:
            self._taken(text)
            return len(text)
        return int(self._stream.write(text))

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        if threading.get_ident() != self._thread:
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _display_publisher() -> Any:
    """The kernel's; None in a plain shell, which has no hooks."""
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    publisher = getattr(shell, "display_pub", None)
    return publisher if hasattr(publisher, "register_hook") else None
