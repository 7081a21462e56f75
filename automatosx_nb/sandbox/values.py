"""Values across the wire: JSON, bytes, display trees, and Arrow tables in sealed memory files. Never pickle."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from automatosx_nb.errors import PermissionDenied, ProtocolViolation, UntransferableValue
from automatosx_nb.sandbox import arrow_stream, protocol, texts
from automatosx_nb.sandbox.codec import MAX_ITEMS, close_all, find_flaw
from automatosx_nb.sandbox.frames import as_arrow, holds_extension, holds_view
from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sandbox.streams import SEALABLE, Pieces, SendStream, memory_file, write_all
from automatosx_nb.sdk._scalars import unboxed

if TYPE_CHECKING:
    import pyarrow as pa

# The seals of memfd_create(2), fcntl(2): after them neither the size nor a byte of the file can change.
_F_ADD_SEALS, _F_GET_SEALS = 1033, 1034
_SEALS = 0x1 | 0x2 | 0x4 | 0x8  # F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE
_DEFAULT_LIMITS = Limits()
_TABLES = (protocol.Table, protocol.Streamed)
_HANDED = (protocol.HandedFile, protocol.HandedSecret)
_AS_THEY_ARE = (*_HANDED, protocol.Again)
_OF_JSON = frozenset((type(None), bool, int, float, str, list, tuple, dict))


@dataclass(frozen=True, slots=True)
class DisplayTree:
    """What a handler wants shown: the tree of an ``sdk.ui`` node, plain dicts that carry a ``node`` key."""

    root: dict[str, Any]


def to_wire(
    value: object, *, what: str, limits: Limits = _DEFAULT_LIMITS, stream: SendStream | None = None
) -> tuple[protocol.Value, list[int]]:
    """A value as it crosses, and the descriptors that go with it, which the caller closes after sending.

    ``what`` names the value in errors ("the argument 'table'"). Tuples arrive as lists. ``stream``: sends a table's
    bytes ahead of the value, as a worker has to; without it they go into a sealed memory file.

    :raises UntransferableValue: it is neither JSON, nor bytes, nor a display, nor a table.
    """
    if type(value) in _OF_JSON:
        return _json(value, what, limits), []
    if type(value) is bytes:
        return protocol.Blob(value), []
    if isinstance(value, _AS_THEY_ARE):
        return value, []
    if isinstance(value, DisplayTree):
        flaw = find_flaw(value.root, max_depth=limits.frame_depth)
        if flaw is not None:
            raise UntransferableValue(what + flaw.path, flaw.type_name, flaw.reason)
        return protocol.Display(value.root), []
    if hasattr(value, "__arrow_c_stream__"):
        table = _table_to_send(value, what, limits.table_mb)
        if stream is not None:
            pieces = Pieces()
            _write_stream(table, pieces)
            stream(pieces.size, pieces.all)
            return protocol.Streamed(0, pieces.size), []
        fd, size = _seal_table(table, what, type(value).__name__)
        return protocol.Table(0, size), [fd]
    return _json(value, what, limits), []


def _json(value: object, what: str, limits: Limits) -> protocol.Json:
    flaw = find_flaw(value, max_depth=limits.frame_depth)
    if flaw is not None:
        value = _unboxed(value, limits.frame_depth)
        flaw = find_flaw(value, max_depth=limits.frame_depth)
    if flaw is not None:
        raise UntransferableValue(what + flaw.path, flaw.type_name, flaw.reason)
    return protocol.Json(value)


def _unboxed(value: object, depth: int) -> object:
    """``value`` with numpy's scalars in it as Python's own, as far as ``depth`` and what one frame may hold."""
    left = MAX_ITEMS

    def copy(node: object, depth: int) -> object:
        nonlocal left
        left -= 1
        if left < 0 or depth < 0:
            return node
        if type(node) is dict:
            return {key: copy(item, depth - 1) for key, item in node.items()}
        if type(node) is list or type(node) is tuple:
            return [copy(item, depth - 1) for item in node]
        return unboxed(node)

    return copy(value, depth)


def all_to_wire(
    named: Sequence[tuple[str, object]], *, limits: Limits = _DEFAULT_LIMITS, stream: SendStream | None = None
) -> tuple[list[protocol.Value], list[int]]:
    """Several values of one frame: each table's ``fd`` indexes the common list of descriptors.

    :raises UntransferableValue: one of them cannot cross, or they hold more tables than one frame carries.
    """
    values: list[protocol.Value] = []
    fds: list[int] = []
    tables = 0
    try:
        for what, value in named:
            wired, own = to_wire(value, what=what, limits=limits, stream=stream)
            if isinstance(wired, _TABLES):
                wired = type(wired)(tables, wired.size)
                tables += 1
            values.append(wired)
            fds += own
            if tables > protocol.MAX_FDS:
                raise UntransferableValue(what, "table", f"at most {protocol.MAX_FDS} tables cross in one call")
    except BaseException:
        close_all(fds)
        raise
    return values, fds


def from_wire(
    value: protocol.Value,
    fds: Sequence[int],
    *,
    streamed: Sequence[memoryview] = (),
    handed: Sequence[object] = (),
    limits: Limits = _DEFAULT_LIMITS,
) -> object:
    """The value itself. ``fds`` are the descriptors of its frame; they stay the caller's to close.

    A table by its descriptor is one of the host's, who checked while it wrote that large columns of text are UTF-8;
    everything else of it, and all of what a worker sent, is validated here. ``streamed``: the host's own memory with
    the tables that came ahead of the frame; ``handed``: the tables, frames or series that the worker's call was handed.

    :raises ProtocolViolation: a table is not sealed, not as long as it says, or not a valid Arrow stream.
    """
    if isinstance(value, protocol.Json):
        return value.value
    if isinstance(value, protocol.Blob):
        return value.value
    if isinstance(value, protocol.Display):
        return DisplayTree(value.root)
    if isinstance(value, _HANDED):
        raise ProtocolViolation("a worker hands over what only a user can")
    if isinstance(value, protocol.Again):
        if not 0 <= value.fd < len(handed):
            raise ProtocolViolation(f"a frame names table {value.fd} again, and {len(handed)} were handed over")
        return as_arrow(handed[value.fd], "a table")
    if isinstance(value, protocol.Streamed):
        if not 0 <= value.index < len(streamed):
            raise ProtocolViolation(f"a frame names table {value.index}, and {len(streamed)} came")
        return _read_table(streamed[value.index], value.size, limits.table_mb)
    return _read_table(fds[value.fd], value.size, limits.table_mb)


# --- tables: writing ------------------------------------------------------------------------------------------


def _table_to_send(value: Any, what: str, table_mb: int) -> pa.Table:
    table = as_arrow(value, what)
    if table.nbytes > table_mb << 20:
        raise UntransferableValue(
            what, type(value).__name__, f"it has {table.nbytes >> 20} MiB, and the limit table-mb is {table_mb}"
        )
    if 2 * table.num_columns * arrow_stream.COLUMN_BYTES > (table_mb + 1) << 20:
        reason = f"it has {table.num_columns} columns, too many for the limit table-mb, which is {table_mb}"
        raise UntransferableValue(what, type(value).__name__, reason)
    return _of_fewer_batches(table, what, type(value).__name__, table_mb)


def _of_fewer_batches(table: pa.Table, what: str, type_name: str, table_mb: int) -> pa.Table:
    """``table`` as one batch, where its many small ones would be charged more than it holds."""
    import pyarrow as pa

    pieces = max((column.num_chunks for column in table.columns), default=0)
    repeats = pieces > 1 and any(pa.types.is_dictionary(field.type) for field in table.schema)
    if not repeats and table.num_columns * pieces * arrow_stream.COLUMN_BYTES <= table.nbytes:
        return table
    try:
        return table.combine_chunks() if pieces > 1 else table
    except pa.ArrowException as error:
        reason = f"its {pieces} pieces do not become one: {error}"
        raise UntransferableValue(what, type_name, reason) from error


def _seal_table(table: pa.Table, what: str, type_name: str) -> tuple[int, int]:
    import pyarrow as pa

    fd = memory_file()
    try:
        sink = _FileSink(fd)
        with texts.checked_meanwhile(table):
            _write_stream(table, sink)
        if SEALABLE:
            fcntl.fcntl(fd, _F_ADD_SEALS, _SEALS)
    except OSError as error:
        os.close(fd)
        raise UntransferableValue(what, type_name, f"no memory file for it: {error}") from error
    except pa.ArrowInvalid as error:
        os.close(fd)
        raise UntransferableValue(what, type_name, f"it is not a valid table: {error}") from error
    except BaseException:
        os.close(fd)
        raise
    return fd, sink.size


class _FileSink:
    """It writes, and nothing is mapped, because F_SEAL_WRITE refuses with EBUSY then."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.size = 0

    def write(self, data: Any) -> int:
        done = write_all(self.fd, data)
        self.size += done
        return done


class _WritableFile:
    """Either sink, as the file that ``pyarrow.PythonFile`` wants."""

    def __init__(self, sink: _FileSink | Pieces) -> None:
        self.write = sink.write
        self.closed = False

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        self.closed = True

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False


def _write_stream(table: pa.Table, sink: _FileSink | Pieces) -> None:
    import pyarrow as pa

    target: Any = _WritableFile(sink)
    with pa.PythonFile(target, mode="w") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)


# --- tables: reading ------------------------------------------------------------------------------------------


def _read_table(source: int | memoryview, size: int, table_mb: int) -> pa.Table:
    """``source``: the descriptor of a memory file, or memory that is this process's alone."""
    try:
        import pyarrow as pa
    except ModuleNotFoundError as error:
        raise PermissionDenied("this plugin", "modules:pyarrow") from error
    if isinstance(source, int) and SEALABLE:
        _check_seals(source)
    _check_size(os.fstat(source).st_size if isinstance(source, int) else len(source), size, table_mb)
    try:
        buffer = _open_buffer(source, size) if isinstance(source, int) else pa.py_buffer(source.toreadonly())
        arrow_stream.check(buffer, table_mb)
        with pa.ipc.open_stream(buffer) as reader:
            for field in reader.schema:
                if holds_extension(field.type) or (field.metadata and b"ARROW:extension:name" in field.metadata):
                    raise ProtocolViolation(f"the column {field.name!r} of a table has an extension type")
                if holds_view(field.type):
                    raise ProtocolViolation(f"the column {field.name!r} of a table has a type with views")
            table = reader.read_all()
        texts.validate(table, encoding=not isinstance(source, int))
    except (pa.ArrowException, OSError, ValueError, TypeError, OverflowError) as error:
        raise ProtocolViolation(f"a table is not a valid Arrow stream: {error}") from error
    return table


def _check_seals(fd: int) -> None:
    try:
        seals = fcntl.fcntl(fd, _F_GET_SEALS)
    except OSError as error:
        raise ProtocolViolation("a table did not come in a memory file") from error
    if seals & _SEALS != _SEALS:
        raise ProtocolViolation("a table's memory file is not sealed")


def _check_size(actual: int, size: int, table_mb: int) -> None:
    if actual != size:
        raise ProtocolViolation(f"a table says that it has {size} bytes, and has {actual}")
    if size > (table_mb << 20) + (1 << 20):
        raise ProtocolViolation(f"a table of {size >> 20} MiB, and the limit table-mb is {table_mb}")


def _open_buffer(fd: int, size: int) -> pa.Buffer:
    """Sealed: mapped, without a copy. Where there are no seals: a private copy, which nobody can change."""
    import mmap

    import pyarrow as pa

    if size == 0:
        return pa.py_buffer(b"")
    if SEALABLE:
        try:
            return pa.py_buffer(mmap.mmap(fd, size, access=mmap.ACCESS_READ))
        except OSError as error:
            raise MemoryError(f"no address space for a table of {size >> 20} MiB") from error
    return pa.py_buffer(os.pread(fd, size, 0))
