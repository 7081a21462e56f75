"""Secrets that the user typed, each for one plugin: in the system's keyring where there is one, else encrypted.

One file says which secrets there are and where each is kept; of what is in the keyring it holds the name alone.
"""

from __future__ import annotations

import json
import os
import secrets as randomness
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from filelock import FileLock

from automatosx_nb.errors import SecretsUnavailable
from automatosx_nb.files import make_folder, storage_errors, write_atomic
from automatosx_nb.profile import sealing

PASSPHRASE_VARIABLE = "AUTOMATOSX_SECRETS_PASSPHRASE"  # noqa: S105 - its name
MAX_SECRET_BYTES = 64 << 10
LOCK_S = 10.0
_SERVICE = "automatosx-nb"

Place = Literal["keyring", "file"]


class Keyring(Protocol):
    """The part of ``keyring`` that is used (https://keyring.readthedocs.io)."""

    def get_password(self, service: str, username: str) -> str | None: ...
    def set_password(self, service: str, username: str, password: str) -> None: ...
    def delete_password(self, service: str, username: str) -> None: ...


@dataclass(frozen=True, slots=True)
class SecretName:
    """A secret without its value."""

    plugin: str
    name: str
    kept_in: Place


class Secrets:
    """The secrets of one profile. Making it touches no file and no keyring.

    :param root: the profile's folder, in which the encrypted values lie.
    :param key: where the random key lies that stands in for a passphrase: a file of mode 0600, outside of ``root``.
    :param keyring: None for the system's own, as far as it has one; False for none.
    """

    def __init__(
        self, root: Path, key: Path, *, keyring: Keyring | Literal[False] | None = None, passphrase: str | None = None
    ) -> None:
        self._path = root / "secrets.json"
        self._key = key
        self._keyring = keyring
        self._passphrase = passphrase

    def names(self, plugin: str | None = None) -> tuple[SecretName, ...]:
        """Sorted; of one plugin, or of all."""
        parts = ((each.partition("/"), record["kept-in"]) for each, record in sorted(self._read().items()))
        found = [SecretName(owner, name, place) for (owner, _, name), place in parts]
        return tuple(each for each in found if plugin in (None, each.plugin))

    def get(self, plugin: str, name: str) -> str | None:
        """The value; None: it is not set.

        :raises SecretsUnavailable: it is set, and cannot be read here.
        """
        record = self._read().get(f"{plugin}/{name}")
        if record is None:
            return None
        if record["kept-in"] == "keyring":
            with _keyring_errors():
                return self._required_keyring().get_password(_SERVICE, f"{plugin}/{name}")
        return sealing.unseal(record, self._phrase(make=False), bound_to=f"{plugin}/{name}")

    def put(self, plugin: str, name: str, value: str) -> Place:
        """Keep ``value`` in place of what was there, and say where.

        :raises ValueError: it is empty, or has more than 64 KiB.
        :raises SecretsUnavailable:
        """
        if not 0 < len(value.encode()) <= MAX_SECRET_BYTES:
            raise ValueError(f"a secret has 1 to {MAX_SECRET_BYTES >> 10} KiB of text")
        key, keyring = f"{plugin}/{name}", self._found_keyring()
        record: dict[str, str] = {"kept-in": "keyring"}
        if keyring is not None:
            with _keyring_errors():
                keyring.set_password(_SERVICE, key, value)
        else:
            record = {"kept-in": "file", **sealing.seal(value, self._phrase(make=True), bound_to=key)}
        with self._changing() as records:
            records[key] = record
        return "file" if keyring is None else "keyring"

    def remove(self, plugin: str, name: str) -> bool:
        """Whether there was such a secret. What the keyring does not let go of keeps its name, to be tried again.

        :raises SecretsUnavailable:
        """
        key = f"{plugin}/{name}"
        with self._changing() as records:
            record = records.get(key)
            if record is not None and record["kept-in"] == "keyring":
                self._let_go(key)
            records.pop(key, None)
        return record is not None

    def _let_go(self, key: str) -> None:
        with _keyring_errors():
            keyring = self._required_keyring()
            if keyring.get_password(_SERVICE, key) is not None:  # else somebody did so in the keyring itself
                keyring.delete_password(_SERVICE, key)

    def _read(self) -> dict[str, Any]:
        if not self._path.exists():
            return {}
        with storage_errors(self._path):
            text = self._path.read_bytes()
        try:
            records = json.loads(text)["secrets"]
            if all("/" in key and record["kept-in"] in ("keyring", "file") for key, record in records.items()):
                return dict(records)
        except (ValueError, TypeError, KeyError, AttributeError):
            pass
        raise SecretsUnavailable(
            f"{self._path} is damaged", "Restore it from a backup, or delete it and set the secrets again."
        )

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Any]]:
        make_folder(self._path.parent)
        with storage_errors(self._path), FileLock(f"{self._path}.lock", timeout=LOCK_S):
            records = self._read()
            yield records
            text = json.dumps({"schema": 1, "kdf": {"scrypt": sealing.SCRYPT}, "secrets": records}, indent=1)
            write_atomic(self._path, text.encode())

    def _phrase(self, *, make: bool) -> bytes:
        """The passphrase, or what the key file holds.

        :raises SecretsUnavailable: there is neither, or others can read the key file.
        """
        if self._passphrase:
            return self._passphrase.encode()
        if make and not self._key.exists():
            make_folder(self._key.parent)
            with storage_errors(self._key), FileLock(f"{self._key}.lock", timeout=LOCK_S):
                if not self._key.exists():
                    write_atomic(self._key, randomness.token_hex(32).encode())
        return _private_text(self._key)

    def _found_keyring(self) -> Keyring | None:
        if self._keyring is not None:
            return self._keyring or None
        return None if self._passphrase else _system_keyring()

    def _required_keyring(self) -> Keyring:
        found = self._keyring or _system_keyring()
        if not found:
            raise SecretsUnavailable(
                "it is kept in the system's keyring, which cannot be reached from here",
                "Unlock it, install automatosx-nb[keyring], or set the secret again here with %ax secrets set.",
            )
        return found


def open_secrets(root: Path, key: Path, environment: Mapping[str, str] = os.environ) -> Secrets:
    """With the passphrase of the environment, if it has one; then no keyring is asked for new secrets."""
    return Secrets(root, key, passphrase=environment.get(PASSPHRASE_VARIABLE) or None)


def _private_text(path: Path) -> bytes:
    try:
        if os.name != "nt" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise SecretsUnavailable(f"others can read {path}", f"Make it yours alone: chmod 600 {path}")
        return path.read_bytes()
    except OSError as error:
        raise SecretsUnavailable(
            f"the key file {path} cannot be read ({os.strerror(error.errno or 0)})",
            f"Restore it, or set {PASSPHRASE_VARIABLE}; else set the secrets again with %ax secrets set.",
        ) from error


def _system_keyring() -> Keyring | None:
    """The system's, where it encrypts what it keeps: neither a placeholder nor a plain file."""
    try:
        import keyring
    except ImportError:
        return None
    found: Any = keyring.get_keyring()
    module = type(found).__module__
    if module.startswith(("keyring.backends.fail", "keyring.backends.null", "keyrings.alt")):
        return None
    trusted: Keyring = found
    return trusted if getattr(found, "priority", 0) >= 1 else None


@contextmanager
def _keyring_errors() -> Iterator[None]:
    """Whatever a backend raises, as what the user can do; its own text may hold a secret, so it is not told."""
    try:
        yield
    except SecretsUnavailable:
        raise
    except Exception as error:  # noqa: BLE001 - a keyring's backend is a third party's code
        raise SecretsUnavailable(
            f"the system's keyring refused ({type(error).__name__})", "Unlock it, then try again."
        ) from None
