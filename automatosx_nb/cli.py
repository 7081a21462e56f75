"""``jupyter automatosx <verb>``: the command line's face over :mod:`automatosx_nb.commands`."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, redirect_stdout
from types import MappingProxyType
from typing import TYPE_CHECKING

from automatosx_nb.errors import AutomatosxError, OutOfSync, UsageError
from automatosx_nb.model.progress import Step
from automatosx_nb.status_line import StatusLine

if TYPE_CHECKING:
    from traitlets.config import Config

    from automatosx_nb.app import Marketplace
    from automatosx_nb.config import Settings
    from automatosx_nb.host.runner import PluginRunner
    from automatosx_nb.host.services.core import Notification
    from automatosx_nb.model.generation import InstalledPlugin

BAR_WIDTH = 24
EXIT_ERROR, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 130
WRITING = ("test", "run", "panel", "serve")
"""Verbs during which somebody else writes to the terminal: pytest, a plugin, a server's log."""


class Terminal:
    """Asks and shows progress where a person watches; is silent in a pipe."""

    prefix = "jupyter automatosx"
    session = False
    host = None

    def __init__(self) -> None:
        watched = sys.stderr.isatty()
        self._asks = sys.stdin.isatty() and watched
        self.status_line = StatusLine(sys.stderr if watched else None)

    def progress(self, step: Step, /) -> None:
        done = round(step.fraction * BAR_WIDTH)
        self.status_line.show(f"[{'█' * done}{'░' * (BAR_WIDTH - done)}] {step.text}", last=step.name == "done")

    def ask(self, question: str) -> str | None:
        """What is typed after ``question``; None in a pipe."""
        if not self._asks:
            return None
        with self.status_line.cleared():
            sys.stderr.write(question)
            sys.stderr.flush()
            return sys.stdin.readline().strip()

    def confirm(self, question: str) -> bool | None:
        typed = self.ask(f"{question} [y/N] ")
        return None if typed is None else typed.lower() in ("y", "yes")

    def secret(self, prompt: str) -> str | None:
        from getpass import getpass

        with self.status_line.cleared():
            return getpass(prompt, sys.stderr) if self._asks else None

    def notebook(self) -> None:
        """A shell has none open."""

    def notifications(self) -> Sequence[Notification]:
        """None: what a command's plugins tell is printed, and gone with it."""
        return ()

    @contextmanager
    def runner(self, market: Marketplace, plugin: InstalledPlugin) -> Iterator[PluginRunner]:
        """One of its own, for the time of the command; a shell has no variables."""
        from automatosx_nb.host.services.kernel import runner_alone

        with runner_alone(market, plugin, lambda: MappingProxyType({}), _note_failure, self) as runner:
            yield runner

    def serve(self, settings: Settings, config: Config) -> None:
        from automatosx_nb.server.standalone.run import serve

        serve(settings, config)


def main(words: Sequence[str] | None = None) -> int:
    """0: done; 1: an error, on standard error; 2: it was typed wrongly; 3: a check found something."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # arrows and quotes, in a terminal that has none
    try:
        from automatosx_nb.app import Marketplace

        return carry_out(sys.argv[1:] if words is None else words, closing(Marketplace()))
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted: nothing was changed that is not shown by 'jupyter automatosx history'.\n")
        return EXIT_INTERRUPTED


def carry_out(words: Sequence[str], opened: AbstractContextManager[Marketplace]) -> int:
    """As :func:`main`. Where JSON is asked for, nothing besides comes on standard output; an error is JSON, too."""
    from automatosx_nb.commands import answer
    from automatosx_nb.commands.as_json import asks_for_json, error_to_json, told
    from automatosx_nb.commands.text import folded_lines

    as_json = asks_for_json(words)
    terminal = Terminal()
    ticking = nullcontext() if words and words[0] in WRITING else terminal.status_line.ticking()
    try:
        with opened as market, redirect_stdout(sys.stderr) if as_json else nullcontext(), ticking:
            found = answer(words, lambda: market, terminal)
        return _write(found.text) or found.status
    except AutomatosxError as error:
        said = error_to_json(error, Terminal.prefix) if as_json else folded_lines(told(error, Terminal.prefix))
        sys.stderr.write(f"{said}\n")
        return _status(error)


def _status(error: AutomatosxError) -> int:
    if isinstance(error, OutOfSync):
        from automatosx_nb.commands.locking import DIFFERS

        return DIFFERS
    return EXIT_USAGE if isinstance(error, UsageError) else EXIT_ERROR


def _note_failure(what: str, error: Exception) -> None:
    sys.stderr.write(f"automatosx_nb: {what}: {error}\n")


def _write(answer: str) -> int:
    """Whether ``answer`` could be written, as an exit status; whoever reads it may leave early, as ``head`` does."""
    try:
        print(answer, flush=True)  # noqa: T201 - the command line's answer
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python complains once more when it ends
        if not isinstance(error, BrokenPipeError):
            sys.stderr.write(f"The answer could not be written ({error.strerror}); what was to be done is done.\n")
        return EXIT_ERROR
    return 0


if __name__ == "__main__":
    sys.exit(main())
