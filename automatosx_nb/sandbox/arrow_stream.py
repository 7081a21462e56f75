"""What an Arrow IPC stream costs whoever reads it, counted before anything is made of it.

Its size bounds that only where each byte becomes one: not where buffers are compressed, lie over each other, are empty
and many, or where a dictionary grows. Format: Arrow's Schema.fbs and Message.fbs, and "FlatBuffers Internals".
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from automatosx_nb.errors import ProtocolViolation

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

COLUMN_BYTES = 4096
"""What a column is charged at least, in the schema and in each batch."""
_ENTRY_BYTES = 128
_TIMESTAMP = 10
# The places of fields in their tables.
_HEADER, _MESSAGE_METADATA = 2, 4
_SCHEMA_FIELDS, _SCHEMA_METADATA = 1, 2
_NAME, _TYPE_KIND, _TYPE, _CHILDREN, _FIELD_METADATA = 0, 2, 3, 5, 6
_BUFFERS, _COMPRESSION = 2, 3
_DICTIONARY_ID, _DICTIONARY, _IS_DELTA = 0, 1, 2


def check(source: pa.Buffer, table_mb: int) -> None:
    """:raises ProtocolViolation: a table of it would take more than ``table_mb``, or nobody could say how much."""
    import pyarrow as pa

    bill = _Bill(table_mb)
    reader = pa.ipc.MessageReader.open_stream(source)
    try:
        while True:
            try:
                message = reader.read_next_message()
            except StopIteration:
                return
            bill.add(message)
    except struct.error as error:
        raise ProtocolViolation(f"a table is not a valid Arrow stream: {error}") from error


class _Bill:
    def __init__(self, table_mb: int) -> None:
        self._table_mb = table_mb
        self._room = (table_mb << 20) + (1 << 20)
        self._fields = 1
        self._dictionaries: dict[int, int] = {}

    def add(self, message: pa.Message) -> None:
        root = _Flat.root(memoryview(message.metadata))
        header = root.table(_HEADER)
        if header is None:
            raise ProtocolViolation("a message of a table has no header")
        self._charge_metadata(root, _MESSAGE_METADATA)
        if message.type == "schema":
            self._fields = max(1, self._charge_fields(header, _SCHEMA_FIELDS))
            self._charge_metadata(header, _SCHEMA_METADATA)
        elif message.type == "dictionary":
            self._add_dictionary(header, message.body.size)
        else:
            _check_buffers(header, message.body.size)
            # validating a batch reads its dictionaries, too
            self._charge(max(message.body.size, self._fields * COLUMN_BYTES) + sum(self._dictionaries.values()))

    def _add_dictionary(self, header: _Flat, size: int) -> None:
        batch = header.table(_DICTIONARY)
        if batch is None or header.number(_IS_DELTA, "<?"):
            raise ProtocolViolation("a dictionary of a table comes in pieces")
        _check_buffers(batch, size)
        self._charge(max(size, COLUMN_BYTES))
        self._dictionaries[header.number(_DICTIONARY_ID, "<q")] = size

    def _charge_fields(self, owner: _Flat, place: int) -> int:
        """The result is how many there are, children included. They may be one and the same, written once."""
        count = 0
        for field in owner.tables(place):
            kind = field.table(_TYPE)
            zone = kind.length(1) if kind is not None and field.number(_TYPE_KIND, "<B") == _TIMESTAMP else 0
            self._charge(COLUMN_BYTES + field.length(_NAME) + zone)
            self._charge_metadata(field, _FIELD_METADATA)
            count += 1 + self._charge_fields(field, _CHILDREN)
        return count

    def _charge_metadata(self, owner: _Flat, place: int) -> None:
        for entry in owner.tables(place):
            self._charge(_ENTRY_BYTES + entry.length(0) + entry.length(1))

    def _charge(self, size: int) -> None:
        self._room -= size
        if self._room < 0:
            raise ProtocolViolation(
                f"a table takes more than {self._table_mb} MiB, the limit table-mb, with {COLUMN_BYTES} bytes a column "
                "and batch at least"
            )


def _check_buffers(batch: _Flat, size: int) -> None:
    if batch.place(_COMPRESSION):
        raise ProtocolViolation("a table's buffers are compressed")
    start, count = batch.vector(_BUFFERS)
    if sum(abs(length) for _, length in struct.iter_unpack("<qq", batch.data[start : start + 16 * count])) > size:
        raise ProtocolViolation("a table's buffers lie over each other")


class _Flat(NamedTuple):
    """A table of a FlatBuffer that pyarrow has verified; ``at`` is where it begins."""

    data: memoryview
    at: int

    @classmethod
    def root(cls, data: memoryview) -> _Flat:
        return cls(data, _read("<I", data, 0))

    def place(self, number: int) -> int:
        """Where a field is; 0 if it is left out."""
        vtable = self.at - _read("<i", self.data, self.at)
        if 6 + 2 * number > _read("<H", self.data, vtable):
            return 0
        offset = _read("<H", self.data, vtable + 4 + 2 * number)
        return self.at + offset if offset else 0

    def number(self, number: int, form: str) -> int:
        place = self.place(number)
        return _read(form, self.data, place) if place else 0

    def table(self, number: int) -> _Flat | None:
        place = self.place(number)
        return _Flat(self.data, place + _read("<I", self.data, place)) if place else None

    def vector(self, number: int) -> tuple[int, int]:
        """Where its first item is, and how many there are; a text is one of bytes."""
        place = self.place(number)
        if not place:
            return 0, 0
        start = place + _read("<I", self.data, place)
        return start + 4, _read("<I", self.data, start)

    def length(self, number: int) -> int:
        return self.vector(number)[1]

    def tables(self, number: int) -> Iterator[_Flat]:
        start, count = self.vector(number)
        for at in range(start, start + 4 * count, 4):
            yield _Flat(self.data, at + _read("<I", self.data, at))


def _read(form: str, data: memoryview, at: int) -> int:
    return int(struct.unpack_from(form, data, at)[0])
