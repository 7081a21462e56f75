from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from automatosx_nb import package
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


async def test_following_the_next_links_visits_every_plugin_once(fetch: Fetch) -> None:
    found, params = [], {"size": "1", "sort": "name", "q": "tables"}
    while params:
        response = await fetch("plugins", params=params)
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


UNANSWERABLE: tuple[tuple[tuple[str, ...], dict[str, str], int, str], ...] = (
    (("plugins", "acme.csv-docter"), {}, 404, "unknown-plugin"),
    (("plugins", "acme.csv-docter", "versions"), {}, 404, "unknown-plugin"),
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
        assert set(problem) == set(DOCUMENT["components"]["schemas"]["Problem"]["required"])


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


async def test_the_extensions_own_address_leads_to_the_plugins(jp_fetch: Fetch) -> None:
    response = await jp_fetch("automatosx", follow_redirects=False, raise_error=False)
    assert response.code == 302
    assert response.headers["Location"].endswith("/automatosx/api/v1/plugins")


async def test_the_registry_is_never_asked_on_the_servers_own_thread(jp_serverapp: Any, get_json: Fetch) -> None:
    shelf = jp_serverapp.web_app.settings["automatosx_shelf"]
    await get_json("healthz")
    asked = await shelf.ask(lambda _registry: threading.current_thread())
    assert asked is not threading.main_thread()
