"""A short text, encrypted for a file: scrypt (RFC 7914) makes a key of a passphrase, AES-256-GCM seals with it."""

from __future__ import annotations

import base64
import os
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from automatosx_nb.errors import SecretsUnavailable

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SCRYPT = {"n": 1 << 15, "r": 8, "p": 1}
"""32 MiB and a twentieth of a second for each guess (https://www.rfc-editor.org/rfc/rfc7914#section-2)."""
_SALT_BYTES, _NONCE_BYTES, _KEY_BYTES = 16, 12, 32


def seal(value: str, passphrase: bytes, *, bound_to: str) -> dict[str, str]:
    """JSON fields that :func:`unseal` opens with the same passphrase, and under the same name only."""
    salt, nonce = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
    sealed = _cipher(passphrase, salt).encrypt(nonce, value.encode(), bound_to.encode())
    return {"salt": _text(salt), "nonce": _text(nonce), "sealed": _text(sealed)}


def unseal(record: dict[str, Any], passphrase: bytes, *, bound_to: str) -> str:
    """:raises SecretsUnavailable: another passphrase, or another text, than it was sealed with."""
    from cryptography.exceptions import InvalidTag

    try:
        salt, nonce, sealed = (base64.b64decode(record[name], validate=True) for name in ("salt", "nonce", "sealed"))
        return _cipher(passphrase, salt).decrypt(nonce, sealed, bound_to.encode()).decode()
    except (InvalidTag, KeyError, ValueError, TypeError) as error:
        raise SecretsUnavailable(
            f"{bound_to} was kept with another passphrase or key file, or was changed since",
            "Use the passphrase or key file of that time, or set the secret again with %ax secrets set.",
        ) from error


@lru_cache(maxsize=64)
def _cipher(passphrase: bytes, salt: bytes) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    return AESGCM(Scrypt(salt=salt, length=_KEY_BYTES, **SCRYPT).derive(passphrase))


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
