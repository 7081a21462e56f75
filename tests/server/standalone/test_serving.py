from __future__ import annotations

import base64
import hashlib
import json
import re
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from jupyter_server.auth import Authorizer, PasswordIdentityProvider, security
from prometheus_client.parser import text_string_to_metric_families

from automatosx_nb import package
from automatosx_nb.errors import InvalidConfiguration, RegistryUnreachable
from automatosx_nb.host.metering import Rate
from automatosx_nb.model.identity import Scope, owner
from automatosx_nb.model.release import SearchQuery
from automatosx_nb.registry.client.limits import ClientLimits
from automatosx_nb.registry.client.remote import RemoteRegistry
from automatosx_nb.registry.service import EmbeddedRegistry
from automatosx_nb.server import uploads
from automatosx_nb.server.shelf import Shelf
from automatosx_nb.server.standalone.application import MOST_BODY
from automatosx_nb.server.standalone.run import served
from tests.registry.conftest import write_plugin

TOKEN = "the-token-of-the-test"
WITH_TOKEN = {"Authorization": f"token {TOKEN}"}
OPERATIONS = Path(__file__).parents[3] / "docs/operations.md"
MakeServer = Callable[..., httpx.Client]

FOREIGN = (
    "/api", "/api/status", "/api/contents", "/api/contents/x.ipynb", "/api/kernels", "/api/kernelspecs",
    "/api/sessions", "/api/terminals", "/api/config/notebook", "/api/shutdown", "/api/security/csp-report",
    "/api/events", "/api/events/subscribe", "/api/me", "/api/nbconvert", "/files/x", "/view/x", "/nbconvert/html/x",
    "/kernelspecs/python3/logo-64x64.png", "/terminals/1", "/terminals/websocket/1", "/tree", "/lab",
    "/custom/custom.css",
)  # fmt: skip
"""Of a Jupyter server, and of what is commonly installed into it."""
OURS = ("automatosx_nb.server.", "jupyter_server.auth.login", "jupyter_server.auth.logout")


def at_root(client: httpx.Client, path: str, method: str = "GET", **options: Any) -> httpx.Response:
    return client.request(method, client.base_url.join(path), **options)


def nobody(client: httpx.Client) -> httpx.Client:
    """The same client, from now on without a token."""
    del client.headers["Authorization"]
    return client


def measured(client: httpx.Client) -> dict[str, float]:
    """Sample, with its method and route → value."""
    families = text_string_to_metric_families(at_root(client, "/metrics").text)
    samples = [sample for family in families for sample in family.samples]
    labels = ("method", "route")
    return {
        " ".join([each.name, *(each.labels[n] for n in labels if n in each.labels)]): each.value for each in samples
    }


def connection(client: httpx.Client) -> socket.socket:
    parts = urlsplit(str(client.base_url))
    return socket.create_connection((parts.hostname or "", parts.port or 0))


def test_nothing_of_a_jupyter_server_can_be_reached_with_any_method(server: MakeServer) -> None:
    client = server()
    answers = {
        (method, path): at_root(client, path, method).status_code
        for path in FOREIGN
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
    }
    assert set(answers.values()) == {404}


def test_every_handler_is_ours_or_logs_somebody_in_or_out() -> None:
    paths = served(Shelf(lambda: pytest.fail("it was opened")), PasswordIdentityProvider(hashed_password="x"))
    assert len(paths) > 10
    foreign = [(pattern, handler) for pattern, handler, _ in paths if not handler.__module__.startswith(OURS)]
    assert foreign == []


def test_it_serves_what_the_extension_serves(server: MakeServer) -> None:
    client = server(base_url="/team/")
    assert client.base_url.path == "/team/automatosx/"
    page = client.get("api/v1/plugins", params={"q": "tables", "sort": "name"}).json()
    assert [item["id"] for item in page["items"]] == ["acme.csv-doctor", "acme.geo-join", "nordic.plots"]
    assert client.get("api/v1/healthz").json() == {"status": "ok", "plugins": 3}
    plan = client.post("api/v1/plan", json={"wanted": {"nordic.plots": "*"}}).json()
    assert [each["id"] for each in plan["plugins"]] == ["nordic.plots"]
    assert at_root(client, "/automatosx/api/v1/plugins").status_code == 404


def test_nobody_gets_in_without_a_token_and_a_wrong_one_is_none(server: MakeServer) -> None:
    client = nobody(server())
    for headers in ({}, {"Authorization": "token wrong"}):
        for path in ("plugins", "plugins/acme.csv-doctor/1.0.0/artifact", "openapi.json", "healthz", "nothing"):
            answer = client.get(f"api/v1/{path}", headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "http-403"), path


def test_where_anybody_may_read_nobody_may_do_more(server: MakeServer) -> None:
    anybody = nobody(server(public_read=True))
    assert anybody.get("api/v1/plugins").json()["total"] == 3
    assert anybody.get("api/v1/plugins/acme.csv-doctor/1.0.0/artifact").status_code == 200
    assert anybody.get("").status_code == 200, "the web page"
    assert anybody.post("api/v1/plan", json={"wanted": {}}).status_code == 403
    assert at_root(anybody, "/metrics").status_code == 403


def test_a_person_logs_in_with_a_password_and_out_again(server: MakeServer) -> None:
    hashed: Any = security.passwd("sesame", "sha1")  # type: ignore[no-untyped-call,unused-ignore]
    client = nobody(server(base_url="/team/", password=hashed))
    led = client.get("")
    assert led.headers["Location"] == "/team/login?next=%2Fteam%2Fautomatosx%2F"
    form = at_root(client, led.headers["Location"])
    assert form.status_code == 200
    for asset in re.findall(r'(?:src|href)="([^"]+)"', form.text):
        assert at_root(client, asset).status_code == 200, asset

    def log_in(password: str) -> int:
        typed = {"password": password, "_xsrf": client.cookies["_xsrf"]}
        return at_root(client, led.headers["Location"], "POST", data=typed).status_code

    assert (log_in("guessed"), client.get("").status_code) == (401, 302)
    assert (log_in("sesame"), client.get("").status_code) == (302, 200)
    assert client.get("api/v1/plugins").json()["total"] == 3
    at_root(client, "/team/logout")
    assert client.get("").status_code == 302


class Denies(Authorizer):
    """Says no."""

    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        return False


def test_the_authorizer_is_asked(server: MakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jupyter_server.auth.Denies", Denies, raising=False)
    client = server(authorizer_class="jupyter_server.auth.Denies")
    assert client.get("api/v1/plugins").status_code == 403


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("identity_provider_class", "nowhere.Provider"),
        ("authorizer_class", "jupyter_server.auth.IdentityProvider"),
        ("cookie_secret_file", "missing"),
        ("certfile", "missing.pem"),
        ("db", "oracle://host/registry"),
    ],
)
def test_what_it_cannot_serve_with_is_named_before_it_listens(server: MakeServer, setting: str, value: str) -> None:
    with pytest.raises(InvalidConfiguration, match=r"c\.RegistryServer"):
        server(**{setting: value})


def test_it_is_alive_and_ready_for_a_load_balancer_that_has_no_token(server: MakeServer) -> None:
    balancer = nobody(server())
    assert at_root(balancer, "/healthz/live").json() == {"status": "live"}
    ready = at_root(balancer, "/healthz/ready")
    assert (ready.status_code, ready.headers["Cache-Control"]) == (200, "no-store")
    assert ready.json() == {"status": "ready", "database": "ready", "schema": "ready", "index": "ready"}


def test_a_monitor_that_asks_for_heads_alone_is_answered(server: MakeServer) -> None:
    monitor = nobody(server(public_read=True))
    for path, status in (("/healthz/live", 200), ("/healthz/ready", 200), ("/", 302), ("/automatosx/", 200)):
        answer = monitor.head(monitor.base_url.copy_with(path=path))
        assert (answer.status_code, answer.content) == (status, b""), path


@pytest.mark.parametrize(
    ("harm", "part", "state"),
    [
        ("UPDATE alembic_version SET version_num = '9999'", "schema", "9999, and this version has"),
        ("DROP TABLE alembic_version", "schema", "no revision, and this version has"),
    ],
)
def test_it_is_not_ready_while_its_database_is_not_and_says_what_is_not(
    server: MakeServer, registry_home: Path, harm: str, part: str, state: str
) -> None:
    client = server()
    with closing(sqlite3.connect(registry_home / "registry.sqlite", isolation_level=None)) as database:
        database.execute(harm)
    answer = at_root(client, "/healthz/ready")
    assert (answer.status_code, answer.json()["status"]) == (503, "not ready")
    assert answer.json()[part].startswith(state)
    assert at_root(client, "/healthz/live").status_code == 200


def test_answers_are_counted_by_route_and_never_by_what_a_client_makes_up(server: MakeServer) -> None:
    client = server()
    for path in (
        "plugins?q=tables",
        "plugins?q=plots",
        "plugins/nordic.plots",
        "plugins/acme.made-up",
        "made/up/by/somebody",
    ):
        client.get(f"api/v1/{path}")
    client.get("api/v1/plugins/nordic.plots/2.0.0/artifact")
    client.get("api/v1/plugins/nordic.plots/2.0.0/artifact", headers={"Range": "bytes=5-"})
    client.request("BREW", "api/v1/plugins")
    found = measured(client)
    assert found["automatosx_requests_total GET plugins/*"] == 1.0
    assert found["automatosx_request_seconds_count GET plugins"] == 2.0
    assert found["automatosx_request_seconds_count other plugins"] == 1.0
    assert (found["automatosx_searches_total"], found["automatosx_downloads_total"]) == (2.0, 1.0)
    assert (found["automatosx_plugins"], found["automatosx_reviews_waiting"]) == (3.0, 0.0)
    assert found["automatosx_revision"] == found["automatosx_index_revision"] > 0
    assert found["automatosx_database_connections_in_use"] == 1.0, "the one for these figures"
    assert found["automatosx_requests_in_flight"] == 1.0, "the one for these figures"
    text = at_root(client, "/metrics").text
    assert not [word for word in ("made", "BREW", "nordic") if word in text]


def test_searches_that_find_nothing_and_results_that_are_opened_are_counted(server: MakeServer) -> None:
    client = server()
    for words in ("tables", "nothing-like-it", "nothing-like-it", ""):
        assert client.get("api/v1/plugins", params={"q": words}).headers["X-Total-Count"] == (
            "0" if "-" in words else "3"
        )
        client.get("", params={"q": words})
    for came in ("?q=tables", "", "plugins/nordic.plots?q=tables"):
        client.get("plugins/acme.geo-join", headers={"Referer": f"{client.base_url}{came}"})
    found = measured(client)
    assert (found["automatosx_searches_total"], found["automatosx_searches_without_result_total"]) == (6.0, 4.0)
    assert found["automatosx_clicks_total"] == 1.0


def test_what_a_browser_had_already_is_counted_too_and_further_pages_of_a_search_are_not(server: MakeServer) -> None:
    client = server()
    came = {"Referer": f"{client.base_url}?q=tables"}
    for path, params, said in (
        ("api/v1/plugins", {"q": "nothing-like-it"}, {}),
        ("", {"q": "nothing-like-it"}, {}),
        ("plugins/acme.geo-join", {}, came),
    ):
        tag = client.get(path, params=params, headers=said).headers["Etag"]
        for _ in range(2):
            assert client.get(path, params=params, headers={**said, "If-None-Match": tag}).status_code == 304
    asked = {"q": "tables", "size": "1"}
    while asked:
        cursor = client.get("api/v1/plugins", params=asked).json()["next"]
        asked = {**asked, "cursor": cursor} if cursor else {}
    found = measured(client)
    assert (found["automatosx_searches_total"], found["automatosx_searches_without_result_total"]) == (7.0, 6.0)
    assert found["automatosx_clicks_total"] == 3.0


def test_every_rule_that_alerts_is_of_metrics_that_there_are_with_the_labels_that_they_have(server: MakeServer) -> None:
    client = server()
    client.get("api/v1/plugins")
    families = text_string_to_metric_families(at_root(client, "/metrics").text)
    labels = {sample.name: {*sample.labels} for family in families for sample in family.samples}
    rules = re.findall(r"^ +expr: (.+)$", OPERATIONS.read_text("utf-8"), re.MULTILINE)
    named = [found for rule in rules for found in re.findall(r"(automatosx_\w+)(?:\{(\w+))?", rule)]
    assert len(named) >= 9
    for name, label in named:
        assert name in labels, name
        assert not label or label in labels[name], (name, label)


@pytest.mark.parametrize("wait_s", [uploads.WAIT_S, 0.0], ids=["answered at once", "asked for again"])
def test_what_is_published_and_what_is_refused_is_counted_once_however_its_answer_comes(
    server: MakeServer, registry_home: Path, tmp_path: Path, wait_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "WAIT_S", wait_s)
    with EmbeddedRegistry(registry_home) as registry:
        token = registry.tokens.new(owner(), "ci", [Scope.READ, Scope.PUBLISH], 1, user="ann").secret
    client = server()
    taken = package.build(write_plugin(tmp_path / "taken", "anns.counted"))
    refused = package.build(write_plugin(tmp_path / "refused", "anns.refused", readme=" "))
    answers = []
    by = {"Authorization": f"Bearer {token}"}
    for data in (taken, taken, refused):
        digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
        sent = client.post("api/v1/releases", content=data, headers={"Repr-Digest": f"sha-256=:{digest}:", **by})
        while sent.status_code == 202 or sent.json().get("state") in ("receiving", "checking"):
            sent = client.get(f"api/v1/uploads/{sent.json()['id']}", headers=by)
        if "state" in sent.json():
            client.get(f"api/v1/uploads/{sent.json()['id']}", headers=by)
        answers.append(sent.status_code)
    assert answers == [201, 200, 422] or not wait_s
    found = measured(client)
    assert (found["automatosx_publishes_total"], found["automatosx_publishes_refused_total"]) == (1.0, 1.0)


def test_an_answer_that_is_given_again_is_counted_limited_and_has_an_id_of_its_own(server: MakeServer) -> None:
    client = server(per_address=Rate(per_s=0.001, burst=40))
    ids: set[str] = set()
    while measured(client)["automatosx_answers_repeated"] < 3:
        answer = client.get("api/v1/plugins/nordic.plots")
        assert (answer.status_code, answer.json()["summary"]["id"]) == (200, "nordic.plots")
        ids.add(answer.headers["X-Request-Id"])
    assert measured(client)["automatosx_requests_total GET plugins/*"] == len(ids)
    while client.get("api/v1/plugins/nordic.plots").status_code == 200:
        pass
    assert client.get("api/v1/plugins/nordic.plots").status_code == 429


def test_metrics_are_for_whoever_has_a_token_of_the_server_or_of_the_registry(
    server: MakeServer, registry_home: Path
) -> None:
    with EmbeddedRegistry(registry_home) as registry:
        secret = registry.tokens.new(owner(), "prometheus", {Scope.READ}, 1, user="prometheus").secret
    client = server(public_read=True)

    def asked(said: str) -> int:
        client.cookies.clear()  # whoever came with the server's token is logged in
        return at_root(client, "/metrics", headers={"Authorization": said}).status_code

    said = (f"Bearer {secret}", WITH_TOKEN["Authorization"], "Bearer axp_none", "Bearer wrong", "")
    assert [*map(asked, said)] == [200, 200, 401, 403, 403]


def test_it_speaks_tls_to_whoever_trusts_its_authority_and_to_nobody_else(
    server: MakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, certificate = certified(tmp_path)
    address = str(server(certfile=str(certificate)).base_url)
    assert address.startswith("https:")

    def ask(cache: str, **options: Any) -> int:
        limits = ClientLimits(tries=1)
        with RemoteRegistry(address, tmp_path / cache, token=TOKEN, limits=limits, **options) as remote:
            return remote.search(SearchQuery()).total

    with pytest.raises(RegistryUnreachable, match="its certificate is not trusted"):
        ask("nobody")
    assert ask("named", ca_file=str(authority)) == 3
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    assert ask("environment") == 3


def certified(folder: Path) -> tuple[Path, Path]:
    """An authority's certificate, and with its key one for this computer that it signed."""

    def made(name: str, issuer: x509.Name, signer: ec.EllipticCurvePrivateKey, key: Any, *also: Any) -> bytes:
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder().subject_name(named(name)).issuer_name(issuer).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
        for extension in also:
            builder = builder.add_extension(extension, critical=True)
        return builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def named(name: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])

    root, own = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority, certificate = folder / "authority.pem", folder / "server.pem"
    authority.write_bytes(made("Test CA", named("Test CA"), root, root, x509.BasicConstraints(True, None)))
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    certificate.write_bytes(
        made("server", named("Test CA"), root, own, here) + own.private_bytes(serialization.Encoding.PEM, *form)
    )
    return authority, certificate


def test_whoever_asks_too_often_is_told_how_long_to_wait(server: MakeServer) -> None:
    client = server(per_address=Rate(per_s=0.001, burst=2))
    assert [client.get("api/v1/openapi.json").status_code for _ in range(2)] == [200, 200]
    refused = client.get("api/v1/openapi.json")
    assert (refused.status_code, refused.headers["Content-Type"]) == (429, "application/problem+json")
    assert 990 <= int(refused.headers["Retry-After"]) <= 1000
    assert refused.json()["code"] == "too-many-requests"
    assert refused.headers["X-Request-Id"]
    assert at_root(client, "/healthz/ready").status_code == 200, "a probe is never refused"


def test_another_client_behind_a_trusted_proxy_is_not_told_to_wait(server: MakeServer) -> None:
    client = server(per_address=Rate(per_s=0.001, burst=1), trusted_proxies=("127.0.0.0/8",))

    def asked(who: str) -> int:
        return client.get("api/v1/openapi.json", headers={"X-Forwarded-For": who}).status_code

    assert [asked("203.0.113.1"), asked("203.0.113.1"), asked("203.0.113.2")] == [200, 429, 200]


def test_a_body_that_is_too_large_is_refused_before_it_is_sent(server: MakeServer) -> None:
    with connection(server()) as stream:
        head = f"POST /automatosx/api/v1/plan HTTP/1.1\r\nHost: x\r\nContent-Length: {MOST_BODY + 1}\r\n\r\n"
        stream.sendall(head.encode())
        answer = b"".join(iter(lambda: stream.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "request-too-large"


def test_whoever_begins_a_request_and_does_not_go_on_loses_the_connection(server: MakeServer) -> None:
    with connection(server(idle_s=0.2)) as stream:
        stream.sendall(b"GET /automatosx/ HTTP/1.1\r\nHost:")
        assert stream.recv(65536) == b""
    with connection(server(body_s=0.2)) as stream:
        stream.sendall(b"POST /automatosx/api/v1/plan HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n{")
        assert stream.recv(65536) == b""


@pytest.mark.parametrize(
    ("line", "field", "status"),
    [
        ("POST /automatosx/api/v1/plan", "Transfer-Encoding: chunked", 411),
        ("POST /automatosx/api/v1/uploads", "Transfer-Encoding: chunked", 411),
        ("GET /automatosx/api/v1/uploads/x", f"Content-Length: {MOST_BODY + 1}", 413),
    ],
    ids=["chunked", "chunked-upload", "body-of-a-get"],
)
def test_a_body_that_nobody_asked_how_long_it_is_is_refused_before_it_is_sent(
    server: MakeServer, line: str, field: str, status: int
) -> None:
    """Whoever sends one is not known yet when it is read."""
    with connection(server()) as stream:
        stream.sendall(f"{line} HTTP/1.1\r\nHost: x\r\n{field}\r\n\r\n".encode())
        answer = b"".join(iter(lambda: stream.recv(65536), b""))
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
