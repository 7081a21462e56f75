"""The notebook of this kernel, as far as a kernel can know it: its file, and whether what is on the screen is in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_END = 1 << 20
"""Bytes at either end of a notebook, where its metadata are."""
_MARK = b'"lock-version"'


@dataclass(frozen=True, slots=True)
class OpenNotebook:
    """``running``: the text of the cell that runs."""

    path: Path
    running: str = ""

    def is_at(self, path: Path) -> bool:
        """Whether that is the same file."""
        try:
            return path.samefile(self.path)
        except OSError:
            return False

    def may_carry_lock(self) -> bool:
        """It reads no more than the ends of a large file, and parses nothing."""
        try:
            with self.path.open("rb") as file:
                head = file.read(_END)
                file.seek(max(_END, self.path.stat().st_size - _END))
                return _MARK in head or _MARK in file.read(_END)
        except OSError:
            return False


def open_notebook(named: str, running: str = "") -> OpenNotebook | None:
    """``named`` is what was said when the kernel started.

    None where there is no such file: the notebook was renamed since, or lies on another machine.
    """
    path = Path(named)
    try:
        here = Path.cwd()
        if not path.is_file():
            return None
    except OSError:
        return None
    return OpenNotebook(path.relative_to(here) if path.is_relative_to(here) else path, running)
