"""Policies and cooldowns by themselves; tests/model/test_resolution_rules.py has what the resolver makes of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb.errors import InvalidDuration, InvalidPluginId, InvalidRange
from automatosx_nb.model.policy import Cooldown, Pattern, Policy, duration_text, parse_duration
from automatosx_nb.model.semver import Version

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def policy(*, allow: tuple[str, ...] = (), deny: tuple[str, ...] = ()) -> Policy:
    return Policy(tuple(map(Pattern.parse, allow)), tuple(map(Pattern.parse, deny)))


def lets_in(some: Policy, plugin: str, version: str = "1.0.0") -> bool:
    return some.against(plugin, Version.parse(version)) is None


def test_without_patterns_everything_comes() -> None:
    assert lets_in(Policy(), "acme.charts")


@pytest.mark.parametrize(
    ("pattern", "plugin", "version", "matches"),
    [
        ("acme.charts", "acme.charts", "1.0.0", True),
        ("acme.charts", "acme.charts-pro", "1.0.0", False),
        ("acme.charts", "other.charts", "1.0.0", False),
        ("acme.*", "acme.charts", "1.0.0", True),
        ("acme.*", "acme-labs.charts", "1.0.0", False),
        ("acme.charts@^1", "acme.charts", "1.9.0", True),
        ("acme.charts@^1", "acme.charts", "2.0.0", False),
        ("acme.charts@<2", "acme.charts", "1.9.0-rc.1", True),
        ("acme.charts@<2", "acme.charts", "2.0.0-rc.1", False),
        ("acme.charts@<2.0.0", "acme.charts", "2.0.0-rc.1", True),
        ("acme.charts@1.0.0 || 1.2.0", "acme.charts", "1.2.0", True),
        ("acme.*@<1", "acme.charts", "0.9.0", True),
        ("acme.*@<1", "acme.charts", "1.0.0", False),
    ],
)
def test_a_pattern_matches_what_it_names(pattern: str, plugin: str, version: str, matches: bool) -> None:
    assert lets_in(policy(deny=(pattern,)), plugin, version) is not matches
    assert lets_in(policy(allow=(pattern,)), plugin, version) is matches


@pytest.mark.parametrize("spelling", ["Acme.CSV_Doctor", "acme.csv--doctor", "ACME.csv-doctor", " acme.csv__doctor "])
def test_no_other_spelling_of_an_id_gets_past(spelling: str) -> None:
    assert not lets_in(policy(deny=("acme.csv-doctor",)), spelling)
    assert not lets_in(policy(deny=("acme.*",)), spelling)
    assert not lets_in(policy(deny=(spelling,)), "acme.csv-doctor")
    assert lets_in(policy(allow=(spelling,)), "acme.csv-doctor")


def test_deny_beats_allow() -> None:
    some = policy(allow=("acme.*", "nordic.plots"), deny=("acme.bad",))
    assert lets_in(some, "acme.charts")
    assert lets_in(some, "nordic.plots")
    assert not lets_in(some, "acme.bad")
    assert not lets_in(some, "nordic.other")


def test_a_reason_names_the_pattern_and_the_setting() -> None:
    version = Version(1, 0, 0)
    assert policy(deny=("acme.*",)).against("acme.bad", version) == (
        "is denied by this installation's policy: 'acme.*' is in c.RegistryPolicy.deny"
    )
    assert policy(allow=("acme.*",)).against("other.a", version) == (
        "is not allowed by this installation's policy: nothing in c.RegistryPolicy.allow matches it"
    )


@pytest.mark.parametrize("text", ["", "*", "acme", "acme.", ".*", "*.charts", "acme.charts.pro", "acme.ch*", "äcme.*"])
def test_a_pattern_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(InvalidPluginId):
        Pattern.parse(text)


@pytest.mark.parametrize("text", ["acme.charts@newest", "acme.charts@", "acme.*@ ", "acme.*@^", "acme.a@1.0.0@2.0.0"])
def test_a_pattern_with_a_range_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(InvalidRange):
        Pattern.parse(text)


def test_a_release_is_too_young_until_the_cooldown_is_over() -> None:
    cooldown = Cooldown(timedelta(days=3), NOW)
    assert cooldown.against("2026-03-07T12:00:00+00:00") is None
    assert cooldown.against("2026-03-07T12:00:01+00:00") == (
        "was published 2 days ago, and the cooldown (c.UpdatePolicy.cooldown) is 3 days: name it exactly to have it"
    )
    assert "less than a minute ago" in (cooldown.against("2026-03-10T13:00:00+00:00") or "")


def test_a_time_of_another_zone_is_the_time_that_it_is() -> None:
    assert Cooldown(timedelta(hours=1), NOW).against("2026-03-10T12:30:00+02:00") is None
    assert Cooldown(timedelta(hours=1), NOW).against("2026-03-10T13:30:00+02:00") is not None


@pytest.mark.parametrize("published", ["", "yesterday", "2026-03-01", "2026-03-01T00:00:00"])
def test_what_cannot_be_dated_is_never_old_enough(published: str) -> None:
    assert "does not say when it was published" in (Cooldown(timedelta(days=1), NOW).against(published) or "")


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("0 days", timedelta()),
        ("1 day", timedelta(days=1)),
        ("3days", timedelta(days=3)),
        (" 36 hours ", timedelta(hours=36)),
        ("90 minutes", timedelta(minutes=90)),
        ("2 weeks", timedelta(weeks=2)),
    ],
)
def test_a_duration_is_a_number_and_its_unit(text: str, span: timedelta) -> None:
    assert parse_duration(text) == span


@pytest.mark.parametrize(
    "text", ["", "3", "days", "-1 days", "1.5 days", "3 d", "3 months", "1 day 2 hours", "9999999 days"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(InvalidDuration):
        parse_duration(text)


@given(st.integers(1, 5000), st.sampled_from(["minute", "hour", "day"]))
def test_a_duration_is_said_as_it_can_be_written(count: int, unit: str) -> None:
    span = parse_duration(f"{count} {unit}s")
    assert parse_duration(duration_text(span)) <= span < 2 * parse_duration(duration_text(span))
