"""The short way: what comes over it is what a handler gives, to nobody whom a handler would refuse."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from jupyter_server.auth import Authorizer
from tornado.httputil import HTTPConnection, HTTPHeaders, HTTPServerRequest, RequestStartLine

from automatosx_nb.errors import StorageFailed
from automatosx_nb.model.identity import Actor, Role, Scope, owner
from automatosx_nb.model.release import PluginDetail, SearchQuery
from automatosx_nb.registry.service import EmbeddedRegistry
from automatosx_nb.server.shelf import THREADS, Shelf
from automatosx_nb.server.slim import SETTING, Answer, Slim, downloads
from automatosx_nb.server.slim.currency import ASK_S
from automatosx_nb.server.slim.kept import AGE_S, LARGEST, Kept
from automatosx_nb.server.slim.route import says_more
from automatosx_nb.server.slim.searching import question
from automatosx_nb.server.slim.verdicts import AHEAD_S, REMEMBER_S, Verdict, Verdicts, sight_of
from tests.server.conftest import artifact

Fetch = Callable[..., Awaitable[Any]]
ADM = {"X-Test-User": "adm"}
"""An admin, who sees what a reviewer sees."""
PATHS = (
    "plugins/acme.csv-doctor/1.1.0/files/docs/shot.svg",
    "plugins",
    "plugins?q=table&size=1",
    "plugins/acme.csv-doctor/1.1.0/readme?as=html",
    "plugins/acme.csv-doctor",
    "plugins/acme.csv-doctor/versions",
    "plugins/acme.csv-doctor/1.0.0",
    "plugins/acme.csv-doctor/1.0.0/artifact",
    "index/acme.csv-doctor",
)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def slim(jp_web_app: Any) -> Slim:
    found: Slim = jp_web_app.settings[SETTING]
    return found


@pytest.fixture
def ask(jp_fetch: Fetch) -> Fetch:
    async def get(path: str, **options: Any) -> Any:
        path, _, query = path.partition("?")
        params = dict(part.split("=") for part in query.split("&") if part)
        options = {"raise_error": False, "decompress_response": False, **options}
        return await jp_fetch("automatosx", "api", "v1", *path.split("/"), params=params, **options)

    return get


async def by_the_short_way(ask: Fetch, slim: Slim, path: str, **options: Any) -> Any:
    """Ask until it comes by it: at first the server does not know yet that nothing changed."""
    for _ in range(1000):
        before = slim.answered
        response = await ask(path, **options)
        if slim.answered > before:
            return response
    raise AssertionError(f"{path} never came by the short way")


def told(response: Any) -> dict[str, str]:
    """But what differs from one answer to the next."""
    return {k: v for k, v in response.headers.items() if k not in ("Date", "X-Request-Id", "Set-Cookie")}


async def test_both_ways_give_the_same_answer(ask: Fetch, slim: Slim) -> None:
    for path in PATHS:
        first = await ask(path)
        again = await by_the_short_way(ask, slim, path)
        assert (again.code, again.body) == (first.code, first.body) == (200, first.body), path
        assert told(again) == told(first), path
        assert again.headers["X-Request-Id"] != first.headers["X-Request-Id"]


async def test_what_a_client_has_is_304_by_both(ask: Fetch, slim: Slim) -> None:
    for path in PATHS:
        has = {"If-None-Match": (await by_the_short_way(ask, slim, path)).headers["Etag"]}
        short = await by_the_short_way(ask, slim, path, headers=has)
        slim.wrote()
        long = await ask(path, headers=has)
        assert (short.code, short.body, long.code, long.body) == (304, b"", 304, b""), path
        assert told(short) == told(long), path
        assert (await by_the_short_way(ask, slim, path, headers={"If-None-Match": '"x"'})).code == 200


async def test_documents_are_gzipped_for_whom_it_suits_and_artifacts_never(ask: Fetch, slim: Slim) -> None:
    packs = {"Accept-Encoding": "br, gzip"}
    for path in PATHS:
        plain = await by_the_short_way(ask, slim, path, headers={"Accept-Encoding": "gzip;q=0, br"})
        assert "Content-Encoding" not in plain.headers
        short = await by_the_short_way(ask, slim, path, headers=packs)
        slim.wrote()
        long = await ask(path, headers=packs)
        assert (told(short), short.body) == (told(long), long.body), path
        if "Content-Encoding" in short.headers:
            assert gzip.decompress(short.body) == plain.body
            assert len(short.body) < len(plain.body)
        assert ("Vary" in short.headers) == (not path.endswith("artifact"))


async def test_the_anonymous_are_refused_after_others_were_let_in(ask: Fetch, slim: Slim) -> None:
    for path in PATHS:
        await by_the_short_way(ask, slim, path)
        for said in ({"Authorization": ""}, {"Authorization": "token wrong"}, {"Authorization": "Bearer wrong"}):
            before = slim.answered
            assert (await ask(path, headers=said)).code == 403, (path, said)
            assert slim.answered == before


async def test_a_page_of_another_origin_is_refused_after_this_one_was_let_in(ask: Fetch, slim: Slim) -> None:
    for path in PATHS:
        await by_the_short_way(ask, slim, path, headers={"Authorization": ""} | await cookie(ask))
        elsewhere = {"Authorization": "", "Origin": "https://elsewhere.example"} | await cookie(ask)
        for _ in range(3):
            assert (await ask(path, headers=elsewhere)).code in (403, 404), path


async def test_another_host_is_refused_after_this_one_was_let_in(ask: Fetch, slim: Slim) -> None:
    for path in PATHS:
        await by_the_short_way(ask, slim, path)
        for _ in range(3):
            assert (await ask(path, headers={"Host": "rebound.example"})).code == 403, path


async def cookie(ask: Fetch) -> dict[str, str]:
    """A browser's, as logging in with the token sets it."""
    if not hasattr(cookie, "of"):
        cookie.of = {}  # type: ignore[attr-defined]
    found = cookie.of.get(ask)  # type: ignore[attr-defined]
    if found is None:
        response = await ask("healthz")
        found = {"Cookie": response.headers["Set-Cookie"].partition(";")[0]}
        cookie.of[ask] = found  # type: ignore[attr-defined]
    return dict(found)


class OnlySearch(Authorizer):
    """Looks at the path, which it need not."""

    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        return not Closed.closed and handler.request.path.endswith("plugins")


class Closed:
    closed = False


@pytest.fixture
def only_search(jp_server_config: dict[str, Any]) -> None:
    jp_server_config["ServerApp"]["authorizer_class"] = OnlySearch


@pytest.mark.usefixtures("only_search")
async def test_an_authorizer_is_asked_for_each_path(ask: Fetch, slim: Slim) -> None:
    await by_the_short_way(ask, slim, "plugins")
    for path in PATHS:
        if path.partition("?")[0] == "plugins":
            continue
        for _ in range(3):
            assert (await ask(path)).code == 403, path


async def test_a_verdict_is_not_believed_after_some_seconds(ask: Fetch, slim: Slim) -> None:
    clock = Clock()
    slim._verdicts._clock = clock
    await by_the_short_way(ask, slim, "plugins")
    for _ in range(2):
        clock.now += REMEMBER_S * 0.3
        before = slim.answered
        await ask("plugins")
        assert slim.answered == before + 1
    clock.now += REMEMBER_S * 0.5
    before = slim.answered
    await ask("plugins")
    assert slim.answered == before, "a verdict became older by being used"


async def test_one_request_renews_a_verdict_for_all_before_it_ends(ask: Fetch, slim: Slim) -> None:
    clock = Clock()
    slim._verdicts._clock = clock
    await by_the_short_way(ask, slim, "plugins")
    clock.now += REMEMBER_S - AHEAD_S / 2
    before = slim.answered
    await ask("plugins")
    assert slim.answered == before
    clock.now += AHEAD_S
    await ask("plugins")
    assert slim.answered == before + 1


async def test_whatever_is_written_takes_every_verdict_back_at_once(ask: Fetch, slim: Slim) -> None:
    await by_the_short_way(ask, slim, "plugins")
    await ask("plan", method="POST", body=json.dumps({"wanted": {}}))
    assert slim._verdicts.get(next(iter(slim._verdicts._verdicts))) is not None, "a plan changes nothing"
    slim.wrote()
    before = slim.answered
    assert (await ask("plugins")).code == 200
    assert slim.answered == before


async def test_a_token_in_the_address_always_goes_the_whole_way(ask: Fetch, slim: Slim, jp_serverapp: Any) -> None:
    for _ in range(5):
        asked = f"plugins?token={jp_serverapp.identity_provider.token}"
        assert (await ask(asked, headers={"Authorization": ""})).code == 200
    assert slim.answered == 0


async def test_what_another_process_publishes_is_told_within_two_seconds(
    ask: Fetch, slim: Slim, registry_home: Path, tmp_path: Path
) -> None:
    clock = Clock()
    slim._currency._clock = clock
    before = json.loads((await by_the_short_way(ask, slim, "plugins")).body)["total"]
    await by_the_short_way(ask, slim, "plugins/acme.geo-join")
    with EmbeddedRegistry(registry_home) as elsewhere:
        elsewhere.publish(artifact(tmp_path / "new", "acme.new", "1.0.0", "text"))
        elsewhere.publish(artifact(tmp_path / "geo", "acme.geo-join", "0.2.0", "geospatial"))
    clock.now += 2.0
    assert json.loads((await ask("plugins")).body)["total"] == before + 1
    clock.now += 2.0
    assert json.loads((await ask("plugins/acme.geo-join")).body)["summary"]["version"] == "0.2.0"
    clock.now += 0.6
    await by_the_short_way(ask, slim, "plugins")
    assert json.loads((await by_the_short_way(ask, slim, "plugins")).body)["total"] == before + 1


class TestWithPeople:
    @pytest.fixture
    def jp_server_config(self, shared: dict[str, Any], registry_home: Path) -> dict[str, Any]:
        with EmbeddedRegistry(registry_home) as registry:
            self.token = registry.tokens.new(owner(), "ci", frozenset(Scope), 1, user="ada")
            registry.access.grant_role(owner(), "ada", Role.REVIEWER)
            registry.access.put_member(owner(), "acme", "ada", owner=True)
        return shared

    @pytest.mark.parametrize("taken", ["token", "role", "member"])
    async def test_what_another_node_takes_from_somebody_is_not_let_in_by_memory(
        self, ask: Fetch, slim: Slim, registry_home: Path, taken: str
    ) -> None:
        clock = Clock()
        slim._currency._clock = slim._verdicts._clock = clock
        headers = {"Authorization": f"token {self.token.secret}"}
        await by_the_short_way(ask, slim, "plugins", headers=headers)
        with EmbeddedRegistry(registry_home) as elsewhere:
            if taken == "token":
                elsewhere.tokens.revoke(owner(), self.token.token.id)
            elif taken == "role":
                elsewhere.access.withdraw_role(owner(), "ada", Role.REVIEWER)
            else:
                elsewhere.access.put_member(owner(), "acme", "bob", owner=True)
                elsewhere.access.remove_member(owner(), "acme", "ada")
        clock.now += ASK_S
        while slim._currency._told < clock.now:  # until it asked what changed
            await ask("index/acme.csv-doctor", headers=ADM)
        await by_the_short_way(ask, slim, "plugins", headers=ADM)
        before = slim.answered
        answer = await ask("plugins", headers=headers)
        assert slim.answered == before
        assert answer.code == (401 if taken == "token" else 200)

    async def test_what_changes_of_many_plugins_at_once_hides_nothing_else(
        self, ask: Fetch, slim: Slim, registry_home: Path
    ) -> None:
        with EmbeddedRegistry(registry_home) as elsewhere:
            begun, _ = elsewhere.changes(None)
            elsewhere.access.verify(owner(), "acme", verified=True)
            assert sorted(elsewhere.changes(begun)[1] or ()) == ["acme.csv-doctor", "acme.geo-join"]
            elsewhere.tokens.revoke(owner(), self.token.token.id)
            assert elsewhere.changes(begun)[1] is None, "two changes, of which one is of two plugins"


async def test_a_registry_that_is_gone_is_not_told_from_memory_for_long(ask: Fetch, slim: Slim) -> None:
    clock = Clock()
    slim._currency._clock = clock
    await by_the_short_way(ask, slim, "plugins/acme.geo-join")

    def gone() -> EmbeddedRegistry:
        raise StorageFailed("/gone", "no such disk")

    slim._currency._shelf = Shelf(gone)
    clock.now += 2.0
    before = slim.answered
    await ask("plugins/acme.geo-join")
    assert slim.answered == before
    slim._currency._shelf.close()


async def test_who_asks_after_a_pause_waits_for_the_word_that_nothing_changed_and_goes_the_short_way(
    ask: Fetch, slim: Slim
) -> None:
    clock = Clock()
    slim._currency._clock = clock
    await by_the_short_way(ask, slim, "plugins/acme.geo-join")
    clock.now += 2.0
    before = slim.answered
    codes = [each.code for each in await asyncio.gather(*(ask("plugins/acme.geo-join") for _ in range(8)))]
    assert (codes, slim.answered) == ([200] * 8, before + 8)


async def test_of_many_who_ask_for_the_same_at_once_one_goes_the_whole_way(
    ask: Fetch, slim: Slim, monkeypatch: pytest.MonkeyPatch
) -> None:
    await by_the_short_way(ask, slim, "plugins")
    asked = []
    whole = EmbeddedRegistry.plugin

    def counted(registry: EmbeddedRegistry, plugin: str) -> PluginDetail:
        asked.append(plugin)
        return whole(registry, plugin)

    monkeypatch.setattr(EmbeddedRegistry, "plugin", counted)
    found = await asyncio.gather(*(ask("plugins/acme.geo-join") for _ in range(8)))
    assert {each.code for each in found} == {200}
    assert len({each.body for each in found}) == 1
    assert len(asked) == 1
    await asyncio.gather(*(ask("plugins/acme.geo-join", headers={"Authorization": f"token {n}"}) for n in range(8)))
    assert len(asked) == 1, "a stranger was answered"


async def test_of_many_who_are_refused_at_once_each_is_refused(ask: Fetch, slim: Slim) -> None:
    await by_the_short_way(ask, slim, "plugins")
    found = await asyncio.gather(*(ask("plugins", headers={"Authorization": "token wrong"}) for _ in range(8)))
    assert [each.code for each in found] == [403] * 8
    found = await asyncio.gather(*(ask("plugins/acme.nobody") for _ in range(8)))
    assert [each.code for each in found] == [404] * 8


async def test_a_search_that_nobody_asked_before_needs_no_handler_and_says_what_one_says(
    ask: Fetch, slim: Slim
) -> None:
    await by_the_short_way(ask, slim, "plugins")
    for path in ("plugins?q=csv", "plugins?size=1&sort=name", "plugins?q=nothinghere", "plugins?category=text"):
        before = slim.answered
        short = await ask(path)
        assert slim.answered == before + 1, path
        slim.wrote()
        long = await ask(path)
        assert slim.answered == before + 1
        assert (told(short), short.body) == (told(long), long.body), path
        await by_the_short_way(ask, slim, "plugins")


@pytest.mark.parametrize("path", ["plugins?size=0", "plugins?q=a&nothing=1", "plugins?sort=best"])
async def test_a_search_that_is_none_is_told_so_by_the_handler(ask: Fetch, slim: Slim, path: str) -> None:
    await by_the_short_way(ask, slim, "plugins")
    before = slim.answered
    assert (await ask(path)).code == 400
    assert slim.answered == before


async def test_a_new_search_finds_nothing_for_whom_a_handler_refuses(ask: Fetch, slim: Slim) -> None:
    await by_the_short_way(ask, slim, "plugins")
    before = slim.answered
    for said in (
        {"Authorization": ""},
        {"Authorization": "token wrong"},
        {"Host": "rebound.example"},
        {"Authorization": "", "Origin": "https://elsewhere.example"},
    ):
        for n in range(2):
            assert (await ask(f"plugins?q=csv{n}", headers=said)).code == 403, said
    assert slim.answered == before


@pytest.mark.parametrize(
    ("address", "read"),
    [
        ("/plugins?q=csv&size=3", SearchQuery("csv", size=3)),
        ("/plugins?q=a&q=b", SearchQuery("b")),
        ("/plugins?q=%C3%A9t%C3%A9", SearchQuery("été")),
        ("/plugins?q=%20csv", None),
        ("/plugins?q=csv%0A", None),
        ("/plugins?q=%FF", None),
        ("/plugins?size=0x", None),
        ("/plugins?_xsrf=1", None),
    ],
)
def test_an_address_is_read_as_a_handler_reads_it_or_left_to_one(address: str, read: SearchQuery | None) -> None:
    line = RequestStartLine("GET", address, "HTTP/1.1")
    request = HTTPServerRequest(start_line=line, headers=HTTPHeaders({"Host": "x"}), connection=HTTPConnection())
    assert question(request) == read


async def test_who_waits_for_one_that_has_no_answer_goes_the_whole_way(
    ask: Fetch, slim: Slim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("automatosx_nb.server.slim.waiting.LONGEST_S", 0.05)
    monkeypatch.setattr(slim._leaders, "of", lambda _kind: asyncio.get_running_loop().create_future())
    assert (await ask("plugins/acme.geo-join")).code == 200


async def test_who_goes_away_while_it_waits_is_no_trouble(
    ask: Fetch, slim: Slim, http_server_port: Any, jp_base_url: str, jp_auth_header: dict[str, str]
) -> None:
    await by_the_short_way(ask, slim, "plugins")
    slim.wrote()
    said = f"Host: 127.0.0.1\r\nAuthorization: {jp_auth_header['Authorization']}\r\n\r\n"
    for _ in range(8):
        _, gone = await asyncio.open_connection("127.0.0.1", http_server_port[1])
        gone.write(f"GET {jp_base_url}automatosx/api/v1/plugins HTTP/1.1\r\n{said}".encode())
        gone.close()
    assert (await ask("plugins")).code == 200
    assert not slim._leaders._led


@pytest.mark.parametrize(
    ("version", "said", "kept"), [("1.1", "", True), ("1.1", "close", False), ("1.0", "keep-alive", True)]
)
async def test_a_connection_is_kept_as_its_client_asks(
    ask: Fetch,
    slim: Slim,
    http_server_port: Any,
    jp_base_url: str,
    jp_auth_header: dict[str, str],
    version: str,
    said: str,
    kept: bool,
) -> None:
    await by_the_short_way(ask, slim, "plugins")
    reader, writer = await asyncio.open_connection("127.0.0.1", http_server_port[1])
    head = f"GET {jp_base_url}automatosx/api/v1/plugins HTTP/{version}\r\nHost: 127.0.0.1:{http_server_port[1]}\r\n"
    head += f"Authorization: {jp_auth_header['Authorization']}\r\n" + (f"Connection: {said}\r\n" if said else "")
    for _ in range(3 if kept else 1):
        writer.write(f"{head}\r\n".encode())
        answer = (await reader.readuntil(b"\r\n\r\n")).decode()
        assert answer.startswith("HTTP/1.1 200")
        assert ("Connection: close" in answer) == (not kept)
        await reader.readexactly(int(re.findall("Content-Length: ([0-9]+)", answer)[0]))
    if not kept:
        assert await reader.read() == b""
    writer.close()


async def test_what_may_say_outside_the_headers_who_asks_goes_the_whole_way(
    jp_fetch: Fetch, ask: Fetch, slim: Slim, jp_serverapp: Any
) -> None:
    """Jupyter decodes the query before it looks for a token there, and looks into a body, too."""
    await by_the_short_way(ask, slim, "plugins")
    token = jp_serverapp.identity_provider.token
    before = slim.answered
    base = ("automatosx", "api", "v1", "plugins")
    for options in ({"params": {"token": token}}, {"body": f"token={token}", "allow_nonstandard_methods": True}):
        for _ in range(3):
            assert (await jp_fetch(*base, **options)).code == 200
    assert slim.answered == before
    said = [RequestStartLine("GET", f"/x?{query}", "HTTP/1.1") for query in ("%74oken=1", "token=1", "q=token")]
    requests = [
        HTTPServerRequest(start_line=line, headers=HTTPHeaders({"Host": "x"}), connection=HTTPConnection())
        for line in said
    ]
    assert [says_more(each) for each in requests] == [True, True, False]


async def test_downloads_by_the_short_way_are_counted_together(ask: Fetch, slim: Slim, jp_web_app: Any) -> None:
    path = "plugins/acme.csv-doctor/1.0.0/artifact"
    codes = []

    async def asking(path: str, **options: Any) -> Any:
        codes.append((response := await ask(path, **options)).code)
        return response

    for _ in range(3):
        etag = (await by_the_short_way(asking, slim, path)).headers["Etag"]
    assert (await by_the_short_way(asking, slim, path, headers={"If-None-Match": etag})).code == 304
    assert (await asking(path, headers={"Range": "bytes=0-3"})).code == 206
    await slim.close()
    counted = await jp_web_app.settings["automatosx_shelf"].ask(lambda each: each.plugin("acme.csv-doctor"))
    assert counted.summary.downloads == codes.count(200) + codes.count(206), (
        "all that were given whole or from the first byte on, and no 304"
    )


async def test_downloads_that_are_being_told_when_the_server_ends_are_counted(
    ask: Fetch, slim: Slim, jp_web_app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The telling is under way, and has not reached the registry: all threads for questions are taken."""
    monkeypatch.setattr(downloads, "TELL_S", 0.0)
    shelf: Shelf = jp_web_app.settings["automatosx_shelf"]
    before = await shelf.ask(lambda each: each.plugin("acme.csv-doctor").summary.downloads)
    go = threading.Event()
    held = [asyncio.ensure_future(shelf.ask(lambda _: go.wait(60))) for _ in range(THREADS)]
    slim._downloads.count("acme.csv-doctor", "1.0.0")
    while slim._downloads._telling is None or slim._downloads._counts:
        await asyncio.sleep(0)
    closing = asyncio.ensure_future(slim.close())
    for _ in range(5):
        await asyncio.sleep(0)
    assert not closing.done(), "it does not end before what it counted is told"
    go.set()
    await closing
    assert slim._downloads._telling.done()
    await asyncio.gather(*held)
    assert await shelf.ask(lambda each: each.plugin("acme.csv-doctor").summary.downloads) == before + 1


def test_who_sees_the_same_is_given_the_same() -> None:
    nobody, ada, bob = Actor("n"), Actor("ada", publishers=frozenset({"acme"})), Actor("bob", frozenset({Role.ADMIN}))
    assert sight_of(nobody) == sight_of(Actor("m")) != sight_of(ada)
    assert sight_of(bob) != sight_of(Actor("x", publishers=frozenset({"all"})))
    assert len({sight_of(each) for each in (nobody, ada, bob)}) == 3


def test_what_is_kept_is_given_to_nobody_who_sees_something_else() -> None:
    kept = Kept(Clock())
    kept.put("/a", "acme", Answer.of(b"draft", "text/plain", ""), "acme.a")
    assert kept.get("/a", "acme") is not None
    assert kept.get("/a", "") is None


def test_what_is_kept_takes_no_more_than_it_may_and_ends_with_its_age() -> None:
    clock = Clock()
    kept = Kept(clock, most=50_000)
    for number in range(100):
        kept.put(f"/{number}", "", Answer.of(b"x" * 1000, "text/plain", ""), f"acme.p{number}")
    assert 10 < len(kept) <= 17
    assert kept.get("/0", "") is None
    kept.put("/large", "", Answer.of(b"x" * LARGEST, "text/plain", ""), "acme.large")
    assert kept.get("/large", "") is None
    assert kept.get("/99", "") is not None
    clock.now += AGE_S + 1
    assert kept.get("/99", "") is None


def test_a_change_forgets_what_it_is_about_and_every_search() -> None:
    kept = Kept(Clock())
    for uri, about in (("/search", ""), ("/a", "acme.a"), ("/b", "acme.b")):
        kept.put(uri, "", Answer.of(b"x", "text/plain", ""), about)
    kept.forget(["acme.a", "acme.unknown"])
    assert [kept.get(uri, "") is None for uri in ("/search", "/a", "/b")] == [True, True, False]
    kept.forget(None)
    assert len(kept) == 0


def test_verdicts_are_only_so_many() -> None:
    verdicts = Verdicts(Clock())
    for number in range(5000):
        verdicts.put(number, Verdict("", ()))
    assert verdicts.get(0) is None
    assert verdicts.get(4999) is not None


@pytest.mark.parametrize(
    ("said", "had"),
    [
        ("", False),
        ("*", True),
        ('"a"', False),
        ('W/"tag"', True),
        ('"x", "tag"', True),
        ('"xtag"', False),
        ("tag", False),
    ],
)
def test_tags_are_compared_weakly(said: str, had: bool) -> None:
    assert Answer(b"", "text/plain", "", 'W/"tag"').is_had(said) is had
