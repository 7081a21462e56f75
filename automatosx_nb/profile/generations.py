"""Generations on disk: one JSON file each, and ``current``, the file that names the one in force.

``current`` is replaced in one atomic step; a generation is written, whole and durable, before that. So a reader
finds the old state or the new one. A generation above the current number was never switched to: its writer died, and
the next writer takes its number.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from automatosx_nb.errors import ProfileDamaged, UnknownGeneration
from automatosx_nb.files import make_folder, paths_in, read_if_there, storage_errors, write_atomic
from automatosx_nb.model.generation import Generation, InstalledPlugin, Pin

FORMAT = 1
EMPTY = Generation(number=0, parent=None, created="", by="", action="empty")


class Generations:
    def __init__(self, root: Path, on_switch: Callable[[Generation], None] | None = None) -> None:
        """``on_switch``, which must not raise, is told of each generation that was switched to from here."""
        self._folder = root / "generations"
        self._current = root / "current"
        self._on_switch = on_switch

    def stamp(self) -> tuple[int, int] | None:
        """Changes whenever another generation becomes current, by whichever process. Costs one ``stat``."""
        try:
            status = self._current.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino

    def current_number(self) -> int:
        """:raises ProfileDamaged: ``current`` holds no number."""
        try:
            return int(read_if_there(self._current) or b"0")
        except ValueError as error:
            raise ProfileDamaged(str(self._current), "it does not hold the number of a generation") from error

    def current(self) -> Generation:
        return self.read(self.current_number())

    def numbers(self) -> tuple[int, ...]:
        """Every generation that is or was in force, oldest first; 0, the empty one, is not among them."""
        current = self.current_number()
        return tuple(number for path in self.paths() if (number := int(path.stem)) <= current)

    def paths(self) -> tuple[Path, ...]:
        """Every generation's file, also of those that were never switched to; oldest first."""
        return tuple(path for path in paths_in(self._folder) if path.suffix == ".json" and path.stem.isdigit())

    def read(self, number: int) -> Generation:
        """:raises UnknownGeneration: there is none, or it was never switched to.
        :raises ProfileDamaged: the file is not one that :meth:`write` wrote.
        """
        if number == 0:
            return EMPTY
        path = self._path(number)
        if number > self.current_number() or not path.exists():
            raise UnknownGeneration(number, self.numbers())
        try:
            with storage_errors(path):
                document = json.loads(path.read_bytes())
            return _from_document(document)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ProfileDamaged(str(path), "it is not a generation's record") from error

    def write(self, generation: Generation) -> None:
        """Write a generation that is not current yet."""
        make_folder(self._folder)
        write_atomic(self._path(generation.number), _text_of(generation).encode())

    def switch(self, number: int) -> None:
        """Make a written generation the current one: the one step that readers see."""
        write_atomic(self._current, str(number).encode())
        if self._on_switch is not None:
            self._on_switch(self.read(number))

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:06d}.json"


def _text_of(generation: Generation) -> str:
    """JSON, a plugin a line: indented more, Python's encoder takes ten times as long."""
    head = {each.name: getattr(generation, each.name) for each in fields(Generation) if each.name != "plugins"}
    lines = (f"{json.dumps(plugin)}: {_json(_record(entry))}" for plugin, entry in sorted(generation.plugins.items()))
    return f'{_json({"format": FORMAT, **head})[:-1]}, "plugins": {{\n' + ",\n".join(lines) + "\n}}\n"


def _record(entry: InstalledPlugin) -> dict[str, Any]:
    record = {each.name: getattr(entry, each.name) for each in fields(InstalledPlugin)}
    return record if entry.pin is None else {**record, "pin": asdict(entry.pin)}


def _json(record: Mapping[str, Any]) -> str:
    return json.dumps(record, sort_keys=True, ensure_ascii=False)


def _from_document(document: Mapping[str, Any]) -> Generation:
    if document["format"] != FORMAT:
        raise ValueError(document["format"])
    plugins = {plugin: _installed(record) for plugin, record in document["plugins"].items()}
    rest = {name: document[name] for name in ("number", "parent", "created", "by", "action")}
    return Generation(**rest, plugins=plugins, restores=document.get("restores"), surface=document.get("surface", ""))


def _installed(record: Mapping[str, Any]) -> InstalledPlugin:
    pin = record.get("pin")
    return InstalledPlugin(**{**record, "grants": tuple(record["grants"]), "pin": Pin(**pin) if pin else None})
