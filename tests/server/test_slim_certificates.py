"""Whoever shows a certificate is never taken for somebody who sent the same headers."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from automatosx_nb.server.slim.route import says_more
from tests.server.standalone.test_serving import certified


@contextmanager
def connected(folder: Path, *, shows: bool) -> Iterator[ssl.SSLSocket]:
    """A server's end of a TLS connection. The server asks for a certificate, and does without."""
    authority, own = certified(folder)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(authority))
    server.load_cert_chain(own)
    server.verify_mode = ssl.CERT_OPTIONAL
    client = ssl.create_default_context(cafile=str(authority))
    client.check_hostname = False
    if shows:
        client.load_cert_chain(own)
    ends = socket.socketpair()
    for end in ends:
        end.settimeout(30)
    with ThreadPoolExecutor(1) as threads:
        theirs = threads.submit(client.wrap_socket, ends[1])
        ours = server.wrap_socket(ends[0], server_side=True)
        with ours, theirs.result():
            yield ours


@pytest.mark.parametrize("shows", [True, False])
def test_a_request_with_a_certificate_goes_the_whole_way(tmp_path: Path, shows: bool) -> None:
    with connected(tmp_path, shows=shows) as end:
        connection: Any = SimpleNamespace(stream=SimpleNamespace(socket=end), context=None)
        line = RequestStartLine("GET", "/automatosx/api/v1/plugins", "HTTP/1.1")
        request = HTTPServerRequest(start_line=line, headers=HTTPHeaders({"Host": "x"}), connection=connection)
        assert says_more(request) is shows
        assert (request.get_ssl_certificate() is not None) is shows, "as a provider would see it"
    assert says_more(request), "of a connection that has ended nobody can tell"
    connection.stream.socket = None
    assert says_more(request), "nor where tornado has let it go"
