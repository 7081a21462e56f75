"""One behaviour of the resolver a test, on indexes small enough to solve in the head."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automatosx_nb.errors import (
    DependencyCycle,
    InvalidRange,
    ResolutionConflict,
    ResolutionUnsound,
    UnknownPlugin,
)
from automatosx_nb.model.candidates import Candidate, Candidates
from automatosx_nb.model.check import STRETCH, check
from automatosx_nb.model.explain import SHOWN_ENDINGS
from automatosx_nb.model.resolution import resolve
from automatosx_nb.model.rules import Rules
from automatosx_nb.model.search import search
from automatosx_nb.model.semver import Range, Version
from automatosx_nb.testing.index import MemoryIndex

Records = Mapping[str, Sequence[Mapping[str, Any]]]


def release(version: str, /, *, optional: Mapping[str, str] | None = None, marks: Any = None, **deps: str) -> Any:
    return {"version": version, "deps": deps, "optional": optional or {}, **(marks or {})}


def chosen(records: Records, wishes: Mapping[str, str], **options: Any) -> dict[str, str]:
    found = resolve(wishes, MemoryIndex(records, env=options.pop("env", None)), **options)
    return {plugin: str(version) for plugin, version in found.selected.items()}


def conflict(records: Records, wishes: Mapping[str, str], **options: Any) -> list[str]:
    with pytest.raises(ResolutionConflict) as raised:
        chosen(records, wishes, **options)
    return list(raised.value.causes)


def excluding(number: int, others: Sequence[str]) -> dict[str, Any]:
    return dict.fromkeys(others, f"<{number}.0.0 || >{number}.0.0")


def test_a_search_is_ended_by_what_it_spends() -> None:
    """Eight that pairwise exclude the same of seven versions: a proof of that takes thousands of steps."""
    names = [f"p{number}" for number in range(8)]
    pigeons = {
        name: [release(f"{n}.0.0", **excluding(n, names[at:])) for n in range(1, 8)] for at, name in enumerate(names, 1)
    }
    spent: list[int] = []

    def spend(most: int) -> None:
        spent.append(most)
        if len(spent) > most:
            raise TimeoutError

    with pytest.raises(ResolutionConflict):
        resolve({"p0": "*"}, MemoryIndex(pigeons), spend=lambda: spend(10**9))
    whole = len(spent)
    assert whole > 1000
    for most in (0, 20, whole // 2):
        spent.clear()
        with pytest.raises(TimeoutError):
            resolve({"p0": "*"}, MemoryIndex(pigeons), spend=lambda most=most: spend(most))  # type: ignore[misc]
        assert len(spent) == most + 1


class Counted(Candidates):
    """Says how often somebody looked whether there is a plugin, as a contradiction does before it is told."""

    looked = 0

    def knows(self, plugin: str) -> bool:
        self.looked += 1
        return super().knows(plugin)


def test_no_more_contradictions_are_looked_for_than_are_told() -> None:
    """Thirty versions of two plugins, each of which needs another version of a third: 900 pairs."""
    records = {
        "z": [release(f"{n}.0.0") for n in range(60)],
        "a": [release(f"{n + 1}.0.0", z=f"={n}.0.0") for n in range(30)],
        "b": [release(f"{n + 1}.0.0", z=f"={30 + n}.0.0") for n in range(30)],
    }
    candidates = Counted(MemoryIndex(records), Rules(pins={}, installed={}, locked={}))
    with pytest.raises(ResolutionConflict) as raised:
        search({plugin: Range.parse("*") for plugin in "ab"}, candidates, "refuse")
    assert len(raised.value.causes) > SHOWN_ENDINGS
    assert candidates.looked < 20


def v(**versions: str) -> dict[str, Version]:
    return {plugin: Version.parse(text) for plugin, text in versions.items()}


DIAMOND = {
    "app": [release("1.0.0", left="*", right="*")],
    "left": [release("2.0.0", base="^2.0"), release("1.0.0", base="^1.0")],
    "right": [release("1.0.0", base="<2.0.0")],
    "base": [release("2.0.0"), release("1.1.0"), release("1.0.0")],
}


def test_the_newest_version_is_chosen() -> None:
    assert chosen({"a": [release("1.0.0"), release("1.10.0"), release("1.9.0")]}, {"a": "^1"}) == {"a": "1.10.0"}


def test_nothing_asked_is_nothing_chosen() -> None:
    found = resolve({}, MemoryIndex(DIAMOND))
    assert (found.selected, found.order) == ({}, ())


def test_a_diamond_meets_in_one_version() -> None:
    assert chosen(DIAMOND, {"app": "*"}) == {"app": "1.0.0", "base": "1.1.0", "left": "1.0.0", "right": "1.0.0"}


def test_every_plugin_comes_after_what_it_requires() -> None:
    assert resolve({"app": "*"}, MemoryIndex(DIAMOND)).order == ("base", "left", "right", "app")


def test_a_conflict_leads_from_the_wishes_to_the_contradiction() -> None:
    records = {
        "a": [release("1.0.0", shared="^1.0")],
        "b": [release("1.0.0", shared="^2.0")],
        "shared": [release("1.0.0"), release("2.0.0")],
    }
    assert conflict(records, {"a": "*", "b": "^1"}) == [
        "you asked for a *",
        "a 1.0.0 requires shared ^1.0",
        "you asked for b ^1",
        "b 1.0.0 requires shared ^2.0",
        "no version of shared can be in ^1.0 and ^2.0 at once",
    ]


def test_a_conflict_lists_the_versions_there_are() -> None:
    causes = conflict({"a": [release(f"1.{n}.0") for n in range(7)]}, {"a": "^2"})
    assert causes[-1] == "no version of a is in ^2: it has 1.6.0, 1.5.0, 1.4.0, 1.3.0, 1.2.0 and 2 older"


def test_an_unknown_wish_names_the_nearest_plugins() -> None:
    with pytest.raises(UnknownPlugin) as raised:
        chosen({"acme.tables": [release("1.0.0")]}, {"acme.tabels": "*"})
    assert raised.value.nearest == ("acme.tables",)


def test_a_version_that_requires_an_unknown_plugin_is_passed_over() -> None:
    records = {"a": [release("2.0.0", gone="*"), release("1.0.0")]}
    assert chosen(records, {"a": "*"}) == {"a": "1.0.0"}


def test_a_plugin_that_needs_an_unknown_one_is_a_conflict() -> None:
    causes = conflict({"a": [release("2.0.0", gone="*")]}, {"a": "*"})
    assert causes[-2:] == ["a 2.0.0 requires gone *", "there is no plugin 'gone' in the registry"]


YANKED = {"a": [release("1.1.0", marks={"yanked": "loses data"}), release("1.0.0")]}


def test_a_yanked_version_is_not_chosen() -> None:
    assert chosen(YANKED, {"a": "^1"}) == {"a": "1.0.0"}


def test_a_yanked_version_is_chosen_when_it_is_named_exactly() -> None:
    assert chosen(YANKED, {"a": "1.1.0"}) == {"a": "1.1.0"}


def test_a_yanked_version_stays_where_it_is_installed() -> None:
    assert chosen(YANKED, {"a": "^1"}, installed=v(a="1.1.0")) == {"a": "1.1.0"}


def test_a_yanked_version_is_chosen_when_it_is_locked() -> None:
    records = {**YANKED, "b": [release("1.0.0", a="^1")]}
    assert chosen(records, {"b": "*"}, locked=v(a="1.1.0"))["a"] == "1.1.0"
    assert chosen(records, {"b": "*"}, locked=v(a="1.0.0"))["a"] == "1.0.0"
    assert chosen(records, {"b": "*"}, locked=v(b="1.0.0"))["a"] == "1.0.0"


def test_a_locked_version_comes_before_an_installed_one_and_a_newer_one() -> None:
    assert chosen(DIAMOND, {"base": "*"}, locked=v(base="1.0.0"), installed=v(base="1.1.0")) == {"base": "1.0.0"}
    assert chosen(DIAMOND, {"base": ">1.0.0"}, locked=v(base="1.0.0"), installed=v(base="1.1.0")) == {"base": "1.1.0"}


def test_a_lock_does_not_bring_back_what_is_quarantined() -> None:
    records = {"a": [release("1.1.0", marks={"quarantined": "steals tokens"}), release("1.0.0")]}
    assert chosen(records, {"a": "^1"}, locked=v(a="1.1.0")) == {"a": "1.0.0"}


def test_a_dependency_cannot_pull_a_yanked_version() -> None:
    causes = conflict({**YANKED, "b": [release("1.0.0", a="1.1.0")]}, {"b": "*"})
    assert causes[-1] == "a 1.1.0 was yanked: loses data"


def test_a_quarantined_version_is_never_chosen() -> None:
    records = {"a": [release("1.0.0", marks={"quarantined": "steals tokens"})]}
    causes = conflict(records, {"a": "1.0.0"}, installed=v(a="1.0.0"))
    assert causes[-1] == "a 1.0.0 is quarantined: steals tokens"


def test_a_draft_is_never_chosen() -> None:
    causes = conflict({"a": [release("1.0.0", marks={"stage": "draft"})]}, {"a": "1.0.0"}, prereleases=True)
    assert causes[-1] == "a 1.0.0 is a draft that is not published yet"


BETA = {"a": [release("2.0.0", marks={"stage": "beta"}), release("1.0.0")]}


@pytest.mark.parametrize(
    ("wish", "prereleases", "version"),
    [("*", False, "1.0.0"), ("*", True, "2.0.0"), ("2.0.0", False, "2.0.0"), ("<2", True, "1.0.0")],
)
def test_a_beta_is_chosen_on_request_only(wish: str, prereleases: bool, version: str) -> None:
    assert chosen(BETA, {"a": wish}, prereleases=prereleases) == {"a": version}


PRERELEASE = {"a": [release("2.0.0-rc.1"), release("1.0.0")]}


@pytest.mark.parametrize(
    ("wish", "prereleases", "version"),
    [("*", False, "1.0.0"), ("*", True, "2.0.0-rc.1"), (">=2.0.0-rc.0", False, "2.0.0-rc.1")],
)
def test_a_prerelease_is_chosen_by_npms_rule_or_on_request(wish: str, prereleases: bool, version: str) -> None:
    assert chosen(PRERELEASE, {"a": wish}, prereleases=prereleases) == {"a": version}


def test_a_conflict_says_that_a_prerelease_would_do() -> None:
    causes = conflict(PRERELEASE, {"a": ">1.0.0"})
    assert causes[-1] == "a 2.0.0-rc.1 is a prerelease: name that version exactly, or allow prereleases (--pre)"


def test_an_installed_version_stays_although_there_is_a_newer_one() -> None:
    assert chosen(DIAMOND, {"base": "*"}, installed=v(base="1.0.0")) == {"base": "1.0.0"}


def test_an_installed_version_goes_where_the_wishes_rule_it_out() -> None:
    assert chosen(DIAMOND, {"base": ">1.0.0"}, installed=v(base="1.0.0")) == {"base": "2.0.0"}


def test_an_installed_plugin_that_nothing_needs_is_left_out() -> None:
    assert chosen(DIAMOND, {"right": "*"}, installed=v(left="1.0.0"))["right"] == "1.0.0"
    assert "left" not in chosen(DIAMOND, {"right": "*"}, installed=v(left="1.0.0"))


OPTIONAL = {
    "a": [release("1.0.0", optional={"extra": "^1.0"})],
    "extra": [release("2.0.0"), release("1.0.0")],
    "user": [release("1.0.0", extra="*")],
}


def test_an_optional_plugin_is_not_pulled_in() -> None:
    assert chosen(OPTIONAL, {"a": "*"}) == {"a": "1.0.0"}


@pytest.mark.parametrize("wishes", [{"a": "*", "extra": "*"}, {"extra": "*", "a": "*"}, {"a": "*", "user": "*"}])
def test_an_optional_requirement_holds_where_the_plugin_is_there(wishes: dict[str, str]) -> None:
    assert chosen(OPTIONAL, wishes)["extra"] == "1.0.0"


def test_an_optional_requirement_can_be_the_conflict() -> None:
    causes = conflict(OPTIONAL, {"a": "*", "extra": "^2"})
    assert "a 1.0.0 works only with extra ^1.0" in causes
    assert causes[-1] == "no version of extra can be in ^2 and ^1.0 at once"


def test_an_unknown_optional_plugin_does_not_matter() -> None:
    assert chosen({"a": [release("1.0.0", optional={"gone": "*"})]}, {"a": "*"}) == {"a": "1.0.0"}


def test_an_optional_plugin_is_activated_first() -> None:
    assert resolve({"a": "*", "extra": "*"}, MemoryIndex(OPTIONAL)).order == ("extra", "a")


def test_an_optional_circle_is_no_circle() -> None:
    records = {"a": [release("1.0.0", optional={"b": "*"})], "b": [release("1.0.0", a="*")]}
    assert resolve({"b": "*"}, MemoryIndex(records)).order == ("a", "b")


CIRCLE = {
    "a": [release("1.0.0", b="*")],
    "b": [release("1.0.0", c="*")],
    "c": [release("2.0.0", a="*")],
}


def test_a_circle_is_refused_and_shown() -> None:
    with pytest.raises(DependencyCycle) as raised:
        chosen(CIRCLE, {"b": "*"})
    assert raised.value.cycle == ("a", "b", "c")


def test_an_older_version_without_the_circle_is_chosen() -> None:
    records = {**CIRCLE, "c": [*CIRCLE["c"], release("1.0.0")]}
    assert chosen(records, {"a": "*"}) == {"a": "1.0.0", "b": "1.0.0", "c": "1.0.0"}


def test_a_circle_is_solved_where_circles_are_allowed() -> None:
    found = resolve({"a": "*"}, MemoryIndex(CIRCLE), cycles="allow")
    assert sorted(found.order) == ["a", "b", "c"]


def test_a_plugin_that_requires_itself_is_a_circle() -> None:
    with pytest.raises(DependencyCycle) as raised:
        chosen({"a": [release("1.0.0", a="^1.0")]}, {"a": "*"})
    assert raised.value.cycle == ("a",)


@pytest.mark.parametrize("kind", ["deps", "optional"])
def test_a_version_that_requires_another_version_of_itself_is_passed_over(kind: str) -> None:
    records = {"a": [{"version": "2.0.0", kind: {"a": "^1"}}, release("1.0.0")]}
    assert chosen(records, {"a": "*"}) == {"a": "1.0.0"}
    assert conflict(records, {"a": "^2"})[-1] == "a 2.0.0 requires itself at ^1"


def test_a_runtime_that_is_too_old_is_the_reason() -> None:
    records = {"a": [release("2.0.0", marks={"engine": "^2.0"}), release("1.0.0", marks={"engine": "^1.0"})]}
    assert chosen(records, {"a": "*"}, engine=Version(1, 4)) == {"a": "1.0.0"}
    assert chosen(records, {"a": "*"}) == {"a": "2.0.0"}
    causes = conflict(records, {"a": "^2"}, env={"engine": "1.4.0"})
    assert causes[-1] == "a 2.0.0 needs automatosx ^2.0, and this is 1.4.0"


def test_a_python_that_is_too_old_is_the_reason() -> None:
    records = {"a": [release("2.0.0", marks={"python": ">=3.13"}), release("1.0.0", marks={"python": ">=3.11"})]}
    assert chosen(records, {"a": "*"}, python="3.12.4") == {"a": "1.0.0"}
    causes = conflict(records, {"a": "^2"}, python="3.12.4")
    assert causes[-1] == "a 2.0.0 needs Python >=3.13, and this is 3.12.4"


def test_a_python_requirement_that_cannot_be_read_rules_the_version_out() -> None:
    causes = conflict({"a": [release("1.0.0", marks={"python": "snake"})]}, {"a": "*"}, python="3.12")
    assert "cannot be read" in causes[-1]


def test_why_leads_back_to_the_wish() -> None:
    found = resolve({"app": "^1"}, MemoryIndex(DIAMOND))
    assert found.why("base") == (
        "base 1.1.0 is here because left 1.0.0 requires base ^1.0, because app 1.0.0 requires left *, "
        "because you asked for app ^1."
    )
    assert found.why("app") == "app 1.0.0 is here because you asked for app ^1."
    with pytest.raises(UnknownPlugin):
        found.why("other")


def test_a_wish_that_is_no_range_is_refused() -> None:
    with pytest.raises(InvalidRange):
        chosen(DIAMOND, {"app": "newest"})


def test_the_result_does_not_depend_on_the_order_of_releases() -> None:
    turned = {plugin: records[::-1] for plugin, records in reversed(DIAMOND.items())}
    assert chosen(turned, {"app": "*"}) == chosen(DIAMOND, {"app": "*"})


def suggestions(records: Records, wishes: Mapping[str, str], **options: Any) -> tuple[str, ...]:
    with pytest.raises(ResolutionConflict) as raised:
        chosen(records, wishes, **options)
    return raised.value.suggestions


RIVALS = {
    "a": [release("1.1.0", shared="^1.0"), release("1.0.0", shared="^1.0")],
    "b": [release("2.0.0", shared="^2.0"), release("1.0.0", shared="*")],
    "other": [release("1.0.0", shared="*")],
    "shared": [release("1.0.0"), release("2.0.0")],
}


def test_a_conflict_names_the_fewest_wishes_that_contradict_each_other() -> None:
    with pytest.raises(ResolutionConflict) as raised:
        chosen(RIVALS, {"other": "*", "a": "*", "shared": "*", "b": "^2"})
    assert raised.value.wishes == ("a", "b")
    assert raised.value.causes == (
        "you asked for a *",
        "every version of a requires shared ^1.0",
        "you asked for b ^2",
        "b 2.0.0 requires shared ^2.0",
        "no version of shared can be in ^1.0 and ^2.0 at once",
    )


def test_a_conflict_suggests_what_was_tried() -> None:
    assert suggestions(RIVALS, {"a": "*", "b": "^2"}) == ("with b ^1", "without a", "without b")
    with pytest.raises(ResolutionConflict, match=r"It works with b \^1, or without a, or without b\."):
        chosen(RIVALS, {"a": "*", "b": "^2"})


def test_nothing_is_suggested_that_does_not_work() -> None:
    twice = {**RIVALS, "c": [release("1.0.0", gone="*")], "d": [release("1.0.0", gone="*")]}
    assert suggestions(twice, {"a": "*", "b": "^2", "c": "*"}) in [(), ("without c",)]
    assert suggestions(twice, {"c": "*", "d": "*"}) == ()


@pytest.mark.parametrize(
    ("version", "suggested"),
    [("3.4.5", "^3"), ("0.4.5", "^0.4"), ("0.0.5", "0.0.5"), ("3.0.0-rc.1", "3.0.0-rc.1")],
)
def test_a_suggested_range_is_one_that_a_person_would_write(version: str, suggested: str) -> None:
    found = suggestions({"a": [release(version)]}, {"a": "^7 || ^8"}, prereleases=True)
    assert found == (f"with a {suggested}",)


def test_without_another_wish_there_is_nothing_to_leave_out() -> None:
    assert suggestions({"a": [release("1.0.0", gone="*")]}, {"a": "*"}) == ()


def test_versions_with_one_requirement_are_told_of_together() -> None:
    records = {
        "a": [*(release(f"1.{minor}.0", b="^2") for minor in range(9)), release("0.9.0", b="^3")],
        "b": [release("1.0.0"), release("2.0.0"), release("3.0.0")],
    }
    causes = conflict(records, {"a": "*", "b": "^1"})
    assert "a 1.8.0, 1.7.0, 1.6.0, 1.5.0, 1.4.0 and 4 older require b ^2" in causes
    assert "a 0.9.0 requires b ^3" in causes
    assert "every version of a in ^1 requires b ^2" in conflict(records, {"a": "^1", "b": "^1"})
    assert causes[-2:] == ["no version of b can be in ^1 and ^2 at once", "no version of b can be in ^1 and ^3 at once"]


def test_versions_with_one_limit_are_told_of_together() -> None:
    records = {
        "a": [release(f"1.{minor}.0", optional={"b": "^2"}) for minor in range(2)],
        "b": [release("1.0.0"), release("2.0.0")],
    }
    assert "every version of a works only with b ^2" in conflict(records, {"a": "*", "b": "^1"})
    records["a"].append(release("0.9.0", b="^2"))
    assert "a 1.1.0 and 1.0.0 work only with b ^2" in conflict(records, {"a": "*", "b": "^1"})


def test_a_version_out_of_reach_is_not_told_of() -> None:
    records = {
        "a": [release("1.0.0", b="^2")],
        "b": [release("2.0.0", c="^2"), release("1.0.0", c="^3")],
        "c": [release("1.0.0"), release("2.0.0"), release("3.0.0")],
    }
    assert [cause for cause in conflict(records, {"a": "*", "c": "^1"}) if cause.startswith("b ")] == [
        "b 2.0.0 requires c ^2"
    ]


def test_alternatives_are_no_contradiction_of_each_other() -> None:
    records = {
        "a": [release("2.0.0", b="^2"), release("1.0.0", b="^1")],
        "b": [release("2.0.0", c="^2"), release("1.0.0", c="^1")],
        "c": [release("1.0.0"), release("2.0.0"), release("3.0.0")],
    }
    causes = conflict(records, {"a": "*", "c": "^3"})
    assert not any(cause.startswith("no version of b") for cause in causes)
    assert len([cause for cause in causes if cause.startswith("no version of c")]) == 2


def test_three_that_fit_in_pairs_only_are_a_contradiction_together() -> None:
    records = {
        "a": [release("1.0.0", d="1.0.0 || 2.0.0")],
        "b": [release("1.0.0", d="2.0.0 || 3.0.0")],
        "c": [release("1.0.0", d="3.0.0 || 1.0.0")],
        "d": [release("1.0.0"), release("2.0.0"), release("3.0.0")],
    }
    causes = conflict(records, {"a": "*", "b": "*", "c": "*"})
    assert causes[-1] == (
        "no version of d is in 1.0.0 || 2.0.0 and 2.0.0 || 3.0.0 and 3.0.0 || 1.0.0: it has 3.0.0, 2.0.0, 1.0.0"
    )


PIGEONS = {
    **{
        f"p{n}": [{"version": f"{hole}.0.0", "deps": {f"hole{hole}": f"{n}.0.0"}} for hole in range(4)]
        for n in range(5)
    },
    **{f"hole{hole}": [release(f"{n}.0.0") for n in range(5)] for hole in range(4)},
}


def test_a_long_proof_is_cut_and_its_wishes_are_not() -> None:
    causes = conflict(PIGEONS, {f"p{n}": "*" for n in range(5)})
    assert [f"you asked for p{n} *" for n in range(5)] == [each for each in causes if each.startswith("you ")]
    assert any(cause.startswith("and so on, through 1") for cause in causes)
    assert len(causes) < 20


def test_a_long_chain_is_no_matter() -> None:
    records = {f"p{n}": [{"version": "1.0.0", "deps": {f"p{n + 1}": "*"}}] for n in range(1500)}
    records["p1500"] = [release("1.0.0", p0="*")]
    assert len(chosen(records, {"p0": "*"}, cycles="allow")) == 1501
    with pytest.raises(DependencyCycle) as raised:
        chosen(records, {"p700": "*"})
    assert len(raised.value.cycle) == 1501
    records["p1500"] = [release("1.0.0")]
    assert resolve({"p0": "*"}, MemoryIndex(records)).order[0] == "p1500"


def candidate(plugin: str, version: str, **deps: str) -> Candidate:
    (one,) = MemoryIndex({plugin: [{"version": version, "deps": deps}]}).releases(plugin)
    return Candidate(plugin, one)


def test_a_sound_choice_passes_the_check() -> None:
    some = {"a": candidate("a", "1.0.0", b="^1", a="*"), "b": candidate("b", "1.2.0")}
    check({"a": Range.parse("*")}, some)
    circle = {"a": candidate("a", "1.0.0", b="^1"), "b": candidate("b", "1.2.0", a="*")}
    check({"a": Range.parse("*")}, circle)


@pytest.mark.parametrize(
    ("needs", "there", "reason"),
    [
        ({"b": "^2"}, {"b": "1.0.0"}, "InconsistentCandidate"),
        ({"b": "^1"}, {}, "a 1.0.0 requires b"),
        ({}, {"b": "1.0.0"}, "nothing requires b 1.0.0"),
    ],
)
def test_an_unsound_choice_fails_the_check(needs: dict[str, str], there: dict[str, str], reason: str) -> None:
    some = {"a": candidate("a", "1.0.0", **needs), **{name: candidate(name, text) for name, text in there.items()}}
    with pytest.raises(ResolutionUnsound, match=reason):
        check({"a": Range.parse("*")}, some)


def test_a_circle_beyond_a_stretch_is_checked_too() -> None:
    size = 3 * STRETCH
    some = {f"p{n}": candidate(f"p{n}", "1.0.0", **{f"p{(n + 1) % size}": "^1"}) for n in range(size)}
    check({"p0": Range.parse("*")}, some)
    some["p5"] = candidate("p5", "2.0.0", p6="^1")
    with pytest.raises(ResolutionUnsound):
        check({"p0": Range.parse("*")}, some)


ranges = st.sampled_from(["*", "^1", "^2", "1.0.0", "<2.0.0", ">=2.0.0"])
names = st.sampled_from("abcd")
requirements = st.dictionaries(names, ranges, max_size=2)
releases = st.builds(
    lambda version, deps, optional: {"version": version, "deps": deps, "optional": optional},
    st.sampled_from(["1.0.0", "1.1.0", "2.0.0", "2.1.0"]),
    requirements,
    requirements,
)
graphs = st.fixed_dictionaries(
    {name: st.lists(releases, min_size=1, max_size=3, unique_by=lambda each: each["version"]) for name in "abcd"}
)


@settings(max_examples=100, deadline=None)
@given(graphs, st.dictionaries(names, ranges, min_size=1, max_size=3))
def test_a_solution_meets_every_requirement_and_a_conflict_has_no_solution(
    graph: dict[str, Any], wishes: dict[str, str]
) -> None:
    index = MemoryIndex(graph)
    try:
        found = resolve(wishes, index)
    except ResolutionConflict:
        assert not any(holds(graph, wishes, each) for each in every_choice(graph))
        return
    except DependencyCycle:
        assert any(holds(graph, wishes, each) for each in every_choice(graph))
        return
    assert wishes.keys() <= found.selected.keys()
    for plugin, one in found.releases.items():
        place = found.order.index(plugin)
        for need, wanted in one.dependencies.items():
            assert found.selected[need] in wanted
            assert found.order.index(need) < place
        for need, wanted in one.optional_dependencies.items():
            assert need not in found.selected or found.selected[need] in wanted
        assert found.why(plugin).endswith(".")


def every_choice(graph: Records) -> Iterator[dict[str, Mapping[str, Any]]]:
    """Each combination of one release, or none, of each plugin."""
    for picked in product(*([None, *records] for records in graph.values())):
        yield {plugin: one for plugin, one in zip(graph, picked, strict=True) if one is not None}


def holds(graph: Records, wishes: Mapping[str, str], choice: Mapping[str, Mapping[str, Any]]) -> bool:
    def has(plugin: str, text: str) -> bool:
        return plugin in choice and ALLOWS[text, choice[plugin]["version"]]

    return all(has(*wish) for wish in wishes.items()) and all(
        all(has(*need) for need in one["deps"].items())
        and all(need not in choice or has(need, text) for need, text in one["optional"].items())
        for one in choice.values()
    )


ALLOWS = {
    (text, version): Version.parse(version) in Range.parse(text)
    for text in ("*", "^1", "^2", "1.0.0", "<2.0.0", ">=2.0.0")
    for version in ("1.0.0", "1.1.0", "2.0.0", "2.1.0")
}
