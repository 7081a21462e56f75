"""What a server compressed, decompressed no further than there is room for."""

from __future__ import annotations

import zlib

from automatosx_nb.errors import HttpFailed, TransferTooLarge

ACCEPTED = "gzip, deflate"
_GZIP, _ZLIB, _RAW = zlib.MAX_WBITS | 16, zlib.MAX_WBITS, -zlib.MAX_WBITS


def decoded(data: bytes, encoding: str, most_mb: int, host: str) -> tuple[bytes, bool]:
    """The content, and whether it was encoded in a way that is known here; in any other it stays as it is.

    One encoding is taken off, not several: nobody sends them, but bombs.

    :raises TransferTooLarge: it would be more than ``most_mb``; no more than that was ever in memory.
    :raises HttpFailed: it is not what its header says.
    """
    kind = encoding.strip().lower()
    if not data or kind not in ("gzip", "x-gzip", "deflate"):
        return data, False
    windows = (_ZLIB, _RAW) if kind == "deflate" else (_GZIP,)
    for window in windows:
        try:
            return _inflated(data, window, most_mb, host), True
        except zlib.error:
            continue
    raise HttpFailed(host, f"its answer is no {kind}")


def _inflated(data: bytes, window: int, most_mb: int, host: str) -> bytes:
    """Of every member, where several stand one after the other (RFC 1952, section 2.2)."""
    found, most = bytearray(), most_mb << 20
    while data:
        one = zlib.decompressobj(window)
        found += one.decompress(data, most - len(found) + 1)
        if len(found) > most:
            raise TransferTooLarge(f"the answer of {host}, decompressed,", f"{most_mb} MiB")
        if not one.eof:
            raise zlib.error("it ends in the middle")
        data = one.unused_data if window == _GZIP else b""
    return bytes(found)
