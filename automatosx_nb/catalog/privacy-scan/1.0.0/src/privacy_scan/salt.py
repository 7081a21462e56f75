"""The salt of ``--how hash``: a secret that the user named, or one drawn once and kept."""

import secrets

from automatosx_nb.sdk import handed, permissions, storage

LEAST = 8
"""Characters of a secret: a short one is found by trying all of them."""


def salt_of(secret: handed.Secret | None) -> bytes:
    """At most 64 bytes.

    Raises ``ValueError`` where the secret is too short, and where there is neither one nor leave to keep a salt.
    """
    if secret is not None:
        words = secret.reveal().encode()
        if len(words) < LEAST:
            raise ValueError(f"the secret {secret.name!r} is too short for a salt: it needs {LEAST} bytes at least")
        return words[:64]
    return bytes.fromhex(kept())


def kept() -> str:
    """What two kernels draw at once becomes one: the first stays."""
    try:
        permissions.request("storage")
    except Exception as error:
        if getattr(error, "code", "") != "permission-denied":
            raise
        raise ValueError(
            "--how hash needs a salt: grant 'storage' to keep a random one, or name a secret of yours with --salt NAME"
        ) from None
    return storage.update("salt", lambda found: found or secrets.token_hex(32))
