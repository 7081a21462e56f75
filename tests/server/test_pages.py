"""The web page: what it says, how it is sent, and that nothing in it needs more than HTML."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from automatosx_nb import package
from automatosx_nb.model.identity import owner
from automatosx_nb.model.release import Advisory, Stage
from automatosx_nb.model.semver import Range
from automatosx_nb.model.signatures import SUCCESSION, succession_statement
from automatosx_nb.package.signing import SigningKey, sign
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.registry.conftest import write_plugin
from tests.server.pages import Fetch, Outline, outline

PICTURES = Path(__file__).parents[1] / "data" / "pictures"
HOSTILE = '# Hi\n\n<script>alert(1)</script> <img src=x onerror=alert(1)> [x](javascript:alert(1)) "quoted"\n'


@pytest.fixture
def more(registry_home: Path, tmp_path: Path) -> Callable[..., None]:
    """``more(id, version, **parts)`` publishes another release."""

    def publish(plugin: str, version: str, **parts: Any) -> None:
        with EmbeddedRegistry(registry_home) as registry:
            registry.publish(package.build(write_plugin(tmp_path / plugin / version, plugin, version, **parts)))

    return publish


async def test_the_first_page_lists_every_plugin_with_its_link_and_facets(page: Fetch) -> None:
    found = await outline(page)
    assert "3 plugins" in found.text
    assert "acme.csv-doctor on tables." in found.text
    links = [link for link in found.links() if "/plugins/" in link]
    assert sorted(link.rpartition("/")[2] for link in links) == ["acme.csv-doctor", "acme.geo-join", "nordic.plots"]
    assert any(link.endswith("/automatosx/?category=geospatial") for link in found.links())
    assert len([each for _tag, each in found.tags if each.get("id") == "filters"]) == 1


async def test_a_search_keeps_its_words_its_order_and_its_filters(page: Fetch) -> None:
    found = await outline(page, params={"q": "tables", "publisher": "acme", "sort": "name", "category": ""})
    assert found.fields() == {"q": "tables", "publisher": "acme"}
    assert [each["value"] for tag, each in found.tags if tag == "option" and "selected" in each] == ["name"]
    assert "2 plugins for “tables”" in found.text
    assert any(link.endswith("/?q=tables&sort=name") for link in found.links()), "the filter can be taken away"


async def test_what_nobody_finds_says_what_to_do(page: Fetch) -> None:
    found = await outline(page, params={"q": "zzzzqqqq"})
    assert "0 plugins" in found.text
    assert "Fewer words find more" in found.text
    assert [each for _tag, each in found.tags if each.get("id") == "filters"] == [], (
        "no room is kept for filters of nothing"
    )


async def test_pages_of_results_follow_each_other_and_lead_back(page: Fetch, more: Callable[..., None]) -> None:
    for number in range(24):
        more(f"lumen.plugin-{number}", "1.0.0")
    first = await outline(page, params={"sort": "name"})
    (following,) = [each["href"] or "" for tag, each in first.tags if tag == "a" and each.get("rel") == "next"]
    cursor = re.search("cursor=([^&]+)", following)
    assert cursor is not None
    second = await outline(page, params={"sort": "name", "cursor": cursor[1]})
    seen = [link for each in (first, second) for link in each.links() if "/plugins/" in link]
    assert len(seen) == len(set(seen)) == 27
    assert not any(each.get("rel") == "next" for _tag, each in second.tags)
    assert "First page" in second.text


async def test_a_plugins_page_says_all_of_it(page: Fetch) -> None:
    found = await outline(page, "plugins", "acme.csv-doctor")
    for said in (
        "Read me",
        "Keeps what it found.",
        "Low risk",
        "Better.",
        "%ax install acme.csv-doctor",
        "jupyter automatosx install acme.csv-doctor",
        "Python >=3.11, pandas>=2",
        "1.0.0",
        "1.1.0",
        "%doctor",
        "README.md is there.",
        "AUTOMATOSX_REGISTRY=http",
    ):
        assert said in found.text, said
    headings = [tag for tag, _ in found.tags if re.fullmatch("h[1-6]", tag)]
    assert headings[0] == "h1"
    assert headings.count("h1") == 1
    assert all(int(after[1]) - int(before[1]) <= 1 for before, after in pairwise(headings))


async def test_a_signature_is_shown_with_its_key(page: Fetch, registry_home: Path, tmp_path: Path) -> None:
    assert "Signature None" in (await outline(page, "plugins", "acme.geo-join")).text
    data, key = package.build(write_plugin(tmp_path / "signed", "acme.geo-join", "0.2.0")), SigningKey.new()
    with EmbeddedRegistry(registry_home) as registry:
        proof = key.sign(SUCCESSION, succession_statement("acme", "", key.id))
        registry.keys.register(owner(), "acme", key.public_text, "laptop", proof)
        registry.publish(data, signature=sign(package.read(data), key))
    assert f"By the key {key.id[:16]} of acme" in (await outline(page, "plugins", "acme.geo-join")).text
    assert "Signed" in (await outline(page, params={"signed": "true"})).text


async def test_an_older_version_has_its_own_page_and_says_so(page: Fetch) -> None:
    found = await outline(page, "plugins", "acme.csv-doctor", "1.0.0")
    assert "%ax install acme.csv-doctor@1.0.0" in found.text
    assert "You are looking at 1.0.0." in found.text
    assert "Read me" not in found.text, "the readme is the newest version's"


async def test_an_advisory_stands_on_the_pages_of_the_versions_that_it_is_about(
    page: Fetch, registry_home: Path
) -> None:
    with EmbeddedRegistry(registry_home) as registry:
        registry.advisories.put(
            owner(), Advisory("AX-1", "acme.csv-doctor", Range.parse("<1.1"), "high", "It leaks.", disables=True)
        )
    old = await outline(page, "plugins", "acme.csv-doctor", "1.0.0")
    assert "High: It leaks. AX-1 , for versions <1.1. They do not run any more." in old.text
    assert "It leaks." not in (await outline(page, "plugins", "acme.csv-doctor")).text


async def test_what_a_publisher_wrote_stays_text(page: Fetch, more: Callable[..., None]) -> None:
    reason = {"storage": "<b onmouseover=alert(1)>x</b>"}
    source = "from automatosx_nb.sdk import storage\n\ndef run():\n    return storage.get('k')\n"
    more("evil.plugin", "1.0.0", readme=HOSTILE, summary="<script>alert(2)</script>", permissions=reason, source=source)
    for path in ((), ("plugins", "evil.plugin")):
        found = await outline(page, *path)
        assert "alert(2)" in found.text
        scripts = [attributes for tag, attributes in found.tags if tag == "script"]
        assert all("src" in each for each in scripts), "only files of our own"
        assert not any(tag in ("img", "b") for tag, _ in found.tags)
        assert not any(link.startswith("javascript:") for link in found.links())


@pytest.mark.parametrize("path", [(), ("plugins", "acme.csv-doctor"), ("plugins", "acme.nothing"), ("nowhere",)])
async def test_a_page_lets_nothing_run_and_nothing_in_it_needs_to(page: Fetch, path: tuple[str, ...]) -> None:
    response = await page(*path)
    policies = response.headers.get_list("Content-Security-Policy")
    assert any("default-src 'none'" in each and "unsafe" not in each for each in policies)
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"
    for tag, attributes in Outline(response.body.decode()).tags:
        assert tag != "style"
        assert "style" not in attributes, tag
        assert not any(name.startswith("on") for name in attributes), tag


async def test_a_plugin_that_is_none_names_what_is_like_it(page: Fetch) -> None:
    found = await outline(page, "plugins", "acme.csv-docter", status=404)
    assert "Did you mean" in found.text
    assert any(link.endswith("/plugins/acme.csv-doctor") for link in found.links())
    assert "there is no plugin" in found.text
    await outline(page, "plugins", "acme.csv-doctor", "9.9.9", status=404)
    await outline(page, "nowhere", status=404)


async def test_a_search_that_is_none_says_what_is_valid(page: Fetch) -> None:
    assert "relevance, downloads" in (await outline(page, params={"sort": "colour"}, status=400)).text
    await outline(page, params={"cursor": "nonsense"}, status=400)


async def test_what_a_browser_has_it_keeps(page: Fetch) -> None:
    cookie = (await page()).headers["Set-Cookie"].partition(";")[0]
    browser = {"Cookie": cookie, "Authorization": ""}
    for path in ((), ("plugins", "acme.csv-doctor"), ("assets", "page.css")):
        etag = (await page(*path, headers=browser)).headers["Etag"]
        assert etag.startswith("W/"), "gzipped, it is the same"
        assert (await page(*path, headers={**browser, "If-None-Match": etag})).code == 304, path


async def test_what_is_only_read_is_gzipped_for_whom_it_suits_and_no_page_with_a_form(page: Fetch) -> None:
    cookie = (await page()).headers["Set-Cookie"].partition(";")[0]
    for path, suits in (
        ((), True),
        (("plugins", "acme.csv-doctor"), True),
        (("assets", "page.css"), True),
        (("account",), False),
    ):
        plain, packed = [
            await page(*path, headers={"Cookie": cookie, "Authorization": "", **more}, decompress_response=False)
            for more in ({}, {"Accept-Encoding": "gzip"})
        ]
        assert (plain.code, packed.code) == (200, 200)
        assert [each.headers.get("Content-Encoding") for each in (plain, packed)] == [None, "gzip" if suits else None]
        if suits:
            assert gzip.decompress(packed.body) == plain.body
            assert (packed.headers["Vary"], packed.headers["Etag"]) == ("Accept-Encoding", plain.headers["Etag"])


async def test_a_file_that_is_named_with_its_digest_is_kept_for_ever(page: Fetch) -> None:
    home = await outline(page)
    (sheet,) = [each["href"] or "" for tag, each in home.tags if each.get("rel") == "stylesheet"]
    name, _, digest = sheet.rpartition("/")[2].partition("?v=")
    response = await page("assets", name, params={"v": digest})
    assert response.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert response.headers["Content-Type"] == "text/css; charset=utf-8"
    assert "no-cache" in (await page("assets", name, params={"v": "0"})).headers["Cache-Control"]
    assert (await page("assets", "..%2fpage.py")).code == 404


async def test_a_draft_is_on_the_pages_of_whoever_may_see_it_only(
    shared: dict[str, Any], page: Fetch, registry_home: Path, tmp_path: Path
) -> None:
    """In a shared registry: members of its publisher, not whoever is signed in."""
    with EmbeddedRegistry(registry_home) as registry:
        registry.publish(package.build(write_plugin(tmp_path / "draft", "acme.csv-doctor", "1.2.0")), stage=Stage.DRAFT)
        registry.access.put_member(owner(), "acme", "ann")
    seen = {"ann": 200, "bob": 404}
    for user, status in seen.items():
        said = {"headers": {"Authorization": "", "X-Test-User": user}}
        found = await outline(page, "plugins", "acme.csv-doctor", "1.2.0", status=status, **said)
        assert f"Signed in as {user}" in found.text
    nobody = await page(headers={"Authorization": ""}, follow_redirects=False)
    assert nobody.code == 302


async def test_a_token_that_is_refused_is_told_as_such(page: Fetch) -> None:
    found = await outline(page, status=401, headers={"Authorization": "Bearer axp_nothing"})
    assert "token" in found.text


async def test_no_link_carries_a_token(page: Fetch, jp_serverapp: Any) -> None:
    token = jp_serverapp.identity_provider.token
    response = await page(params={"q": "tables", "token": token}, headers={"Authorization": ""})
    assert response.code == 200
    assert token not in response.body.decode()


async def test_a_plugins_page_shows_its_screenshots_and_says_changelog_once(
    page: Fetch, registry_home: Path, tmp_path: Path
) -> None:
    named = 'screenshots = [{file = "docs/two bars.png", alt = "Two <bars>"}]'
    folder = write_plugin(tmp_path / "shown", "acme.shown", more=named, changelog="# Changelog\n\n## 1.0.0\n\nFirst.\n")
    (folder / "docs").mkdir()
    (folder / "docs" / "two bars.png").write_bytes((PICTURES / "bars.png").read_bytes())
    with EmbeddedRegistry(registry_home) as registry:
        registry.publish(package.build(folder))
    response = await page("plugins", "acme.shown")
    found = Outline(response.body.decode())
    (shot,) = [each for tag, each in found.tags if tag == "img"]
    assert (shot["alt"], shot["width"], shot["height"], shot["loading"]) == (
        "Two <bars> (in full size)",
        "96",
        "64",
        "lazy",
    )
    assert (shot["src"] or "").endswith("/api/v1/plugins/acme.shown/1.0.0/files/docs/two%20bars.png")
    assert shot["src"] in found.links(), "the picture in full is a link away"
    assert "img-src 'self'" in " ".join(response.headers.get_list("Content-Security-Policy"))
    assert re.findall("<h[1-6][^>]*>(Changelog)", response.body.decode()) == ["Changelog"]
    assert "Screenshots" not in (await outline(page, "plugins", "acme.csv-doctor")).text
