"""Plain text for terminals and cells: tables, sizes, plans."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap
from typing import TYPE_CHECKING

from automatosx_nb.model.permissions import permission_line
from automatosx_nb.model.plan import Plan, PlannedChange
from automatosx_nb.model.printable import one_line, printable

if TYPE_CHECKING:
    from automatosx_nb.model.held_back import HeldBack

WIDTH = 110
"""Columns of text that fit a notebook's cell."""

LEAST, PROSE = 20, 40
"""What is left of a table's columns where they are wrapped: of the last one and in a terminal, of another in a cell."""


def width() -> int:
    """Columns of a line: the terminal's, where one shows it and is narrower than a cell."""
    return min(WIDTH, shutil.get_terminal_size().columns) if sys.stdout.isatty() else WIDTH


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Left-aligned columns under their heads, no wider than :func:`width`: the last one is wrapped first, and where
    that is not enough the widest of the others. No word is cut; in a terminal too narrow for that the last ones stand
    below.
    """
    lines = [tuple(head), *(tuple(map(printable, row)) for row in rows)]
    columns = [*zip(*lines, strict=True)]
    beside = len(columns)
    while sys.stdout.isatty() and beside > 1 and sum(_widths(columns[:beside])) > _room(columns[:beside]):
        beside -= 1
    widths = _widths(columns[:beside])
    return "\n".join(row for line in lines for row in _row(line, widths))


def _room(columns: Sequence[Sequence[str]]) -> int:
    """What all may have, with two spaces between them."""
    return width() - 2 * (len(columns) - 1)


def _widths(columns: Sequence[Sequence[str]]) -> list[int]:
    """Of each column: as wide as it is, or as it has to be for all to fit."""
    room, widths = _room(columns), [max(map(len, cells)) for cells in columns]
    words = [max(len(word) for cell in cells for word in [*cell.split(), ""]) for cells in columns]
    *others, last = range(len(columns))
    for column in [last, *sorted(others, key=lambda each: -widths[each])]:
        least = max(words[column], LEAST if column == last or sys.stdout.isatty() else PROSE)
        widths[column] = min(widths[column], max(widths[column] - max(sum(widths) - room, 0), least))
    return widths


def _row(line: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    """A row, with the cells that have no width in lines of their own."""
    cells = [_wrapped(cell, width) for cell, width in zip(line, widths, strict=False)]
    for parts in zip_longest(*cells, fillvalue=""):
        yield "  ".join(f"{part:<{width}}" for part, width in zip(parts, widths, strict=True)).rstrip()
    below = "  ".join(filter(None, line[len(widths) :]))
    yield from (f"    {part}" for part in _wrapped(below, width() - 4) if part)


def _wrapped(cell: str, width: int) -> list[str]:
    return [cell] if len(cell) <= width else wrap(cell, width, break_long_words=False, break_on_hyphens=False)


def folded(line: str) -> str:
    """A sentence in as many lines as a terminal needs for it, as far in as its first; one line where none shows it."""
    if not sys.stdout.isatty():
        return line
    words = line.lstrip(" -")
    lead = line[: len(line) - len(words)]
    return "\n".join(
        wrap(
            words,
            width(),
            initial_indent=lead,
            subsequent_indent=" " * len(lead),
            break_long_words=False,
            break_on_hyphens=False,
        )
    )


def folded_lines(words: str) -> str:
    """Each line that is longer than the terminal is wide, :func:`folded`; the others as they are."""
    return "\n".join(folded(line) if len(line) > width() else line for line in words.split("\n"))


def size(count: int) -> str:
    """Bytes as people read them: ``712 B``, ``18.4 KiB``."""
    if count < 1024:
        return f"{count} B"
    power = min((count.bit_length() - 1) // 10, 3)
    return f"{count / 1024**power:.1f} {('KiB', 'MiB', 'GiB')[power - 1]}"


def counted(count: int, noun: str, plural: str = "") -> str:
    """``1 artifact``, ``2 artifacts``; ``plural`` where an *s* does not make it."""
    return f"{count} {noun if count == 1 else plural or f'{noun}s'}"


def plan(plan: Plan, *, asking: str = "asks for") -> str:
    """Every change of a plan with its reason, what it asks for (or, afterwards, was granted) and what is new."""
    if plan.changes_nothing:
        return "Nothing to change."
    lines = [line for change in plan.changes for line in _change(change, asking)]
    lines += [_rewished(plugin, plan.kept[plugin], *wishes) for plugin, wishes in plan.rewished.items()]
    lines += [f"= {plugin}: its channel is now {channel}" for plugin, channel in plan.channels.items()]
    lines += [f"= {plugin} is {pin or 'no longer pinned'}" for plugin, pin in plan.pins.items()]
    if asking == "asks for" and plan.pip_line:
        lines.append(f"This environment lacks packages. First run {plan.pip_line}")
    return "\n".join(lines)


def held_back(plan: Plan, *, waiting: bool = True) -> str:
    """A line for each newer version that a plan does not choose, and, when ``waiting``, one for all left to updates."""
    lines = [f"Held back: {each}." for each in plan.held_back if each.because != "installed"]
    left = [f"{each.id} {each.newer}" for each in plan.held_back if each.because == "installed"]
    if waiting and left:
        lines.append(f"Left for an update: {', '.join(left)}.")
    return printable("\n".join(lines))


def wished_away(held: Iterable[HeldBack], prefix: str) -> str:
    """How to have what one's own wishes keep away; empty: that is nothing."""
    named = [f"{each.id}@{each.newer}" for each in held if each.because == "wish"]
    return f"{prefix} install {' or '.join(named)} changes what you asked for." if named else ""


def _rewished(plugin: str, version: str, before: str | None, after: str | None) -> str:
    now = f"your wish is now {after}" if after else "it is only a dependency now"
    return f"= {plugin} {version} stays; {now} (it was {before or 'a dependency'})"


def _change(change: PlannedChange, asking: str) -> list[str]:
    sign = {"add": "+", "remove": "-", "update": "↑", "downgrade": "↓"}[change.kind]
    sign = "=" if change.old == change.new else sign
    versions = " → ".join(dict.fromkeys(version for version in (change.old, change.new) if version is not None))
    fetched = f", {_sizes(change)}" if change.size and change.new else ""
    lines = [folded(f"{sign} {change.id} {versions}  ({change.why}{fetched})")]
    lines += [folded(f"    {asking} {permission_line(text, reason)}") for text, reason in change.asks.items()]
    if asking == "asks for":
        lines += [
            folded(f"    can be granted, too: {permission_line(text, reason)}")
            for text, reason in change.optional.items()
        ]
    lines += [f"    granted by policy: {text}, for {because}" for text, because in change.by_policy.items()]
    lines += [f"    denied by policy: {text}, for {because}" for text, because in change.denied.items()]
    loses = "no longer asks for" if change.grants is None else "is no longer granted"
    lines += [f"    {loses} {text}" for text in change.drops]
    lines += [f"    {words}" for words in change.requires_otherwise]
    if change.deprecated:
        lines.append(f"    is deprecated: {one_line(change.deprecated)}")
    lines += [f"    {change.new} {words}" for words in change.warnings]
    if change.publisher:
        lines.append(f"    {change.publisher}")
    lines += [f"    needs {package}, which this environment does not have" for package in change.missing_packages]
    lines += [folded(f"    {line}") if line else "" for line in printable(change.changelog).strip().splitlines()]
    return lines


def _sizes(change: PlannedChange) -> str:
    """What is fetched, and how much more or less that is than before."""
    more = change.size - change.old_size
    if not change.old_size or not more:
        return size(change.size)
    return f"{size(change.size)}, {size(abs(more))} {'more' if more > 0 else 'less'}"
