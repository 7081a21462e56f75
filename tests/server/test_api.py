from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from automatosx_nb import package
from automatosx_nb.model.identity import owner
from automatosx_nb.model.release import Advisory
from automatosx_nb.model.semver import Range
from automatosx_nb.registry.service import EmbeddedRegistry
from automatosx_nb.server.openapi import DOCUMENT

Fetch = Callable[..., Awaitable[Any]]


async def test_searching_gives_a_page_with_facets(get_json: Fetch) -> None:
    page = await get_json("plugins", params={"q": "docter", "size": "5"})
    assert [item["id"] for item in page["items"]] == ["acme.csv-doctor"]
    assert page["items"][0]["version"] == "1.1.0"
    assert page["facets"]["category"] == {"data-quality": 1}
    assert (page["total"], page["next"]) == (1, None)


async def test_filters_and_sort_are_passed_on(get_json: Fetch) -> None:
    page = await get_json("plugins", params={"publisher": "acme", "verified": "false", "sort": "name"})
    assert [item["id"] for item in page["items"]] == ["acme.csv-doctor", "acme.geo-join"]
    assert (await get_json("plugins", params={"verified": "true"}))["total"] == 0
    assert (await get_json("plugins", params={"category": "geospatial"}))["total"] == 1


OF_THOUSANDS = ",".join(["python==3.12.4", "pandas==2.2.3", *(f"package-{number}==1.0" for number in range(700))])
"""An environment as it is for somebody who says all that is installed, longer than our own client makes an address."""


@pytest.mark.parametrize("more", [{}, {"compatible": OF_THOUSANDS}], ids=["short", "long"])
async def test_following_the_next_links_visits_every_plugin_once(fetch: Fetch, more: dict[str, str]) -> None:
    found, params = [], {"size": "1", "sort": "name", "q": "tables", **more}
    while params:
        response = await fetch("plugins", params=params)
        assert response.code == 200, response.body
        found += [item["id"] for item in json.loads(response.body)["items"]]
        link = response.headers.get("Link")
        if link is None:
            break
        url, _, relation = link.partition(">; ")
        assert relation == 'rel="next"'
        parts = urlsplit(url.removeprefix("<"))
        assert parts.path.endswith("/automatosx/api/v1/plugins")
        params = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert found == ["acme.csv-doctor", "acme.geo-join", "nordic.plots"]


async def test_a_plugin_comes_with_its_texts_and_releases(get_json: Fetch) -> None:
    detail = await get_json("plugins", "acme.csv-doctor")
    assert detail["summary"]["permissions"] == {"storage": "Keeps what it found."}
    assert detail["readme"] == "# Read me\n"
    assert [release["version"] for release in detail["releases"]] == ["1.1.0", "1.0.0"]
    versions = await get_json("plugins", "acme.csv-doctor", "versions")
    assert versions == {"id": "acme.csv-doctor", "versions": detail["releases"]}


async def test_a_release_comes_with_its_changelog(get_json: Fetch) -> None:
    release = await get_json("plugins", "acme.csv-doctor", "1.0.0")
    assert (release["id"], release["version"], release["packages"]) == ("acme.csv-doctor", "1.0.0", ["pandas>=2"])
    assert release["changelog"] == "## 1.0.0\n\nBetter.\n"


async def test_an_artifact_is_the_bytes_that_were_published(fetch: Fetch, get_json: Fetch) -> None:
    release = await get_json("plugins", "acme.csv-doctor", "1.0.0")
    response = await fetch("plugins", "acme.csv-doctor", "1.0.0", "artifact")
    assert response.headers["Content-Type"] == "application/zip"
    assert "immutable" in response.headers["Cache-Control"]
    assert response.headers["Etag"] == f'"{release["sha256"]}"'
    assert 'filename="acme.csv-doctor-1.0.0.axp"' in response.headers["Content-Disposition"]
    assert hashlib.sha256(response.body).hexdigest() == release["sha256"]
    assert str(package.read(response.body).manifest.version) == "1.0.0"


async def test_a_client_that_has_it_gets_304_and_no_body(fetch: Fetch) -> None:
    for path in (("plugins",), ("plugins", "acme.csv-doctor"), ("openapi.json",)):
        first = await fetch(*path)
        assert first.headers["Cache-Control"] == "private, no-cache"
        again = await fetch(*path, headers={"If-None-Match": first.headers["Etag"]})
        assert (again.code, again.body) == (304, b""), path
        other = await fetch(*path, headers={"If-None-Match": '"other"'})
        assert other.code == 200


async def test_an_artifact_that_the_client_has_is_not_counted_as_a_download(fetch: Fetch, get_json: Fetch) -> None:
    path = ("plugins", "nordic.plots", "2.0.0", "artifact")
    first = await fetch(*path)
    again = await fetch(*path, headers={"If-None-Match": first.headers["Etag"]})
    assert (again.code, again.body) == (304, b"")
    assert (await get_json("plugins", "nordic.plots"))["summary"]["downloads"] == 1


ARTIFACT = ("plugins", "acme.csv-doctor", "1.0.0", "artifact")


@pytest.mark.parametrize(
    ("asked", "start", "stop"), [("7-", 7, None), ("7-20", 7, 21), ("7-9999999", 7, None), ("-5", -5, None)]
)
async def test_a_part_of_an_artifact_is_sent_where_that_is_asked_for(
    fetch: Fetch, asked: str, start: int, stop: int | None
) -> None:
    whole = await fetch(*ARTIFACT)
    part = await fetch(*ARTIFACT, headers={"Range": f"bytes={asked}", "If-Range": whole.headers["Etag"]})
    assert (part.code, part.body) == (206, whole.body[start:stop])
    first = start % len(whole.body)
    said = f"bytes {first}-{first + len(part.body) - 1}/{len(whole.body)}"
    assert (whole.headers["Accept-Ranges"], part.headers["Content-Range"]) == ("bytes", said)


async def test_the_unit_of_a_range_is_the_same_in_capitals(fetch: Fetch) -> None:
    assert (await fetch(*ARTIFACT, headers={"Range": "Bytes=0-8"})).code == 206


@pytest.mark.parametrize("asked", ["lines=1-2", "bytes=1-2,5-6", "bytes=-", "bytes=9-2", "nonsense"])
async def test_what_is_no_single_range_of_bytes_is_answered_with_everything(fetch: Fetch, asked: str) -> None:
    whole, again = await fetch(*ARTIFACT), await fetch(*ARTIFACT, headers={"Range": asked})
    assert (again.code, again.body) == (200, whole.body)


async def test_a_part_of_what_has_changed_since_is_answered_with_everything(fetch: Fetch) -> None:
    whole = await fetch(*ARTIFACT)
    again = await fetch(*ARTIFACT, headers={"Range": "bytes=7-", "If-Range": '"another"'})
    assert (again.code, again.body) == (200, whole.body)


@pytest.mark.parametrize("asked", ["999999999-", "-0"])
async def test_a_range_without_a_byte_is_416_and_says_how_many_there_are(fetch: Fetch, asked: str) -> None:
    whole, none = await fetch(*ARTIFACT), await fetch(*ARTIFACT, headers={"Range": f"bytes={asked}"})
    assert (none.code, none.headers["Content-Range"]) == (416, f"bytes */{len(whole.body)}")
    assert none.headers["Content-Type"] == "application/problem+json"


async def test_only_a_download_from_its_first_byte_is_counted(fetch: Fetch, get_json: Fetch) -> None:
    await fetch(*ARTIFACT, headers={"Range": "bytes=0-"})
    await fetch(*ARTIFACT, headers={"Range": "bytes=9-"})
    assert (await get_json("plugins", "acme.csv-doctor"))["summary"]["downloads"] == 1


async def test_the_index_has_what_a_resolver_needs_and_what_was_yanked_or_is_advised_against(
    get_json: Fetch, registry_home: Path
) -> None:
    with EmbeddedRegistry(registry_home) as registry:
        registry.advisories.put(owner(), Advisory("A-1", "acme.csv-doctor", Range.parse("<1.1"), "high", "It leaks."))
    index = await get_json("index", "acme.csv-doctor")
    newest, oldest = index["releases"]
    assert (index["id"], newest["version"], oldest["version"]) == ("acme.csv-doctor", "1.1.0", "1.0.0")
    assert (oldest["engine"], oldest["packages"], oldest["yanked"]) == ("^1.0", ["pandas>=2"], None)
    assert [(each["id"], each["range"]) for each in oldest["advisories"]] == [("A-1", "<1.1")]
    assert "readme" not in oldest


UNANSWERABLE: tuple[tuple[tuple[str, ...], dict[str, str], int, str], ...] = (
    (("plugins", "acme.csv-docter"), {}, 404, "unknown-plugin"),
    (("plugins", "acme.csv-docter", "versions"), {}, 404, "unknown-plugin"),
    (("index", "acme.csv-docter"), {}, 404, "unknown-plugin"),
    (("plugins", "acme.csv-doctor", "9.0.0"), {}, 404, "unknown-release"),
    (("plugins", "acme.csv-doctor", "9.0.0", "artifact"), {}, 404, "unknown-release"),
    (("plugins", "acme.nobody", "9.0.0", "artifact"), {}, 404, "unknown-plugin"),
    (("plugins",), {"size": "0"}, 400, "invalid-search"),
    (("plugins",), {"size": "many"}, 400, "invalid-search"),
    (("plugins",), {"size": "-1"}, 400, "invalid-search"),
    (("plugins",), {"sort": "stars"}, 400, "invalid-search"),
    (("plugins",), {"verified": "perhaps"}, 400, "invalid-search"),
    (("plugins",), {"cursor": "nonsense"}, 400, "invalid-search"),
    (("plugins",), {"q": "x" * 300}, 400, "invalid-search"),
    (("plugins",), {"page": "2"}, 400, "invalid-search"),
    (("nothing", "here"), {}, 404, "http-404"),
)


async def test_what_cannot_be_answered_is_a_problem_document(fetch: Fetch) -> None:
    for path, params, status, code in UNANSWERABLE:
        response = await fetch(*path, params=params)
        assert response.code == status, (path, params)
        assert response.headers["Content-Type"] == "application/problem+json"
        problem = json.loads(response.body)
        assert (problem["status"], problem["code"]) == (status, code), (path, params)
        more = {"unknown-plugin": {"plugin", "nearest"}, "unknown-release": {"plugin", "version", "available"}}
        more |= {"invalid-search": {"part", "found", "valid"}}
        required = set(DOCUMENT["components"]["schemas"]["Problem"]["required"])
        assert set(problem) == required | more.get(code, set())


async def test_an_unknown_plugins_problem_names_the_nearest(fetch: Fetch) -> None:
    problem = json.loads((await fetch("plugins", "csv-doctor")).body)
    assert problem["type"] == "urn:automatosx:problem:unknown-plugin"
    assert "Did you mean 'acme.csv-doctor'?" in problem["detail"]


async def test_an_altered_artifact_is_a_problem_and_is_not_cached(
    fetch: Fetch, get_json: Fetch, registry_home: Path
) -> None:
    release = await get_json("plugins", "nordic.plots", "2.0.0")
    (registry_home / "blobs" / "sha256" / release["sha256"][:2] / release["sha256"]).write_bytes(b"other")
    response = await fetch("plugins", "nordic.plots", "2.0.0", "artifact")
    assert (response.code, json.loads(response.body)["code"]) == (500, "artifact-mismatch")
    assert "immutable" not in response.headers.get("Cache-Control", "")
    assert release["sha256"] not in response.headers.get("Etag", "")


async def test_a_damaged_registry_is_a_problem_of_the_server_not_of_the_client(
    fetch: Fetch, registry_home: Path
) -> None:
    (registry_home / "registry.sqlite").write_bytes(b"torn " * 1000)
    response = await fetch("plugins")
    assert (response.code, json.loads(response.body)["code"]) == (500, "registry-damaged")


async def test_health_says_how_many_plugins_answer(get_json: Fetch) -> None:
    assert await get_json("healthz") == {"status": "ok", "plugins": 3}


async def test_the_registry_is_never_asked_on_the_servers_own_thread(jp_serverapp: Any, get_json: Fetch) -> None:
    shelf = jp_serverapp.web_app.settings["automatosx_shelf"]
    await get_json("healthz")
    asked = await shelf.ask(lambda _registry: threading.current_thread())
    assert asked is not threading.main_thread()


@pytest.mark.parametrize("said", ["4bf92f3577b34da6a3ce929d0e0e4736", "edge-1:77/2"])
async def test_a_request_keeps_the_id_that_it_came_with_also_where_it_fails(fetch: Fetch, said: str) -> None:
    for path in (("plugins",), ("plugins", "acme.nobody"), ("nothing",)):
        assert (await fetch(*path, headers={"X-Request-Id": said})).headers["X-Request-Id"] == said


@pytest.mark.parametrize("said", ["", "x" * 65, "a b", "<script>"])
async def test_a_request_without_an_id_that_can_be_kept_gets_one_of_its_own(fetch: Fetch, said: str) -> None:
    first, other = [(await fetch("healthz", headers={"X-Request-Id": said})).headers["X-Request-Id"] for _ in range(2)]
    assert len({first, other, said}) == 3


HEADED = (
    ("plugins",),
    ("plugins", "acme.csv-doctor"),
    ("plugins", "acme.csv-doctor", "1.0.0"),
    ("plugins", "acme.csv-doctor", "1.0.0", "artifact"),
    ("plugins", "acme.csv-doctor", "1.0.0", "readme"),
    ("index", "acme.csv-doctor"),
    ("advisories",),
    ("plugins", "acme.nowhere"),
)


@pytest.mark.parametrize("path", HEADED, ids="/".join)
async def test_head_says_what_get_says_without_the_body(fetch: Fetch, path: tuple[str, ...]) -> None:
    before: dict[str, str | None] = {}
    for method in ("HEAD", "GET", "HEAD"):  # the last after what may be given again
        options: dict[str, Any] = {"method": method}
        response = await fetch(*path, **options)
        told = {name: response.headers.get(name) for name in ("Etag", "Content-Type", "Content-Length", "Vary")}
        assert response.code == (404 if path[-1] == "acme.nowhere" else 200)
        assert bool(response.body) is (method == "GET")
        assert before in ({}, told)
        before = told
        had = await fetch(*path, headers={"If-None-Match": told["Etag"] or ""}, **options)
        assert had.code == (304 if told["Etag"] else 404)


async def test_to_ask_for_the_head_of_an_artifact_is_no_download(fetch: Fetch, get_json: Fetch) -> None:
    path = ("plugins", "nordic.plots", "2.0.0", "artifact")
    for said in ({}, {"Range": "bytes=0-1"}):
        head = await fetch(*path, method="HEAD", headers=said)
        assert (head.code, head.headers["Accept-Ranges"]) == (200, "bytes")
    assert (await get_json("plugins", "nordic.plots"))["summary"]["downloads"] == 0


async def test_head_tells_the_anonymous_and_asks_for_what_is_only_posted_nothing(fetch: Fetch) -> None:
    options: dict[str, Any] = {"method": "HEAD"}
    for path in HEADED:
        assert (await fetch(*path, headers={"Authorization": ""}, **options)).code == 403
    assert (await fetch("plan", **options)).code == 405
