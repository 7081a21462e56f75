"""One search process, as whoever asks has it."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from automatosx_nb.registry.apart.messages import Answers, Inbox, Opening, packed, write

if TYPE_CHECKING:
    from automatosx_nb.registry.database import Database

_PIPE_BYTES = 1 << 20
"""Where a system can have it: pages are long, and whoever writes them is not to wait for whoever reads them."""
_LEAST_BYTES = 4096
"""What a pipe holds anywhere (Windows, and Linux where its user has many)."""
END_S = 5.0
"""So long a process has to end by itself."""


class Running:
    """For one thread; any other one may :meth:`kill` it."""

    def __init__(self, database: Database) -> None:
        """What the process has to say of itself goes where this one's errors go.

        :raises OSError: it cannot be started.
        """
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "automatosx_nb.registry.apart.process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._questions, self._answers = self._process.stdin, self._process.stdout
        self.room = _widen(self._questions.fileno())
        """So many bytes of questions may be sent that it has not read."""
        _widen(self._answers.fileno())
        self._inbox = Inbox(self._answers.fileno())
        self._opening = Opening(str(database.opened), not isinstance(database.opened, str))

    @property
    def pid(self) -> int:
        return self._process.pid

    def open(self) -> int:
        """Wait until it has its index; the change that this knows of.

        :raises OSError, EOFError: it has ended.
        """
        self.ask(packed(self._opening))
        return self.answers().revision

    def ask(self, message: bytes) -> None:
        """:raises OSError: it has ended."""
        write(self._questions.fileno(), message)

    def answers(self) -> Answers:
        """:raises EOFError: it has ended."""
        return self._inbox.receive(Answers)

    def kill(self) -> None:
        self._process.kill()

    def end(self) -> str:
        """Wait for its end, or bring it about; what it was, as in 'was killed by SIGKILL'."""
        self._questions.close()
        self._answers.close()
        try:
            status = self._process.wait(END_S)
        except subprocess.TimeoutExpired:  # it hangs
            self._process.kill()
            status = self._process.wait()
        return f"ended with status {status}" if status >= 0 else f"was killed by {_name(-status)}"


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"signal {number}"


def _widen(pipe: int) -> int:
    """How many bytes it holds at least; small messages do not fill its pages wholly."""
    if sys.platform != "linux":
        return _LEAST_BYTES
    import fcntl

    with suppress(OSError):  # an administrator, or this user's other pipes, leave less
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return max(int(fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ)) // 2, _LEAST_BYTES)
