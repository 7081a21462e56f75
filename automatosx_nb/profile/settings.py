"""What the user set for plugins: one JSON file in the profile, plugin → line → name → value.

A line is named as the state that goes with it (ADR 11): an update copies the plugin's settings to the line of the new
version, as it copies its state, so going back brings them back as they were, and nothing has to be restored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

from automatosx_nb.errors import ProfileDamaged
from automatosx_nb.files import make_folder, read_if_there, storage_errors, write_atomic

LOCK_S = 10.0
Values = dict[str, Any]
Lines = dict[str, dict[str, Values]]
_ANY_LINE = ""
"""What was set before there were lines counts for every line that has nothing of its own."""


class UserSettings:
    """Reads and writes them; making it touches no file."""

    def __init__(self, root: Path, line_of: Callable[[str], str]) -> None:
        """:param line_of: the name of an installed plugin's state."""
        self._path = root / "settings.json"
        self._line_of = line_of

    def of(self, plugin: str, line: str | None = None) -> Values:
        """Name → value, as they were set, whether or not they fit today's version.

        :param line: that of some generation; None: of the current one.
        :raises ProfileDamaged:
        """
        return _of(self._read().get(plugin, {}), self._line_of(plugin) if line is None else line)

    def stamp(self) -> object:
        """Changes whenever anything is set; None: nothing ever was."""
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino

    def put(self, plugin: str, name: str, value: Any) -> None:
        line = self._line_of(plugin)
        with self._changing() as lines:
            own = lines.setdefault(plugin, {})
            own[line] = {**_of(own, line), name: value}

    def remove(self, plugin: str, name: str) -> bool:
        """Whether it was set."""
        line = self._line_of(plugin)
        with self._changing() as lines:
            own = lines.get(plugin, {})
            values = dict(_of(own, line))
            found = values.pop(name, _ABSENT) is not _ABSENT
            if found:
                own[line] = values
        return found

    def carry_over(self, plugin: str, old: str, new: str) -> None:
        """Start the line ``new`` as a copy of ``old``; where nothing was set there is nothing to copy."""
        if plugin not in self._read():
            return
        with self._changing() as lines:
            own = lines.get(plugin, {})
            own[new] = dict(_of(own, old))

    def drop_lines(self, kept: Mapping[str, Collection[str]]) -> int:
        """Forget the lines that are not among ``kept`` (plugin → lines); how many that were."""
        dropped = sum(len(self._unnamed(plugin, own, kept)) for plugin, own in self._read().items())
        if dropped:
            with self._changing() as lines:
                for plugin, own in list(lines.items()):
                    for line in self._unnamed(plugin, own, kept):
                        del own[line]
                    if not own:
                        del lines[plugin]
        return dropped

    @staticmethod
    def _unnamed(plugin: str, own: dict[str, Values], kept: Mapping[str, Collection[str]]) -> list[str]:
        return [line for line in own if line != _ANY_LINE and line not in kept.get(plugin, ())]

    def _read(self) -> Lines:
        text = read_if_there(self._path)
        if text is None:
            return {}
        try:
            document = json.loads(text)
            lines = document["settings"]
            if document["schema"] == 1:
                lines = {plugin: {_ANY_LINE: own} for plugin, own in lines.items()}
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ProfileDamaged(str(self._path), "it is no file of settings") from error
        if not _are_lines(lines):
            raise ProfileDamaged(str(self._path), "it is no file of settings")
        found: Lines = lines
        return found

    @contextmanager
    def _changing(self) -> Iterator[Lines]:
        make_folder(self._path.parent)
        with storage_errors(self._path), FileLock(f"{self._path}.lock", timeout=LOCK_S):
            lines = self._read()
            yield lines
            text = json.dumps({"schema": 2, "settings": lines}, indent=1, sort_keys=True, ensure_ascii=False)
            write_atomic(self._path, text.encode())


def _of(own: Mapping[str, Values], line: str) -> Values:
    return own.get(line, own.get(_ANY_LINE, {}))


def _are_lines(lines: object) -> bool:
    return isinstance(lines, dict) and all(
        isinstance(own, dict) and all(isinstance(values, dict) for values in own.values()) for own in lines.values()
    )


_ABSENT = object()
