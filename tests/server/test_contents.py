"""What is in a release, and what a browser may do with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from automatosx_nb import package
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.server.conftest import write

Fetch = Callable[..., Awaitable[Any]]
RELEASE = ("plugins", "acme.csv-doctor", "1.1.0")
PICTURES = Path(__file__).parents[1] / "data" / "pictures"
EVIL = "# Hi\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1)) ![a picture](https://elsewhere.example/x.png)\n"


async def test_readme_changelog_and_manifest_are_as_they_were_published(fetch: Fetch) -> None:
    for what, media_type, begins in (
        ("readme", "text/markdown", b"# Read me"),
        ("changelog", "text/markdown", b"## 1.1.0"),
        ("manifest", "application/toml", b"\nschema = 1"),
    ):
        response = await fetch(*RELEASE, what)
        assert response.code == 200
        assert response.headers["Content-Type"].partition(";")[0] == media_type
        assert response.body.startswith(begins)
        assert "immutable" in response.headers["Cache-Control"]


async def test_what_is_asked_for_as_html_has_nothing_in_it_that_acts(
    fetch: Fetch, registry_home: Path, tmp_path: Path
) -> None:
    folder = write(tmp_path / "evil", "acme.evil", "1.0.0", "text")
    (folder / "README.md").write_text(EVIL, "utf-8")
    with EmbeddedRegistry(registry_home) as registry:
        registry.publish(package.build(folder))
    shown = await fetch("plugins", "acme.evil", "1.0.0", "readme", params={"as": "html"})
    assert shown.headers["Content-Type"] == "text/html; charset=utf-8"
    text = shown.body.decode()
    assert "<script" not in text
    assert "href=" not in text
    assert "<img" not in text
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert (await fetch("plugins", "acme.evil", "1.0.0", "readme")).body.decode() == EVIL


async def test_pictures_are_shown_in_a_sandbox_under_their_own_type(fetch: Fetch) -> None:
    response = await fetch(*RELEASE, "files", "docs", "shot.svg")
    assert response.headers["Content-Type"] == "image/svg+xml"
    assert response.headers["Content-Security-Policy"].endswith("sandbox")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert b"<svg" in response.body


@pytest.mark.parametrize(
    "path",
    [
        "src/body.py",
        "plugin.toml",
        "README.md",
        "docs",
        "docs/",
        "docs/none.png",
        "docs/../src/body.py",
        "docs/%2e%2e/src/body.py",
        "docs%2f..%2fsrc%2fbody.py",
        "docs//shot.svg",
        "/etc/passwd",
        "docs/shot.svg%00.png",
        "..%2f..%2f..%2fregistry.sqlite",
        "docs\\..\\src\\body.py",
    ],
)
async def test_no_path_leads_to_any_other_file(fetch: Fetch, path: str) -> None:
    response = await fetch(*RELEASE, f"files/{path}")
    assert response.code in (400, 403, 404), response.body


@pytest.mark.parametrize("said", [{"as": "pdf"}, {"form": "html"}, {"as": "html", "form": "x"}])
async def test_a_form_that_is_none_says_which_there_are(fetch: Fetch, said: dict[str, str]) -> None:
    response = await fetch(*RELEASE, "readme", params=said)
    assert response.code == 400
    assert b"markdown or html" in response.body


async def test_to_look_into_a_release_is_no_download(fetch: Fetch, get_json: Fetch) -> None:
    for what in (("readme",), ("changelog",), ("manifest",), ("files", "docs", "shot.svg")):
        assert (await fetch(*RELEASE, *what)).code == 200
    assert (await get_json(*RELEASE[:2]))["summary"]["downloads"] == 0


async def test_a_file_is_only_called_the_picture_that_it_is(fetch: Fetch, registry_home: Path, tmp_path: Path) -> None:
    folder = write(tmp_path / "pictures", "acme.pictures", "1.0.0", "text")
    (folder / "docs").mkdir(exist_ok=True)
    for name in ("bars.png", "bars.jpg", "alpha.webp"):
        (folder / "docs" / name).write_bytes((PICTURES / name).read_bytes())
    for name in ("page.png", "page.gif"):
        (folder / "docs" / name).write_text("<!doctype html><script>alert(1)</script>", "utf-8")
    (folder / "docs" / "jpeg.png").write_bytes((PICTURES / "bars.jpg").read_bytes())
    with EmbeddedRegistry(registry_home) as registry:
        registry.publish(package.build(folder))
    types = {}
    for name in ("bars.png", "bars.jpg", "alpha.webp", "jpeg.png", "page.png", "page.gif"):
        response = await fetch("plugins", "acme.pictures", "1.0.0", "files", "docs", name)
        types[name] = response.headers["Content-Type"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Security-Policy"].endswith("sandbox")
        assert "immutable" in response.headers["Cache-Control"]
    text = "text/plain; charset=utf-8"
    assert types == {
        "bars.png": "image/png",
        "bars.jpg": "image/jpeg",
        "alpha.webp": "image/webp",
        "jpeg.png": "image/jpeg",
        "page.png": text,
        "page.gif": text,
    }
