"""What plugins and the extension add to one IPython shell, and take away again; and whom plugins ask there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from automatosx_nb.host.bus import Undo
    from automatosx_nb.host.ports import Record
    from automatosx_nb.model.generation import InstalledPlugin


_HOMES = {
    "pandas.DataFrame": ("pandas.core.frame",),
    "pandas.Series": ("pandas.core.series",),
    "polars.DataFrame": ("polars.dataframe.frame",),
    "polars.LazyFrame": ("polars.lazyframe.frame",),
    "polars.Series": ("polars.series.series",),
    "pyarrow.Table": ("pyarrow.lib",),
}
"""A type as people write it → the modules that it says it is of, which differ by the library's version."""


class IPythonFrontend:
    """Adds the magics and formatters of plugins to one shell."""

    def __init__(self, ipython: Any, made_live: Callable[[object], object]) -> None:
        self.magics = layered_magics(ipython)
        self._formatters = layered_formatters(ipython)
        self._made_live = made_live

    def add_magic(self, plugin: InstalledPlugin, magic: Record, call: Callable[[str, str | None], object]) -> Undo:
        def run_magic(line: str, cell: str | None = None) -> object:
            return self._made_live(call(line, cell))

        run_magic.__doc__ = _documentation(plugin, magic)
        return self.magics.add(("cell" if magic["cell"] else "line", magic["name"]), run_magic)

    def add_formatter(self, type_name: str, show: Callable[[object], object | None]) -> Undo:
        def bundle(value: object) -> object:
            shown: Any = show(value)
            return None if shown is None else shown._repr_mimebundle_()

        module, _, name = type_name.rpartition(".")
        undone = [self._formatters.add(f"{home}.{name}", bundle) for home in (module, *_HOMES.get(type_name, ()))]

        def undo() -> None:
            for each in undone:
                each()

        return undo


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


class Layers:
    """Places in one shell, in each of which a later function hides an earlier one until it is taken away.

    They can be taken away in any order, and what the user put there in between stays.
    """

    def __init__(self, visible: Callable[[Any], Any], put: Callable[[Any, Any], None]) -> None:
        """``visible`` tells what stands in a place, and ``put`` replaces it; None: nothing does."""
        self._visible = visible
        self._put = put
        self._layers: dict[object, list[Any]] = {}
        """Place → what stood there, the visible one last; the first is None where nothing did."""

    def add(self, place: object, function: Callable[..., Any]) -> Undo:
        layers = self._layers.setdefault(place, [])
        visible = self._visible(place)
        if not layers or layers[-1] is not visible:
            layers.append(visible)
        self._put(place, function)
        layers.append(function)

        def undo() -> None:
            layers.remove(function)
            if self._visible(place) is function:
                self._put(place, layers[-1])

        return undo


def layered_magics(ipython: Any) -> Layers:
    """A place is a kind and a name."""
    tables = ipython.magics_manager.magics

    def visible(place: tuple[str, str]) -> Any:
        kind, name = place
        return tables[kind].get(name)

    def put(place: tuple[str, str], function: Any) -> None:
        kind, name = place
        if function is None:
            del tables[kind][name]
        else:
            ipython.register_magic_function(function, kind, name)

    return Layers(visible, put)


def layered_formatters(ipython: Any) -> Layers:
    """Those that make MIME bundles; a place is a type's ``module.Name``."""
    formatter = ipython.display_formatter.mimebundle_formatter

    def visible(place: str) -> Any:
        try:
            return formatter.lookup_by_type(place)
        except KeyError:
            return None

    def put(place: str, function: Any) -> None:
        formatter.pop(place, None)
        if function is not None:
            formatter.for_type_by_name(*place.rsplit(".", 1), function)

    return Layers(visible, put)


def show_tables_printable(ipython: Any) -> Undo:
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
