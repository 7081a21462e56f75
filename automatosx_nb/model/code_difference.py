"""What differs between the files of two releases, as unified diffs of bounded size and bounded effort.

Lines are matched as in Bram Cohen's patience diff: those that both sides have exactly once hold it together, and
between them it goes on. So no file, however it was made, costs more than a little over its length: difflib's own
matching takes minutes over a few thousand lines that were written for that.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import Match, SequenceMatcher
from typing import Literal

from automatosx_nb.model.printable import printable

Kind = Literal["added", "changed", "removed"]
_FIRST = ("plugin.toml", "src/")
"""What is shown before the rest: a dossier that is full leaves out pictures, not code."""
_CONTEXT = 3


@dataclass(frozen=True, slots=True)
class DifferenceCaps:
    """How much is shown; units in the names."""

    file_kb: int = 128
    total_kb: int = 1024
    lines: int = 4000
    """Of one file, on either side."""
    total_lines: int = 40_000
    """Of all files that are compared: what that may take."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file that is not the same."""

    path: str
    kind: Kind
    old_size: int
    """Bytes; 0: there was none."""
    new_size: int
    diff: str = ""
    """Unified, without the two lines that name the files; empty where ``left_out`` says why."""
    left_out: str = ""
    unseen: int = 0
    """Lines that are new and have characters that no reader sees: controls, and those that turn the writing around."""


def file_changes(
    old: Mapping[str, bytes], new: Mapping[str, bytes], caps: DifferenceCaps | None = None
) -> tuple[FileChange, ...]:
    """Path → content, before and now; only what differs, manifest and code first."""
    comparison = _Comparison(caps or DifferenceCaps())
    paths = sorted({*old, *new}, key=lambda each: (not each.startswith(_FIRST), each))
    return tuple(
        comparison.change(path, old.get(path), new.get(path)) for path in paths if old.get(path) != new.get(path)
    )


class _Comparison:
    """Of two releases, file after file, until all that may be shown is."""

    def __init__(self, caps: DifferenceCaps) -> None:
        self._caps = caps
        self._characters = caps.total_kb << 10
        self._lines = caps.total_lines

    def change(self, path: str, old: bytes | None, new: bytes | None) -> FileChange:
        before, after = _lines(old), _lines(new)
        kind: Kind = "added" if old is None else "removed" if new is None else "changed"
        diff, left_out, unseen = "", "it is no text", 0
        if before is not None and after is not None:
            diff, left_out = self._diff(before, after, max(len(old or b""), len(new or b"")))
            unseen = sum(printable(line) != line for line in {*after} - {*before})
        return FileChange(path, kind, len(old or b""), len(new or b""), diff, left_out, unseen)

    def _diff(self, before: Sequence[str], after: Sequence[str], size: int) -> tuple[str, str]:
        """The diff, or why there is none."""
        caps = self._caps
        if max(len(before), len(after)) > caps.lines or size > caps.file_kb << 10:
            return "", f"it is longer than {caps.file_kb} KiB or {caps.lines} lines"
        self._lines -= len(before) + len(after)
        diff = "\n".join(unified(before, after)) if self._lines >= 0 else ""
        if self._lines < 0 or len(diff) > self._characters:
            return "", f"others fill {caps.total_kb} KiB or {caps.total_lines} lines already"
        self._characters -= len(diff)
        return diff, ""


def _lines(content: bytes | None) -> list[str] | None:
    """None: it is no text. A last line without an end is as one with it."""
    if content is None:
        return []
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text.replace("\t", "    ").split("\n")[: None if text[-1:] != "\n" else -1]


def unified(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    """Hunks, with three lines around each change (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/diff.html)."""
    for group in _Matched(old, new).get_grouped_opcodes(_CONTEXT):
        first, last = group[0], group[-1]
        yield f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@"
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from (f" {line}" for line in old[i1:i2])
                continue
            yield from (f"-{line}" for line in old[i1:i2])
            yield from (f"+{line}" for line in new[j1:j2])


class _Matched(SequenceMatcher[str]):
    """For its grouping; the matching is ours."""

    def __init__(self, old: Sequence[str], new: Sequence[str]) -> None:
        super().__init__(None, old, new, autojunk=False)
        self._blocks = [*_blocks(matched(old, new)), Match(len(old), len(new), 0)]

    def get_matching_blocks(self) -> list[Match]:
        return self._blocks


def _range(start: int, stop: int) -> str:
    length = stop - start
    return str(start + 1) if length == 1 else f"{start + 1 if length else start},{length}"


def _blocks(pairs: Iterable[tuple[int, int]]) -> Iterator[Match]:
    """Runs of pairs that follow each other."""
    run: list[int] | None = None
    for i, j in pairs:
        if run is not None and (i, j) == (run[0] + run[2], run[1] + run[2]):
            run[2] += 1
            continue
        if run is not None:
            yield Match(*run)
        run = [i, j, 1]
    if run is not None:
        yield Match(*run)


def matched(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of line numbers that stay, from 0, both ascending."""
    found: list[tuple[int, int]] = []
    todo = [(0, len(old), 0, len(new))]
    while todo:
        i1, i2, j1, j2 = todo.pop()
        while i1 < i2 and j1 < j2 and old[i1] == new[j1]:
            found.append((i1, j1))
            i1, j1 = i1 + 1, j1 + 1
        while i1 < i2 and j1 < j2 and old[i2 - 1] == new[j2 - 1]:
            i2, j2 = i2 - 1, j2 - 1
            found.append((i2, j2))
        anchors = _ascending(_once_in_both(old, new, i1, i2, j1, j2))
        if anchors:
            ends = [*anchors, (i2, j2)]
            todo += [(i, end[0], j, end[1]) for (i, j), end in zip([(i1, j1), *anchors], ends, strict=True)]
    return sorted(found)


def _once_in_both(
    old: Sequence[str], new: Sequence[str], i1: int, i2: int, j1: int, j2: int
) -> Iterator[tuple[int, int]]:
    """Pairs of lines that each side has once there, in the order of ``old``."""
    counts, others = Counter(old[i1:i2]), Counter(new[j1:j2])
    at = {new[j]: j for j in range(j1, j2) if others[new[j]] == 1}
    return ((i, at[old[i]]) for i in range(i1, i2) if counts[old[i]] == 1 and old[i] in at)


def _ascending(pairs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest part of ``pairs`` whose second numbers ascend, as the first do (patience sorting)."""
    tops: list[int] = []
    last: list[tuple[int, int, int]] = []
    piles: list[int] = []
    for i, j in pairs:
        pile = bisect_left(tops, j)
        before = piles[pile - 1] if pile else -1
        tops[pile : pile + 1] = [j]
        piles[pile : pile + 1] = [len(last)]
        last.append((i, j, before))
    found, at = [], piles[-1] if piles else -1
    while at >= 0:
        i, j, at = last[at]
        found.append((i, j))
    return found[::-1]
