"""The panel's script alone on a page, without JupyterLab: the test plays the kernel, and chooses when it answers."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest

from automatosx_nb.catalog import ROOT
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


REPORT = "data:image/png;base64," + b64encode((ROOT / "data-profiler/1.1.0/docs/report.png").read_bytes()).decode()


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
HAVE: dict[str, Any] = {"plugins": [], "history": [], "can_roll_back": False, "can_undo": False, "state": "s"}


@pytest.fixture
def panel(page: Page) -> Page:
    """The page with a panel of three cards on it."""
    first = {
        "page": found(card("one"), card("two"), card("three", summary="<img src=x onerror=alert(1)>")),
        "installed": HAVE,
    }
    opened(page, first)
    page.locator(".ax-card").nth(2).wait_for()
    return page


def opened(page: Page, first: dict[str, Any], view: str = "browse") -> None:
    script = bundle.script("panel").replace(
        "export default { render };", "window.undo = render({ model, el: document.body });"
    )
    page.set_content(f"<!doctype html><title>panel</title><style>{bundle.style()}</style><body></body>")
    page.add_script_tag(content=MODEL.replace("FIRST", json.dumps(first)).replace('"browse"', json.dumps(view)))
    page.add_script_tag(content=script, type="module")


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


def test_details_of_what_fits_show_nothing_that_is_not_there(panel: Page) -> None:
    panel.get_by_role("button", name="Details of one").click()
    request = wait_for_request(panel, "details")
    more = {"authors": ["Ada"], "readme": "", "changelog": "", "releases": [], "permissions": []}
    say(panel, {"re": request, "details": card("one") | more})
    dialog = panel.get_by_role("dialog", name="one")
    dialog.wait_for()
    assert not dialog.get_by_text("null", exact=False).is_visible()


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


def planned(*changes: dict[str, Any], **rest: Any) -> dict[str, Any]:
    preview: dict[str, Any] = {"action": "install", "changes": list(changes), "besides": [], "pip": "", "base": 0}
    return preview | {"fingerprint": "f", "tree": "", "held_back": []} | rest


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
    change |= {"old_size": 0, "requires": [], "warnings": [], "behind": "", "doubt": False}
    say(page, {"re": request, "preview": planned(change)})


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
    why = panel.get_by_text("Not for one call: the plugin is started with modules:numpy.")
    assert why.is_visible()
    extra.uncheck()
    assert once.is_enabled()
    assert not why.is_visible()


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


def test_a_change_under_way_is_stopped_by_its_button_until_it_is_too_late(panel: Page) -> None:
    stopped = {"code": "change-stopped", "problem": "it was stopped.", "next": "Nothing was changed.", "trace": ""}
    open_consent(panel)
    for box in panel.get_by_role("checkbox").all():
        box.check()
    panel.get_by_role("button", name="Grant and install").click()
    request = wait_for_request(panel, "run")
    say(panel, {"re": request, "progress": {"name": "fetch", "fraction": 0.5, "text": "fetching one"}})
    panel.get_by_role("button", name="Stop", exact=True).press("Enter")
    wait_for_request(panel, "stop")
    assert panel.get_by_role("button", name="Stopping…").is_disabled()
    say(panel, {"re": request, "error": stopped})
    assert "It was stopped." in panel.get_by_role("dialog").get_by_role("alert").inner_text()
    panel.get_by_role("button", name="Grant and install").click()
    again = panel.wait_for_function("() => sent.filter((m) => m.do === 'run')[1]").json_value()["request"]
    say(panel, {"re": again, "progress": {"name": "switch", "fraction": 0.9, "text": "switching"}})
    assert panel.get_by_role("button", name="Stop", exact=True).is_disabled()


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


# --- what is installed


def have_one(**rest: Any) -> dict[str, Any]:
    plugin: dict[str, Any] = {"id": "acme.one", "name": "one", "publisher": "acme", "version": "1.0.0"}
    plugin |= {"summary": "Does one thing.", "dependency": False, "grants": [], "permissions": [], "calls": []}
    plugin |= {"settings": 0, "secrets": False, "panels": [], "update": None, "channel": "stable", "pin": None}
    return plugin | {"flags": []} | rest


def generation(number: int, **rest: Any) -> dict[str, Any]:
    plain = {"number": number, "created": "2026-01-01T00:00:00Z", "by": "ada@host", "surface": "terminal"}
    plain |= {"action": "install acme.one 1.0.0", "current": False, "kept": None, "parent": 0}
    return plain | {"differences": ["+ acme.one 1.0.0  (granted storage)"]} | rest


def show_installed(
    page: Page, *plugins: dict[str, Any], outdated: dict[str, Any] | None = None, **rest: Any
) -> dict[str, Any]:
    """The Installed tab with these plugins; what the panel has been told of them."""
    page.get_by_role("tab", name="Installed").click()
    say(page, {"re": wait_for_request(page, "outdated"), "outdated": outdated or {}})
    page.evaluate("sent.length = 0")
    say(page, {"on": "changed"})
    told = HAVE | {"plugins": list(plugins)} | rest
    say(page, {"re": wait_for_request(page, "installed"), "installed": told})
    say(page, {"re": wait_for_request(page, "outdated"), "outdated": outdated or {}})
    return told


def test_an_installed_plugin_shows_what_is_said_against_it_its_pin_and_what_is_held_back(panel: Page) -> None:
    flags = [{"kind": "quarantined", "text": "acme.one 1.0.0 is quarantined: <b>bad</b>.", "disables": True}]
    held = {"acme.one": {"update": None, "held_back": ["2.0.0 is not in ^1.0, which you asked for."]}}
    pin = "pinned by ada@host on 2026-01-01: the paper needs it"
    show_installed(panel, have_one(flags=flags, pin=pin, channel="beta", update="2.0.0"), outdated=held)
    row = panel.get_by_label("Installed plugins").get_by_role("listitem").first
    assert row.get_by_role("button", name="Update one").count() == 0
    shown = row.inner_text()
    for text in ("Quarantined", "is quarantined: <b>bad</b>.", "Pinned by ada@host", "the paper needs it", "Beta"):
        assert text in shown
    assert "Held back: 2.0.0 is not in ^1.0, which you asked for." in shown
    assert row.get_by_role("button", name="Unpin one").is_enabled()
    assert panel.get_by_role("button", name="Update all").count() == 0


def test_the_dialog_of_secrets_where_none_is_kept_says_when_one_is_used_and_takes_one(panel: Page) -> None:
    show_installed(panel, have_one(secrets=True))
    panel.get_by_role("button", name="Secrets of one").click()
    say(panel, {"re": wait_for_request(panel, "secrets"), "secrets": {"name": "one", "secrets": []}})
    dialog = panel.get_by_role("dialog", name="Secrets of one")
    dialog.get_by_text("It gets what you keep here only where you name it").wait_for()
    assert dialog.get_by_label("Name of another secret").is_visible()


def test_settings_say_how_a_list_is_typed(panel: Page) -> None:
    show_installed(panel, have_one(settings=2))
    panel.get_by_role("button", name="Settings of one").click()
    plain: dict[str, Any] = {"type": "array", "label": "Kinds", "help": "What to look for.", "locked": "", "set": False}
    plain |= {"origin": "default", "place": "", "passed_over": [], "required": False}
    kinds = plain | {"name": "kinds", "control": "lines", "value": ["a"], "default": ["a"], "choices": ["a", "b"]}
    pairs = plain | {"name": "pairs", "label": "Pairs", "control": "json", "value": [[1]], "default": [], "choices": []}
    told = {"name": "one", "fields": [kinds, pairs], "undeclared": [], "misnamed": {}}
    say(panel, {"re": wait_for_request(panel, "settings"), "settings": told})
    dialog = panel.get_by_role("dialog", name="Settings of one")
    dialog.get_by_text("What to look for. One a line, of: a, b.").wait_for()
    assert dialog.get_by_text("What to look for. As JSON.").is_visible()


def test_all_updates_that_go_together_are_one_change(panel: Page) -> None:
    update = {"update": "1.1.0", "held_back": []}
    show_installed(panel, have_one(), have_one(id="acme.two"), outdated={"acme.one": update, "acme.two": update})
    panel.get_by_text("2 updates that go together").wait_for()
    panel.get_by_role("button", name="Update all plugins").press("Enter")
    request = wait_for_request(panel, "preview", action="update", id="")
    held = ["acme.one 2.0.0 is not in ^1.0, which you asked for."]
    say(panel, {"re": request, "preview": planned(action="update", held_back=held)})
    dialog = panel.get_by_role("dialog", name="Update all plugins?")
    dialog.get_by_text("There is nothing to change.").wait_for()
    assert dialog.get_by_text(held[0]).is_visible()
    assert dialog.get_by_role("button", name="Update", exact=True).is_disabled()


def test_a_plugin_is_pinned_with_a_note_by_keyboard_alone(panel: Page) -> None:
    show_installed(panel, have_one())
    panel.get_by_role("button", name="Pin one at 1.0.0").press("Enter")
    request = wait_for_request(panel, "preview", action="pin", id="acme.one")
    say(panel, {"re": request, "preview": planned(action="pin acme.one 1.0.0", besides=["Pins one at 1.0.0"])})
    dialog = panel.get_by_role("dialog", name="Pin one?")
    dialog.get_by_text("Pins one at 1.0.0").wait_for()
    panel.keyboard.press("Tab")
    panel.keyboard.type("the paper needs it")
    panel.keyboard.press("Tab")
    panel.keyboard.press("Tab")
    panel.keyboard.press("Enter")
    wait_for_request(panel, "run", action="pin", note="the paper needs it", preview="f")


def test_details_show_screenshots_large_and_small_by_keyboard(panel: Page) -> None:
    panel.get_by_role("button", name="Details of one").click()
    told = card("one") | {"authors": ["Ada"], "readme": "", "changelog": "", "releases": []}
    say(panel, {"re": wait_for_request(panel, "details", id="acme.one"), "details": told})
    request = wait_for_request(panel, "screenshots", id="acme.one", version="1.0.0")
    shot = {"alt": "A <b>report</b>", "width": 1112, "height": 620, "address": REPORT}
    say(panel, {"re": request, "screenshots": [shot, shot | {"alt": "Groups"}]})
    report = panel.get_by_role("button", name="A <b>report</b>")
    groups = panel.get_by_role("button", name="Groups")
    small = report.bounding_box()
    report.press("Enter")
    assert report.get_attribute("aria-expanded") == "true"
    assert report.bounding_box()["height"] > small["height"]  # type: ignore[index]
    groups.press("Enter")
    assert (report.get_attribute("aria-expanded"), groups.get_attribute("aria-expanded")) == ("false", "true")


def test_details_stay_where_screenshots_cannot_be_shown(panel: Page) -> None:
    panel.get_by_role("button", name="Details of one").click()
    told = card("one") | {"authors": ["Ada"], "readme": "<p>Read.</p>", "changelog": "", "releases": []}
    say(panel, {"re": wait_for_request(panel, "details", id="acme.one"), "details": told})
    say(panel, {"re": wait_for_request(panel, "screenshots"), "error": FULL})
    panel.get_by_text("Its screenshots cannot be shown: The disk is full.").wait_for()
    assert panel.get_by_text("Read.").is_visible()


def test_an_update_shows_sizes_and_requirements_and_a_doubt_about_its_publisher_before_them(panel: Page) -> None:
    show_installed(panel, have_one(update="1.1.0"))
    panel.get_by_role("button", name="Update one to 1.1.0").click()
    change: dict[str, Any] = {"id": "acme.one", "name": "one", "publisher": "acme"}
    change |= {"behind": "came from https://a and would come from https://b"}
    change |= {"kind": "update", "old": "1.0.0", "new": "1.1.0", "why": "", "asks": [], "optional": [], "drops": []}
    change |= {"by_policy": [], "denied": [], "size": 3072, "old_size": 1024, "changelog": "<p>Faster.</p>"}
    change |= {"requires": ["requires acme.base ^2.0 (before: ^1.0)"], "warnings": [], "doubt": True}
    request = wait_for_request(panel, "preview", action="update")
    besides = ["base 1.0.0 stays, and it is only a dependency now (it was ^1.0)"]
    say(panel, {"re": request, "preview": planned(change, besides=besides)})
    dialog = panel.get_by_role("dialog", name="Update one?")
    alert = dialog.get_by_role("alert").inner_text()
    assert "acme.one came from https://a and would come from https://b." in alert
    body = dialog.inner_text()
    assert "3.0 KiB to fetch, 2.0 KiB more than now" in body
    assert body.index("Somebody else may") < body.index("Updates one") < body.index("Requires acme.base ^2.0")
    assert "base 1.0.0 stays, and it is only a dependency now" in body
    assert "Faster." in body


def test_the_history_opens_what_a_generation_changed_and_keeps_one_with_a_note(panel: Page) -> None:
    pruned = generation(7, differences=None, parent=6, kept="the talk")
    told = show_installed(panel, history=[generation(8, current=True), pruned], can_undo=True, can_roll_back=True)
    newest = panel.get_by_label("History, newest first").get_by_role("listitem").first
    assert "ada@host · in a terminal" in newest.inner_text()
    newest.get_by_text("What it changed").press("Enter")
    newest.get_by_text("+ acme.one 1.0.0 (granted storage)").wait_for()
    panel.get_by_text("Kept: the talk").wait_for()
    panel.get_by_role("button", name="Keep generation 8").press("Enter")
    panel.get_by_role("dialog", name="Keep generation 8?").get_by_label("Why").fill("the paper")
    panel.keyboard.press("Enter")
    request = wait_for_request(panel, "keep_generation", number=8, note="the paper")
    kept = told | {"history": [generation(8, current=True, kept="the paper"), pruned]}
    say(panel, {"re": request, "installed": kept})
    panel.get_by_text("Kept: the paper").wait_for()
    assert panel.get_by_text("+ acme.one 1.0.0 (granted storage)").is_visible()
    panel.wait_for_function("document.activeElement.ariaLabel === 'Let generation 8 go'")
    panel.get_by_role("button", name="Let generation 7 go").click()
    say(panel, {"re": wait_for_request(panel, "let_go", number=7), "error": FULL})
    panel.get_by_role("alert").filter(has_text="The disk is full.").wait_for()
    panel.get_by_role("button", name="Undo whatever was done last").click()
    wait_for_request(panel, "preview", action="undo", id="")


def test_a_registry_that_is_not_reached_leaves_what_is_installed_in_sight(panel: Page) -> None:
    panel.get_by_role("tab", name="Installed").click()
    say(panel, {"re": wait_for_request(panel, "outdated"), "error": FULL})
    panel.get_by_role("alert").filter(has_text="The disk is full.").wait_for()
    panel.get_by_text("Nothing is installed yet.").wait_for()


def test_a_panel_that_found_no_registry_shows_what_is_installed_and_searches_again(page: Page) -> None:
    nothing: dict[str, Any] = {"total": 0, "items": [], "categories": {}, "next": None}
    opened(page, {"page": nothing, "fault": FULL, "installed": HAVE | {"plugins": [have_one()]}})
    page.get_by_role("alert").filter(has_text="The disk is full.").wait_for()
    assert not page.get_by_text("No plugin is here.").is_visible()
    page.get_by_role("button", name="Try again").press("Enter")
    say(page, {"re": wait_for_request(page, "search"), "page": found(card("one"))})
    page.locator(".ax-card").wait_for()
    assert page.get_by_role("button", name="Try again").count() == 0
    page.get_by_role("tab", name="Installed 1").wait_for()


def test_the_view_of_permissions_opens_them_and_not_the_history(page: Page) -> None:
    asks = {
        "permission": "storage",
        "sentence": "May keep notes.",
        "risk": "low",
        "reason": "To keep.",
        "standing": False,
    }
    plugin = have_one(permissions=[asks | {"state": "open", "optional": False, "because": ""}])
    have = HAVE | {"plugins": [plugin], "history": [generation(1, current=True)]}
    opened(page, {"page": found(card("one")), "installed": have}, view="permissions")
    page.get_by_text("May keep notes.").wait_for()
    assert not page.get_by_text("+ acme.one 1.0.0 (granted storage)").is_visible()
