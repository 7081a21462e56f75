"""What one call of a plugin was handed: designation is authorization.

The user typed a name, a path, the name of a secret; each becomes the one object that the handler gets, and the worker
can ask for that object as long as the call lasts. What the plugin sends are numbers of this call, never names.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from automatosx_nb.errors import (
    AutomatosxError,
    FileNotHandedOver,
    HandedBack,
    InvalidRequest,
    InvalidVariableName,
    NoSecretStore,
    PluginFailed,
    SelectionFailed,
    UnknownSecret,
)
from automatosx_nb.host.frames import Kind, bytes_of, kind_of
from automatosx_nb.host.handed_files import FileToRead, FileToWrite, path_of
from automatosx_nb.host.namespace import lookup, new_name
from automatosx_nb.model.selection import Selection
from automatosx_nb.model.spelling import nearest
from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sandbox.protocol import HandedFile, HandedSecret
from automatosx_nb.sandbox.values import DisplayTree

if TYPE_CHECKING:
    from automatosx_nb.host.ports import SecretSource

MAX_PIECE = 1 << 20
_MESSAGE = 300
_numbers = itertools.count(1)
"""No number is used twice, so that one of an earlier call means nothing."""
File = FileToRead | FileToWrite
F = TypeVar("F", FileToRead, FileToWrite)
E = TypeVar("E", bound=BaseException)


class Handover:
    """Everything that one call was handed. Used as a context manager; what it holds ends with it. Thread-safe."""

    def __init__(
        self,
        plugin: str,
        variables: Mapping[str, Any],
        *,
        limits: Limits | None = None,
        secrets: SecretSource | None = None,
        folder: Path | None = None,
    ) -> None:
        """``folder``: where relative paths begin; the working directory unless told."""
        self.plugin = plugin
        self.variables = variables
        self.frame: Kind = ""
        """The kind of the first table that was handed over."""
        self._limits = limits or Limits()
        self._secrets = secrets
        self._folder = folder
        self._files: dict[int, File] = {}
        self._handed: list[tuple[str, str, object]] = []
        self._revealed: list[str] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Handover:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            files, self._files = list(self._files.values()), {}
        for file in files:
            file.close()

    # --- from what was typed ----------------------------------------------------------------------------------

    def name_for_result(self, typed: str) -> str:
        """:raises InvalidVariableName: it is none, or there is no notebook around."""
        if not isinstance(self.variables, MutableMapping):
            raise InvalidVariableName(typed, "there is no notebook here whose variable it could be")
        return new_name(typed)

    def hand(self, kind: str, typed: str, *, name: str = "", overwrite: bool = False) -> object:
        """The object that ``typed`` names, for the argument ``name`` of this type.

        :raises InvalidSelection:
        :raises UnknownVariable:
        :raises SelectionFailed:
        :raises FileNotHandedOver:
        :raises UnknownSecret:
        :raises NoSecretStore:
        """
        handed = self._named(kind, typed, overwrite=overwrite)
        self._handed.append((kind, name, handed))
        return handed

    def handed(self) -> list[tuple[str, str, int | None]]:
        """Type, argument and bytes of everything that was handed over; of a file to write those that were written."""
        return [(kind, name, self._size(handed)) for kind, name, handed in self._handed]

    def _size(self, handed: object) -> int | None:
        if isinstance(handed, HandedFile):
            file = self._files.get(handed.number)
            return file.written if isinstance(file, FileToWrite) else handed.size
        return None if isinstance(handed, HandedSecret) else bytes_of(handed)

    def _named(self, kind: str, typed: str, *, overwrite: bool) -> object:
        if kind == "variable":
            return self._variable(typed)
        if kind == "secret":
            return self._secret(typed)
        path = path_of(typed, self._folder or Path.cwd())
        if kind == "file:read":
            return self._file(FileToRead(typed, path, self._limits.read_mb))
        if any(isinstance(file, FileToWrite) and file.path == path for file in self._files.values()):
            raise FileNotHandedOver(typed, "written", "it is named twice", "Name another file for each.")
        return self._file(FileToWrite(typed, path, self._limits.write_mb, overwrite=overwrite))

    def _variable(self, typed: str) -> object:
        value = selected(Selection.parse(typed), self.variables)
        self.frame = self.frame or kind_of(value)
        return value

    def _secret(self, name: str) -> HandedSecret:
        if self._secrets is None:
            raise NoSecretStore(self.plugin)
        value = self._secrets.get(self.plugin, name)
        if value is None:
            raise UnknownSecret(self.plugin)
        self._revealed.append(value)
        return HandedSecret(name, value)

    def _file(self, file: File) -> HandedFile:
        number = next(_numbers)
        self._files[number] = file
        return HandedFile(number, file.name, file.size, file.writable)

    # --- from the worker --------------------------------------------------------------------------------------

    def ask(self, method: str, args: Sequence[object]) -> object:
        """What the sdk's objects ask for.

        :raises HandedBack: no such thing is handed over now.
        :raises InvalidRequest:
        :raises FileNotHandedOver: the disk failed, or too much was written.
        """
        with self._lock:
            match method, list(args):
                case "read", [int(number), int(offset), int(size)] if offset >= 0 and 0 <= size <= MAX_PIECE:
                    return self._open(number, FileToRead, method).read(offset, size)
                case "write", [int(number), bytes(data)]:
                    self._open(number, FileToWrite, method).write(data)
                    return None
        raise InvalidRequest("handed", method, "read and write, each with the number of what was handed over")

    def _open(self, number: int, kind: type[F], method: str) -> F:
        file = self._files.get(number)
        if not isinstance(file, kind):
            raise HandedBack(method)
        return file

    # --- after the call ---------------------------------------------------------------------------------------

    def write_files(self) -> list[str]:
        """Put every file that was written in its place, all or none; a line about each.

        :raises FileNotHandedOver: nothing was written then.
        """
        with self._lock:
            written = [file for file in self._files.values() if isinstance(file, FileToWrite)]
            staged = [file for file in written if file.stage()]
            placed: list[FileToWrite] = []
            try:
                for file in staged:
                    file.place()
                    placed.append(file)
            except BaseException:
                for file in placed:
                    file.take_back()
                raise
        return [f"Wrote {file.name} ({file.written:,} bytes)." for file in placed]

    def redacted(self, value: Any) -> Any:
        """A JSON value or a display, with the handed secrets taken out of its texts."""
        if not self._revealed:
            return value
        if isinstance(value, str):
            for secret in self._revealed:
                value = value.replace(secret, "[secret]") if secret else value
            return value
        if isinstance(value, bytes):
            for secret in self._revealed:
                value = value.replace(secret.encode(), b"[secret]") if secret else value
            return value
        if isinstance(value, list | tuple):
            return type(value)(map(self.redacted, value))
        if isinstance(value, dict):
            return {self.redacted(key): self.redacted(item) for key, item in value.items()}
        return DisplayTree(self.redacted(value.root)) if isinstance(value, DisplayTree) else value

    def explained(self, error: E) -> E | AutomatosxError:
        """What a call ended with: what failed first, a file or the plugin, with no secret in it."""
        failed = next(
            (file.failed for file in self._files.values() if isinstance(file, FileToWrite) and file.failed), None
        )
        if failed is not None and isinstance(error, PluginFailed):
            return failed
        if not self._revealed or not isinstance(error, AutomatosxError):
            return error
        return type(error)(*(self.redacted(getattr(error, name)) for name in error.fields()))


def selected(selection: Selection, variables: Mapping[str, Any]) -> object:
    """What the selection leads to, by attribute and item alone.

    :raises UnknownVariable:
    :raises SelectionFailed:
    """
    value = lookup(selection.name, variables)
    for step in selection.steps:
        try:
            found = getattr(value, step.key) if step.attribute else value[step.key]
        except Exception as error:  # noqa: BLE001 - whatever the user's own object raises
            message = (str(error).splitlines() or [""])[0][:_MESSAGE]
            near = nearest(str(step.key), _known(value, attributes=step.attribute))
            raise SelectionFailed(selection.text, step.text, type(error).__name__, message, near) from None
        value = found
    return value


def _known(value: Any, *, attributes: bool) -> list[str]:
    """What could have been meant: the keys of a dict, the columns of a frame, the names of an object."""
    try:
        names = dir(value) if attributes else value if isinstance(value, dict) else value.columns
        return [name for name in list(names)[:1000] if isinstance(name, str) and not name.startswith("_")]
    except Exception:  # noqa: BLE001 - a hint that cannot be made must not hide the error
        return []
