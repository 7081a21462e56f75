"""Generations that somebody asked to be kept."""

from __future__ import annotations

import json
from pathlib import Path

from automatosx_nb.errors import NotPinned, ProfileDamaged
from automatosx_nb.files import make_folder, read_if_there, write_atomic


class KeptGenerations:
    """Number → note, in one JSON file beside the generations, which never change themselves.

    Whoever writes holds the profile's lock.
    """

    def __init__(self, root: Path) -> None:
        self._path = root / "kept.json"

    def notes(self) -> dict[int, str]:
        """:raises ProfileDamaged:"""
        text = read_if_there(self._path)
        if text is None:
            return {}
        try:
            return {int(number): str(note) for number, note in json.loads(text).items()}
        except (ValueError, AttributeError) as error:
            raise ProfileDamaged(str(self._path), "it does not say which generations are kept") from error

    def keep(self, number: int, note: str) -> None:
        self._write({**self.notes(), number: note})

    def let_go(self, number: int) -> None:
        """:raises NotPinned:"""
        notes = self.notes()
        if number not in notes:
            raise NotPinned(f"generation {number}", tuple(f"generation {each}" for each in sorted(notes)))
        self._write({each: note for each, note in notes.items() if each != number})

    def _write(self, notes: dict[int, str]) -> None:
        make_folder(self._path.parent)
        write_atomic(self._path, json.dumps(notes, sort_keys=True, ensure_ascii=False).encode())
