"""Steps from one version to the next, and what is left of a version."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb.model.semver import InvalidIncrement, Version, difference, increment, truncate
from automatosx_nb.model.semver.steps import Part, Prepart, Step

small = st.integers(min_value=0, max_value=3)
versions = st.builds(Version, small, small, small, st.lists(st.sampled_from([0, 1, "rc", "beta"]), max_size=3))
steps: st.SearchStrategy[Step] = st.sampled_from([*get_args(Part), *get_args(Prepart)])
preparts: st.SearchStrategy[Prepart] = st.sampled_from(get_args(Prepart))


@given(versions, steps)
def test_a_step_leads_to_a_higher_version(version: Version, step: Step) -> None:
    assert increment(version, step) > version


@given(versions, preparts, st.sampled_from(["rc", "beta", "a.b"]), st.sampled_from([0, 1, None]))
def test_a_prerelease_begins_with_its_identifier(version: Version, step: Prepart, name: str, base: int | None) -> None:
    identifiers = tuple(name.split("."))
    if step == "prerelease" and base is None and version.prerelease == identifiers:
        return  # see below
    assert increment(version, step, name, base).prerelease[: len(identifiers)] == identifiers  # type: ignore[arg-type]


def test_a_prerelease_ends_in_the_release_that_it_leads_to() -> None:
    assert increment(Version.parse("2.0.0-rc.1"), "major") == Version(2)
    assert increment(Version.parse("1.3.0-rc.1"), "minor") == Version(1, 3)
    assert increment(Version.parse("1.2.4-rc.1"), "patch") == Version(1, 2, 4)
    assert increment(Version.parse("1.2.4-rc.1"), "minor") == Version(1, 3)
    assert increment(Version.parse("1.2.4-rc.1"), "release") == Version(1, 2, 4)


def test_a_step_drops_build_metadata() -> None:
    assert str(increment(Version.parse("1.2.3+b"), "patch")) == "1.2.4"
    assert str(truncate(Version.parse("1.2.3-rc.1+b"), "prerelease")) == "1.2.3-rc.1"


@pytest.mark.parametrize(
    ("version", "step", "identifier", "base", "reason"),
    [
        ("1.2.3", "release", "", 0, "it is no prerelease"),
        ("1.2.3", "prepatch", "", None, "without a number, a prerelease needs an identifier"),
        ("1.2.3-rc", "prerelease", "rc", None, "it has this identifier already, and no number to count"),
        ("1.2.3", "prerelease", "a_b", 0, "'a_b' is no prerelease identifier"),
        ("1.2.3", "prerelease", "a+b", 0, "'a+b' is no prerelease identifier"),
        ("1.2.3", "preminor", "01", 0, "'01' is no prerelease identifier"),
        ("1.2.3", "huge", "", 0, "the steps are major, minor, patch, premajor"),
        ("1.2.3", "prehuge", "", 0, "the steps are major, minor, patch, premajor"),
    ],
)
def test_a_step_that_leads_nowhere_says_why(
    version: str, step: str, identifier: str, base: int | None, reason: str
) -> None:
    with pytest.raises(InvalidIncrement) as refused:
        increment(Version.parse(version), step, identifier, base)  # type: ignore[arg-type]
    assert (refused.value.version, refused.value.step) == (version, step)
    assert refused.value.reason.startswith(reason)


def test_a_version_is_not_truncated_to_what_is_no_part_of_it() -> None:
    with pytest.raises(InvalidIncrement, match="the steps are"):
        truncate(Version(1), "release")  # type: ignore[arg-type]


@given(versions, steps)
def test_the_difference_is_a_step_that_was_taken(version: Version, step: Step) -> None:
    """But where the step ended a prerelease: that is a release of its own part, as 1.0.0-rc to 1.0.0 is major."""
    if not version.is_prerelease:
        taken = {"prerelease": "prepatch"}.get(step, step)
        assert difference(version, increment(version, step)) == difference(increment(version, step), version) == taken


@given(versions)
def test_versions_of_the_same_precedence_do_not_differ(version: Version) -> None:
    assert difference(version, Version.parse(f"{version}+b")) is None


@given(versions, st.sampled_from(get_args(Part)))
def test_what_is_left_of_a_version_is_a_release_with_zeros_behind(version: Version, part: Part) -> None:
    left = truncate(version, part)
    numbers = (version.major, version.minor, version.patch)
    kept = get_args(Part).index(part) + 1
    assert (left.major, left.minor, left.patch) == (*numbers[:kept], 0, 0)[:3]
    assert not left.is_prerelease
