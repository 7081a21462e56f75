"""What may be chosen, what is preferred, and what is said of it: installed, locked, updated, policies, cooldowns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automatosx_nb.errors import DependencyCycle, ResolutionConflict
from automatosx_nb.model.policy import Cooldown, Pattern, Policy
from automatosx_nb.model.resolution import Resolution, resolve
from automatosx_nb.model.semver import Version
from automatosx_nb.testing.index import MemoryIndex

Records = Mapping[str, Sequence[Mapping[str, Any]]]

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
OLD, YOUNG = "2026-01-01T00:00:00+00:00", "2026-03-10T07:00:00+00:00"
THREE_DAYS = Cooldown(timedelta(days=3), NOW)


def release(version: str, /, deps: Mapping[str, str] | None = None, **marks: Any) -> dict[str, Any]:
    return {"version": version, "deps": deps or {}, **marks}


def found(records: Records, wishes: Mapping[str, str], **options: Any) -> Resolution:
    return resolve(wishes, MemoryIndex(records), **options)


def chosen(records: Records, wishes: Mapping[str, str], **options: Any) -> dict[str, str]:
    return {plugin: str(version) for plugin, version in found(records, wishes, **options).selected.items()}


def conflict(records: Records, wishes: Mapping[str, str], **options: Any) -> ResolutionConflict:
    with pytest.raises(ResolutionConflict) as raised:
        found(records, wishes, **options)
    return raised.value


def held_back(records: Records, wishes: Mapping[str, str], **options: Any) -> list[str]:
    return [str(each) for each in found(records, wishes, **options).held_back()]


def v(versions: Mapping[str, str]) -> dict[str, Version]:
    return {plugin: Version.parse(text) for plugin, text in versions.items()}


def deny(*patterns: str) -> Policy:
    return Policy(deny=tuple(map(Pattern.parse, patterns)))


def allow(*patterns: str) -> Policy:
    return Policy(allow=tuple(map(Pattern.parse, patterns)))


CHARTS: Records = {
    "acme.charts": [
        release("2.0.0", {"acme.tables": "^2"}, published=YOUNG),
        release("1.1.0", {"acme.tables": "^1"}, published=OLD),
        release("1.0.0", {"acme.tables": "^1"}, published=OLD),
    ],
    "acme.tables": [
        release("2.0.0", published=OLD),
        release("1.5.0", published=OLD),
        release("1.0.0", published=OLD),
    ],
    "other.report": [release("1.0.0", {"acme.charts": "*"}, published=OLD)],
}
INSTALLED = v({"acme.charts": "1.0.0", "acme.tables": "1.0.0"})


# --- updates


def test_an_update_takes_the_newest_and_leaves_the_others_where_they_are() -> None:
    assert chosen(CHARTS, {"acme.charts": "^1"}, installed=INSTALLED, update={"acme.charts"}) == {
        "acme.charts": "1.1.0",
        "acme.tables": "1.0.0",
    }


def test_an_update_of_everything_takes_the_newest_of_everything() -> None:
    assert chosen(CHARTS, {"acme.charts": "*"}, installed=INSTALLED, update=INSTALLED) == {
        "acme.charts": "2.0.0",
        "acme.tables": "2.0.0",
    }


def test_an_update_moves_what_it_has_to() -> None:
    """The wish is newest; that it takes an installed plugin along is no reason against it."""
    assert chosen(CHARTS, {"acme.charts": "*"}, installed=INSTALLED, update={"acme.charts"})["acme.tables"] == "2.0.0"


def test_a_lock_is_kept_although_an_update_is_asked_for() -> None:
    locked = v({"acme.charts": "1.0.0", "acme.tables": "1.0.0"})
    wishes = {"acme.charts": "*"}
    kept = {"acme.charts": "1.0.0", "acme.tables": "1.0.0"}
    assert chosen(CHARTS, wishes, locked=locked, installed=INSTALLED, update=INSTALLED) == kept
    assert chosen(CHARTS, wishes, locked=locked) == kept


BETA: Records = {"a": [release("2.0.0", stage="beta"), release("1.0.0")]}


def test_an_update_does_not_take_back_a_beta_that_is_installed() -> None:
    assert chosen(BETA, {"a": "^2"}, installed=v({"a": "2.0.0"}), update={"a"}) == {"a": "2.0.0"}


def test_an_update_does_not_take_back_what_is_younger_than_the_cooldown() -> None:
    records: Records = {"a": [release("2.0.0", published=YOUNG), release("1.0.0", published=OLD)]}
    options: dict[str, Any] = {"installed": v({"a": "2.0.0"}), "update": {"a"}, "cooldown": THREE_DAYS}
    assert chosen(records, {"a": "*"}, **options) == {"a": "2.0.0"}


def test_an_update_leaves_a_yanked_version_where_it_can() -> None:
    records: Records = {"a": [release("1.1.0", yanked="loses data"), release("1.0.0")]}
    installed = v({"a": "1.1.0"})
    assert chosen(records, {"a": "^1"}, installed=installed, update={"a"}) == {"a": "1.0.0"}
    assert chosen(records, {"a": "^1.1"}, installed=installed, update={"a"}) == {"a": "1.1.0"}
    assert chosen(records, {"a": "^1"}, installed=installed) == {"a": "1.1.0"}


def test_an_installed_prerelease_stays_in_a_range_that_would_not_bring_it() -> None:
    """It came with ``--pre``; the next plan is made without, and must neither fail nor take it back."""
    records: Records = {
        "a": [release("1.0.0", {"b": "^1"})],
        "b": [release("1.5.0-rc.1"), release("1.4.0")],
        "c": [release("1.0.0")],
    }
    assert chosen(records, {"a": "*"}, prereleases=True)["b"] == "1.5.0-rc.1"
    installed = v({"a": "1.0.0", "b": "1.5.0-rc.1"})
    assert chosen(records, {"a": "*", "c": "*"}, installed=installed)["b"] == "1.5.0-rc.1"
    assert chosen(records, {"a": "*"}, locked=v({"b": "1.5.0-rc.1"}))["b"] == "1.5.0-rc.1"
    assert chosen(records, {"a": "*"})["b"] == "1.4.0"


# --- prereleases


def test_allowing_prereleases_lets_them_into_every_range() -> None:
    records: Records = {
        "a": [release("2.0.0-rc.1", {"b": "^1"}), release("1.0.0")],
        "b": [release("1.2.0-beta.2"), release("1.1.0")],
    }
    assert chosen(records, {"a": "*"}, prereleases=True) == {"a": "2.0.0-rc.1", "b": "1.2.0-beta.2"}


def test_a_conflict_that_prereleases_would_solve_suggests_them() -> None:
    records: Records = {"a": [release("1.0.0", {"b": "^2"})], "b": [release("2.0.0-rc.1"), release("1.0.0")]}
    error = conflict(records, {"a": "*"})
    assert error.causes[-1] == "b 2.0.0-rc.1 is a prerelease: allow prereleases (--pre) to have it"
    assert error.suggestions == ("with --pre",)
    assert chosen(records, {"a": "*"}, prereleases=True)["b"] == "2.0.0-rc.1"


def test_a_beta_of_a_dependency_suggests_prereleases() -> None:
    error = conflict({"a": [release("1.0.0", {"b": "^2"})], "b": [release("2.0.0", stage="beta")]}, {"a": "*"})
    assert error.causes[-1] == "b 2.0.0 is a beta: name that version exactly, or allow prereleases (--pre)"
    assert error.suggestions == ("with --pre",)


def test_prereleases_are_not_suggested_where_they_do_not_help() -> None:
    records: Records = {
        "a": [release("1.0.0", {"b": "^2", "c": "*"})],
        "b": [release("2.0.0-rc.1")],
        "c": [release("1.0.0", {"gone": "*"})],
    }
    assert conflict(records, {"a": "*"}).suggestions == ()


# --- cooldown


def test_a_release_younger_than_the_cooldown_is_not_chosen() -> None:
    assert chosen(CHARTS, {"acme.charts": "*"}, cooldown=THREE_DAYS)["acme.charts"] == "1.1.0"
    assert chosen(CHARTS, {"acme.charts": "*"})["acme.charts"] == "2.0.0"


def test_a_dependency_does_not_pull_what_is_younger_than_the_cooldown() -> None:
    assert chosen(CHARTS, {"other.report": "*"}, cooldown=THREE_DAYS)["acme.charts"] == "1.1.0"
    error = conflict(
        {**CHARTS, "p.q": [release("1.0.0", {"acme.charts": "2.0.0"}, published=OLD)]},
        {"p.q": "*"},
        cooldown=THREE_DAYS,
    )
    assert error.causes[-1] == (
        "acme.charts 2.0.0 was published 5 hours ago, and the cooldown (c.UpdatePolicy.cooldown) is 3 days: "
        "name it exactly to have it"
    )


def test_the_cooldown_does_not_hold_for_an_exact_pin_a_lock_or_what_is_installed() -> None:
    young = v({"acme.charts": "2.0.0"})
    assert chosen(CHARTS, {"acme.charts": "2.0.0"}, cooldown=THREE_DAYS)["acme.charts"] == "2.0.0"
    assert chosen(CHARTS, {"other.report": "*"}, locked=young, cooldown=THREE_DAYS)["acme.charts"] == "2.0.0"
    assert chosen(CHARTS, {"other.report": "*"}, installed=young, cooldown=THREE_DAYS)["acme.charts"] == "2.0.0"


def test_the_cooldown_holds_for_a_range_that_only_the_young_release_is_in() -> None:
    assert "was published 5 hours ago" in conflict(CHARTS, {"acme.charts": "^2"}, cooldown=THREE_DAYS).causes[-1]


def test_the_cooldown_holds_for_prereleases_too() -> None:
    records: Records = {"a": [release("1.0.0-rc.1", published=YOUNG)]}
    assert "was published" in conflict(records, {"a": "^1"}, prereleases=True, cooldown=THREE_DAYS).causes[-1]


# --- policy


def test_a_denied_plugin_is_not_chosen_on_any_path() -> None:
    everything: dict[str, Any] = {"installed": INSTALLED, "locked": INSTALLED, "prereleases": True}
    for wishes in ({"acme.charts": "1.0.0"}, {"acme.charts": "*"}, {"other.report": "*"}):
        error = conflict(CHARTS, wishes, policy=deny("Acme.Charts"), **everything)
        assert error.causes[-1] == (
            "acme.charts 2.0.0 is denied by this installation's policy: 'Acme.Charts' is in c.RegistryPolicy.deny; "
            "likewise 2 older versions"
            if wishes != {"acme.charts": "1.0.0"}
            else "acme.charts 1.0.0 is denied by this installation's policy: 'Acme.Charts' is in c.RegistryPolicy.deny"
        )


def test_a_denied_range_leaves_the_other_versions() -> None:
    assert chosen(CHARTS, {"acme.charts": "*"}, policy=deny("acme.charts@>=2"))["acme.charts"] == "1.1.0"


def test_a_denied_publisher_rules_out_what_requires_it() -> None:
    assert "likewise" in conflict(CHARTS, {"other.report": "*"}, policy=deny("acme.*")).causes[-1]


def test_only_what_is_allowed_is_chosen() -> None:
    assert chosen(CHARTS, {"acme.charts": "*"}, policy=allow("acme.charts@^1", "acme.*@<2"))["acme.charts"] == "1.1.0"
    assert "is not allowed" in conflict(CHARTS, {"other.report": "*"}, policy=allow("other.*")).causes[-1]


def test_a_plugin_that_is_spelled_otherwise_in_the_index_does_not_pass() -> None:
    records: Records = {"Acme.Bad_One": [release("1.0.0")]}
    assert "is denied" in conflict(records, {"Acme.Bad_One": "1.0.0"}, policy=deny("acme.bad-one")).causes[-1]


# --- held back


def test_nothing_is_held_back_where_everything_is_newest() -> None:
    assert held_back(CHARTS, {"acme.charts": "*"}) == []


@pytest.mark.parametrize(
    ("marks", "options", "reason"),
    [
        ({"yanked": "loses data"}, {}, "was yanked: loses data"),
        ({"yanked": "loses\x1b[2J\n data"}, {}, "was yanked: loses�[2J data"),
        ({"stage": "beta"}, {}, "is a beta: name that version exactly, or allow prereleases (--pre)"),
        ({"quarantined": "steals tokens"}, {}, "is quarantined: steals tokens"),
        ({"python": ">=3.13"}, {"python": "3.12.1"}, "needs Python >=3.13, and this is 3.12.1"),
        ({"platforms": ["windows"]}, {"platform": "linux"}, "works on windows, and this is linux"),
        ({"engine": "^2"}, {"engine": Version(1, 4, 0)}, "needs automatosx ^2, and this is 1.4.0"),
        (
            {"published": YOUNG},
            {"cooldown": THREE_DAYS},
            "was published 5 hours ago, and the cooldown (c.UpdatePolicy.cooldown) is 3 days: "
            "name it exactly to have it",
        ),
        (
            {},
            {"policy": deny("a.b@2.0.0")},
            "is denied by this installation's policy: 'a.b@2.0.0' is in c.RegistryPolicy.deny",
        ),
    ],
)
def test_a_release_that_may_not_be_chosen_says_why(marks: Any, options: Any, reason: str) -> None:
    records: Records = {"a.b": [release("2.0.0", **marks), release("1.0.0", published=OLD)]}
    resolution = found(records, {"a.b": "*"}, **options)
    assert [str(each) for each in resolution.held_back()] == [f"a.b 2.0.0 {reason}"]
    assert [(each.chosen, each.because) for each in resolution.held_back()] == [
        ("1.0.0", "prerelease" if marks.get("stage") else "release")
    ]


def test_a_beta_and_a_young_release_do_not_hide_what_else_is_newer() -> None:
    records: Records = {
        "a": [
            release("5.0.0", stage="beta", published=OLD),
            release("4.0.0-rc.1", published=OLD),
            release("3.0.0", published=YOUNG),
            release("2.5.0", yanked="loses data", published=OLD),
            release("2.0.0", published=OLD),
            release("1.0.0", published=OLD),
        ]
    }
    resolution = found(records, {"a": "^1"}, cooldown=THREE_DAYS)
    assert [(each.newer, each.because) for each in resolution.held_back()] == [
        ("5.0.0", "prerelease"),
        ("3.0.0", "release"),
        ("2.0.0", "wish"),
    ]


def test_a_draft_is_nobodys_business() -> None:
    assert held_back({"a": [release("2.0.0", stage="draft"), release("1.0.0")]}, {"a": "*"}) == []


def test_a_wish_holds_back() -> None:
    assert held_back(CHARTS, {"acme.charts": "^1"}) == [
        "acme.charts 2.0.0 is not in ^1, which you asked for",
        "acme.tables 2.0.0 is not in ^1, which acme.charts 1.1.0 requires",
    ]


def test_a_prerelease_says_that_it_is_one_and_the_newest_release_says_its_own() -> None:
    records: Records = {"a": [release("3.0.0-rc.2"), release("3.0.0-rc.1"), release("2.0.0"), release("1.0.0")]}
    assert held_back(records, {"a": "^1 || >=3"}) == [
        "a 3.0.0-rc.2 is a prerelease: name that version exactly, or allow prereleases (--pre)",
        "a 2.0.0 is not in ^1 || >=3, which you asked for",
    ]


def test_a_version_that_several_rule_out_says_how_many() -> None:
    records: Records = {
        **{name: [release("1.0.0", {"c": "^1"})] for name in ("a", "b", "d")},
        "c": [release("2.0.0"), release("1.0.0")],
    }
    assert held_back(records, {"a": "*", "b": "*"}) == [
        "c 2.0.0 is not in ^1, which a 1.0.0 requires (1 other rules it out, too)"
    ]
    assert held_back(records, {"a": "*", "b": "*", "d": "*"}) == [
        "c 2.0.0 is not in ^1, which a 1.0.0 requires (2 others rule it out, too)"
    ]


def test_an_optional_requirement_holds_back() -> None:
    records: Records = {
        "a": [release("1.0.0", optional={"c": "^1"})],
        "c": [release("2.0.0"), release("1.0.0")],
    }
    assert held_back(records, {"a": "*", "c": "*"}) == ["c 2.0.0 is not in ^1, which a 1.0.0 works with"]


def test_an_installed_version_that_stays_says_so() -> None:
    assert held_back(CHARTS, {"acme.charts": "^1"}, installed=INSTALLED)[0] == (
        "acme.charts 2.0.0 is not in ^1, which you asked for"
    )
    resolution = found(CHARTS, {"acme.charts": "*"}, installed=INSTALLED)
    assert [(each.id, each.because) for each in resolution.held_back()] == [
        ("acme.charts", "installed"),
        ("acme.tables", "dependant"),
    ]
    assert str(resolution.held_back()[0]) == "acme.charts 2.0.0 is left for an update: 1.0.0 is installed and stays"


def test_a_lock_says_so() -> None:
    assert held_back(CHARTS, {"acme.charts": "*"}, locked=v({"acme.charts": "1.0.0"}))[0] == (
        "acme.charts 2.0.0 is newer than the lock, which has 1.0.0"
    )


def test_what_the_newer_version_requires_itself_holds_it_back() -> None:
    assert held_back(CHARTS, {"acme.tables": "^1", "acme.charts": "*"}) == [
        "acme.charts 2.0.0 requires acme.tables ^2, and acme.tables 1.5.0 was chosen",
        "acme.tables 2.0.0 is not in ^1, which you asked for",
    ]


def test_a_newer_version_that_needs_what_is_nowhere_says_so() -> None:
    records: Records = {"a": [release("2.0.0", {"gone": "^1"}), release("1.0.0")]}
    assert held_back(records, {"a": "*"}) == ["a 2.0.0 requires gone ^1, of which no version can be chosen here"]


def test_a_newer_version_that_would_close_a_circle_shows_it() -> None:
    records: Records = {
        "a": [release("1.0.0", {"b": "*"})],
        "b": [release("2.0.0", {"a": "*"}), release("1.0.0")],
    }
    assert held_back(records, {"a": "*"}) == ["b 2.0.0 would close a circle of requirements: a → b → a"]


def test_a_newer_version_that_fails_further_away_says_at_least_that() -> None:
    records: Records = {
        "a": [release("2.0.0", {"b": "*"}), release("1.0.0")],
        "b": [release("1.0.0", {"c": "^2"})],
        "c": [release("2.0.0"), release("1.0.0")],
    }
    assert held_back(records, {"c": "^1", "a": "*"})[0] == "a 2.0.0 does not go together with what else was chosen"


# --- what came of it


def test_a_tree_leads_from_the_wishes_down_and_draws_each_plugin_once() -> None:
    records: Records = {
        **CHARTS,
        "acme.dash": [release("1.0.0", {"acme.charts": "*", "acme.tables": "*"}, optional={"other.report": "*"})],
    }
    assert found(records, {"acme.dash": "^1", "other.report": "*", "acme.tables": "2.0.0"}).tree() == "\n".join(
        [
            "acme.dash 1.0.0  (you asked for ^1)",
            "├─ acme.charts 2.0.0  (*)",
            "│  └─ acme.tables 2.0.0  (^2)",
            "├─ acme.tables 2.0.0  (*)",
            "└─ other.report 1.0.0  (optional, *)",
            "   └─ acme.charts 2.0.0  (*) …",
            "acme.tables 2.0.0  (you asked for 2.0.0)",
            "other.report 1.0.0  (you asked for *) …",
        ]
    )


def test_a_tree_of_a_circle_ends() -> None:
    records: Records = {"a": [release("1.0.0", {"b": "*"})], "b": [release("1.0.0", {"a": "*"})]}
    assert found(records, {"a": "*"}, cycles="allow").tree().splitlines()[-1] == "   └─ a 1.0.0  (*) …"


def test_every_plugin_is_told_of_in_the_order_of_activation() -> None:
    plugins = found(CHARTS, {"other.report": "*"}).plugins()
    assert [(one.id, dict(one.requires)) for one in plugins] == [
        ("acme.tables", {}),
        ("acme.charts", {"acme.tables": "^2"}),
        ("other.report", {"acme.charts": "*"}),
    ]
    assert plugins[0].why.startswith("acme.tables 2.0.0 is here because acme.charts 2.0.0 requires acme.tables ^2")


# --- conflicts, in words


def test_a_version_that_does_not_exist_lists_those_that_do_also_where_none_fits_here() -> None:
    records: Records = {"a": [release("3.0.0", python=">=3.30"), release("2.0.0", python=">=3.30")]}
    assert (
        conflict(records, {"a": "1.0.0"}, python="3.12").causes[-1]
        == "no version of a is in 1.0.0: it has 3.0.0, 2.0.0"
    )


def test_a_range_that_contradicts_itself_is_told() -> None:
    assert conflict({"a": [release("1.0.0")]}, {"a": "^1 ^2"}).causes[-1] == "no version at all can be in ^1 ^2"


def test_one_reason_for_many_versions_is_told_once() -> None:
    records: Records = {"a": [release(f"1.{minor}.0", python=">=3.30") for minor in range(9)]}
    error = conflict(records, {"a": "*"}, python="3.12")
    assert error.causes[1:] == (
        "no version of a can be chosen here",
        "a 1.8.0 needs Python >=3.30, and this is 3.12; likewise 8 older versions",
    )
    assert str(error).startswith("a cannot be had as you asked:\n")
    assert "%ax info a" in str(error)


def test_a_shown_contradiction_is_shown_with_all_that_it_is_made_of() -> None:
    records: Records = {
        **{
            f"p{n}": [
                release(f"{hole}.0.0", {f"hole{hole}-{n}-{m}": f"{n}.0.0" for m in range(7)}) for hole in range(6)
            ]
            for n in range(7)
        },
        **{
            f"hole{hole}-{n}-{m}": [release(f"{k}.0.0") for k in (n, m)]
            for hole in range(6)
            for n in range(7)
            for m in range(7)
        },
    }
    for n in range(7):
        for hole, one in enumerate(records[f"p{n}"]):
            one["deps"].update({f"hole{hole}-{m}-{n}": f"{n}.0.0" for m in range(7)})
    causes = conflict(records, {f"p{n}": "*" for n in range(7)}).causes
    endings = [cause for cause in causes if cause.startswith("no version of ")]
    assert endings
    assert len(causes) <= 20
    for ending in endings:
        contested = ending.split()[3]
        assert len([cause for cause in causes if f" requires {contested} " in cause]) == 2


# --- rules are as if the releases were not there

versions = st.sampled_from(["1.0.0", "1.1.0", "2.0.0"])
plugins = st.sampled_from(["p.a", "p.b", "q.c", "q.d"])
ranges = st.sampled_from(["*", "^1", "^2", ">=1.1"])
marks = st.fixed_dictionaries(
    {},
    optional={
        "yanked": st.just("why not"),
        "stage": st.sampled_from(["beta", "draft"]),
        "quarantined": st.just("bad"),
        "published": st.just(YOUNG),
    },
)


@st.composite
def indexes(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    return {
        plugin: [
            {
                "version": version,
                "published": OLD,
                "deps": {
                    on: text for on, text in draw(st.dictionaries(plugins, ranges, max_size=2)).items() if on != plugin
                },
                **draw(marks),
            }
            for version in draw(st.lists(versions, unique=True, max_size=3))
        ]
        for plugin in ("p.a", "p.b", "q.c", "q.d")
    }


def outcome(records: Records, wishes: Mapping[str, str], **options: Any) -> object:
    try:
        return chosen(records, wishes, **options)
    except (ResolutionConflict, DependencyCycle) as error:
        return type(error)


@settings(max_examples=200)
@given(indexes(), st.dictionaries(plugins, ranges, min_size=1, max_size=3), st.sampled_from(["p.a@^1", "q.*", "p.b"]))
def test_what_the_rules_keep_out_is_as_if_it_were_not_there(
    records: dict[str, list[dict[str, Any]]], wishes: dict[str, str], denied: str
) -> None:
    gone = {"p.a@^1": ("p.a", "1."), "q.*": ("q.", ""), "p.b": ("p.b", "")}[denied]
    left = {
        plugin: [
            {**each, "published": OLD}
            for each in releases
            if not (each.keys() & {"yanked", "stage", "quarantined"} or each["published"] == YOUNG)
            and not (plugin.startswith(gone[0]) and each["version"].startswith(gone[1]))
        ]
        for plugin, releases in records.items()
    }
    known = {plugin: text for plugin, text in wishes.items() if left[plugin]}
    if known:
        assert outcome(records, known, policy=deny(denied), cooldown=THREE_DAYS) == outcome(left, known)


@settings(max_examples=200)
@given(indexes(), st.dictionaries(plugins, ranges, min_size=1, max_size=3))
def test_whatever_is_newer_than_what_was_chosen_is_accounted_for(
    records: dict[str, list[dict[str, Any]]], wishes: dict[str, str]
) -> None:
    known = {plugin: text for plugin, text in wishes.items() if records[plugin]}
    try:
        resolution = found(records, known, cooldown=THREE_DAYS)
    except (ResolutionConflict, DependencyCycle):
        return
    newest = {
        plugin: max(Version.parse(each["version"]) for each in records[plugin] if each.get("stage") != "draft")
        for plugin in resolution.selected
    }
    told = {each.id: each.newer for each in reversed(resolution.held_back())}
    behind = {plugin: str(newest[plugin]) for plugin, one in resolution.selected.items() if one < newest[plugin]}
    assert told == behind
