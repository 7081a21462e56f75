"""Files that are whole or not there: atomic writes, and one place where ``OSError`` becomes an error of ours."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from automatosx_nb.errors import ProfileReadOnly, StorageFailed, StorageFull

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EROFS, errno.EACCES, errno.EPERM}
_TEMPORARY = re.compile(r"\.(.+)-[0-9a-f]{12}")


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn what the system says of ``path`` into what the user can do about it.

    :raises StorageFull: the disk, a quota or a size limit (ENOSPC, EDQUOT, EFBIG).
    :raises ProfileReadOnly: EROFS, EACCES, EPERM.
    :raises StorageFailed: anything else.
    """
    try:
        yield
    except OSError as error:
        where = str(error.filename or path)
        reason = os.strerror(error.errno) if error.errno else str(error)
        if error.errno in _FULL:
            raise StorageFull(where, reason) from error
        if error.errno in _FORBIDDEN:
            raise ProfileReadOnly(where, reason) from error
        raise StorageFailed(where, reason) from error


def make_folder(path: Path) -> Path:
    """``path``, made with its parents where it is missing, readable by its owner only."""
    with storage_errors(path):
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def read_if_there(path: Path) -> bytes | None:
    """None: there is no such file. Whatever else keeps it from being read is raised, as :func:`storage_errors` does.

    ``Path.exists`` would not do: from Python 3.13 on it says of what may not be looked at that it is not there.
    """
    with storage_errors(path):
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None


def is_there(path: Path) -> bool:
    """As :func:`read_if_there`, without reading."""
    with storage_errors(path):
        try:
            path.stat()
        except FileNotFoundError:
            return False
        return True


def paths_in(folder: Path) -> list[Path]:
    """What lies in ``folder``, sorted; nothing, where it is missing. Raises as :func:`storage_errors` does.

    ``Path.glob`` would not do: it finds nothing in a folder that may not be read.
    """
    with storage_errors(folder):
        try:
            return sorted(folder.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return []


def write_atomic(path: Path, data: bytes, *, mode: int = 0o600, folder: int | None = None) -> None:
    """Write all of ``data`` to ``path``, durably, or leave what was there. The folder has to exist.

    :param mode: who may read it, less what the umask takes away.
    :param folder: a descriptor of the folder in which ``path`` is a name, where that folder must be no other one.

    Raises as :func:`storage_errors` does, of ``path``.
    """
    temporary = path.with_name(f".{path.name}-{os.urandom(6).hex()}")
    with storage_errors(path):
        try:
            with open(temporary, "xb", opener=lambda name, flags: os.open(name, flags, mode, dir_fd=folder)) as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if folder is None:
                os.replace(temporary, path)  # noqa: PTH105 - Path.replace hides that this is the atomic step
                sync_folder(path.parent)
            else:
                os.replace(temporary, path, src_dir_fd=folder, dst_dir_fd=folder)
                os.fsync(folder)
        except BaseException as error:
            with suppress(OSError):
                os.unlink(temporary, dir_fd=folder)
            if isinstance(error, OSError):
                error.filename = error.filename2 = None  # nobody knows the temporary name
            raise


def target_of(name: str) -> str | None:
    """The name of the file that a temporary one of :func:`write_atomic` was to become; None: it is none."""
    found = _TEMPORARY.fullmatch(name)
    return found and found[1]


def drop_temporaries(path: Path) -> None:
    """Remove what killed writers of ``path`` left beside it. Nobody else may be writing it; what stays does no harm."""
    for each in paths_in(path.parent):
        if target_of(each.name) == path.name:
            with suppress(OSError):
                each.unlink()


def sync_folder(path: Path) -> None:
    """Make the names in ``path`` durable. Windows has no such call, and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
