from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automatosx_nb.errors import PublishRefused
from automatosx_nb.model.identity import owner
from automatosx_nb.model.names import ID_PATTERN
from automatosx_nb.registry.checks.lookalike import LOOKS_LIKE, ONE_AWAY, neighbours, skeleton
from automatosx_nb.registry.service import EmbeddedRegistry

Build = Callable[..., bytes]
IDS = st.from_regex(ID_PATTERN, fullmatch=True).filter(lambda text: len(text) <= 40)


def distance(one: str, other: str) -> int:
    """Damerau and Levenshtein's, restricted: insert, delete, replace, exchange two neighbours. The textbook's table."""
    rows = [[max(i, j) if not (i and j) else 0 for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            cost = one[i - 1] != other[j - 1]
            rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + cost)
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]


@settings(max_examples=15, deadline=None)
@given(IDS)
def test_what_is_one_letter_away_is_at_distance_one(plugin: str) -> None:
    own = skeleton(plugin)
    assert own not in neighbours(plugin)
    for other, how in list(neighbours(plugin).items())[::37]:
        assert how == LOOKS_LIKE or distance(own, other) == 1


@settings(max_examples=15, deadline=None)
@given(IDS, st.data())
def test_every_error_of_typing_is_among_them(plugin: str, data: st.DataObject) -> None:
    own = skeleton(plugin)
    at = data.draw(st.integers(0, len(own) - 1))
    letter = data.draw(st.sampled_from("abcxyz2345"))
    wrong = {
        own[:at] + own[at + 1 :],
        own[:at] + letter + own[at + 1 :],
        own[:at] + letter + own[at:],
        own[:at] + own[at + 1 : at + 2] + own[at] + own[at + 2 :],
    }
    assert wrong - {own} <= neighbours(plugin).keys()


@pytest.mark.parametrize(
    ("taken", "new"),
    [
        ("acme.wave", "acrne.wave"),
        ("wave.acme", "vvave.acme"),
        ("doctor.who", "cloctor.who"),
        ("pills.box", "pllls.box"),
        ("stats.box", "5tats.box"),
    ],
)
def test_a_strangers_id_that_reads_the_same_is_refused(
    registry: EmbeddedRegistry, build: Build, taken: str, new: str
) -> None:
    registry.publish(build(taken))
    with pytest.raises(PublishRefused, match=f"looks like '{taken}'"):
        registry.publish(build(new))


def test_a_letter_away_from_another_publishers_plugin_is_told(registry: EmbeddedRegistry, build: Build) -> None:
    registry.publish(build("acme.tables"))
    (told,) = [each for each in registry.publish(build("acne.tables")).checks if each.check == "look-alike"]
    assert (told.severity, told.passed) == ("warning", False)
    assert "'acne.tables' is one letter away from 'acme.tables'" in told.message


def test_a_letter_away_from_a_verified_publishers_plugin_is_refused(registry: EmbeddedRegistry, build: Build) -> None:
    registry.publish(build("acme.tables"))
    registry.access.verify(owner(), "acme", verified=True)
    with pytest.raises(PublishRefused, match="of a verified publisher"):
        registry.publish(build("acmee.tables"))


def test_ones_own_names_and_what_is_published_already_are_left_alone(registry: EmbeddedRegistry, build: Build) -> None:
    registry.publish(build("acme.plot"))
    registry.publish(build("acme.plots"))
    registry.publish(build("acne.plots"))
    for plugin in ("acme.plots", "acne.plots"):
        report = registry.publish(build(plugin, "1.1.0"))
        assert [each.passed for each in report.checks if each.check == "look-alike"] == [True]


def test_what_is_looked_up_does_not_grow_with_the_registry() -> None:
    assert len(neighbours("a" * 20 + "." + "b" * 20)) < 4_000
    assert ONE_AWAY in neighbours("acme.tables").values()
