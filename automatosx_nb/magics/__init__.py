"""``%load_ext automatosx_nb``: the ``%ax`` magic, and what the installed plugins add.

Loading has a budget of milliseconds (docs/performance.md), so what a verb or a plugin needs, its first use imports.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from threading import Event, Thread, Timer
from typing import TYPE_CHECKING, Any, cast

from automatosx_nb.app import current
from automatosx_nb.host.bus.running import RunningCells
from automatosx_nb.host.kernel import KernelHost
from automatosx_nb.magics.frontend import IPythonFrontend, Typist, show_tables_printable
from automatosx_nb.model.events import PLUGIN_SUSPENDED

if TYPE_CHECKING:
    from automatosx_nb.host.display import Rendered
    from automatosx_nb.host.form_calls import FormCalls
    from automatosx_nb.host.open_notebook import OpenNotebook
    from automatosx_nb.host.reverting import Reverting
    from automatosx_nb.model.events import Event as BusEvent

BRIDGE_DELAY_S = 0.5
"""Loading the extension and the cell that did it are over by then."""
UPKEEP_DELAY_S = 20.0
"""So long after the extension was loaded nobody waits for anything of it any more."""
_ATTRIBUTE = "_automatosx_session"
MakeLive = Callable[["Rendered", "FormCalls"], object]
"""What makes a display with forms one whose forms can be used."""


def load(ipython: Any, live: MakeLive | None = None) -> Session:
    """Add ``%ax`` and every contribution of the current generation; loading twice changes nothing."""
    session: Session | None = getattr(ipython, _ATTRIBUTE, None)
    if session is None:
        session = Session(ipython, live)
        setattr(ipython, _ATTRIBUTE, session)
    return session


def unload(ipython: Any) -> None:
    """Take all of it away again and end every worker."""
    session: Session | None = getattr(ipython, _ATTRIBUTE, None)
    if session is not None:
        session.close()
        setattr(ipython, _ATTRIBUTE, None)


def running_shell() -> Any:
    """:raises UsageError: there is none."""
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    if shell is None:
        from automatosx_nb.errors import UsageError

        raise UsageError("a panel is shown in a notebook", "run it in a notebook, or type: jupyter automatosx panel ID")
    return shell


class Session:
    """One IPython shell with the extension loaded."""

    def __init__(self, ipython: Any, live: MakeLive | None = None) -> None:
        self._ipython = ipython
        self._live = live if hasattr(ipython, "kernel") else None
        self.market = current()
        frontend = IPythonFrontend(ipython, self.made_live)
        cells = RunningCells()
        self.host = KernelHost(
            self.market,
            frontend,
            ipython.events,
            lambda: ipython.user_ns,
            _note_failure,
            Typist(),
            cells,
        )
        self._forget_cells = cells.attach(ipython.events)
        self._remove_ax = frontend.magics.add(("line", "ax"), self.ax)
        self._forget_tables = show_tables_printable(ipython)
        self._stop_listening = self.market.on_change(self._follow)
        self._reverting: Reverting | None = None
        self._undo_reverting = self.host.bus.subscribe(PLUGIN_SUSPENDED, self._suspended)
        self._ended = Event()
        self._bridge = Thread(target=self._let_cross, name="automatosx bridge", daemon=True)
        self._bridge.start()
        self._upkeep = Timer(UPKEEP_DELAY_S, self._look_after)
        self._upkeep.daemon = True
        self._upkeep.start()
        self._ipython.events.register("pre_run_cell", self._before_cell)
        self._running = ""
        self.host.follow()
        self._tell_project()
        self._tell_notebook()

    def ax(self, line: str) -> object:
        """``%ax <verb> …``: find, install, update and roll back plugins; ``%ax`` alone lists the verbs."""
        from automatosx_nb.host.words import split_line

        return self.carry_out(split_line(line, "%ax <verb> …"))

    def carry_out(self, words: list[str]) -> object:
        """What a verb shows; what it says is printed."""
        from automatosx_nb.commands import answer
        from automatosx_nb.magics.cell import Cell

        found = answer(words, lambda: self.market, Cell(self.host, self._notebook))
        if found.shown is None and found.text:
            print(found.text)  # noqa: T201 - a magic's output
        return self.made_live(found.shown)

    def made_live(self, shown: object) -> object:
        """``shown`` itself, or where it has forms and a kernel is there to answer them, what can be used."""
        if self._live is None or not getattr(shown, "forms", ()):
            return shown
        from automatosx_nb.host.form_calls import FormCalls

        rendered = cast("Rendered", shown)
        calls = FormCalls(
            rendered.plugin,
            self.host.activation,
            lambda: self._ipython.user_ns,
            lambda: self.market.secrets,
            self.market.on_change,
        )
        return self._live(rendered, calls)

    def close(self) -> None:
        self._ipython.events.unregister("pre_run_cell", self._before_cell)
        self._stop_listening()
        self._forget_cells()
        self._undo_reverting()
        if self._reverting is not None:
            self._reverting.wait()
        self._ended.set()
        self._bridge.join()
        self._upkeep.cancel()
        self._upkeep.join()
        self._remove_ax()
        self._forget_tables()
        self.host.close()

    def _suspended(self, event: BusEvent) -> None:
        """Runs on the thread of the plugin's runner, one at a time for one plugin."""
        from automatosx_nb.host.reverting import Reverting

        if self._reverting is None:
            self._reverting = Reverting(self.host.bus, self.market.revert_update, _note_failure)
        self._reverting.suspended(event)

    def _tell_project(self) -> None:
        """A lock that came with what somebody cloned or pulled installs nothing: it is only told."""
        from automatosx_nb.errors import AutomatosxError

        project = self.market.project
        try:
            if project is None:
                return
            if not self.market.is_in_step():
                print(  # noqa: T201 - what is installed here is not what whoever opens this expects
                    f"The plugins of {project.folder} are not those that its lock names. "
                    "%ax sync --plan shows what it would change, %ax sync makes it so."
                )
            elif self.market.is_behind():
                print(  # noqa: T201 - as above
                    f"The lock of {project.folder} was not written after the last change: %ax lock writes it."
                )
        except AutomatosxError as error:
            _note_failure("looking at the project's lock", error)

    def _notebook(self) -> OpenNotebook | None:
        """The server names it in the kernel's environment, VS Code in a variable; None: nobody does."""
        named = self._ipython.user_ns.get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME")
        if not isinstance(named, str) or not named.endswith(".ipynb"):
            return None
        from automatosx_nb.host.open_notebook import open_notebook

        return open_notebook(named, self._running)

    def _tell_notebook(self) -> None:
        """What the notebook's lock names and is not so here. Where there is no lock, nothing is loaded for that."""
        try:
            notebook = self._notebook()
            if notebook is not None and notebook.may_carry_lock():
                from automatosx_nb.commands.locking import told_of

                said = told_of(self.market, notebook.path)
                if said:
                    print(said)  # noqa: T201 - whoever opens it is about to run cells that need it
        except Exception as error:  # noqa: BLE001 - a file that somebody sent keeps nobody from the extension
            _note_failure("looking at the notebook's lock", error)

    def _let_cross(self) -> None:
        """Events to the Jupyter server and from it, where policy names any."""
        if self._ended.wait(BRIDGE_DELAY_S):
            return
        from automatosx_nb.errors import AutomatosxError
        from automatosx_nb.host.bridge import Bridge

        try:
            Bridge(self.market, self.host.bus, self._ended).serve()
        except AutomatosxError as error:
            _note_failure("events to the Jupyter server, and from it", error)

    def _look_after(self) -> None:
        from automatosx_nb.upkeep import look_after_daily

        look_after_daily(self.market)

    def _before_cell(self, info: Any) -> None:
        """Follow what another kernel or a terminal changed meanwhile, and tell the panels of it."""
        self._running = info.raw_cell or ""
        if self._follow():
            self.market.tell_changed()

    def _follow(self) -> bool:
        """Whether anything changed; whatever goes wrong never fails the user's cell."""
        try:
            return self.host.follow()
        except Exception as error:  # noqa: BLE001 - a callback that raises would show up in the user's cell
            _note_failure("following the profile", error)
            return False


def _note_failure(what: str, error: Exception) -> None:
    """Where nobody waits for an answer, an error goes to the kernel's log, never into somebody's cell."""
    sys.__stderr__ and sys.__stderr__.write(f"automatosx_nb: {what}: {error}\n")
