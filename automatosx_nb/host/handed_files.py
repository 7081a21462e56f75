"""Files that a user named: opened here, read in pieces as the plugin asks, written whole after its call.

A file to read is opened once, and what was checked is the open file itself: a name that leads elsewhere a moment later
changes nothing. A file to write is gathered aside and put in place in one step, which follows no link.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO

from automatosx_nb.errors import FileNotHandedOver
from automatosx_nb.files import sync_folder
from automatosx_nb.model.spelling import nearest

_IN_MEMORY = 1 << 20
_OPEN = sum(getattr(os, flag, 0) for flag in ("O_RDONLY", "O_CLOEXEC", "O_NONBLOCK", "O_NOCTTY", "O_BINARY"))
_KINDS = {
    stat.S_IFDIR: "it is a folder",
    stat.S_IFIFO: "it is a pipe",
    stat.S_IFSOCK: "it is a socket",
    stat.S_IFCHR: "it is a device",
    stat.S_IFBLK: "it is a device",
    stat.S_IFLNK: "it is a link: name the file that it leads to",
}


class FileToRead:
    """One open file; ``size`` is what it had then, and no byte behind that is read."""

    writable = False

    def __init__(self, typed: str, path: Path, most_mb: int) -> None:
        """:raises FileNotHandedOver: there is none, it is no plain file, or larger than ``most_mb``."""
        self.path, self.name = path, shown_name(path)
        try:
            _require_plain(typed, "read", path.stat())  # before it is opened: a device may do something then
            self._fd = os.open(path, _OPEN)
        except (OSError, ValueError) as error:
            raise _refused(typed, "read", error, path) from error
        try:
            status = os.fstat(self._fd)
            _require_plain(typed, "read", status)
            if status.st_size > most_mb << 20:
                reason = f"it has {status.st_size >> 20:,} MiB, and the limit read-mb is {most_mb:,}"
                raise FileNotHandedOver(typed, "read", reason, "Raise c.SandboxLimits.read_mb, or name a part of it.")
        except BaseException:
            os.close(self._fd)
            raise
        self.size = status.st_size

    def read(self, offset: int, size: int) -> bytes:
        """Up to ``size`` bytes from ``offset`` on; none at its end.

        :raises FileNotHandedOver: the disk failed.
        """
        count = min(size, self.size - offset)
        if count <= 0:
            return b""
        try:
            os.lseek(self._fd, offset, os.SEEK_SET)
            return os.read(self._fd, count)
        except OSError as error:
            raise FileNotHandedOver(self.name, "read", os.strerror(error.errno or 0)) from error

    def close(self) -> None:
        os.close(self._fd)


class FileToWrite:
    """What a call writes, until :meth:`place`; without that nothing of it is left."""

    writable, size = True, 0

    def __init__(self, typed: str, path: Path, most_mb: int, *, overwrite: bool) -> None:
        """:raises FileNotHandedOver: it is there already and not to be overwritten, or nothing can be written there."""
        self.path, self.name = path, shown_name(path)
        self._typed, self._most_mb, self._overwrite = typed, most_mb, overwrite
        self._new, self._mode = True, 0o666
        self._check()
        self._gathered: IO[bytes] | None = None
        self.failed: FileNotHandedOver | None = None
        self._staged: Path | None = None
        self.written = 0

    def _check(self) -> None:
        try:
            if not self.path.parent.is_dir():
                raise FileNotHandedOver(self._typed, "written", "there is no such folder", "Make the folder first.")
            status = self.path.lstat()
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            raise _refused(self._typed, "written", error) from error
        _require_plain(self._typed, "written", status)
        if not self._overwrite:
            raise self._taken()
        self._new, self._mode = False, stat.S_IMODE(status.st_mode)

    def _taken(self) -> FileNotHandedOver:
        remedy = "Add --overwrite to replace it, or choose another name."
        return FileNotHandedOver(self._typed, "written", "there is one already", remedy)

    def write(self, data: bytes) -> None:
        """Gather ``data``; ``b""`` says that there will be a file at all.

        :raises FileNotHandedOver: it is too much, or the disk failed; from then on the file cannot be placed.
        """
        if self.failed is not None:
            raise self.failed
        if self.written + len(data) > self._most_mb << 20:
            self.failed = FileNotHandedOver(
                self.name, "written", f"it has more than {self._most_mb:,} MiB, the limit write-mb",
                "Raise c.SandboxLimits.write_mb, or write less.",
            )  # fmt: skip
            raise self.failed
        try:
            if self._gathered is None:
                self._gathered = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - until close
            self._gathered.write(data)
        except OSError as error:
            self.failed = FileNotHandedOver(self.name, "written", os.strerror(error.errno or 0))
            raise self.failed from error
        self.written += len(data)

    def stage(self) -> bool:
        """Put everything beside its place, on the disk; whether there is anything, even of no length.

        :raises FileNotHandedOver:
        """
        if self.failed is not None:
            raise self.failed
        if self._gathered is None:
            return False
        staged = self.path.with_name(f".{self.path.name[:100]}-{os.urandom(6).hex()}")
        try:
            self._gathered.seek(0)
            with open(staged, "xb", opener=lambda name, flags: os.open(name, flags, self._mode)) as file:
                self._staged = staged
                shutil.copyfileobj(self._gathered, file, _IN_MEMORY)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise _refused(self._typed, "written", error) from error
        return True

    def place(self) -> None:
        """Give the staged file its name, in one step.

        :raises FileNotHandedOver: one came there in the meantime; it is left as it is.
        """
        if self._staged is None:
            return
        reserved = False
        try:
            if not self._overwrite:
                os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
                reserved = True
            os.replace(self._staged, self.path)  # noqa: PTH105 - Path.replace hides that this is the atomic step
            self._staged = None
            sync_folder(self.path.parent)
        except FileExistsError:
            raise self._taken() from None
        except OSError as error:
            if reserved and self._staged is not None:
                self.path.unlink(missing_ok=True)
            raise _refused(self._typed, "written", error) from error

    def take_back(self) -> None:
        """Undo a :meth:`place` that succeeded, where there was no file before."""
        if self._new:
            with suppress(OSError):
                self.path.unlink(missing_ok=True)

    def close(self) -> None:
        if self._gathered is not None:
            self._gathered.close()
        if self._staged is not None:
            with suppress(OSError):
                self._staged.unlink(missing_ok=True)


def shown_name(path: Path) -> str:
    """The file's name, without a folder, as text that crosses."""
    return os.fsencode(path.name).decode("utf-8", "replace")


def path_of(typed: str, folder: Path) -> Path:
    """The path that a user typed, from ``folder`` on; ``~`` is their home."""
    with suppress(RuntimeError):  # no home is known: the sign stays what it is
        return folder / Path(typed).expanduser()
    return folder / typed


def _require_plain(typed: str, purpose: str, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        reason = _KINDS.get(stat.S_IFMT(status.st_mode), "it is no plain file")
        raise FileNotHandedOver(typed, purpose, reason)


def _refused(typed: str, purpose: str, error: Exception, path: Path | None = None) -> FileNotHandedOver:
    if isinstance(error, FileNotFoundError) and path is not None:
        return FileNotHandedOver(typed, purpose, "there is no such file", nearest=_beside(path))
    reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
    return FileNotHandedOver(typed, purpose, reason[:1].lower() + reason[1:])


def _beside(path: Path) -> tuple[str, ...]:
    """Names of files beside ``path`` that look like its own."""
    try:
        with os.scandir(path.parent) as entries:
            names = [entry.name for _, entry in zip(range(1000), entries, strict=False) if entry.is_file()]
    except OSError:
        return ()
    return nearest(path.name, names)
