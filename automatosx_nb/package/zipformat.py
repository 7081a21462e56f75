"""A strict reader of the zip format: exactly what an artifact needs, and a reason for whatever else is there.

Only what every reader understands in the same way is read: members in the order of the central directory, one after
the other from the first byte on, stored or deflated, nothing before, between or after them; no ZIP64, no extra
fields, no comments, no data descriptors. Source of the format: APPNOTE.TXT 6.3.10,
https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT.
"""

from __future__ import annotations

import stat
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automatosx_nb.package.caps import Caps

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_STORED, _DEFLATED = 0, 8
_ENCRYPTED, _STREAMED, _UTF8 = 0x2041, 0x0008, 0x0800
_HARMLESS = _UTF8 | 0x0006
"""UTF-8 names, and the two bits in which a deflater says how hard it tried."""
_DOS_FOLDER, _DOS_REPARSE = 0x10, 0x400


class Refusal(Exception):
    """Why an archive is not read; :mod:`automatosx_nb.package.reading` turns it into an InvalidArtifact."""

    def __init__(self, reason: str, member: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.member = member


class NoArchive(Refusal):
    """It is no zip archive at all."""


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of the central directory. Sizes in bytes; ``raw`` is its name as it is stored."""

    name: str
    raw: bytes
    flags: int
    method: int
    crc: int
    compressed: int
    inflated: int
    offset: int
    attributes: int


def members(data: bytes, caps: Caps) -> list[Member]:
    """The central directory, each entry checked by itself and against the file's local headers.

    :raises Refusal:
    """
    count, start = _end_record(data, caps)
    found: list[Member] = []
    position = start
    for _ in range(count):
        member, position = _central(data, position)
        _check_kind(member)
        found.append(member)
    if position != len(data) - _END.size:
        raise Refusal("its directory is not where its end record says")
    _check_layout(data, found, start)
    return found


def inflate(data: bytes, member: Member, caps: Caps, budget: int) -> bytes:
    """The bytes of one member; never more than the caps and ``budget`` (bytes) allow are held in memory.

    :raises Refusal:
    """
    start = member.offset + _LOCAL.size + len(member.raw)
    body = data[start : start + member.compressed]
    limit = _limit(member, caps, budget)
    content = body if member.method == _STORED else _inflate(body, limit, member.name)
    if len(content) > limit:
        raise Refusal(_why_over(member, caps, budget, limit), member.name)
    if len(content) != member.inflated:
        raise Refusal("a file is not as long as its header says", member.name)
    if zlib.crc32(content) != member.crc:
        raise Refusal("a file's checksum is wrong", member.name)
    return content


def _end_record(data: bytes, caps: Caps) -> tuple[int, int]:
    """The number of members and where the central directory starts."""
    if len(data) > caps.artifact_mb << 20:
        raise Refusal(f"it is larger than {caps.artifact_mb} MiB")
    at = len(data) - _END.size
    if at < 0 or data[:2] != b"PK" or b"PK\x05\x06" not in data:
        raise NoArchive("it is not a zip archive")
    if data[at : at + 4] != b"PK\x05\x06":
        raise Refusal("something stands behind its end record")
    _, disk, first_disk, here, count, size, start, comment = _END.unpack_from(data, at)
    if 0xFFFF in (disk, first_disk, here, count) or 0xFFFFFFFF in (size, start):
        raise Refusal("it uses ZIP64, which no artifact needs")
    if disk or first_disk or here != count:
        raise Refusal("it is split over several disks")
    if comment:
        raise Refusal("it has a comment, which no artifact needs")
    if count > caps.members:
        raise Refusal(f"it has {count} members, where {caps.members} are allowed")
    if start + size != at:
        raise Refusal("its directory is not where its end record says")
    return count, start


def _central(data: bytes, at: int) -> tuple[Member, int]:
    if at + _CENTRAL.size > len(data) or data[at : at + 4] != b"PK\x01\x02":
        raise Refusal("its directory is damaged")
    fields = _CENTRAL.unpack_from(data, at)
    _, _, _, flags, method, _, _, crc, compressed, inflated = fields[:10]
    name_size, extra_size, comment_size, disk, _, attributes, offset = fields[10:]
    end = at + _CENTRAL.size + name_size
    raw = data[at + _CENTRAL.size : end]
    name = _decode(raw, flags)
    if extra_size or comment_size or disk:
        raise Refusal("a member has extra fields or a comment, which no artifact needs", name)
    return Member(name, raw, flags, method, crc, compressed, inflated, offset, attributes), end


def _decode(raw: bytes, flags: int) -> str:
    try:
        return raw.decode("utf-8" if flags & _UTF8 else "ascii")
    except UnicodeDecodeError:
        raise Refusal("a name is not UTF-8", raw.decode("utf-8", "backslashreplace")) from None


def _check_kind(member: Member) -> None:
    """Only regular files, stored or deflated; Unix modes are in the upper 16 bits, DOS attributes in the lower."""
    kind = stat.S_IFMT(member.attributes >> 16)
    if kind == stat.S_IFLNK or member.attributes & _DOS_REPARSE:
        raise Refusal("a member is a link", member.name)
    if kind == stat.S_IFDIR or member.attributes & _DOS_FOLDER or member.name.endswith("/"):
        raise Refusal("a member is a folder", member.name)
    if kind not in (0, stat.S_IFREG):
        raise Refusal("a member is a special file", member.name)
    if member.flags & _ENCRYPTED:
        raise Refusal("a member is encrypted", member.name)
    if member.flags & _STREAMED:
        raise Refusal("a member was streamed: its header does not know its size", member.name)
    if member.flags & ~_HARMLESS:
        raise Refusal("a member has flags that no artifact needs", member.name)
    if member.method not in (_STORED, _DEFLATED):
        raise Refusal(f"a member is compressed by method {member.method}, not by deflate", member.name)


def _check_layout(data: bytes, found: list[Member], directory: int) -> None:
    """Each local header says what the directory says, and the members fill the file up to the directory."""
    position = 0
    for member in found:
        if member.offset != position:
            raise Refusal("members overlap, or something is hidden between them", member.name)
        if position + _LOCAL.size + len(member.raw) > directory or data[position : position + 4] != b"PK\x03\x04":
            raise Refusal("a member's local header is damaged", member.name)
        fields = _LOCAL.unpack_from(data, position)
        _, _, flags, method, _, _, crc, compressed, inflated, name_size, extra_size = fields
        start = position + _LOCAL.size
        if name_size != len(member.raw) or data[start : start + name_size] != member.raw:
            raise Refusal("a member has another name in its local header", member.name)
        if extra_size:
            raise Refusal("a member has extra fields or a comment, which no artifact needs", member.name)
        expected = (member.flags, member.method, member.crc, member.compressed, member.inflated)
        if (flags, method, crc, compressed, inflated) != expected:
            raise Refusal("a member's local header and the directory disagree", member.name)
        position = start + name_size + compressed
    if position != directory:
        raise Refusal("members overlap, or something is hidden between them")


def _limit(member: Member, caps: Caps, budget: int) -> int:
    by_ratio = max(caps.ratio_from_kb << 10, caps.ratio * member.compressed)
    return min(caps.file_mb << 20, budget, by_ratio, member.inflated)


def _inflate(body: bytes, limit: int, name: str) -> bytes:
    """At most ``limit`` + 1 bytes, so that the caller sees that there was more."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        content = inflater.decompress(body, limit + 1)
    except zlib.error:
        raise Refusal("a member's compressed data is damaged", name) from None
    if len(content) <= limit and (not inflater.eof or inflater.unused_data):
        raise Refusal("a member's compressed data is damaged", name)
    return content


def _why_over(member: Member, caps: Caps, budget: int, limit: int) -> str:
    if limit == caps.file_mb << 20:
        return f"a file is larger than {caps.file_mb} MiB"
    if limit == budget:
        return f"its files are larger than {caps.total_mb} MiB together"
    if limit == member.inflated:
        return "a file is longer than its header says"
    return f"a file is compressed more than {caps.ratio} times, as a bomb is"
