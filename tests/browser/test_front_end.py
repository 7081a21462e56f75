"""The panel's script alone on a page, without JupyterLab: the test plays the kernel, and chooses when it answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from automatosx_nb.widgets import bundle

if TYPE_CHECKING:
    from playwright.sync_api import Page

MODEL = """
const heard = new Map();
window.sent = [];
window.model = {
  get: (name) => ({ first: FIRST, view: "browse" })[name],
  on: (event, hear) => heard.set(event, [...(heard.get(event) ?? []), hear]),
  off: (event, hear) => heard.set(event, (heard.get(event) ?? []).filter((one) => one !== hear)),
  send: (message) => window.sent.push(message),
};
window.say = (message, event = "msg:custom") => (heard.get(event) ?? []).forEach((hear) => hear(message));
window.listeners = () => [...heard.values()].flat().length;
"""


def card(name: str, **rest: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "id": f"acme.{name}",
        "name": name,
        "publisher": "acme",
        "version": "1.0.0",
        "summary": "Does one thing.",
    }
    plain |= {"categories": ["data-quality"], "license": "MIT", "verified": False, "downloads": 1}
    plain |= {"updated": "2026-01-01T00:00:00Z", "installed": None, "update": False, "unfit": [], "offer": "1.0.0"}
    return plain | rest


def found(*cards: dict[str, Any]) -> dict[str, Any]:
    return {"total": len(cards), "items": list(cards), "categories": {"data-quality": len(cards)}, "next": None}


FULL = {"code": "storage-full", "problem": "the disk is full.", "next": "Free some.", "trace": ""}
HAVE = {"plugins": [], "history": [], "can_roll_back": False, "state": "s"}


@pytest.fixture
def panel(page: Page) -> Page:
    """The page with a panel of three cards on it."""

    first = {
        "page": found(card("one"), card("two"), card("three", summary="<img src=x onerror=alert(1)>")),
        "installed": HAVE,
    }
    script = bundle.script("panel").replace(
        "export default { render };", "window.undo = render({ model, el: document.body });"
    )
    page.set_content(f"<!doctype html><title>panel</title><style>{bundle.style()}</style><body></body>")
    page.add_script_tag(content=MODEL.replace("FIRST", json.dumps(first)))
    page.add_script_tag(content=script, type="module")
    page.locator(".ax-card").nth(2).wait_for()
    return page


def wait_for_request(page: Page, do: str, **fields: Any) -> str:
    """Until the panel has sent such a request; its token."""
    test = "([do_, fields]) => sent.find((m) => m.do === do_ && Object.entries(fields).every(([k, v]) => m[k] === v))"
    found_one = page.wait_for_function(test, arg=[do, fields]).json_value()
    return str(found_one["request"])


def say(page: Page, message: dict[str, Any]) -> None:
    page.evaluate("(message) => say(message)", message)


def names(page: Page) -> list[str]:
    return page.locator(".ax-card h4").all_inner_texts()


def test_the_answer_to_an_older_search_is_not_drawn(panel: Page) -> None:
    box = panel.get_by_label("Search plugins")
    box.fill("on")
    older = wait_for_request(panel, "search", text="on")
    box.fill("two")
    newer = wait_for_request(panel, "search", text="two")
    say(panel, {"re": newer, "page": found(card("two"))})
    say(panel, {"re": older, "page": found(card("one"))})
    assert names(panel) == ["two"]
    assert panel.locator(".ax-count").inner_text() == "1 plugin for “two”"


def test_typing_asks_once_when_it_pauses(panel: Page) -> None:
    panel.get_by_label("Search plugins").press_sequentially("profiler")
    wait_for_request(panel, "search", text="profiler")
    assert panel.evaluate("sent.filter((m) => m.do === 'search').length") < len("profiler")


def test_what_a_publisher_wrote_is_text(panel: Page) -> None:
    assert panel.locator(".ax-card-text").nth(2).inner_text() == "<img src=x onerror=alert(1)>"
    assert panel.locator("img").count() == 0


def test_answers_to_another_view_change_nothing(panel: Page) -> None:
    say(panel, {"re": "somebody-else-1", "page": found(card("other"))})
    assert names(panel) == ["one", "two", "three"]


def test_plugins_of_one_name_are_told_apart_by_their_publisher(panel: Page) -> None:
    panel.get_by_label("Search plugins").fill("twin")
    request = wait_for_request(panel, "search", text="twin")
    twins = (card("twin"), card("twin", id="other.twin", publisher="other"))
    say(panel, {"re": request, "page": found(*twins)})
    panel.get_by_role("button", name="Install acme.twin").wait_for()
    panel.get_by_role("button", name="Install other.twin").wait_for()


def test_an_error_of_a_search_shows_problem_and_next_step_and_keeps_the_cards(panel: Page) -> None:
    panel.get_by_label("Search plugins").fill("x")
    request = wait_for_request(panel, "search", text="x")
    say(
        panel,
        {"re": request, "error": {"code": "c", "problem": "the disk is full.", "next": "Free some.", "trace": ""}},
    )
    alert = panel.get_by_role("alert").filter(has_text="The disk is full.")
    assert "Free some." in alert.inner_text()
    assert names(panel) == ["one", "two", "three"]


def open_consent(page: Page, *optional: dict[str, Any]) -> None:
    page.get_by_role("button", name="Install one").click()
    request = wait_for_request(page, "preview", id="acme.one")
    asks = [
        {"permission": p, "sentence": f"May {p}.", "risk": risk, "reason": "Because."}
        for p, risk in (("storage", "low"), ("network:x", "high"))
    ]
    change: dict[str, Any] = {
        "id": "acme.one",
        "name": "one",
        "publisher": "acme",
        "kind": "add",
        "old": None,
        "new": "1.0.0",
    }
    change |= {"why": "you asked for it", "asks": asks, "drops": [], "size": 10, "changelog": ""}
    change |= {"optional": list(optional), "by_policy": [], "denied": []}
    preview = {"action": "install", "changes": [change], "pip": "", "base": 0, "fingerprint": "f"}
    preview |= {"tree": "", "held_back": []}
    say(page, {"re": request, "preview": preview})


def test_consent_needs_every_tick_and_sends_exactly_what_was_ticked(panel: Page) -> None:
    open_consent(panel)
    go = panel.get_by_role("button", name="Grant and install")
    boxes = panel.get_by_role("checkbox")
    boxes.nth(0).check()
    assert go.is_disabled()
    assert "High risk" in panel.get_by_role("dialog").inner_text()
    boxes.nth(1).check()
    go.click()
    wait_for_request(panel, "run")
    run = panel.evaluate("sent.find((m) => m.do === 'run')")
    assert (run["grant"], run["preview"], run["id"]) == (["storage", "network:x"], "f", "acme.one")


def test_consent_is_given_for_a_session_by_keyboard_alone(panel: Page) -> None:
    open_consent(panel)
    for box in panel.get_by_role("checkbox").all():
        box.press("Space")
    panel.get_by_role("radio", name="In every kernel").press("ArrowDown")
    assert panel.get_by_role("radio", name="In this kernel only").is_checked()
    panel.get_by_role("button", name="Grant and install").press("Enter")
    wait_for_request(panel, "run")
    run = panel.evaluate("sent.find((m) => m.do === 'run')")
    assert (run["grant"], run["scope"]) == (["storage", "network:x"], "session")


def test_what_cannot_hold_for_one_call_takes_that_choice_away_while_it_is_ticked(panel: Page) -> None:
    wish = {"permission": "modules:numpy", "sentence": "May count.", "risk": "low", "reason": "To count."}
    open_consent(panel, wish | {"standing": True})
    once, lasting = panel.get_by_role("radio", name="For its next call"), panel.get_by_role("radio", name="In every")
    once.check()
    extra = panel.get_by_role("checkbox", name="May count.")
    extra.check()
    assert once.is_disabled()
    assert lasting.is_checked()
    extra.uncheck()
    assert once.is_enabled()


def test_an_error_of_an_install_keeps_the_dialog_and_its_ticks(panel: Page) -> None:
    open_consent(panel)
    for box in panel.get_by_role("checkbox").all():
        box.check()
    panel.get_by_role("button", name="Grant and install").click()
    request = wait_for_request(panel, "run")
    say(panel, {"re": request, "progress": {"name": "fetch", "fraction": 0.5, "text": "fetching one"}})
    assert panel.locator(".ax-dialog progress").evaluate("one => one.value") == 0.5
    assert panel.get_by_role("button", name="Grant and install").is_disabled()
    say(panel, {"re": request, "error": FULL})
    dialog = panel.get_by_role("dialog")
    assert "The disk is full." in dialog.get_by_role("alert").inner_text()
    assert [box.is_checked() for box in dialog.get_by_role("checkbox").all()] == [True, True]
    assert dialog.get_by_role("button", name="Grant and install").is_enabled()


def test_a_closed_comm_disconnects_at_once(panel: Page) -> None:
    panel.evaluate("say({ comm_live: false }, 'comm_live_update')")
    panel.get_by_role("alert").filter(has_text="Disconnected: run the cell again.").wait_for()
    assert panel.get_by_role("button", name="Install one").is_disabled()


def test_a_kernel_that_does_not_answer_is_told_and_welcomed_back(panel: Page) -> None:
    request = wait_for_request(panel, "ping")
    panel.get_by_role("alert").filter(has_text="No answer from the kernel.").wait_for()
    say(panel, {"re": request, "state": "s", "busy": False})
    panel.get_by_role("alert").filter(has_text="No answer").wait_for(state="hidden")


def test_a_view_that_is_taken_away_listens_to_nothing(panel: Page) -> None:
    panel.evaluate("undo()")
    assert panel.evaluate("listeners()") == 0
