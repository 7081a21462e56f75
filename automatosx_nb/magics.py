"""``%load_ext automatosx_nb``: the ``%ax`` magic, and what the installed plugins add.

Loading has a budget of milliseconds (docs/performance.md), so what a verb or a plugin needs, its first use imports.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event, Thread, Timer
from typing import TYPE_CHECKING, Any

from automatosx_nb.app import current
from automatosx_nb.host.bus.running import RunningCells
from automatosx_nb.host.kernel import KernelHost
from automatosx_nb.model.events import PLUGIN_SUSPENDED

if TYPE_CHECKING:
    from traitlets.config import Config

    from automatosx_nb.app import Marketplace
    from automatosx_nb.config import Settings
    from automatosx_nb.host.bus import Undo
    from automatosx_nb.host.display import Rendered
    from automatosx_nb.host.form_calls import FormCalls
    from automatosx_nb.host.open_notebook import OpenNotebook
    from automatosx_nb.host.ports import Record
    from automatosx_nb.host.reverting import Reverting
    from automatosx_nb.host.runner import PluginRunner
    from automatosx_nb.host.services.core import Notification
    from automatosx_nb.model.events import Event as BusEvent
    from automatosx_nb.model.generation import InstalledPlugin
    from automatosx_nb.model.progress import Step

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
        magics = LayeredMagics(ipython)
        cells = RunningCells()
        self.host = KernelHost(
            self.market,
            IPythonFrontend(magics, LayeredFormatters(ipython), self.made_live),
            ipython.events,
            lambda: ipython.user_ns,
            _note_failure,
            Typist(),
            cells,
        )
        self._forget_cells = cells.attach(ipython.events)
        self._remove_ax = magics.add("line", "ax", self.ax)
        self._forget_tables = _show_tables_printable(ipython)
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

        found = answer(words, lambda: self.market, Cell(self.host, self._notebook))
        if found.shown is None and found.text:
            print(found.text)  # noqa: T201 - a magic's output
        return self.made_live(found.shown)

    def made_live(self, shown: object) -> object:
        """``shown`` itself, or where it has forms and a kernel is there to answer them, what can be used."""
        if self._live is None or not getattr(shown, "forms", ()):
            return shown
        from automatosx_nb.host.form_calls import FormCalls

        release: str = shown.plugin  # type: ignore[attr-defined]
        calls = FormCalls(
            release,
            self.host.activation,
            lambda: self._ipython.user_ns,
            lambda: self.market.secrets,
            self.market.on_change,
        )
        return self._live(shown, calls)  # type: ignore[arg-type]

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
            if project is not None and not project.is_in_step():
                print(  # noqa: T201 - what is installed here is not what whoever opens this expects
                    f"The plugins of {project.folder} are not those that its lock names. "
                    "%ax sync --plan shows what it would change, %ax sync makes it so."
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


def _show_tables_printable(ipython: Any) -> Undo:
    """A plugin's table may be a cell's result: nothing in its names and values moves what stands around it."""
    formatter = ipython.display_formatter.formatters["text/plain"]
    name = "pyarrow.lib.Table"

    def show(table: object, printer: Any, _cycle: bool) -> None:
        from automatosx_nb.model.printable import printable

        printer.text(printable(repr(table)))

    before = formatter.for_type_by_name(*name.rsplit(".", 1), show)

    def undo() -> None:
        formatter.pop(name, None)
        if before is not None:
            formatter.for_type_by_name(*name.rsplit(".", 1), before)

    return undo


class Typist:
    """Whoever runs cells here; asked by what they call, in the notebook's own field."""

    session = True

    def ask(self, question: str) -> str | None:
        """None where the notebook has no such field, as in papermill."""
        from IPython.core.error import StdinNotImplementedError

        try:
            return input(question)
        except (StdinNotImplementedError, EOFError, OSError):
            return None


class Cell:
    """A verb in a cell asks nobody: what is to be granted is typed with ``--grant``, or ticked in the panel."""

    prefix = "%ax"
    session = True

    def __init__(self, host: KernelHost, notebook: Callable[[], OpenNotebook | None]) -> None:
        self.host = host
        self.notebook = notebook

    def progress(self, _step: Step, /) -> None:
        """A cell shows what was done, when it is done."""

    def confirm(self, _question: str) -> bool | None:
        return None

    def secret(self, prompt: str) -> str | None:
        """The notebook's own field for passwords, which keeps nothing; None where it has none, as in papermill."""
        from getpass import getpass

        from IPython.core.error import StdinNotImplementedError

        try:
            return getpass(prompt)
        except (StdinNotImplementedError, EOFError):
            return None

    def notifications(self) -> Sequence[Notification]:
        return self.host.notifications.all()

    @contextmanager
    def runner(self, _market: Marketplace, plugin: InstalledPlugin) -> Iterator[PluginRunner]:
        """The kernel's own, which goes on when the command has ended."""
        yield self.host.activation.runner(plugin)

    def serve(self, _settings: Settings, _config: Config) -> None:
        """:raises UsageError: always: it would keep the kernel from everything else."""
        from automatosx_nb.errors import UsageError

        raise UsageError("a server does not run in a kernel", "in a terminal: jupyter automatosx serve …")


class IPythonFrontend:
    """Adds plugin magics to one shell."""

    def __init__(
        self, magics: LayeredMagics, formatters: LayeredFormatters, made_live: Callable[[object], object]
    ) -> None:
        self._magics = magics
        self._formatters = formatters
        self._made_live = made_live

    def add_magic(self, plugin: InstalledPlugin, magic: Record, call: Callable[[str, str | None], object]) -> Undo:
        def run_magic(line: str, cell: str | None = None) -> object:
            return self._made_live(call(line, cell))

        run_magic.__doc__ = _documentation(plugin, magic)
        return self._magics.add("cell" if magic["cell"] else "line", magic["name"], run_magic)

    def add_formatter(self, type_name: str, show: Callable[[object], object | None]) -> Undo:
        return self._formatters.add(type_name, show)


def _documentation(plugin: InstalledPlugin, magic: Record) -> str:
    """What ``%name?`` shows: the usage and each argument, made without a parser, for this runs at loading."""
    name = f"{'%%' if magic['cell'] else '%'}{magic['name']}"
    words, lines = [name], []
    for argument in magic["args"]:
        option, flag = argument["name"].startswith("-"), argument["type"] == "flag"
        typed = argument["name"] if option else argument["name"].upper()
        typed += f" {argument['type'].partition(':')[0].upper()}" if option and not flag else ""
        words.append(typed if argument.get("required", not option) else f"[{typed}]")
        lines.append(f"  {typed:<24} {argument.get('help') or ''}".rstrip())
    words.append("[--into NAME]")
    lines.append(f"  {'--into NAME':<24} keep what is returned as this variable")
    if any(argument["type"] == "file:write" for argument in magic["args"]):
        words.append("[--overwrite]")
        lines.append(f"  {'--overwrite':<24} replace files that are there")
    more = f"{name} --help says this, too. From {plugin.id} {plugin.version}: {plugin.summary}"
    return "\n".join([magic.get("summary", ""), "", " ".join(words), *lines, "", more]).strip()


class LayeredFormatters:
    """One shell's formatters by type, of which a later one hides an earlier one until it is taken away."""

    def __init__(self, ipython: Any) -> None:
        self._formatter = ipython.display_formatter.mimebundle_formatter
        self._layers: dict[str, list[Any]] = {}
        """``module.Name`` → what was registered, the visible one last; the first is None where there was none."""

    def add(self, type_name: str, show: Callable[[object], object | None]) -> Undo:
        def bundle(value: object) -> object:
            shown: Any = show(value)
            return None if shown is None else shown._repr_mimebundle_()

        module, _, name = type_name.rpartition(".")
        undone = [self._add(f"{home}.{name}", bundle) for home in (module, *_HOMES.get(type_name, ()))]

        def undo() -> None:
            for each in undone:
                each()

        return undo

    def _add(self, place: str, bundle: Callable[[object], object]) -> Undo:
        layers = self._layers.setdefault(place, [])
        visible = self._visible(place)
        if not layers or layers[-1] is not visible:
            layers.append(visible)
        self._put(place, bundle)
        layers.append(bundle)

        def undo() -> None:
            layers.remove(bundle)
            if self._visible(place) is bundle:
                self._put(place, layers[-1])

        return undo

    def _visible(self, place: str) -> Any:
        try:
            return self._formatter.lookup_by_type(place)
        except KeyError:
            return None

    def _put(self, place: str, function: Any) -> None:
        self._formatter.pop(place, None)
        if function is not None:
            self._formatter.for_type_by_name(*place.rsplit(".", 1), function)


_HOMES = {
    "pandas.DataFrame": ("pandas.core.frame",),
    "pandas.Series": ("pandas.core.series",),
    "polars.DataFrame": ("polars.dataframe.frame",),
    "polars.LazyFrame": ("polars.lazyframe.frame",),
    "polars.Series": ("polars.series.series",),
    "pyarrow.Table": ("pyarrow.lib",),
}
"""A type as people write it → the modules that it says it is of, which differ by the library's version."""


class LayeredMagics:
    """One shell's magics, of which a later one hides an earlier one of the same name until it is taken away.

    They can be taken away in any order, and what the user registered in between stays.
    """

    def __init__(self, ipython: Any) -> None:
        self._ipython = ipython
        self._layers: dict[tuple[str, str], list[Any]] = {}
        """Kind and name → what was registered, the visible one last; the first is None where there was none."""

    def add(self, kind: str, name: str, function: Callable[..., Any]) -> Undo:
        table = self._ipython.magics_manager.magics[kind]
        layers = self._layers.setdefault((kind, name), [])
        visible = table.get(name)
        if not layers or layers[-1] is not visible:
            layers.append(visible)
        self._ipython.register_magic_function(function, kind, name)
        layers.append(function)

        def undo() -> None:
            layers.remove(function)
            if table.get(name) is not function:
                return
            if layers[-1] is None:
                del table[name]
            else:
                table[name] = layers[-1]

        return undo


def _note_failure(what: str, error: Exception) -> None:
    """Where nobody waits for an answer, an error goes to the kernel's log, never into somebody's cell."""
    sys.__stderr__ and sys.__stderr__.write(f"automatosx_nb: {what}: {error}\n")
