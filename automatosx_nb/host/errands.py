"""What a plugin's thread has done by the thread that waits for its call: only there a person can be asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from automatosx_nb.host.interrupts import Latch

if TYPE_CHECKING:
    from automatosx_nb.host.ports import Person


@dataclass(eq=False)
class _Errand:
    carry_out: Callable[[], bool]
    done: Latch = field(default_factory=Latch)
    answer: bool = False
    error: Exception | None = None


class Errands:
    """Of one call."""

    def __init__(self) -> None:
        self.ended = False
        """Nobody waits for the call any more."""
        self._lock = threading.Lock()
        self._waiting: _Errand | None = None
        self._begun: _Errand | None = None

    def do(self, carry_out: Callable[[], bool]) -> bool:
        """On the plugin's thread: the answer, or what ``carry_out`` raised; False where the call ended first."""
        errand = _Errand(carry_out)
        with self._lock:
            if self.ended:
                return False
            self._waiting = errand
        errand.done.wait()
        if errand.error is not None:
            raise errand.error
        return errand.answer

    def attend(self) -> None:
        """On the caller's thread: carry out what waits. Being interrupted meanwhile is the caller's to handle."""
        with self._lock:
            errand, self._waiting = self._waiting, None
            self._begun = errand
        if errand is None:
            return
        try:
            errand.answer = errand.carry_out()
        except Exception as error:  # noqa: BLE001 - it is for the plugin's thread
            errand.error = error
        finally:
            errand.done.set()

    def end(self) -> None:
        """Let the plugin's thread go on without an answer."""
        with self._lock:
            self.ended = True
            for errand in (self._waiting, self._begun):
                if errand is not None:
                    errand.done.set()


class Asking:
    """Who can be asked in the call that one plugin carries out now. ``person``: None where there is never anybody."""

    def __init__(self, person: Person | None) -> None:
        self.person = person
        self.errands: Errands | None = None
        self.libraries: Collection[str] = ()
        """Those of the worker that runs the call."""

    def begin_call(self, errands: Errands | None, libraries: Collection[str]) -> None:
        """``errands``: None where nobody typed it, as for an event, or where another plugin calls."""
        self.errands, self.libraries = errands, libraries
