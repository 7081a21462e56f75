"""``lock``, ``sync``."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from automatosx_nb.app import LOCKFILE
from automatosx_nb.commands import text
from automatosx_nb.commands.changes import agree_and_apply, configure_consent
from automatosx_nb.commands.verbs import Answer, Console, Verb
from automatosx_nb.errors import AutomatosxError, NotebookUnlocked, OutOfSync, UsageError
from automatosx_nb.model.plan import Applied, Plan

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.arguments import Parser
    from automatosx_nb.host.open_notebook import OpenNotebook
    from automatosx_nb.model.lockfile import Lockfile


_OPEN = Path()
"""Stands for the notebook that is open."""
_SHOWN = 3
DIFFERS = 3
"""The exit status where a check found differences."""
_RELOAD = (
    "Now reload it from disk (JupyterLab: File → Reload Notebook from Disk; VS Code: File: Revert File). Saving what "
    "is on the screen instead would leave the lock out: Jupyter asks first."
)


def _configure_lock(parser: Parser) -> None:
    parser.add_argument("file", nargs="?", type=Path, help=f"default: {LOCKFILE}, the project's or here")
    parser.add_argument(
        "--into-notebook",
        nargs="?",
        type=Path,
        const=_OPEN,
        metavar="FILE",
        help="into the metadata of a notebook (in a cell: of this one), what its cells use",
    )
    parser.add_argument("--all", action="store_true", help="with --into-notebook: all that is installed")


def _lock(market: Marketplace, options: Namespace, console: Console) -> Answer:
    if options.into_notebook is not None:
        return _lock_notebook(market, options, console)
    if options.all:
        raise UsageError("--all is for --into-notebook", f"{console.prefix} lock [FILE]")
    options.file = options.file or market.lock_path()
    lock = market.lock(options.file)
    said = f"{options.file} says {_what(lock)}" if lock.plugins else f"{options.file} says that nothing is installed"
    said += f". {console.prefix} sync {options.file} makes another profile the same."
    return Answer(text.folded(said), _record(options.file, lock))


def _record(path: Path, lock: Lockfile) -> dict[str, object]:
    return {"path": path, "grants_digest": lock.grants_digest, **asdict(lock)}


def _what(lock: Lockfile) -> str:
    count = len(lock.plugins)
    return f"what is installed: {count} plugin{'s' if count != 1 else ''}{_granted(lock)}"


def _granted(lock: Lockfile) -> str:
    grants = sum(len(locked.grants) for locked in lock.plugins.values())
    if not grants:
        return ""
    return f", with {grants} granted permission{'s' if grants != 1 else ''} ({lock.grants_digest})"


def _lock_notebook(market: Marketplace, options: Namespace, console: Console) -> Answer:
    if options.file is not None:
        raise UsageError("a lock goes into a file or into a notebook", f"{console.prefix} lock --into-notebook [FILE]")
    path, opened = _notebook(options.into_notebook, console, "lock --into-notebook FILE")
    if opened is not None:
        _refuse_unsaved(opened)
    lock = market.lock_notebook(path, everything=options.all)
    needed = ", ".join(f"{plugin} {locked.version}" for plugin, locked in sorted(lock.plugins.items()))
    lines = [f"{path} carries what {'is installed' if options.all else 'its cells use'}: {needed}"]
    lines[0] += f"{_granted(lock)}. {console.prefix} sync {path} makes another profile have it."
    unused = [entry.id for entry in market.installed() if entry.id not in lock.plugins]
    if unused:
        lines.append(f"No cell names {', '.join(unused)}; --all takes all that is installed.")
    lines.append(_RELOAD if opened is not None else "Where it is open, reload it from disk before it is saved again.")
    return Answer("\n".join(lines), _record(path, lock))


def _notebook(named: Path, console: Console, usage: str) -> tuple[Path, OpenNotebook | None]:
    """The notebook that is meant, and whether it is the one that is open here.

    :raises UsageError: the open one is meant, and nobody knows which that is.
    """
    opened = console.notebook()
    if named != _OPEN:
        return named, opened if opened is not None and opened.is_at(named) else None
    if opened is None:
        raise UsageError("which notebook is open here is not known", f"{console.prefix} {usage}")
    return opened.path, opened


def _refuse_unsaved(opened: OpenNotebook) -> None:
    """:raises NotebookUnsaved: the file is older than the cell that asks."""
    from automatosx_nb.errors import NotebookUnsaved
    from automatosx_nb.model.notebook import code_of
    from automatosx_nb.profile.notebook import read_notebook

    if opened.running.strip() not in (source.strip() for source in code_of(read_notebook(opened.path))):
        raise NotebookUnsaved(str(opened.path))


def told_of(market: Marketplace, path: Path) -> str:
    """In one line: what the notebook's lock names and is not so here; empty: nothing, or it carries none."""
    try:
        lacking = market.lacking_for(path)
    except NotebookUnlocked:
        return ""
    except AutomatosxError as error:
        first = error.problem().splitlines()[0]
        return f"The lock in {path.name} was not read: {first} %ax sync --notebook --check says more."
    if not lacking:
        return ""
    shown = "; ".join(lacking[:_SHOWN]) + (f"; and {len(lacking) - _SHOWN} more" if len(lacking) > _SHOWN else "")
    return f"{path.name} was written with other plugins: {shown}. %ax sync --notebook makes it so (--plan only shows)."


def _configure_sync(parser: Parser) -> None:
    parser.add_argument(
        "file", nargs="?", type=Path, help=f"a lockfile, or a notebook; default: {LOCKFILE}, the project's or here"
    )
    parser.add_argument("--notebook", action="store_true", help="in a cell: what this notebook needs")
    parser.add_argument("--check", action="store_true", help="change nothing; differences are an error (exit status 3)")
    parser.add_argument(
        "--grants-digest", default="", metavar="DIGEST", help="agree to all that the lock with this digest grants"
    )
    configure_consent(parser)


def _sync(market: Marketplace, options: Namespace, console: Console) -> Answer:
    if options.notebook or (options.file is not None and options.file.suffix == ".ipynb"):
        return _sync_notebook(market, options, console)
    options.file = options.file or market.lock_path()
    if options.check:
        said, locked = f"This profile is what {options.file} says.", market.profile.current().plugins
        return _compared(market, options, lambda: market.check_sync(options.file), said, locked)

    def apply(grant: Iterable[str]) -> Applied:
        return market.sync(options.file, grant=grant, progress=console.progress)

    return _agree(market, market.plan_sync(options.file), apply, options, console)


def _sync_notebook(market: Marketplace, options: Namespace, console: Console) -> Answer:
    if options.notebook and options.file is not None:
        raise UsageError("--notebook is the one that is open", f"{console.prefix} sync NOTEBOOK.ipynb")
    path, _ = _notebook(options.file or _OPEN, console, "sync NOTEBOOK.ipynb")
    if options.check:
        options.file, said = path, f"This profile has what {path} needs."
        return _compared(market, options, lambda: _refuse_lacking(market, path), said, market.needed_by(path))

    def apply(grant: Iterable[str]) -> Applied:
        return market.sync_notebook(path, grant=grant, progress=console.progress)

    return _agree(market, market.plan_sync_notebook(path), apply, options, console)


def _compared(
    market: Marketplace, options: Namespace, check: Callable[[], None], in_step: str, locked: Collection[str]
) -> Answer:
    """With what is said against what is locked: to be in step with a lock is not to be well.

    :raises OutOfSync: unless a program asks, which wants the differences as its answer.
    """
    differences: tuple[str, ...] = ()
    try:
        check()
    except OutOfSync as error:
        if not options.json:
            raise
        differences = error.differences
    flags = [flag for flag in market.known_flags() if flag.plugin in locked]
    data = {"path": options.file, "in_step": not differences, "differences": differences, "flags": flags}
    return Answer("\n".join([in_step, *(f"{flag}." for flag in flags)]), data, status=DIFFERS * bool(differences))


def _refuse_lacking(market: Marketplace, path: Path) -> None:
    """:raises OutOfSync:"""
    lacking = market.lacking_for(path)
    if lacking:
        raise OutOfSync(str(path), lacking)


def _agree(
    market: Marketplace, plan: Plan, apply: Callable[[Iterable[str]], Applied], options: Namespace, console: Console
) -> Answer:
    if options.grants_digest == plan.grants_digest:
        options.grant += [asked for asks in plan.asks.values() for asked in asks]
    return agree_and_apply(
        market, plan, lambda grant, _: apply(grant), options, console
    )  # a lock names bytes, not people


VERBS = (
    Verb("lock", "write what is installed to a lockfile, or into a notebook", _configure_lock, _lock, json=True),
    Verb(
        "sync",
        "make this profile what a lockfile says, or a notebook needs",
        _configure_sync,
        _sync,
        json=True,
    ),
)
