"""One search process, as whoever asks has it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from automatosx_nb.registry.apart.messages import Answers, Inbox, Opening, send

if TYPE_CHECKING:
    from automatosx_nb.registry.apart.messages import Questions
    from automatosx_nb.registry.database import Database

_PIPE_BYTES = 1 << 20
"""Where a system can have it: pages are long, and whoever writes them is not to wait for whoever reads them."""
_END_S = 5.0


class Running:
    """For one thread."""

    def __init__(self, database: Database) -> None:
        """What the process has to say of itself goes where this one's errors go.

        :raises OSError: it cannot be started.
        """
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "automatosx_nb.registry.apart.process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            pipesize=_PIPE_BYTES,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._questions, self._answers = self._process.stdin, self._process.stdout
        self._inbox = Inbox(self._answers.fileno())
        self._opening = Opening(str(database.opened), not isinstance(database.opened, str), os.getpid())

    @property
    def pid(self) -> int:
        return self._process.pid

    def open(self) -> int:
        """Wait until it has its index; the change that this knows of.

        :raises OSError, EOFError: it has ended.
        """
        send(self._questions.fileno(), self._opening)
        return self.answers().revision

    def ask(self, questions: Questions) -> None:
        """:raises OSError: it has ended."""
        send(self._questions.fileno(), questions)

    def answers(self) -> Answers:
        """:raises EOFError: it has ended."""
        return self._inbox.receive(Answers)

    def end(self) -> str:
        """Wait for its end, or bring it about; what it was, as in 'was killed by SIGKILL'."""
        self._questions.close()
        self._answers.close()
        try:
            status = self._process.wait(_END_S)
        except subprocess.TimeoutExpired:  # it builds an index
            self._process.kill()
            status = self._process.wait()
        return f"ended with status {status}" if status >= 0 else f"was killed by {signal.Signals(-status).name}"
