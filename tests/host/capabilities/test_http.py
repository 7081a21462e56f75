"""What a plugin can send, where to, and what comes back: against real servers on loopback."""

from __future__ import annotations

import datetime
import gzip
import ipaddress
import socket
import ssl
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from automatosx_nb.errors import (
    HttpFailed,
    HttpRefused,
    InvalidRequest,
    PermissionDenied,
    TransferTooLarge,
)
from automatosx_nb.host.broker import CapabilityBroker
from automatosx_nb.host.capabilities.http import HttpCapability
from automatosx_nb.host.grants import Grants
from automatosx_nb.host.metering import Meter
from automatosx_nb.host.web.limits import HttpLimits
from tests.host.conftest import Handler, Server

LIMITS = HttpLimits(total_s=20, received_mb=1, decoded_mb=1, request_mb=1)
Ask = Callable[..., list[Any]]


class Client:
    """A plugin's side of ``http``, with these grants."""

    def __init__(self, *grants: str, limits: HttpLimits = LIMITS, **options: Any) -> None:
        self.meter = Meter()
        held = Grants("acme.demo", grants)
        self.capability = HttpCapability(held, self.meter, limits, **options)
        self._broker = CapabilityBroker(held, {"http": self.capability}, meter=self.meter)

    def __call__(self, url: str, method: str = "GET", *, body: bytes = b"", timeout: float = 10, **headers: str) -> Any:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._broker.ask("http", "request", [method, url, sent, body, timeout])


def names(port: int, **addresses: Sequence[str]) -> Callable[[str, int], Sequence[str]]:
    """A resolver that knows these names, and counts how often it was asked."""

    def resolver(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return addresses[host.split(".")[0]]

    asked: list[str] = []
    resolver.asked = asked  # type: ignore[attr-defined]
    return resolver


def test_a_granted_request_goes_out_and_its_answer_comes_back(server: Server) -> None:
    server.routes["/v1/items"] = lambda h: h.reply(b'{"n": 1}', X_Seen="yes", Content_Type="application/json")
    ask = Client(f"network:localhost:{server.port}/v1:GET,POST")
    status, url, headers, body = ask(f"http://localhost:{server.port}/v1/items?q=a%20b&c=%2F", x_mark="1")
    assert (status, body, headers["x-seen"]) == (200, b'{"n": 1}', "yes")
    assert url == f"http://localhost:{server.port}/v1/items?q=a%20b&c=%2F"
    ((method, path, sent, _),) = server.seen
    assert (method, path) == ("GET", "/v1/items?q=a%20b&c=%2F")
    assert sent["Host"] == f"localhost:{server.port}"
    assert sent["x-mark"] == "1"
    assert sent["user-agent"] == "automatosx-nb (acme.demo)"
    assert not {"authorization", "cookie", "proxy-authorization"} & {name.lower() for name in sent}
    assert ask.meter.moved_bytes > len(body)
    ask(f"http://localhost:{server.port}/v1/items", "POST", body=b"data", content_type="text/plain")
    assert server.seen[-1][3] == b"data"


def test_a_failing_status_is_an_answer(server: Server) -> None:
    status, _, _, body = Client(f"network:localhost:{server.port}")(f"http://localhost:{server.port}/none")
    assert (status, body) == (404, b"nothing here")


@pytest.mark.parametrize(
    ("method", "path", "needed"),
    [
        ("GET", "/", ":GET"),
        ("GET", "/v10", "/v10:GET"),
        ("POST", "/v1/x", "/v1/x:POST"),
        ("HEAD", "/v1", "/v1:HEAD"),
    ],
)
def test_what_no_grant_covers_is_not_sent_and_the_permission_is_named(
    server: Server, method: str, path: str, needed: str
) -> None:
    ask = Client(f"network:localhost:{server.port}/v1:GET")
    with pytest.raises(PermissionDenied) as caught:
        ask(f"http://localhost:{server.port}{path}", method)
    assert caught.value.permission == f"network:localhost:{server.port}{needed}"
    assert server.seen == []


@pytest.mark.parametrize(
    "path",
    [
        "/v1/../admin",
        "/v1/%2e%2e/admin",
        "/v1/.%2E/admin",
        "/v1/%252e%252e/admin",
        "/v1/..;/admin",
        "/v1//admin",
        "//admin",
        "/v1/..\\admin",
        "/v1/%5c..%5cadmin",
        "/v1/%00",
        "/v1/a b",
        "/v1/a\r\nX-Evil: 1",
    ],
)
def test_a_path_that_servers_read_in_two_ways_is_never_sent(server: Server, path: str) -> None:
    server.routes["/admin"] = lambda h: h.reply(b"secret")
    with pytest.raises((HttpRefused, PermissionDenied)):
        Client(f"network:localhost:{server.port}/v1")(f"http://localhost:{server.port}{path}")
    assert server.seen == []


@pytest.mark.parametrize("url", ["http://localhost@evil.test/", "http://a:b@localhost:{}/", "http://localhost:{}\\@x/"])
def test_a_url_with_a_user_is_refused(server: Server, url: str) -> None:
    with pytest.raises(HttpRefused):
        Client(f"network:localhost:{server.port}")(url.format(server.port))
    assert server.seen == []


@pytest.mark.parametrize(
    "name",
    [
        "Host", "Connection", "Transfer-Encoding", "Content-Length", "Cookie", "Proxy-Authorization", "Upgrade", "TE",
        "X-HTTP-Method-Override", "X-Forwarded-For", "X-Original-URL", "Forwarded", "Expect", "a b", "a:b", "",
    ],
)  # fmt: skip
def test_a_header_that_could_change_what_was_checked_is_refused(server: Server, name: str) -> None:
    ask = Client(f"network:localhost:{server.port}")
    with pytest.raises(HttpRefused):
        ask(f"http://localhost:{server.port}/", "GET", **{name: "1"})  # type: ignore[arg-type]
    assert server.seen == []


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\x00b", "Ω", "a\x7f"])
def test_a_value_that_is_more_than_a_line_is_refused(server: Server, value: str) -> None:
    with pytest.raises(HttpRefused):
        Client(f"network:localhost:{server.port}")(f"http://localhost:{server.port}/", x_a=value)
    assert server.seen == []


@pytest.mark.parametrize("headers", [{1: "x"}, {None: "x"}, {"x-a": 1}, {"x-a": None}, {"X-A": "1", "x-a": "2"}])
def test_headers_that_are_none_are_refused(server: Server, headers: dict[Any, Any]) -> None:
    client = Client(f"network:localhost:{server.port}")
    with pytest.raises(HttpRefused):
        client.capability.needs("request", ["GET", f"http://localhost:{server.port}/", headers, b"", 1])


def test_nothing_of_the_environment_is_used(
    server: Server, serve: Callable[[], Server], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    proxy = serve()
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    (tmp_path / ".netrc").write_text("machine localhost login me password hidden\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    server.routes["/"] = lambda h: h.reply(b"direct", Set_Cookie="session=1; Path=/")
    ask = Client(f"network:localhost:{server.port}")
    for _ in range(2):
        _, _, headers, body = ask(f"http://localhost:{server.port}/")
        assert body == b"direct"
        assert "set-cookie" not in headers
    assert proxy.seen == []
    assert all("cookie" not in map(str.lower, seen[2]) for seen in server.seen)
    assert all("authorization" not in map(str.lower, seen[2]) for seen in server.seen)


# --- redirects ------------------------------------------------------------------------------------------------


def redirect(to: str, status: int = 302) -> Callable[[Handler], None]:
    return lambda handler: handler.reply(b"", status, Location=to)


def test_a_redirect_within_the_grant_is_followed(server: Server) -> None:
    server.routes |= {"/v1/a": redirect("b?x=1"), "/v1/b": lambda h: h.reply(b"there")}
    ask = Client(f"network:localhost:{server.port}/v1")
    _, url, _, body = ask(f"http://localhost:{server.port}/v1/a", authorization="Bearer token")
    assert (url, body) == (f"http://localhost:{server.port}/v1/b?x=1", b"there")
    assert server.seen[1][2]["authorization"] == "Bearer token"


@pytest.mark.parametrize(
    "location", ["/admin", "../admin", "http://127.0.0.1:{}/v1/b", "//127.0.0.1:{}/v1/b", "http://localhost:1/v1"]
)
def test_a_redirect_out_of_the_grant_is_denied_with_where_it_leads(server: Server, location: str) -> None:
    server.routes["/v1/a"] = redirect(location.format(server.port))
    with pytest.raises(PermissionDenied):
        Client(f"network:localhost:{server.port}/v1")(f"http://localhost:{server.port}/v1/a")
    assert [seen[1] for seen in server.seen] == ["/v1/a"]


@pytest.mark.parametrize(
    "location",
    ["/v1/%2e%2e/admin", "file:///etc/passwd", "http://u@localhost/", "http://evil.test/", "http://[fe80::1]/"],
)
def test_a_redirect_to_what_nobody_may_ask_for_is_refused(server: Server, location: str) -> None:
    server.routes["/v1/a"] = redirect(location)
    with pytest.raises(HttpRefused):
        Client(f"network:localhost:{server.port}/v1")(f"http://localhost:{server.port}/v1/a")


def test_credentials_stay_with_the_origin_that_they_were_sent_to(server: Server, serve: Callable[[], Server]) -> None:
    other = serve()
    server.routes["/"] = redirect(f"http://127.0.0.1:{other.port}/")
    other.routes["/"] = lambda h: h.reply(b"other")
    ask = Client(f"network:localhost:{server.port}", f"network:127.0.0.1:{other.port}")
    ask(f"http://localhost:{server.port}/", authorization="Bearer token", x_api_key="key", accept="text/plain")
    assert server.seen[0][2]["authorization"] == "Bearer token"
    sent = {name.lower(): value for name, value in other.seen[0][2].items()}
    assert "authorization" not in sent
    assert "x-api-key" not in sent
    assert sent["accept"] == "text/plain"


def test_a_circle_of_redirects_ends(server: Server) -> None:
    server.routes["/"] = redirect("/")
    with pytest.raises(HttpRefused, match="more than 5 times"):
        Client(f"network:localhost:{server.port}")(f"http://localhost:{server.port}/")
    assert len(server.seen) == LIMITS.redirects + 1


@pytest.mark.parametrize(("status", "method", "body"), [(302, "GET", b""), (303, "GET", b""), (307, "POST", b"data")])
def test_a_redirect_keeps_or_drops_the_body_as_the_standard_has_it(
    server: Server, status: int, method: str, body: bytes
) -> None:
    server.routes |= {"/a": redirect("/b", status), "/b": lambda h: h.reply(b"")}
    ask = Client(f"network:localhost:{server.port}:GET,POST")
    ask(f"http://localhost:{server.port}/a", "POST", body=b"data", content_type="text/plain")
    assert (server.seen[1][0], server.seen[1][3]) == (method, body)
    assert ("content-type" in server.seen[1][2]) is bool(body)


def test_a_redirect_needs_the_method_where_it_leads(server: Server) -> None:
    server.routes["/a"] = redirect("/b", 307)
    ask = Client(f"network:localhost:{server.port}/a:POST", f"network:localhost:{server.port}/b:GET")
    with pytest.raises(PermissionDenied) as caught:
        ask(f"http://localhost:{server.port}/a", "POST", body=b"data")
    assert caught.value.permission.endswith("/b:POST")


# --- addresses ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::1", "fd00::1", "fe80::1",
     "::ffff:127.0.0.1", "224.0.0.1", "64:ff9b::7f00:1"],
)  # fmt: skip
def test_a_name_that_leads_to_no_public_address_is_refused(address: str) -> None:
    ask = Client("network:api.example.org", resolver=names(443, api=["93.184.216.34", address]))
    with pytest.raises(HttpRefused, match="its name leads to"):
        ask("https://api.example.org/")


def test_a_name_is_resolved_once_and_the_connection_goes_to_what_was_checked(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A resolver that answers otherwise the second time changes nothing: nobody asks it."""
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    connected: list[tuple[Any, ...]] = []

    def refuse(address: tuple[Any, ...], *_: Any, **__: Any) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "create_connection", refuse)
    ask = Client("network:api.example.org", resolver=lambda _host, _port: next(answers))
    with pytest.raises(HttpFailed):
        ask("https://api.example.org/")
    assert connected == [("93.184.216.34", 443)]
    assert next(answers) == ["127.0.0.1"]


def test_a_redirect_resolves_its_own_host_anew_and_checks_it(server: Server) -> None:
    server.routes["/"] = redirect("https://rebound.example.org/")
    ask = Client(
        f"network:localhost:{server.port}", "network:*.example.org", resolver=names(443, rebound=["127.0.0.1"])
    )
    with pytest.raises(HttpRefused, match=r"leads to 127\.0\.0\.1"):
        ask(f"http://localhost:{server.port}/")


def test_a_name_without_an_address_says_so() -> None:
    def fails(_host: str, _port: int) -> Sequence[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(HttpFailed, match="no address"):
        Client("network:api.example.org", resolver=fails)("https://api.example.org/")


def test_what_is_not_this_computers_is_encrypted_or_not_sent() -> None:
    with pytest.raises(HttpRefused, match="write https://"):
        Client("network:api.example.org:80")("http://api.example.org/")


# --- time and size --------------------------------------------------------------------------------------------


def dripping(handler: Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while not handler.server.released.wait(0.02):
        handler.wfile.write(b"x")


def dripping_headers(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not handler.server.released.wait(0.02):
        handler.wfile.write(b"x")


def silent(handler: Handler) -> None:
    handler.server.released.wait()


@pytest.mark.parametrize("answer", [dripping, dripping_headers, silent])
def test_an_answer_that_never_ends_ends_with_the_time_of_the_call(
    server: Server, answer: Callable[[Handler], None]
) -> None:
    server.routes["/"] = answer
    with pytest.raises(HttpFailed, match="too long"):
        Client(f"network:localhost:{server.port}")(f"http://localhost:{server.port}/", timeout=0.5)


def endless(handler: Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while not handler.server.released.is_set():
        handler.wfile.write(b"x" * 65536)


def bomb(handler: Handler) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    packed = b"".join(packer.compress(b"\0" * (1 << 20)) for _ in range(200)) + packer.flush()
    handler.reply(packed, Content_Encoding="gzip")


def members(handler: Handler) -> None:
    handler.reply(gzip.compress(b"\0" * (1 << 19)) * 100, Content_Encoding="gzip")


@pytest.mark.parametrize("answer", [endless, bomb, members])
def test_an_answer_is_no_larger_than_there_is_room_for(server: Server, answer: Callable[[Handler], None]) -> None:
    server.routes["/"] = answer
    with pytest.raises(TransferTooLarge, match="more than 1 MiB"):
        Client(f"network:localhost:{server.port}")(f"http://localhost:{server.port}/")


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(b"text", mtime=0) + gzip.compress(b" and more", mtime=0)),
        ("deflate", zlib.compress(b"text and more")),
        ("deflate", zlib.compress(b"text and more")[2:-4]),
        ("identity", b"text and more"),
        ("br", b"text and more"),
    ],
)
def test_what_was_compressed_arrives_as_it_was(server: Server, encoding: str, packed: bytes) -> None:
    server.routes["/"] = lambda h: h.reply(packed, Content_Encoding=encoding)
    _, _, headers, body = Client(f"network:localhost:{server.port}")(f"http://localhost:{server.port}/")
    assert body == b"text and more"
    assert ("content-encoding" in headers) is (encoding in ("identity", "br"))


def test_what_is_not_compressed_as_it_says_is_no_answer(server: Server) -> None:
    server.routes["/"] = lambda h: h.reply(b"plain", Content_Encoding="gzip")
    with pytest.raises(HttpFailed, match="no gzip"):
        Client(f"network:localhost:{server.port}")(f"http://localhost:{server.port}/")


def test_a_request_is_no_larger_than_it_may_be(server: Server) -> None:
    ask = Client(f"network:localhost:{server.port}:POST")
    with pytest.raises(TransferTooLarge):
        ask(f"http://localhost:{server.port}/", "POST", body=b"x" * ((1 << 20) + 1))
    with pytest.raises(HttpRefused, match="headers"):
        ask(f"http://localhost:{server.port}/", "POST", x_long="x" * 20_000)
    assert server.seen == []


def test_nobody_who_listens_is_told_as_a_failure() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(HttpFailed, match="refused"):
        Client(f"network:127.0.0.1:{port}")(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["GET"],
        ["get", "https://a.org", {}, b"", 1],
        ["TRACE", "https://a.org", {}, b"", 1],
        ["GET", 3, {}, b"", 1],
        ["GET", "https://a.org", [], b"", 1],
        ["GET", "https://a.org", None, b"", 1],
        ["GET", "https://a.org", {}, "x", 1],
        ["GET", "https://a.org", {}, b"", 0],
        ["GET", "https://a.org", {}, b"", -1],
        ["GET", "https://a.org", {}, b"", float("nan")],
        ["GET", "https://a.org", {}, b"", float("inf")],
        ["GET", "https://a.org", {}, b"", "1"],
    ],
)
def test_what_is_no_request_is_refused(args: list[Any]) -> None:
    with pytest.raises(InvalidRequest):
        Client("network:a.org").capability.needs("request", args)


# --- certificates ---------------------------------------------------------------------------------------------


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A self-signed certificate for a name, and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([_alternative(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )
    return folder / "cert.pem", folder / "key.pem"


def _alternative(name: str) -> Any:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


@pytest.mark.parametrize(("name", "trusted"), [("localhost", True), ("other.test", False)])
def test_the_certificate_is_held_against_the_name_that_was_granted(
    server: Server, tmp_path: Path, name: str, trusted: bool
) -> None:
    cert, key = certificate(tmp_path, name)
    inner = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    inner.load_cert_chain(cert, key)
    server.socket = inner.wrap_socket(server.socket, server_side=True)
    server.routes["/"] = lambda h: h.reply(b"encrypted")
    context = ssl.create_default_context(cafile=str(cert))
    ask = Client(f"network:localhost:{server.port}", context=context)
    if trusted:
        assert ask(f"https://localhost:{server.port}/")[3] == b"encrypted"
    else:
        with pytest.raises(HttpFailed, match="certificate"):
            ask(f"https://localhost:{server.port}/")
    with pytest.raises(HttpFailed, match="certificate"):
        Client(f"network:localhost:{server.port}")(f"https://localhost:{server.port}/")
