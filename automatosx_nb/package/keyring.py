"""The private keys of one user: a file each, of mode 0600, in a folder that nobody else may enter."""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from automatosx_nb.errors import InvalidKeyFile, KeyExists, KeyLocked, UnknownKey
from automatosx_nb.files import make_folder, paths_in, read_if_there, write_atomic
from automatosx_nb.model.spelling import nearest
from automatosx_nb.package.signing import SigningKey

if TYPE_CHECKING:
    from pathlib import Path

SUFFIX = ".pem"
PUBLIC_SUFFIX = ".pub"
"""Of the public half of an encrypted key, so that its id is told without the passphrase."""
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
PUBLIC_BYTES = 32
_ENCRYPTED = b"BEGIN ENCRYPTED PRIVATE KEY"


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A key in the folder. ``id`` is None where only its passphrase would tell it: an earlier version made it."""

    name: str
    encrypted: bool
    id: str | None


class KeyFolder:
    """Making it touches no file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def new(self, name: str, passphrase: str = "") -> SigningKey:
        """Make a key and keep it.

        :raises InvalidKeyFile: ``name`` is no name of one.
        :raises KeyExists:
        """
        path = self._path(name)
        make_folder(self.folder)
        if read_if_there(path) is not None:
            raise KeyExists(name)
        key = SigningKey.new()
        write_atomic(path, key.private_text(passphrase), mode=0o600)
        if passphrase:
            write_atomic(path.with_suffix(PUBLIC_SUFFIX), f"{key.public_text}\n".encode(), mode=0o600)
        return key

    def all(self) -> tuple[KeyFile, ...]:
        """By their names; what is no key is passed over."""
        return tuple(map(self._described, self.names()))

    def names(self) -> list[str]:
        return [path.stem for path in paths_in(self.folder) if path.suffix == SUFFIX]

    def open(self, name: str, passphrase: Callable[[], str | None]) -> SigningKey:
        """:param passphrase: asked only where the key is encrypted; None: nobody can be asked.
        :raises UnknownKey: with the nearest names.
        :raises KeyLocked: it is encrypted, and the passphrase is not there, or another one.
        :raises InvalidKeyFile: the file holds no Ed25519 key.
        """
        data = read_if_there(self._path(name))
        if data is None:
            raise UnknownKey(name, nearest(name, self.names()))
        if _ENCRYPTED not in data:
            return _loaded(name, data, None)
        given = passphrase()
        if not given:
            raise KeyLocked(name, "takes a passphrase, and none was given")
        return _loaded(name, data, given)

    def _described(self, name: str) -> KeyFile:
        data = read_if_there(self._path(name)) or b""
        encrypted = _ENCRYPTED in data
        return KeyFile(name, encrypted, self._public_id(name) if encrypted else _loaded(name, data, None).id)

    def _public_id(self, name: str) -> str | None:
        data = read_if_there(self._path(name).with_suffix(PUBLIC_SUFFIX)) or b""
        try:
            public = b64decode(data.strip(), validate=True)
        except ValueError:
            return None
        return hashlib.sha256(public).hexdigest() if len(public) == PUBLIC_BYTES else None

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name) or len(name) > 64:
            raise InvalidKeyFile(name[:64], "a key's name has lower-case letters, digits and single hyphens")
        return self.folder / f"{name}{SUFFIX}"


def _loaded(name: str, data: bytes, passphrase: str | None) -> SigningKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(data, None if passphrase is None else passphrase.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        if passphrase is not None:
            raise KeyLocked(name, "does not open with that passphrase") from error
        raise InvalidKeyFile(name, "its file holds no private key (PKCS #8, PEM)") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidKeyFile(name, "it is no Ed25519 key")
    return SigningKey(key)
