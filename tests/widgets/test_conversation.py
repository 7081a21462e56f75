"""Every message that the panel's front end can send, against a real marketplace."""

from __future__ import annotations

import threading
from base64 import b64decode
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from automatosx_nb.catalog import ROOT
from automatosx_nb.model.generation import InstalledPlugin
from automatosx_nb.model.identity import owner
from automatosx_nb.model.plan import PlannedChange
from automatosx_nb.model.publisher import publisher_change, publisher_doubt
from automatosx_nb.model.release import Advisory
from automatosx_nb.model.semver import Range
from automatosx_nb.widgets import views
from automatosx_nb.widgets.conversation import Conversation

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from tests.conftest import MakePlugin

PROFILER = "automatosx.data-profiler"
LEDGER = "automatosx.cell-ledger"


def names(answer: dict[str, Any]) -> list[str]:
    return [item["name"] for item in answer["page"]["items"]]


def test_an_empty_search_finds_the_bundled_plugins_with_their_categories(talk: Any) -> None:
    answer = talk.ask("search", sort="name")
    assert names(answer) == ["cell-ledger", "data-profiler", "privacy-scan", "quick-charts"]
    assert answer["page"]["total"] == 4
    found = {"productivity", "data-quality", "data-transformation", "visualization", "exploration"}
    assert set(answer["page"]["categories"]) == found


def test_a_search_finds_by_the_beginning_of_a_word(talk: Any) -> None:
    assert names(talk.ask("search", text="profil"))[0] == "data-profiler"


def test_a_search_keeps_to_its_category(talk: Any) -> None:
    assert names(talk.ask("search", category="productivity")) == ["cell-ledger"]


def test_details_carry_readme_versions_and_what_each_permission_allows(talk: Any) -> None:
    details = talk.ask("details", id=LEDGER)["details"]
    assert "<h4>" in details["readme"]
    assert [release["version"] for release in details["releases"]] == ["1.0.0"]
    asked = {one["permission"]: one for one in details["permissions"]}
    assert asked["storage"]["risk"] == "low"
    assert asked["events:subscribe:kernel.cell.finished"]["sentence"] == "Be told about kernel.cell.finished."


def test_screenshots_come_as_data_and_not_as_addresses(talk: Any) -> None:
    shots = talk.ask("screenshots", id=PROFILER, version="1.1.0")["screenshots"]
    assert [shot["alt"].partition(" ")[0] for shot in shots] == ["A", "Seven"]
    folder = ROOT / "data-profiler" / "1.1.0" / "docs"
    for shot, name in zip(shots, ("report.png", "groups.png"), strict=True):
        assert b64decode(shot["address"].removeprefix("data:image/png;base64,")) == (folder / name).read_bytes()
    assert talk.ask("screenshots", id=LEDGER, version="1.0.0")["screenshots"] == []
    assert talk.ask("screenshots", id=PROFILER, version="9.0.0")["error"]["code"] == "unknown-release"


def test_a_preview_changes_nothing_and_tells_what_is_asked(talk: Any) -> None:
    preview = talk.ask("preview", action="install", id=LEDGER)["preview"]
    (change,) = preview["changes"]
    assert (change["kind"], change["new"]) == ("add", "1.0.0")
    assert {one["permission"] for one in change["asks"]} == {"storage", "events:subscribe:kernel.cell.finished"}
    assert all(one["reason"] for one in change["asks"])
    assert talk.market.installed() == ()


def test_a_preview_says_why_these_versions_where_there_is_something_to_say(talk: Any, make_plugin: MakePlugin) -> None:
    preview = talk.ask("preview", action="install", id=LEDGER)["preview"]
    assert (preview["tree"], preview["held_back"]) == ("", [])
    for version in ("1.0.0", "2.0.0"):
        talk.market.publish(make_plugin("acme.base", version, magic="base"))
    talk.market.publish(make_plugin("acme.top", magic="top", requires={"acme.base": "^1.0"}))
    preview = talk.ask("preview", action="install", id="acme.top")["preview"]
    assert preview["tree"].splitlines()[-1] == "└─ acme.base 1.0.0  (^1.0)"
    assert preview["held_back"] == ["acme.base 2.0.0 is not in ^1.0, which acme.top 1.0.0 requires."]
    talk.change("install", id="acme.top")
    preview = talk.ask("preview", action="install", id=LEDGER)["preview"]
    assert preview["held_back"] == []


def test_an_install_reports_its_steps_and_names_the_magic_to_try(talk: Any) -> None:
    preview = talk.ask("preview", action="install", id=LEDGER)["preview"]
    grant = [one["permission"] for one in preview["changes"][0]["asks"]]
    run = {"do": "run", "request": "x", "action": "install", "id": LEDGER}
    said = talk.raw({**run, "preview": preview["fingerprint"], "grant": grant})
    fractions = [one["progress"]["fraction"] for one in said if "progress" in one]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert {"on": "changed"} in said
    assert said[-1]["done"] == "cell-ledger 1.0.0 installed: try %ledger"
    assert [plugin.id for plugin in talk.market.installed()] == [LEDGER]


def test_without_the_grants_nothing_is_installed_and_the_answer_names_them(talk: Any) -> None:
    preview = talk.ask("preview", action="install", id=LEDGER)["preview"]
    answer = talk.ask("run", action="install", id=LEDGER, preview=preview["fingerprint"], grant=["storage"])
    assert answer["error"]["code"] == "consent-required"
    assert "events:subscribe:kernel.cell.finished" in answer["error"]["problem"]
    assert talk.market.installed() == ()


def test_a_chosen_version_is_installed_and_the_update_shows_what_is_new(talk: Any) -> None:
    done = talk.change("install", id=PROFILER, wish="1.0.0")["done"]
    assert done.startswith("data-profiler 1.0.0 installed: try %profile your_table")
    assert talk.ask("search", text="profil")["page"]["items"][0]["update"] is True
    (change,) = talk.ask("preview", action="update", id=PROFILER)["preview"]["changes"]
    assert (change["old"], change["new"]) == ("1.0.0", "1.1.0")
    assert "<li>" in change["changelog"]
    assert "updated from 1.0.0 to 1.1.0" in talk.change("update", id=PROFILER)["done"]


def test_a_rollback_says_what_it_changes_and_brings_the_version_back(talk: Any) -> None:
    talk.change("install", id=PROFILER, wish="1.0.0")
    talk.change("update", id=PROFILER)
    (change,) = talk.ask("preview", action="rollback")["preview"]["changes"]
    assert (change["kind"], change["old"], change["new"]) == ("downgrade", "1.1.0", "1.0.0")
    assert talk.change("rollback")["done"] == "Rolled back: data-profiler back to 1.0.0."
    assert [plugin.version for plugin in talk.market.installed()] == ["1.0.0"]


def test_what_is_installed_is_listed_with_its_grants_calls_and_history(talk: Any) -> None:
    empty = talk.ask("installed")["installed"]
    assert (empty["plugins"], empty["can_roll_back"]) == ([], False)
    talk.change("install", id=LEDGER)
    have = talk.ask("installed")["installed"]
    (plugin,) = have["plugins"]
    assert plugin["calls"] == ["%ledger"]
    assert {one["permission"] for one in plugin["grants"]} == {"storage", "events:subscribe:kernel.cell.finished"}
    assert [entry["current"] for entry in have["history"]] == [True]
    assert have["can_roll_back"] is True
    assert have["state"] != empty["state"]


def test_a_removed_plugin_is_gone(talk: Any) -> None:
    talk.change("install", id=LEDGER)
    assert talk.change("remove", id=LEDGER)["done"] == "cell-ledger removed."
    assert talk.market.installed() == ()


def test_a_ping_tells_the_state_that_changes_with_each_change(talk: Any) -> None:
    before = talk.ask("ping")
    talk.change("install", id=LEDGER)
    assert talk.ask("ping")["state"] != before["state"]
    assert before["busy"] is False


def test_a_run_of_what_was_not_shown_changes_nothing_and_shows_the_new_plan(talk: Any) -> None:
    answer = talk.ask("run", action="install", id=LEDGER, preview="something else", grant=["storage"])
    assert answer["stale"] is True
    assert answer["preview"]["changes"][0]["new"] == "1.0.0"
    assert talk.market.installed() == ()


def test_a_change_made_elsewhere_is_told_to_the_views(talk: Any) -> None:
    talk.market.install(LEDGER, grant=["storage", "events:subscribe:kernel.cell.finished"])
    assert talk.heard == [{"on": "changed"}]


def test_a_second_change_is_refused_while_one_is_under_way(talk: Any, market: Marketplace) -> None:
    preview = talk.ask("preview", action="install", id=LEDGER)["preview"]
    entered, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        entered.set()
        go_on.wait()

    market.on_change(hold)
    grant = ["storage", "events:subscribe:kernel.cell.finished"]
    run = {"do": "run", "action": "install", "id": LEDGER, "preview": preview["fingerprint"], "grant": grant}
    talk.conversation.receive({**run, "request": "one"})
    entered.wait()
    talk.conversation.receive({**run, "request": "two"})
    go_on.set()
    talk.conversation.wait()
    answers = {one["re"]: one for one in talk.heard if one.get("re") in {"one", "two"} and "progress" not in one}
    assert answers["two"]["error"]["code"] == "busy"
    assert answers["one"]["done"].startswith("cell-ledger 1.0.0 installed")


@pytest.mark.parametrize("step", ["resolve", "fetch", "verify", "check", "switch"])
def test_a_change_that_is_stopped_at_any_step_changes_nothing_and_can_be_made_again(
    market: Marketplace, step: str
) -> None:
    heard: list[dict[str, Any]] = []
    stops = [step]

    def send(message: dict[str, Any]) -> None:
        heard.append(message)
        if message.get("progress", {}).get("name") in stops:
            conversation.receive({"do": "stop", "request": "s"})

    conversation = Conversation(market, send)
    conversation.receive({"do": "preview", "request": "p", "action": "install", "id": LEDGER})
    grant = ["storage", "events:subscribe:kernel.cell.finished"]
    run = {"do": "run", "action": "install", "id": LEDGER, "preview": heard[0]["preview"]["fingerprint"]}
    conversation.receive({**run, "request": "one", "grant": grant})
    conversation.wait()
    assert {"re": "s", "stopping": True} in heard
    if step == "switch":
        assert heard[-1]["done"].startswith("cell-ledger 1.0.0 installed"), "it was told when it began"
    else:
        assert heard[-1]["error"]["code"] == "change-stopped"
        assert market.installed() == ()
        stops.clear()
        conversation.receive({**run, "request": "two", "grant": grant})
        conversation.wait()
        assert heard[-1]["done"].startswith("cell-ledger 1.0.0 installed")
    conversation.end()


def test_where_nothing_is_under_way_there_is_nothing_to_stop(talk: Any) -> None:
    assert talk.ask("stop")["stopping"] is False
    assert talk.change("install", id=LEDGER)["done"], "the next change is not stopped for that"


def test_the_thread_of_a_change_ends_with_it(talk: Any) -> None:
    talk.change("install", id=LEDGER)
    assert "automatosx-panel" not in [thread.name for thread in threading.enumerate()]
    assert talk.conversation.busy is False


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"do": "details", "id": "automatosx.data-profilr"}, "unknown-plugin"),
        ({"do": "preview", "action": "install", "id": "nobody.nothing"}, "unknown-plugin"),
        ({"do": "preview", "action": "update", "id": PROFILER}, "not-installed"),
        ({"do": "preview", "action": "remove", "id": PROFILER}, "not-installed"),
        ({"do": "preview", "action": "rollback"}, "nothing-to-roll-back"),
        ({"do": "preview", "action": "rollback", "to": 99}, "unknown-generation"),
        ({"do": "run", "action": "remove", "id": PROFILER, "preview": "p"}, "not-installed"),
    ],
)
def test_an_error_of_the_marketplace_is_an_answer_with_its_next_step(
    talk: Any, request_: dict[str, Any], code: str
) -> None:
    (answer,) = talk.raw({**request_, "request": "r"})
    assert answer["re"] == "r"
    assert answer["error"]["code"] == code
    assert answer["error"]["next"]
    assert answer["error"]["trace"] == ""


@pytest.mark.parametrize(
    "content",
    [
        None,
        "search",
        [],
        {},
        {"do": "format-the-disk", "request": "r"},
        {"request": "r"},
        {"do": "search"},
        {"do": "search", "request": 7},
        {"do": "search", "request": "r", "text": 5},
        {"do": "search", "request": "r", "text": "x" * 201},
        {"do": "search", "request": "r", "sort": "random"},
        {"do": "search", "request": "r", "surplus": 1},
        {"do": "details", "request": "r"},
        {"do": "details", "request": "r", "id": ""},
        {"do": "preview", "request": "r", "action": "explode"},
        {"do": "preview", "request": "r", "action": "rollback", "to": -1},
        {"do": "run", "request": "r", "action": "install", "id": LEDGER},
        {"do": "run", "request": "r", "action": "install", "id": LEDGER, "preview": "p", "grant": "storage"},
        {"do": "run", "request": "r", "action": "install", "id": LEDGER, "preview": "p", "grant": [1]},
    ],
)
def test_a_message_that_is_not_valid_is_refused_with_an_answer(talk: Any, content: object) -> None:
    (answer,) = talk.raw(content)
    assert answer["error"]["code"] == "invalid-request"
    token = content.get("request") if isinstance(content, dict) else None
    assert answer["re"] == (token if isinstance(token, str) else None)
    assert talk.market.installed() == ()


def test_what_is_no_error_of_ours_is_an_answer_with_its_traceback(talk: Any) -> None:
    def break_down() -> None:
        raise ZeroDivisionError("the listener broke")

    talk.market.on_change(break_down)
    answer = talk.change("install", id=LEDGER)
    assert answer["error"]["code"] == "internal"
    assert "ZeroDivisionError: the listener broke" in answer["error"]["problem"]
    assert "break_down" in answer["error"]["trace"]


def test_a_wrong_cursor_is_an_error_of_ours(talk: Any) -> None:
    assert talk.ask("search", cursor="nonsense")["error"]["trace"] == ""


def test_after_its_end_a_conversation_tells_of_no_change(talk: Any) -> None:
    talk.conversation.end()
    talk.market.install(LEDGER, grant=["storage", "events:subscribe:kernel.cell.finished"])
    assert talk.heard == []
    talk.market.on_change(lambda: None)


def test_what_does_not_fit_here_is_shown_with_why_and_what_is_offered_in_its_place(
    talk: Any, make_plugin: MakePlugin
) -> None:
    talk.market.publish(make_plugin(version="1.0.0"))
    talk.market.publish(make_plugin(version="2.0.0", needs='python = ">=3.99"'))
    [card] = talk.ask("search", text="acme.demo")["page"]["items"]
    assert card["unfit"][0]["reason"].startswith("needs Python >=3.99, and this is 3.")
    assert card["unfit"][0]["remedy"] == "Use a kernel with Python >=3.99."
    assert (card["version"], card["offer"], card["update"]) == ("2.0.0", "1.0.0", False)
    details = talk.ask("details", id="acme.demo")["details"]
    assert [bool(each["unfit"]) for each in details["releases"]] == [True, False]
    talk.change("install", id="acme.demo", wish=card["offer"])
    [card] = talk.ask("search", text="acme.demo")["page"]["items"]
    assert (card["installed"], card["update"]) == ("1.0.0", False)


def test_what_fits_is_offered_and_what_has_no_effect_yet_is_set_apart(talk: Any, make_plugin: MakePlugin) -> None:
    setting = "[contributes.settings.rows]\ntype = 'integer'\ndefault = 1\n"
    talk.market.publish(make_plugin(extra=setting))
    details = talk.ask("details", id="acme.demo")["details"]
    assert (details["unfit"], details["offer"]) == ([], "1.0.0")
    assert details["contributions"] == {"magics": ["demo"], "settings": ["rows"]}
    assert details["unserved"] == {}
    found = talk.market.info("acme.demo")
    of_tomorrow = replace(found.releases[0], contributions={"magics": ("demo",), "holograms": ("ship",)})
    details = views.details(replace(found, releases=(of_tomorrow,)), (), talk.market)
    assert (details["contributions"], details["unserved"]) == ({"magics": ["demo"]}, {"holograms": ["ship"]})


OPTIONAL = '[permissions.optional]\n"storage" = "To remember."\n'


def states(talk: Any, plugin: str = "acme.demo") -> dict[str, str]:
    plugins = {one["id"]: one for one in talk.ask("installed")["installed"]["plugins"]}
    return {one["permission"]: one["state"] for one in plugins[plugin]["permissions"]}


def test_a_preview_tells_optional_permissions_apart_and_what_policy_says(
    talk: Any, make_plugin: MakePlugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk.market.publish(make_plugin(permissions={"modules:pyarrow": "Fast."}, extra=OPTIONAL))
    (change,) = talk.ask("preview", action="install", id="acme.demo")["preview"]["changes"]
    assert [one["permission"] for one in change["asks"]] == ["modules:pyarrow"]
    assert [one["permission"] for one in change["optional"]] == ["storage"]
    policy = '{"PermissionPolicy": {"allow": ["modules:*"], "deny": ["storage"]}}'
    monkeypatch.setenv("AUTOMATOSX_CONFIG", policy)
    talk.market._read = None
    (change,) = talk.ask("preview", action="install", id="acme.demo")["preview"]["changes"]
    assert (change["asks"], change["optional"]) == ([], [])
    assert "'modules:*' is in c.PermissionPolicy.allow" in change["by_policy"][0]["because"]
    assert "'storage' is in c.PermissionPolicy.deny" in change["denied"][0]["because"]
    assert talk.change("install", id="acme.demo")["done"].startswith("demo 1.0.0 installed")
    assert states(talk) == {"modules:pyarrow": "profile", "storage": "denied"}
    answer = talk.ask("preview", action="grant", id="acme.demo", permissions=["storage"])
    assert answer["error"]["code"] == "policy-forbids"


def test_only_the_optional_permissions_that_were_ticked_are_granted(talk: Any, make_plugin: MakePlugin) -> None:
    talk.market.publish(make_plugin(extra=OPTIONAL))
    talk.change("install", id="acme.demo")
    assert states(talk) == {"storage": "open"}
    talk.change("remove", id="acme.demo")
    preview = talk.ask("preview", action="install", id="acme.demo")["preview"]
    talk.ask("run", action="install", id="acme.demo", preview=preview["fingerprint"], grant=["storage"])
    assert states(talk) == {"storage": "profile"}


def test_a_grant_and_a_revoke_are_changes_with_a_preview(talk: Any, make_plugin: MakePlugin) -> None:
    talk.market.publish(make_plugin(extra=OPTIONAL))
    talk.change("install", id="acme.demo")
    before = talk.ask("ping")["state"]
    target = {"id": "acme.demo", "permissions": ["storage"]}
    assert talk.change("grant", **target)["done"] == "demo is granted storage."
    assert talk.ask("ping")["state"] != before
    assert states(talk) == {"storage": "profile"}
    assert talk.change("revoke", **target)["done"] == "demo is no longer granted storage."
    assert states(talk) == {"storage": "open"}


@pytest.mark.parametrize("scope", ["session", "once"])
def test_consent_to_an_install_is_for_as_long_as_it_was_given(talk: Any, make_plugin: MakePlugin, scope: str) -> None:
    talk.market.publish(make_plugin(permissions={"storage": "To remember."}))
    preview = talk.ask("preview", action="install", id="acme.demo")["preview"]
    run = {"action": "install", "id": "acme.demo", "preview": preview["fingerprint"], "scope": scope}
    assert talk.ask("run", **run)["error"]["code"] == "consent-required"
    assert talk.ask("run", grant=["storage"], **run)["generation"] == 1
    assert states(talk) == {"storage": scope}
    assert talk.market.installed()[0].grants == ()


@pytest.mark.parametrize("scope", ["session", "once"])
def test_a_grant_for_less_than_the_profile_makes_no_generation(talk: Any, make_plugin: MakePlugin, scope: str) -> None:
    talk.market.publish(make_plugin(extra=OPTIONAL))
    talk.change("install", id="acme.demo")
    target = {"action": "grant", "id": "acme.demo", "permissions": ["storage"]}
    preview = talk.ask("preview", **target)["preview"]
    before = talk.ask("ping")["state"]
    done = talk.ask("run", preview=preview["fingerprint"], scope=scope, **target)
    assert (done["generation"], states(talk)) == (1, {"storage": scope})
    assert talk.ask("ping")["state"] != before
    done = talk.change("revoke", id="acme.demo", permissions=["storage"])
    assert (done["done"], done["generation"]) == ("demo is no longer granted storage.", 1)
    assert states(talk) == {"storage": "open"}


# --- all of a plan, and what is held


def have(talk: Any) -> dict[str, Any]:
    installed: dict[str, Any] = talk.ask("installed")["installed"]
    return installed


def publish(talk: Any, make_plugin: MakePlugin, *versions: str, **rest: Any) -> None:
    for version in versions:
        talk.market.publish(make_plugin(version=version, **rest))


def test_a_preview_tells_size_requirements_and_publisher_that_differ(talk: Any, make_plugin: MakePlugin) -> None:
    talk.market.publish(make_plugin("acme.base", magic="base"))
    publish(talk, make_plugin, "1.0.0")
    talk.change("install", id="acme.demo")
    publish(talk, make_plugin, "1.1.0", requires={"acme.base": "^1.0"}, source=f"# {'x' * 500}\ndef run(): ...\n")
    talk.market.registry.access.verify(owner(), "acme", verified=True)
    changes = talk.ask("preview", action="update", id="acme.demo")["preview"]["changes"]
    change = next(each for each in changes if each["id"] == "acme.demo")
    assert change["size"] > change["old_size"] > 0
    assert list(change["requires"]) == ["requires acme.base ^1.0 (not before)"]
    assert (change["publisher"], change["behind"], change["doubt"]) == ("acme", "has a verified publisher now", False)


def test_somebody_else_behind_a_plugin_is_told_as_a_doubt() -> None:
    entry = InstalledPlugin("acme.a", "1.0.0", "0" * 64, "*", (), "s", "", {}, source="https://one", verified=True)
    said = publisher_change(entry, "https://two", verified=False)
    doubt = publisher_doubt(entry, "https://two", verified=False)
    planned = PlannedChange("acme.a", "update", "1.0.0", "1.1.0", "", source="https://two", publisher=said, doubt=doubt)
    assert views.change(planned)["doubt"] is True
    assert views.change(replace(planned, doubt=""))["doubt"] is False
    assert "came from https://one and would come from https://two" in said


def test_a_pinned_plugin_shows_its_note_and_is_offered_no_update_until_it_is_unpinned(
    talk: Any, make_plugin: MakePlugin
) -> None:
    publish(talk, make_plugin, "1.0.0", "1.1.0")
    talk.change("install", id="acme.demo", wish="1.0.0")
    state = talk.ask("ping")["state"]
    preview = talk.ask("preview", action="pin", id="acme.demo")["preview"]
    assert (preview["changes"], preview["besides"]) == ([], ["Pins demo at 1.0.0"])
    run = {"action": "pin", "id": "acme.demo", "preview": preview["fingerprint"]}
    assert talk.ask("run", note="the report needs it", **run)["done"] == "demo is pinned at 1.0.0."
    assert talk.ask("ping")["state"] != state
    (plugin,) = have(talk)["plugins"]
    assert plugin["pin"].endswith(": the report needs it")
    assert plugin["update"] is None
    assert [item["update"] for item in talk.ask("search", text="demo")["page"]["items"]] == [False]
    preview = talk.ask("preview", action="update", id="acme.demo")["preview"]
    assert "the report needs it" in preview["held_back"][0]
    assert talk.change("unpin", id="acme.demo")["done"] == "demo is no longer pinned."
    assert have(talk)["plugins"][0]["update"] == "1.1.0"


def test_an_undo_is_undone_by_another(talk: Any, make_plugin: MakePlugin) -> None:
    assert have(talk)["can_undo"] is False
    publish(talk, make_plugin, "1.0.0")
    talk.change("install", id="acme.demo")
    assert talk.change("undo")["done"] == "Undone: demo removed."
    assert have(talk)["can_undo"] is True
    assert talk.change("undo")["done"] == "Undone: demo 1.0.0 installed."


def test_the_history_tells_what_each_generation_changed_and_which_are_kept(
    talk: Any, make_plugin: MakePlugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(talk, make_plugin, "1.0.0")
    talk.change("install", id="acme.demo")
    talk.change("remove", id="acme.demo")
    newest, first = have(talk)["history"]
    assert (newest["differences"], first["differences"]) == (["- acme.demo 1.0.0"], ["+ acme.demo 1.0.0"])
    assert (first["surface"], first["kept"]) == ("panel", None)
    talk.heard.clear()
    kept = talk.ask("keep_generation", number=1, note="the paper")["installed"]
    assert {"on": "changed"} in talk.heard
    monkeypatch.setattr(views, "HISTORY_SHOWN", 1)
    assert [(one["number"], one["kept"]) for one in have(talk)["history"]] == [(2, None), (1, "the paper")]
    assert kept["history"][-1]["kept"] == "the paper"
    assert [one["number"] for one in talk.ask("let_go", number=1)["installed"]["history"]] == [2]
    assert talk.ask("let_go", number=1)["error"]["code"] == "not-pinned"
    assert talk.ask("keep_generation", number=9)["error"]["code"] == "unknown-generation"


def test_outdated_tells_updates_what_is_held_back_and_what_is_said_against_what_is_here(
    talk: Any, make_plugin: MakePlugin
) -> None:
    publish(talk, make_plugin, "1.0.0", "1.1.0", "2.0.0")
    talk.change("install", id="acme.demo", wish="1.0.0")
    assert talk.ask("outdated")["outdated"] == {
        "acme.demo": {"update": "1.1.0", "held_back": ["2.0.0 is not in ^1.0.0, which you asked for."]}
    }
    assert have(talk)["plugins"][0]["flags"] == []
    state = talk.ask("ping")["state"]
    advisory = Advisory("AX-1", "acme.demo", Range.parse("<1.1"), "high", "loses data", disables=True)
    talk.market.registry.advisories.put(owner(), advisory)
    talk.ask("outdated")
    (flag,) = have(talk)["plugins"][0]["flags"]
    assert (flag["kind"], flag["disables"]) == ("advisory", True)
    assert flag["text"] == "acme.demo 1.0.0 is under advisory AX-1: loses data (it is disabled)."
    assert talk.ask("ping")["state"] != state
    assert talk.change("update")["done"] == "demo updated from 1.0.0 to 1.1.0."
    assert talk.change("update")["done"] == "Everything is as it was: there was nothing to do."


def test_what_is_installed_is_listed_where_policy_forbids_the_way_back(
    talk: Any, make_plugin: MakePlugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(talk, make_plugin, "1.0.0")
    talk.change("install", id="acme.demo")
    talk.change("remove", id="acme.demo")
    monkeypatch.setenv("AUTOMATOSX_CONFIG", '{"RegistryPolicy": {"deny": ["acme.*"]}}')
    talk.market._read = None
    assert talk.ask("preview", action="rollback")["error"]["code"] == "policy-forbids"
    assert have(talk)["can_roll_back"] is True
