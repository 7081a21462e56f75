"""An HTTP server on loopback that speaks for a registry, until it is told to misbehave."""

from __future__ import annotations

import hashlib
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from automatosx_nb.errors import AutomatosxError
from automatosx_nb.model.ports import Registry
from automatosx_nb.model.release import SearchQuery
from automatosx_nb.server import problems

API = "/automatosx/api/v1/"


@dataclass(frozen=True)
class Asked:
    """One request: its path below the API, and its headers, names in small letters."""

    path: str
    headers: dict[str, str]


class Answering(BaseHTTPRequestHandler):
    """One request. What a misbehaviour needs: ``path``, :meth:`say`, :meth:`begin`, :meth:`send`."""

    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        said = {name.lower(): value for name, value in self.headers.items()}
        self.below = unquote(self.path.partition(API)[2])
        self.server.hostile.asked.append(Asked(self.below, said))
        with suppress(ConnectionError):
            self.server.hostile.answer(self)

    def begin(self, status: int, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.close_connection = length is None

    def say(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.begin(status, len(body), **headers)
        self.send(body)

    def send(self, data: bytes) -> None:
        self.wfile.write(data)
        self.wfile.flush()

    def hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(2)

    def log_message(self, *_args: Any) -> None:
        """Nothing: the tests look at what was asked."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    hostile: Hostile

    def handle_error(self, *_args: Any) -> None:
        """A client that leaves is what these tests are about."""


Misbehaviour = Callable[[Answering, bytes], None]
"""Is given the request for an artifact, and the bytes that it should be answered with."""


@dataclass
class Hostile:
    registry: Registry
    misbehave: Misbehaviour | None = None
    """How artifacts are served; None: as they should be, with ranges."""
    instead: Callable[[Answering], bool] | None = None
    """Looks at every request first; True: it was answered."""
    asked: list[Asked] = field(default_factory=list)
    let_go: threading.Event = field(default_factory=threading.Event)
    """Is set when the test is over: what stalls goes on then."""

    @contextmanager
    def serving(self, port: int = 0, tls: ssl.SSLContext | None = None) -> Iterator[str]:
        """The address."""
        server = Server(("127.0.0.1", port), Answering)
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        server.hostile = self
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http{'' if tls is None else 's'}://127.0.0.1:{server.server_address[1]}/automatosx"
        finally:
            self.let_go.set()
            server.shutdown()
            server.server_close()
            thread.join()
            self.let_go.clear()

    def ranges(self) -> list[str]:
        """The ranges of artifacts that were asked for, empty where it was all of one."""
        return [each.headers.get("range", "") for each in self.asked if each.path.endswith("/artifact")]

    def answer(self, request: Answering) -> None:
        if self.instead is not None and self.instead(request):
            return
        try:
            path, query = urlsplit(request.below).path, dict(parse_qsl(urlsplit(request.path).query))
            found = self._found(path.split("/"), query)
        except AutomatosxError as error:
            status = problems.status_of(error)
            document = msgspec.json.encode(problems.document(status, error))
            request.say(status, document, Content_Type=problems.MEDIA_TYPE)
            return
        if path.endswith("/artifact"):
            self._serve(request, found)
            return
        etag = f'"{hashlib.sha256(found).hexdigest()}"'
        if request.headers.get("If-None-Match") == etag:
            request.say(304)
        else:
            request.say(200, found, ETag=etag, Content_Type="application/json")

    def _found(self, parts: list[str], query: dict[str, str]) -> bytes:
        match parts:
            case ["plugins"]:
                return msgspec.json.encode(self.registry.search(SearchQuery(query.get("q", ""))))
            case ["index", plugin]:
                return msgspec.json.encode({"id": plugin, "releases": self.registry.releases(plugin)}, enc_hook=str)
            case ["names", name]:
                return msgspec.json.encode({"name": name, "taken": self.registry.has_publisher(name)})
            case ["plugins", plugin]:
                return msgspec.json.encode(self.registry.plugin(plugin))
            case ["plugins", plugin, version]:
                said = {"changelog": self.registry.changelog(plugin, version)}
                return msgspec.json.encode(said | {"checks": self.registry.checked(plugin, version)})
            case ["plugins", plugin, version, "artifact"]:
                return b"".join(self.registry.artifact(plugin, version))
        raise AssertionError(f"nobody should ask for {parts}")

    def _serve(self, request: Answering, data: bytes) -> None:
        if self.misbehave is not None:
            self.misbehave(request, data)
            return
        start = int(request.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
        if start:
            said = f"bytes {start}-{len(data) - 1}/{len(data)}"
            request.say(206, data[start:], Content_Range=said)
        else:
            request.say(200, data)


# --- how a registry misbehaves


def truncates(request: Answering, data: bytes) -> None:
    """Half of what was announced, then the line is dead."""
    start = int(request.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
    rest = data[start:]
    headers = {"Content_Range": f"bytes {start}-{len(data) - 1}/{len(data)}"} if start else {}
    request.begin(206 if start else 200, len(rest), **headers)
    request.send(rest[: len(rest) // 2])
    request.hang_up()


def truncates_once(request: Answering, data: bytes) -> None:
    """The first time, and not from then on."""
    truncates(request, data)
    request.server.hostile.misbehave = None


def stalls(request: Answering, data: bytes) -> None:
    request.begin(200, len(data))
    request.send(data[: len(data) // 2])
    request.server.hostile.let_go.wait()


def serves_other_bytes(request: Answering, data: bytes) -> None:
    request.say(200, bytes([data[0] ^ 1]) + data[1:])


def serves_less(request: Answering, data: bytes) -> None:
    """And says that this is all."""
    request.say(200, data[:-7])


def serves_endlessly(request: Answering, data: bytes) -> None:
    request.begin(200)
    while True:
        request.send(data)


def serves_more(request: Answering, data: bytes) -> None:
    request.say(200, data + b"more")


def serves_another_part(request: Answering, data: bytes) -> None:
    """Whatever is asked for, the first half of it is."""
    request.say(206, data[: len(data) // 2], Content_Range=f"bytes 0-{len(data) // 2 - 1}/{len(data)}")


def ignores_ranges(request: Answering, data: bytes) -> None:
    request.say(200, data)


def answers(status: int, **headers: str) -> Misbehaviour:
    return lambda request, _data: request.say(status, b"<html>no</html>", **headers)
