"""The registry's web page in a real browser: by keyboard alone, without JavaScript, light and dark, wide and narrow."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from automatosx_nb import package
from automatosx_nb.model.identity import Actor, Role, Scope, owner
from automatosx_nb.model.review import ReviewPolicy
from automatosx_nb.model.semver import Range
from automatosx_nb.model.signatures import SUCCESSION, succession_statement
from automatosx_nb.package.signing import SigningKey
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.registry.conftest import write_plugin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

IMAGES = os.environ.get("AUTOMATOSX_IMAGES")
PROFILER = "automatosx.data-profiler"
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
DEEP = "<blockquote><ul><li>" * 10 + "far" + "</li></ul></blockquote>" * 10
"""As deep as our Markdown goes."""

UNLABELLED = """() => [...document.querySelectorAll('input:not([type=hidden]), select, textarea, button, a')]
  .filter((one) => !(one.labels?.length || one.textContent.trim() || one.getAttribute('aria-label')))
  .filter((one) => !one.querySelector('img[alt]:not([alt=""])')).map((one) => one.outerHTML)"""
"""What a screen reader would have no name for."""

ASTRAY = """() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const html = (one) => one.outerHTML.slice(0, 90);
  const twice = (names, what) =>
    names.filter((name, at) => names.indexOf(name) !== at).map((name) => `${what} ${name}`);
  const levels = all('h1, h2, h3, h4, h5, h6').map((one) => Number(one.localName[1]));
  const skips = levels.map((level, at) => [levels[at - 1] ?? 0, level]).filter(([before, level]) => level > before + 1);
  const ids = all('[id]').map((one) => one.id);
  const named = ['aria-labelledby', 'aria-describedby', 'for']
    .flatMap((name) => all(`[${name}]`).flatMap((one) => one.getAttribute(name).split(' ')));
  const landmark = (one) => one.getAttribute('aria-label') ?? one.getAttribute('aria-labelledby');
  const targets = all('button, summary, input, select, .button, .tick')
    .filter((one) => one.type !== 'hidden' && one.checkVisibility() && (one.matches('.tick') || !one.closest('.tick')));
  return [
    ...skips.map(([before, level]) => `h${level} after h${before}`),
    ...twice(ids, 'two elements have the id'),
    ...named.filter((id) => !ids.includes(id)).map((id) => `nothing has the id ${id}`),
    ...all('img:not([alt]), th:not([scope])').map(html),
    ...twice(all('nav, section, aside').map(landmark).filter(Boolean), 'two landmarks are'),
    ...targets.filter((one) => one.getBoundingClientRect().height < 24).map(html),
  ];
}"""
"""What leads astray who hears the page or does not point well: headings that skip a level (WCAG 1.3.1), ids twice or of
nothing, pictures and table heads that say nothing, landmarks of one name, targets below 24 pixels (2.5.8)."""

FAINT = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgb = (colour, below = [255, 255, 255]) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b].map((value, at) => (value * a + below[at] * (255 - a)) / 255);
  };
  const light = (colour) => colour.map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = (one) => {
    const layers = [];
    for (let each = one; each; each = each.parentElement) layers.push(getComputedStyle(each).backgroundColor);
    return layers.reverse().reduce((below, colour) => rgb(colour, below), [255, 255, 255]);
  };
  const texts = [...document.querySelectorAll('body *')].filter((one) =>
    [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()) && one.checkVisibility());
  return texts.map((one) => {
    const below = ground(one);
    const [high, low] = [light(rgb(getComputedStyle(one).color, below)), light(below)].sort((a, b) => b - a);
    return [Math.round(100 * (high + 0.05) / (low + 0.05)) / 100, one.outerHTML.slice(0, 120)];
  }).filter(([ratio]) => ratio < 4.5);
}"""
"""Texts whose contrast is below 4.5: https://www.w3.org/TR/WCAG22/#contrast-minimum"""

Open = Callable[..., "Page"]


@pytest.fixture(scope="module")
def chrome(chromium: str) -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import CHROMIUM_FLAGS

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=CHROMIUM_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@pytest.fixture
def visit(chrome: Browser, server: Any) -> Iterator[Open]:
    """``visit(path, **context)``: a page of the registry for somebody who is signed in; no error may be told there."""
    from tests.browser.conftest import Console

    console = Console()
    contexts: list[BrowserContext] = []

    def opened(path: str = "", **context: Any) -> Page:
        contexts.append(chrome.new_context(**{"viewport": WIDE, **context}))
        page = contexts[-1].new_page()
        page.goto(f"{server.url}/login?token={server.token}&next=/automatosx/{path}")
        assert "/automatosx/" in page.url
        console.listen(page)
        page.goto(f"{server.url}/automatosx/{path}")
        return page

    yield opened
    for each in contexts:
        each.close()
    assert console.errors == []


def test_a_plugin_is_found_by_keyboard_alone(visit: Open) -> None:
    page = visit()
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the content"
    assert page.locator(":focus").bounding_box()["y"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.locator(":focus").get_attribute("name") == "q"
    page.keyboard.type("profil")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="for “profil”").wait_for()
    link = page.get_by_role("link", name="data-profiler", exact=True)
    for _ in range(40):
        page.keyboard.press("Tab")
        if link.evaluate("one => one === document.activeElement"):
            break
    ring = "one => getComputedStyle(one, '::after').outlineStyle"
    assert link.evaluate(ring) == "solid", "the focus is seen"
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="data-profiler", level=1).wait_for()


def test_everything_is_there_without_javascript(visit: Open) -> None:
    page = visit("?q=profil", java_script_enabled=False)
    page.get_by_label("Sort by").select_option("name")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="data-profiler", exact=True).click()
    assert page.get_by_text(f"%ax install {PROFILER}", exact=True).is_visible()
    assert page.get_by_role("button").count() == 0, "what needs the script is not there without it"
    page.get_by_role("link", name="Versions").click()
    page.get_by_role("link", name="1.0.0", exact=True).click()
    assert page.get_by_text(f"%ax install {PROFILER}@1.0.0", exact=True).is_visible()


def test_an_install_line_is_copied(visit: Open) -> None:
    page = visit(f"plugins/{PROFILER}", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name=f"Copy “%ax install {PROFILER}”").click()
    page.get_by_role("status").filter(has_text="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == f"%ax install {PROFILER}"


@pytest.fixture(scope="module")
def waiting(server: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The path of a dossier: somebody else's release that waits for a reviewer."""
    data = package.build(write_plugin(tmp_path_factory.mktemp("waiting"), "acme.waiting", "1.0.0"))
    ann = Actor("ann", publishers=frozenset({"acme"}))
    server.ask("automatosx/api/v1/healthz")  # from then on the bundled plugins are there
    folder = server.home / "automatosx" / "registry"
    with EmbeddedRegistry(folder, review=lambda: ReviewPolicy(stable=1)) as registry:
        registry.seen_by(ann).publish(data)
        _people(registry)
    return "reviews/acme.waiting/1.0.0"


def _people(registry: EmbeddedRegistry) -> None:
    """So that no page of theirs is empty."""
    me, eve = owner(), Actor("eve")
    registry.access.put_member(me, "automatosx", "ann", owner=True)
    registry.access.put_member(me, "automatosx", "a-rather-long-name-of-a-team@an-even-longer-domain.example")
    registry.access.grant_role(me, "rob", Role.REVIEWER)
    key = SigningKey.new()
    proof = key.sign(SUCCESSION, succession_statement("automatosx", "", key.id))
    registry.keys.register(me, "automatosx", key.public_text, "laptop", proof)
    number = registry.reports.file(eve, PROFILER, "broken", "A table without rows ends it.", "1.0.0").number
    registry.reports.close(me, number, "Mended in 1.1.0.")
    registry.reports.file(eve, PROFILER, "malicious", "It asks for pyarrow.\n\nWhat for?")
    leaks = "Wide tables fill the memory."
    registry.advisories.make(me, PROFILER, Range.parse("<1.1.0"), "high", leaks, disables=True)
    registry.advisories.make(me, PROFILER, Range.parse("<1.0.0-beta.2"), "low", leaks)
    for name in ("ci", "backup"):
        made = registry.tokens.new(me, name, list(Scope)[:2], 30)
    registry.tokens.revoke(me, made.token.id)


PLUGIN_PAGE, PUBLISHER_PAGE = f"plugins/{PROFILER}", "publishers/automatosx"
ACTING = ("advisories", "reports", "reports?all=true", PUBLISHER_PAGE, "roles", "account")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_is_readable_and_every_control_has_a_name(visit: Open, waiting: str, scheme: str) -> None:
    page = visit(color_scheme=scheme)
    for path in ("", "?q=nothing-like-that", PLUGIN_PAGE, "reviews", waiting, *ACTING):
        page.goto(page.url.partition("/automatosx/")[0] + f"/automatosx/{path}")
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert page.evaluate(FAINT) == [], path
        assert page.evaluate(UNLABELLED) == [], path
        assert page.evaluate(ASTRAY) == [], path
        landmarks = page.locator("header, nav, main, footer").evaluate_all("all => all.map((one) => one.localName)")
        assert {"header", "nav", "main", "footer"} <= set(landmarks), path
        assert page.locator("h1").count() == 1, path


def test_a_narrow_screen_never_scrolls_sideways(visit: Open, waiting: str) -> None:
    page = visit(viewport=NARROW)
    for path in ("", PLUGIN_PAGE, "reviews", waiting, *ACTING):
        page.goto(page.url.partition("/automatosx/")[0] + f"/automatosx/{path}")
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        page.evaluate(f"document.querySelectorAll('.prose').forEach((one) => {{ one.innerHTML += '{DEEP}'; }})")
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], path


def test_the_page_is_opened_from_the_launcher(visit: Open, server: Any) -> None:
    page = visit()
    page.goto(f"{server.url}/lab?reset")
    with page.context.expect_page() as opened:
        page.locator(".jp-LauncherCard", has_text="Plugins").click()
    opened.value.get_by_role("heading", name="Find plugins").wait_for()


@pytest.mark.skipif(IMAGES is None, reason="keeps pictures for the documentation, where AUTOMATOSX_IMAGES says")
def test_pictures_for_the_documentation(visit: Open) -> None:
    for name, path, scheme in (("page-light", "", "light"), ("page-dark", f"plugins/{PROFILER}", "dark")):
        page = visit(path, color_scheme=scheme, viewport={"width": 1120, "height": 720})
        page.screenshot(path=Path(str(IMAGES)) / f"{name}.png", animations="disabled")


@pytest.mark.skipif(IMAGES is None, reason="keeps pictures of every page to be looked at, where AUTOMATOSX_IMAGES says")
def test_pictures_of_every_page(visit: Open, waiting: str) -> None:
    for scheme in ("light", "dark"):
        for width in (1280, 390):
            page = visit(color_scheme=scheme, viewport={"width": width, "height": 900})
            for path in ("", PLUGIN_PAGE, "reviews", waiting, *ACTING):
                page.goto(page.url.partition("/automatosx/")[0] + f"/automatosx/{path}")
                name = f"{path.translate(PLAIN) or 'home'}-{width}-{scheme}"
                page.screenshot(path=Path(str(IMAGES)) / "pages" / f"{name}.png", animations="disabled", full_page=True)


PLAIN = str.maketrans("/?=.", "----")


def test_a_report_is_closed_and_a_token_made_without_javascript_by_keyboard(visit: Open, waiting: str) -> None:
    page = visit("reports", java_script_enabled=False)
    page.get_by_label("What came of it").fill("It reads Arrow tables with it.")
    page.keyboard.press("Enter")
    page.get_by_text("No report is open.").wait_for()
    page.get_by_role("link", name="Anonymous").click()
    page.get_by_label("Name").fill("nightly")
    page.get_by_label("Publish").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Make it").press("Enter")
    secret = page.get_by_label("The new token").inner_text()
    assert secret.startswith("axp_")
    page.get_by_text("Revoke… nightly").press("Enter")
    page.get_by_role("button", name="Revoke nightly").press("Enter")
    assert page.get_by_text("The new token").count() == 0
    assert secret not in page.content(), "it is shown once"


def test_a_release_is_rejected_and_approved_without_javascript(visit: Open, waiting: str) -> None:
    page = visit("reviews", java_script_enabled=False)
    page.get_by_role("link", name="acme.waiting 1.0.0").click()
    page.get_by_label("Reason").fill("It says too little.")
    page.get_by_role("button", name="Reject").click()
    assert page.get_by_text("Rejected").is_visible()
    page.get_by_label("Reason").fill("Now it does.")
    page.get_by_role("button", name="Approve").click()
    assert page.get_by_text("Approved").is_visible()
    assert not page.get_by_text("Rejected").is_visible(), "one word replaces the other"
