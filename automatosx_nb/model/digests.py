"""Digests in HTTP fields (RFC 9530): ``sha-256=:<base64>:`` among others, as a dictionary of RFC 8941 has them."""

from __future__ import annotations

import base64
import binascii
import re

_SHA256 = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):\s*(?=,|$)")


def digest_field(sha256: str) -> str:
    """:param sha256: in hexadecimal."""
    return f"sha-256=:{base64.b64encode(bytes.fromhex(sha256)).decode()}:"


def sha256_in(field: str) -> str | None:
    """In hexadecimal; None: the field has none. Of several the last one counts, as in any such dictionary."""
    found = _SHA256.findall(field[:4096])
    try:
        return base64.b64decode(found[-1], validate=True).hex() if found else None
    except binascii.Error:
        return None
