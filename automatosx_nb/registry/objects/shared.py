"""Objects in S3, Google Cloud Storage, Azure, or what speaks one of their protocols (``obstore``).

Each of them writes an object whole or not at all, and durably.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import obstore
from obstore.exceptions import BaseError
from obstore.store import from_url

from automatosx_nb.errors import InvalidConfiguration, StoreUnreachable
from automatosx_nb.registry.objects.port import Stored

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

RETRIES = 4
"""Of what failed for the network or the store, within :data:`RETRIED_S` seconds. One try has 30 (obstore's own)."""
RETRIED_S = 30


class SharedStore:
    """Implements :class:`automatosx_nb.registry.objects.port.Objects`."""

    def __init__(self, url: str) -> None:
        """Nothing is asked of the store yet.

        :raises InvalidConfiguration: the URL and the environment name none.
        """
        self.where = url
        try:
            retries: Any = {"max_retries": RETRIES, "retry_timeout": timedelta(seconds=RETRIED_S)}
            self._store: Any = from_url(url, retry_config=retries)
        except (BaseError, ValueError) as error:
            raise InvalidConfiguration(url, _reason(error)) from error

    def put(self, name: str, data: bytes) -> None:
        with self._errors():
            obstore.put(self._store, name, data, use_multipart=False)

    def get(self, name: str, *, start: int = 0) -> bytes | None:
        if start:
            found = self.stored(name)
            if found is None or found.size <= start:  # a range behind the end is an error to all of them
                return None if found is None else b""
        with self._errors():
            try:
                options: Any = {"range": {"offset": start}} if start else None
                return bytes(obstore.get(self._store, name, options=options).bytes())
            except FileNotFoundError:
                return None

    def stored(self, name: str) -> Stored | None:
        with self._errors():
            try:
                return _stored(obstore.head(self._store, name))
            except FileNotFoundError:
                return None

    def list(self, prefix: str = "") -> Iterator[Stored]:
        with self._errors():
            for batch in obstore.list(self._store, prefix or None):
                yield from map(_stored, batch)

    def delete(self, names: Collection[str]) -> None:
        with self._errors():
            if not names:
                return
            try:
                obstore.delete(self._store, list(names))
            except FileNotFoundError:  # Azure, where one of them is not there; S3 counts that as done
                for name in names:
                    with suppress(FileNotFoundError):
                        obstore.delete(self._store, name)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (BaseError, OSError) as error:
            raise StoreUnreachable(self.where, _reason(error)) from error


def _stored(found: Any) -> Stored:
    return Stored(found["path"], found["size"], found["last_modified"])


def _reason(error: BaseException) -> str:
    """The first line: what follows is Rust's own record of it."""
    return str(error).partition("\n")[0].strip().rstrip(".") or type(error).__name__
