"""Data formats and digests, all in memory."""

from __future__ import annotations

import struct
from typing import Any

from automatosx_nb.sandbox.facades.spec import Names
from automatosx_nb.sandbox.libraries import without_objects


def pack_into(format: str | bytes, buffer: Any, offset: int, /, *values: Any) -> None:
    """``struct.pack_into``, for buffers that hold no objects."""
    struct.pack_into(format, without_objects(buffer), offset, *values)


FACADES = {
    "json": Names("JSONDecodeError JSONDecoder JSONEncoder dump dumps load loads"),
    "csv": Names(
        "DictReader DictWriter Dialect Error QUOTE_ALL QUOTE_MINIMAL QUOTE_NONE QUOTE_NONNUMERIC Sniffer excel "
        "excel_tab reader unix_dialect writer",
        newer="QUOTE_NOTNULL QUOTE_STRINGS",
    ),
    "io": Names("BytesIO SEEK_CUR SEEK_END SEEK_SET StringIO"),
    "base64": Names(
        "a85decode a85encode b16decode b16encode b32decode b32encode b32hexdecode b32hexencode b64decode b64encode "
        "b85decode b85encode decodebytes encodebytes standard_b64decode standard_b64encode urlsafe_b64decode "
        "urlsafe_b64encode"
    ),
    "binascii": Names("Error Incomplete a2b_base64 a2b_hex b2a_base64 b2a_hex crc32 hexlify unhexlify"),
    "struct": Names("Struct calcsize error iter_unpack pack unpack unpack_from", replaced={"pack_into": pack_into}),
    "zlib": Names("adler32 compress crc32 decompress error"),
    "gzip": Names("BadGzipFile compress decompress"),
    "bz2": Names("compress decompress"),
    "lzma": Names("LZMAError compress decompress"),
    "hmac": Names("HMAC compare_digest digest new"),
    "secrets": Names("choice compare_digest randbelow randbits token_bytes token_hex token_urlsafe"),
    "ipaddress": Names(
        "AddressValueError IPv4Address IPv4Interface IPv4Network IPv6Address IPv6Interface IPv6Network "
        "NetmaskValueError collapse_addresses ip_address ip_interface ip_network summarize_address_range"
    ),
    "hashlib": Names(
        "algorithms_guaranteed blake2b blake2s md5 new pbkdf2_hmac sha1 sha224 sha256 sha384 sha3_224 sha3_256 "
        "sha3_384 sha3_512 sha512 shake_128 shake_256"
    ),
    "uuid": Names(
        "NAMESPACE_DNS NAMESPACE_OID NAMESPACE_URL NAMESPACE_X500 SafeUUID UUID uuid3 uuid4 uuid5",
        newer="NIL MAX uuid7",
    ),
}
