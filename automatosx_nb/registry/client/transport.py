"""HTTP with one registry: tried again where that helps, never for longer than its limits, and nothing is followed.

A redirect would take the token, or the trust in an address, to somebody else; so it is an answer like any other.
"""

from __future__ import annotations

import random
import ssl
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import TypeVar

import certifi
import httpx

from automatosx_nb import __version__
from automatosx_nb.errors import InvalidConfiguration, RegistryAnswerInvalid, RegistryRefused, RegistryUnreachable
from automatosx_nb.registry.client.limits import ClientLimits
from automatosx_nb.registry.client.problems import TryAgain, problem_code, refusal, retry_after

T = TypeVar("T")

API = "/api/v1/"
_ABSENT = (404, 405, 501)
"""There is nothing of the kind, unless a problem of the registry's own says what there is not."""
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts nobody; to read what the system trusts takes its time, and no address of plain HTTP needs it."""


@dataclass(frozen=True, slots=True)
class Document:
    """``body`` is None where the one with that ETag is still what the registry says."""

    etag: str
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Answer:
    """Of what was sent. ``after_s``: when to ask again; None: it does not say."""

    status: int
    body: bytes
    after_s: float | None = None


class Transport:
    """May be used from any thread. ``address`` is the registry's, as in ``https://host/automatosx``.

    Proxies are those of the usual variables (``HTTPS_PROXY``, ``NO_PROXY``), unless one is named.
    """

    def __init__(
        self,
        address: str,
        *,
        token: str = "",
        limits: ClientLimits,
        ca_file: str = "",
        proxy: str = "",
        below: str = API,
    ) -> None:
        """:param below: where paths begin, after the address."""
        self.address = address
        self._limits = limits
        self._sends_token = bool(token)
        headers = {"User-Agent": f"automatosx_nb/{__version__}", "Accept-Encoding": "gzip"}
        if token:
            headers["Authorization"] = f"token {token}"
        self._client = httpx.Client(
            base_url=address + below,
            headers=headers,
            verify=tls(ca_file) if address.startswith("https:") else _NO_TLS,
            proxy=proxy or None,
            timeout=httpx.Timeout(limits.read_s, connect=limits.connect_s),
            follow_redirects=False,
        )

    def close(self) -> None:
        self._client.close()

    def document(self, path: str, etag: str = "") -> Document:
        """What is at ``path``, quoted as a URL has it, below the API.

        :param etag: of what the caller has.
        :raises RegistryUnreachable:
        :raises RegistryRefused:
        :raises RegistryAnswerInvalid:
        :raises AutomatosxError: the registry's own, see ``problems``.
        """
        return self._tried(lambda until: self._document(path, etag, until))

    def send(self, method: str, path: str, body: bytes, fields: dict[str, str], *, read_s: float = 0.0) -> Answer:
        """What may be sent twice, and what came back. Raises as :meth:`document` does.

        :param read_s: longest time without a byte, where that is more than usual; each try has it.
        """
        try:
            return self._tried(
                lambda until: self._sent(method, path, body, fields, max(read_s, self._limits.read_s), until)
            )
        except RegistryRefused:
            self.require_registry()  # a Jupyter server refuses a stranger's token before it looks what is there
            raise

    def require_registry(self) -> None:
        """Where nobody acts there may be no registry at all, which is another mistake.

        :raises RegistryAnswerInvalid: it cannot even be read. Else it raises as :meth:`document` does.
        """
        self.document("plugins?size=1")

    def artifact(self, path: str, start: int = 0) -> Generator[bytes, None, None]:
        """The bytes at ``path`` from ``start`` on, as they come. Raises as :meth:`document` does, also in between."""
        response = self._tried(lambda _until: self._opened(path, start))
        try:
            with self._as_ours():
                yield from self._pieces(response, start)
        except TryAgain as again:
            raise RegistryUnreachable(self.address, again.reason) from again
        finally:
            response.close()

    def _tried(self, ask: Callable[[float], T]) -> T:
        """:param ask: is told until when, on the monotonic clock."""
        until = time.monotonic() + self._limits.total_s
        for attempt in count(1):
            try:
                with self._as_ours():
                    return ask(until)
            except TryAgain as again:
                pause = self._pause(attempt) if again.after_s is None else again.after_s
                if attempt >= self._limits.tries or time.monotonic() + pause > until:
                    asked = f" and asks to wait {again.after_s:.0f} s" if again.after_s else ""
                    tries = f" ({attempt} tries)" if attempt > 1 else ""
                    raise RegistryUnreachable(self.address, again.reason + asked + tries) from again
                time.sleep(pause)
        raise AssertionError("unreachable: the last try returns or raises")

    def _pause(self, attempt: int) -> float:
        """Full jitter, so that many clients do not come back together."""
        longest = min(self._limits.most_pause_s, self._limits.pause_s * 2 ** (attempt - 1))
        return random.uniform(0, longest)  # noqa: S311 - spreads load, protects nothing

    def _document(self, path: str, etag: str, until: float) -> Document:
        headers = {"If-None-Match": etag} if etag else {}
        with self._client.stream("GET", path, headers=headers) as response:
            if response.status_code == 304 and etag:
                return Document(etag, None)
            body = self._body(response, until)
            if response.status_code != 200:
                raise self._refusal(response, body)
            return Document(response.headers.get("etag", ""), body)

    def _sent(self, method: str, path: str, body: bytes, fields: dict[str, str], read_s: float, until: float) -> Answer:
        patience = httpx.Timeout(self._limits.read_s, connect=self._limits.connect_s, read=read_s)
        with self._client.stream(method, path, content=body, headers=fields, timeout=patience) as response:
            found = self._body(response, until + read_s)
            if response.status_code in _ABSENT and problem_code(response.headers, found) is None:
                return Answer(response.status_code, found)
            if response.status_code >= 300:
                raise self._refusal(response, found)
            return Answer(response.status_code, found, retry_after(response.headers.get("retry-after", "")))

    def _opened(self, path: str, start: int) -> httpx.Response:
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
        request = self._client.build_request("GET", path, headers=headers)
        response = self._client.send(request, stream=True)
        try:
            if response.status_code == 200 or (start and response.status_code == 206):
                return response
            raise self._refusal(response, self._body(response, time.monotonic() + self._limits.read_s))
        except BaseException:
            response.close()
            raise

    def _pieces(self, response: httpx.Response, start: int) -> Iterator[bytes]:
        if "content-encoding" in response.headers:
            raise RegistryAnswerInvalid(self.address, "sends an artifact in an encoding that was not asked for")
        length = response.headers.get("content-length", "0")
        slowest = int(length) / (self._limits.slowest_kb_per_s << 10) if length.isdigit() else 0.0
        until = time.monotonic() + self._limits.total_s + slowest
        skip = start  # who does not know ranges sends everything
        if response.status_code == 206:
            skip = 0
            if not response.headers.get("content-range", "").startswith(f"bytes {start}-"):
                raise RegistryAnswerInvalid(self.address, "sends another part of an artifact than was asked for")
        for piece in response.iter_raw():  # as it comes: gathered pieces would hide how slowly it does
            _in_time(until)
            rest = piece[skip:]
            skip = max(0, skip - len(piece))
            if rest:
                yield rest

    def _body(self, response: httpx.Response, until: float) -> bytes:
        """Decompressed, and no more of it than a document may have."""
        found = bytearray()
        for piece in response.iter_bytes():
            _in_time(until)
            found += piece
            if len(found) > self._limits.document_mb << 20:
                what = f"sends a document of more than {self._limits.document_mb} MiB"
                raise RegistryAnswerInvalid(self.address, what)
        return bytes(found)

    def _refusal(self, response: httpx.Response, body: bytes) -> Exception:
        return refusal(self.address, response.status_code, response.headers, body, sent=self._sends_token)

    @contextmanager
    def _as_ours(self) -> Iterator[None]:
        """What the network says, once, in our words.

        :raises TryAgain: it may be over soon.
        """
        try:
            yield
        except httpx.TimeoutException as error:
            raise TryAgain("it took too long to answer") from error
        except httpx.DecodingError as error:
            raise RegistryAnswerInvalid(self.address, "sends what cannot be decompressed") from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            if _is_about_a_certificate(error):
                reason = f"its certificate is not trusted ({_text(error)}): name its CA in c.RegistryConnection.ca_file"
                raise RegistryUnreachable(self.address, reason) from error
            raise TryAgain(_text(error)) from error


def tls(ca_file: str = "") -> ssl.SSLContext:
    """Trusts what the system does (``SSL_CERT_FILE``, ``SSL_CERT_DIR`` included), certifi, and ``ca_file``.

    :raises InvalidConfiguration: that cannot be read.
    """
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    if ca_file:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            raise InvalidConfiguration(
                "c.RegistryConnection.ca_file", f"{ca_file} is no certificate: {error}"
            ) from error
    return context


def _in_time(until: float) -> None:
    if time.monotonic() > until:
        raise TryAgain("it sends too slowly")


def _text(error: Exception) -> str:
    """Of the connection, never of what was sent over it."""
    text = str(error) or type(error).__name__
    return " ".join(text.split())[:200].rstrip(".")


def _is_about_a_certificate(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
