"""The client against a registry on loopback that misbehaves."""

from __future__ import annotations

import logging
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from automatosx_nb.errors import (
    AutomatosxError,
    InvalidConfiguration,
    PublishingElsewhere,
    RegistryAnswerInvalid,
    RegistryRefused,
    RegistryUnreachable,
    UnknownPlugin,
)
from automatosx_nb.model.release import SearchQuery
from automatosx_nb.registry.client.limits import ClientLimits
from automatosx_nb.registry.client.problems import retry_after
from automatosx_nb.registry.client.remote import RemoteRegistry, parse_address
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.hostile import Answering, Hostile

DOCTOR = "acme.csv-doctor"
QUICK = ClientLimits(pause_s=0.001, most_pause_s=0.001, read_s=10, fresh_s=0, outage_s=0)
TOKEN = "sesame-open-up"
Build = Callable[..., bytes]


@pytest.fixture
def hostile(registry: EmbeddedRegistry, build: Build) -> Hostile:
    registry.publish(build(DOCTOR, "1.0.0"))
    return Hostile(registry)


@pytest.fixture
def address(hostile: Hostile) -> Iterator[str]:
    with hostile.serving() as address:
        yield address


@pytest.fixture
def connect(address: str, tmp_path: Path) -> Iterator[Callable[..., RemoteRegistry]]:
    opened: list[RemoteRegistry] = []

    def connect(**options: Any) -> RemoteRegistry:
        opened.append(RemoteRegistry(address, tmp_path / "cache", **{"limits": QUICK, **options}))
        return opened[-1]

    yield connect
    for each in opened:
        each.close()


def first(times: int, answer: Callable[[Answering], object]) -> Callable[[Answering], bool]:
    """``answer`` to so many requests; the others are answered as they should be."""
    left = iter(range(times))

    def instead(request: Answering) -> bool:
        if next(left, None) is None:
            return False
        answer(request)
        return True

    return instead


@pytest.mark.parametrize(
    "answer",
    [
        lambda request: request.say(503),
        lambda request: request.say(500, b"<html>"),
        lambda request: request.say(429, Retry_After="0"),
        lambda request: request.say(503, Retry_After="Thu, 01 Jan 1970 00:00:00 GMT"),
        lambda request: request.hang_up(),
        lambda request: request.begin(200, 1000) or request.hang_up(),
    ],
)
def test_what_may_be_over_soon_is_tried_again(hostile: Hostile, connect: Any, answer: Any) -> None:
    hostile.instead = first(3, answer)
    assert connect().plugin(DOCTOR).summary.id == DOCTOR
    assert len(hostile.asked) == 4


def test_after_so_many_tries_it_says_why_and_how_often_it_tried(hostile: Hostile, connect: Any) -> None:
    hostile.instead = first(99, lambda request: request.say(503))
    with pytest.raises(RegistryUnreachable, match=r"503 Service Unavailable \(4 tries\)") as caught:
        connect().plugin(DOCTOR)
    assert len(hostile.asked) == 4
    assert "What is installed goes on" in str(caught.value)


def test_a_longer_wait_than_there_is_time_is_not_begun(hostile: Hostile, connect: Any) -> None:
    hostile.instead = first(99, lambda request: request.say(429, Retry_After="3600"))
    with pytest.raises(RegistryUnreachable, match=r"429 Too Many Requests and asks to wait 3600 s\."):
        connect().plugin(DOCTOR)
    assert len(hostile.asked) == 1


@pytest.mark.parametrize(("text", "seconds"), [("7", 7.0), ("", None), ("soon", None), ("-1", None), ("1.5", None)])
def test_a_wait_that_cannot_be_read_is_none(text: str, seconds: float | None) -> None:
    assert retry_after(text) == seconds


def test_one_that_stalls_is_given_up(hostile: Hostile, connect: Any) -> None:
    def stalls(request: Answering) -> None:
        request.begin(200, 100)
        hostile.let_go.wait()

    hostile.instead = first(99, stalls)
    with pytest.raises(RegistryUnreachable, match="took too long"):
        connect(limits=ClientLimits(read_s=0.05, tries=2, pause_s=0.001)).plugin(DOCTOR)


def test_one_that_drips_is_given_up(hostile: Hostile, connect: Any) -> None:
    def drips(request: Answering) -> None:
        request.begin(200, 1 << 20)
        while not hostile.let_go.wait(0.02):
            request.send(b" ")

    hostile.instead = first(99, drips)
    with pytest.raises(RegistryUnreachable, match="too slowly"):
        connect(limits=ClientLimits(total_s=0.3, tries=1)).plugin(DOCTOR)


def test_a_redirect_is_not_followed_and_the_token_goes_nowhere(hostile: Hostile, connect: Any, registry: Any) -> None:
    elsewhere = Hostile(registry)
    with elsewhere.serving() as other:
        hostile.instead = first(99, lambda request: request.say(302, Location=f"{other}/api/v1/plugins/x?secret=1"))
        with pytest.raises(RegistryAnswerInvalid, match=r"redirects to http://127\.0\.0\.1") as caught:
            connect(token=TOKEN).plugin(DOCTOR)
    assert elsewhere.asked == []
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda request: request.say(200, b"<html>Log in</html>"), "cannot be read"),
        (lambda request: request.say(200, b'{"summary": 7}'), "cannot be read"),
        (lambda request: request.say(200, b"\xff\xfe"), "cannot be read"),
        (lambda request: request.say(404, b"<html>"), "answers 404 Not Found"),
        (lambda request: request.say(418), "answers 418"),
        (
            lambda request: request.say(404, b'{"code": "unknown-plugin"}', Content_Type="application/problem+json"),
            "404",
        ),
        (lambda request: request.say(200, b"nonsense", Content_Encoding="gzip"), "decompressed"),
        (lambda request: request.say(200, b" " * (2 << 20)), "more than 1 MiB"),
    ],
)
def test_what_is_no_registry_is_called_so(hostile: Hostile, connect: Any, answer: Any, says: str) -> None:
    hostile.instead = first(99, answer)
    with pytest.raises(RegistryAnswerInvalid, match=says):
        connect(limits=ClientLimits(document_mb=1)).plugin(DOCTOR)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"sha256":"', b'"sha256":"../../'),
        (b'"size":', b'"size":-'),
        (b'"version":"1.0.0"', b'"version":"not one"'),
        (b'"id":"acme.csv-doctor"', b'"id":"acme.another"'),
    ],
)
@pytest.mark.parametrize("ask", ["plugin", "releases"])
def test_no_document_is_believed(hostile: Hostile, connect: Any, ask: str, old: bytes, new: bytes) -> None:
    def lies(request: Answering) -> bool:
        body = hostile._found(request.below.split("/"), {})
        assert old in body
        request.say(200, body.replace(old, new))
        return True

    hostile.instead = lies
    with pytest.raises(RegistryAnswerInvalid):
        getattr(connect(), ask)(DOCTOR)


def test_a_server_that_takes_no_plugins_says_where_to_publish(connect: Any, build: Build) -> None:
    for attempt in (connect().publish, connect().check):
        with pytest.raises(PublishingElsewhere, match="Publish where that registry lies"):
            attempt(build(DOCTOR, "2.0.0"))


@pytest.mark.parametrize("status", [401, 403])
def test_who_is_not_let_in_is_told_where_a_token_goes(hostile: Hostile, connect: Any, status: int) -> None:
    hostile.instead = first(99, lambda request: request.say(status))
    with pytest.raises(RegistryRefused, match="AUTOMATOSX_REGISTRY_TOKEN") as caught:
        connect(token=TOKEN).plugin(DOCTOR)
    assert "does not take your token" in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_the_token_is_sent_to_the_registry_and_stands_in_no_log(
    hostile: Hostile, connect: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    remote = connect(token=TOKEN)
    remote.plugin(DOCTOR)
    hostile.instead = first(99, lambda request: request.say(500))
    with pytest.raises(RegistryUnreachable):
        b"".join(remote.artifact(DOCTOR, "1.0.0"))
    assert {each.headers["authorization"] for each in hostile.asked} == {f"token {TOKEN}"}
    assert caplog.records
    assert TOKEN not in caplog.text
    assert TOKEN not in repr(vars(remote))


def test_a_token_does_not_cross_a_network_in_the_open(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfiguration, match="not encrypted"):
        RemoteRegistry("http://plugins.example.org/automatosx", tmp_path, token=TOKEN)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://Plugins.Example.org/automatosx/", "https://plugins.example.org/automatosx"),
        ("https://plugins.example.org:443/hub/automatosx/api/v1/", "https://plugins.example.org/hub/automatosx"),
        ("http://127.0.0.1:8888/automatosx", "http://127.0.0.1:8888/automatosx"),
    ],
)
def test_an_address_has_one_spelling(text: str, address: str) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize("text", ["plugins", "ftp://a.b/", "https://me:hunter2@a.b/", "https://a.b/?q=1", "https://"])
def test_what_is_no_address_is_refused_and_no_password_repeated(text: str) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        parse_address(text)
    assert "hunter2" not in str(caught.value)


# --- the cache


def test_a_document_is_asked_for_by_its_etag_and_not_sent_again(hostile: Hostile, connect: Any) -> None:
    assert connect().plugin(DOCTOR) == connect().plugin(DOCTOR)
    assert [bool(each.headers.get("if-none-match")) for each in hostile.asked] == [False, True]


def test_a_document_that_was_just_read_is_not_asked_for(hostile: Hostile, connect: Any) -> None:
    remote = connect(limits=ClientLimits(fresh_s=60))
    assert remote.plugin(DOCTOR) == remote.plugin(DOCTOR)
    assert len(hostile.asked) == 1


READING: tuple[Callable[[RemoteRegistry], object], ...] = (
    lambda remote: remote.plugin(DOCTOR),
    lambda remote: remote.releases(DOCTOR),
    lambda remote: remote.search(SearchQuery("csv")),
    lambda remote: remote.changelog(DOCTOR, "1.0.0"),
)


@pytest.mark.parametrize("read", READING)
def test_what_was_read_once_is_read_while_the_registry_is_away_and_marked(
    hostile: Hostile, connect: Any, read: Callable[[RemoteRegistry], object]
) -> None:
    before, remote = read(connect()), connect()
    hostile.instead = first(4, lambda request: request.hang_up())
    assert [remote.stale_since] == [None]
    assert read(remote) == before
    assert [remote.stale_since] != [None]
    assert read(remote) == before
    assert remote.stale_since is None, "it is back"


def test_nobody_waits_twice_for_a_registry_that_is_away(hostile: Hostile, connect: Any) -> None:
    connect().plugin(DOCTOR)
    connect().releases(DOCTOR)
    remote = connect(limits=ClientLimits(pause_s=0.001, fresh_s=0, outage_s=600))
    hostile.instead = first(99, lambda request: request.hang_up())
    before = len(hostile.asked)
    remote.plugin(DOCTOR)
    remote.releases(DOCTOR)
    assert len(hostile.asked) - before == 4


def test_what_was_never_read_cannot_be_read_while_the_registry_is_away(hostile: Hostile, connect: Any) -> None:
    hostile.instead = first(99, lambda request: request.hang_up())
    with pytest.raises(RegistryUnreachable):
        connect().plugin(DOCTOR)


def test_a_torn_file_of_the_cache_counts_as_none(hostile: Hostile, connect: Any, tmp_path: Path) -> None:
    before = connect().plugin(DOCTOR)
    (file,) = (tmp_path / "cache").glob("*/*.json")
    for torn in (file.read_bytes()[:-1], b"", b"{}\n", b"[]\nx", b"\xff"):
        file.write_bytes(torn)
        assert connect().plugin(DOCTOR) == before
    assert not any("if-none-match" in each.headers for each in hostile.asked)


def test_a_cache_that_cannot_be_written_keeps_nobody_from_an_answer(connect: Any, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way")
    assert connect().plugin(DOCTOR).summary.id == DOCTOR


def test_an_answer_that_is_none_is_not_kept(hostile: Hostile, connect: Any, tmp_path: Path) -> None:
    hostile.instead = first(1, lambda request: request.say(200, b"<html>Log in</html>", ETag='"1"'))
    with pytest.raises(RegistryAnswerInvalid):
        connect().plugin(DOCTOR)
    assert list((tmp_path / "cache").glob("*/*")) == []


def test_an_unknown_plugin_is_told_even_when_it_was_known(hostile: Hostile, connect: Any) -> None:
    connect().plugin(DOCTOR)
    gone = b'{"code": "unknown-plugin", "plugin": "acme.csv-doctor", "nearest": ["a\\u001b[31mb"]}'
    hostile.instead = first(99, lambda request: request.say(404, gone, Content_Type="application/problem+json"))
    with pytest.raises(UnknownPlugin) as caught:
        connect().plugin(DOCTOR)
    assert "\x1b" not in str(caught.value)


# --- around it


def test_a_proxy_of_the_environment_is_used(
    hostile: Hostile, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", address.removesuffix("/automatosx"))
    with RemoteRegistry("http://plugins.example.org/automatosx", tmp_path, limits=QUICK) as remote:
        assert remote.plugin(DOCTOR).summary.id == DOCTOR
    assert hostile.asked[-1].headers["host"] == "plugins.example.org"


def test_a_proxy_that_is_configured_is_used(hostile: Hostile, address: str, tmp_path: Path) -> None:
    proxy = address.removesuffix("/automatosx")
    with RemoteRegistry("http://plugins.example.org/automatosx", tmp_path, limits=QUICK, proxy=proxy) as remote:
        assert remote.plugin(DOCTOR).summary.id == DOCTOR


@pytest.fixture
def certificate(tmp_path: Path, absent: Callable[[str], Any]) -> Path:
    if shutil.which("openssl") is None:
        absent("openssl is not here")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    file = tmp_path / "certificate.pem"
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(file), "-out", str(tmp_path / "c")]
    subprocess.run([*command.split(), *names], check=True, capture_output=True)
    file.write_text(file.read_text() + (tmp_path / "c").read_text())
    return file


def test_a_ca_of_ones_own_is_trusted_where_it_is_named_and_only_there(
    hostile: Hostile, tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with hostile.serving(tls=context) as address:
        with pytest.raises(RegistryUnreachable, match=r"c\.RegistryConnection\.ca_file"):
            ask(address, tmp_path)
        assert hostile.asked == []
        assert ask(address, tmp_path, ca_file=str(certificate)) == DOCTOR
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert ask(address, tmp_path) == DOCTOR


def ask(address: str, folder: Path, **options: Any) -> str:
    with RemoteRegistry(address, folder / "another-cache", limits=QUICK, **options) as remote:
        return remote.plugin(DOCTOR).summary.id


def test_a_file_that_is_no_certificate_is_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    for file in ("ca.pem", "missing.pem"):
        with pytest.raises(InvalidConfiguration, match=file):
            RemoteRegistry("https://a.b", tmp_path, ca_file=str(tmp_path / file))


def test_every_error_of_the_client_says_what_to_do() -> None:
    for error in (RegistryRefused("https://a.b", 403, False), RegistryAnswerInvalid("https://a.b", "says no")):
        assert isinstance(error, AutomatosxError)
        assert error.next_step().startswith("Nothing was changed.")
