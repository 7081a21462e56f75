from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from automatosx_nb.errors import (
    ActionForbidden,
    InvalidAct,
    OwnRating,
    PluginQuarantined,
    ReleaseExists,
    UnknownAdvisory,
    UnknownPlugin,
    UnknownRelease,
    UnknownReport,
    VersionUsed,
)
from automatosx_nb.model.flags import flags_of
from automatosx_nb.model.identity import Actor, Scope
from automatosx_nb.model.moderation import damped_mean
from automatosx_nb.model.release import Advisory, SearchQuery, Stage
from automatosx_nb.model.semver import Range
from automatosx_nb.registry.schema import artifacts, used_versions
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.registry.people import ADA, ANN, EVE, RIA, ROB

Build = Callable[..., bytes]
DOCTOR = "acme.csv-doctor"


@pytest.fixture
def published(registry: EmbeddedRegistry, build: Build) -> EmbeddedRegistry:
    for version in ("1.0.0", "1.1.0"):
        registry.publish(build(version=version))
    return registry


def said_of(registry: EmbeddedRegistry, version: str = "1.0.0") -> list[str]:
    release = next(each for each in registry.releases(DOCTOR) if str(each.version) == version)
    return [flag.words() for flag in flags_of(DOCTOR, release)]


def acts(registry: EmbeddedRegistry) -> list[str]:
    return [each.action for each in registry.audit.read(ADA).items if each.action != "publish"]


def test_a_yank_says_why_and_is_taken_back(published: EmbeddedRegistry) -> None:
    published.moderation.yank(ANN, DOCTOR, "1.0.0", "It drops rows.")
    assert said_of(published) == ["was yanked: It drops rows."]
    assert next(each.yanked for each in published.plugin(DOCTOR).releases if each.version == "1.0.0")
    published.moderation.yank(ANN, DOCTOR, "1.0.0", "It drops rows.")
    published.moderation.yank(ADA, DOCTOR, "1.0.0", None)
    assert said_of(published) == []
    assert acts(published) == ["unyank", "yank"]


def test_what_is_deprecated_names_its_successor(published: EmbeddedRegistry) -> None:
    published.moderation.deprecate(ANN, DOCTOR, None, "Nobody looks after it.", successor="acme.tables")
    for version in ("1.0.0", "1.1.0"):
        assert said_of(published, version) == ["is deprecated: Nobody looks after it. (use acme.tables)"]
    (found,) = published.search(SearchQuery()).items
    assert (found.deprecated, found.successor) == ("Nobody looks after it.", "acme.tables")
    published.moderation.deprecate(ANN, DOCTOR, "1.1.0", None)
    assert (said_of(published, "1.1.0"), len(said_of(published, "1.0.0"))) == ([], 1)


@pytest.mark.parametrize(
    ("reason", "successor"), [("Old.", DOCTOR), ("Old.", "no id"), (None, "acme.tables"), (" ", None)]
)
def test_a_successor_is_another_plugin_and_a_reason_says_something(
    published: EmbeddedRegistry, reason: str | None, successor: str | None
) -> None:
    with pytest.raises(InvalidAct):
        published.moderation.deprecate(ANN, DOCTOR, None, reason, successor)
    assert acts(published) == []


def test_a_quarantined_release_is_gone_from_view_and_disabled_where_it_is_installed(
    published: EmbeddedRegistry,
) -> None:
    published.moderation.quarantine(ROB, DOCTOR, "1.1.0", "It reads keys.")
    assert [each.version for each in published.plugin(DOCTOR).releases] == ["1.0.0"]
    with pytest.raises(UnknownRelease):
        published.artifact(DOCTOR, "1.1.0")
    assert said_of(published, "1.1.0") == ["is quarantined: It reads keys. (it is disabled)"]
    assert published.search(SearchQuery()).items[0].version == "1.0.0"
    published.moderation.quarantine(ROB, DOCTOR, "1.1.0", None)
    assert published.search(SearchQuery()).items[0].version == "1.1.0"


def test_a_whole_plugin_is_quarantined_with_what_would_come(published: EmbeddedRegistry, build: Build) -> None:
    published.moderation.quarantine(ROB, DOCTOR, None, "It reads keys.")
    assert published.search(SearchQuery()).total == 0
    with pytest.raises(UnknownPlugin):
        published.plugin(DOCTOR)
    with pytest.raises(PluginQuarantined, match="It reads keys"):
        published.publish(build(version="1.2.0"))
    with pytest.raises(InvalidAct, match="all of"):
        published.moderation.quarantine(ROB, DOCTOR, "1.0.0", None)
    published.moderation.quarantine(ROB, DOCTOR, None, None)
    published.publish(build(version="1.2.0"))
    assert published.search(SearchQuery()).items[0].version == "1.2.0"


@pytest.mark.parametrize("actor", [EVE, ROB, replace(ANN, scopes=frozenset({Scope.READ}))])
def test_only_members_and_admins_yank_and_deprecate(published: EmbeddedRegistry, actor: Actor) -> None:
    with pytest.raises(ActionForbidden):
        published.moderation.yank(actor, DOCTOR, "1.0.0", "No.")
    with pytest.raises(ActionForbidden):
        published.moderation.deprecate(actor, DOCTOR, None, "No.")
    assert acts(published) == []


@pytest.mark.parametrize("actor", [ANN, EVE])
def test_only_reviewers_quarantine_and_only_admins_delete(published: EmbeddedRegistry, actor: Actor) -> None:
    with pytest.raises(ActionForbidden):
        published.moderation.quarantine(actor, DOCTOR, None, "No.")
    for who in (actor, ROB):
        with pytest.raises(ActionForbidden):
            published.moderation.delete(who, DOCTOR, "1.0.0", "No.")


def test_a_deleted_version_is_never_used_again(published: EmbeddedRegistry, build: Build) -> None:
    for _ in range(2):
        published.moderation.delete(ADA, DOCTOR, "1.0.0", "It holds somebody's key.")
    assert acts(published) == ["delete"]
    assert [str(each.version) for each in published.releases(DOCTOR)] == ["1.1.0"]
    for data in (build(version="1.0.0"), build(version="1.0.0", summary="Another.")):
        with pytest.raises((VersionUsed, ReleaseExists)):
            published.publish(data)
    with published._database.read() as connection:
        assert connection.execute(select(used_versions.c.precedence)).scalars().all() == ["1.0.0", "1.1.0"]
        assert len(connection.execute(select(artifacts)).all()) == 1


def test_a_plugin_whose_last_release_is_deleted_is_unknown(published: EmbeddedRegistry) -> None:
    for version in ("1.0.0", "1.1.0"):
        published.moderation.delete(ADA, DOCTOR, version, "All of it.")
    assert published.search(SearchQuery()).total == 0
    with pytest.raises(UnknownPlugin):
        published.plugin(DOCTOR)


def test_an_advisory_is_made_changed_and_withdrawn(published: EmbeddedRegistry) -> None:
    made = published.advisories.make(ROB, DOCTOR, Range.parse("<1.1"), "high", "It leaks.", disables=True)
    assert said_of(published) == [f"is under advisory {made.id}: It leaks. (it is disabled)"]
    assert said_of(published, "1.1.0") == []
    changed = published.advisories.put(ROB, replace(made, range=Range.parse("*"), disables=False))
    assert (changed.id, changed.published) == (made.id, made.published)
    assert said_of(published, "1.1.0") == [f"is under advisory {made.id}: It leaks."]
    assert published.advisories.all(EVE, plugin=DOCTOR) == (changed,)
    published.advisories.withdraw(RIA, made.id)
    assert (published.advisories.all(EVE), said_of(published)) == ((), [])
    with pytest.raises(UnknownAdvisory):
        published.advisories.withdraw(RIA, made.id)
    assert acts(published) == ["advisory-withdraw", "advisory-change", "advisory-make"]


def test_an_advisory_is_a_reviewers_word_and_says_something(published: EmbeddedRegistry) -> None:
    with pytest.raises(ActionForbidden):
        published.advisories.make(ANN, DOCTOR, Range.parse("*"), "low", "Mine.")
    for wrong in ({"severity": "huge"}, {"summary": " "}, {"plugin": "nonsense"}):
        fine = Advisory("", DOCTOR, Range.parse("*"), "low", "It leaks.")
        with pytest.raises(InvalidAct):
            published.advisories.put(ROB, replace(fine, **wrong))  # type: ignore[arg-type]
    assert published.advisories.all(ROB) == ()


def test_two_advisories_of_one_moment_have_ids_of_their_own(published: EmbeddedRegistry) -> None:
    made = {published.advisories.make(ROB, DOCTOR, Range.parse("*"), "low", f"It leaks {n}.").id for n in range(3)}
    assert len(made) == 3


def test_what_is_said_twice_in_the_same_words_is_said_once(published: EmbeddedRegistry) -> None:
    for _ in range(2):
        made = published.advisories.make(ROB, DOCTOR, Range.parse("*"), "low", "It leaks.")
        report = published.reports.file(EVE, DOCTOR, "broken", "It ends.")
    assert published.advisories.all(EVE) == (made,)
    assert published.reports.all(ROB).items == (report,)
    first = published.reports.close(ROB, report.number, "Mended.")
    assert published.reports.close(ROB, report.number, "Mended.") == first
    assert acts(published) == ["report-close", "report", "advisory-make"]


def test_a_report_is_filed_listed_and_closed_once(published: EmbeddedRegistry) -> None:
    report = published.reports.file(EVE, DOCTOR, "malicious", "It reads keys.", "1.0.0")
    assert published.reports.all(ROB, is_open=True).items == (report,)
    closed = published.reports.close(ROB, report.number, "Quarantined.")
    assert (closed.closed_by, closed.outcome) == ("rob", "Quarantined.")
    assert published.reports.all(ROB, is_open=True).items == ()
    with pytest.raises(InvalidAct, match="closed by 'rob': Quarantined"):
        published.reports.close(RIA, report.number, "Once more.")
    assert acts(published) == ["report-close", "report"]


def test_reports_are_their_reporters_and_the_reviewers_to_read(published: EmbeddedRegistry) -> None:
    of_eve = published.reports.file(EVE, DOCTOR, "broken", "It ends.")
    of_ann = published.reports.file(ANN, DOCTOR, "name", "Not mine.")
    assert published.reports.all(EVE).items == (of_eve,)
    first = published.reports.all(ROB, size=1)
    assert first.items == (of_ann,)
    assert published.reports.all(ROB, size=1, before=first.next).items == (of_eve,)
    with pytest.raises(ActionForbidden):
        published.reports.close(ANN, of_eve.number, "No.")
    with pytest.raises(UnknownReport):
        published.reports.close(ROB, 10_000, "No.")


def test_a_report_says_what_is_wrong_with_what_there_is(published: EmbeddedRegistry) -> None:
    with pytest.raises(InvalidAct, match="kind of report"):
        published.reports.file(EVE, DOCTOR, "ugly", "It is.")  # type: ignore[arg-type]
    with pytest.raises(InvalidAct, match="says what is wrong"):
        published.reports.file(EVE, DOCTOR, "broken", "  ")
    with pytest.raises(UnknownPlugin):
        published.reports.file(EVE, "acme.nothing", "broken", "It is.")
    for number in range(20):
        published.reports.file(EVE, DOCTOR, "broken", f"It ends {number}.")
    with pytest.raises(InvalidAct, match="20 reports of yours are open"):
        published.reports.file(EVE, DOCTOR, "broken", "It ends.")


def test_one_user_has_one_rating_and_the_summary_has_the_mean(published: EmbeddedRegistry) -> None:
    published.ratings.rate(EVE, DOCTOR, 1, "It ends.", "1.0.0")
    published.ratings.rate(EVE, DOCTOR, 4, "Better now.")
    found = published.ratings.rate(ROB, DOCTOR, 5)
    assert (found.rating, found.count, found.stars) == (4.5, 2, {"1": 0, "2": 0, "3": 0, "4": 1, "5": 1})
    assert {each.user: each.version for each in found.items} == {"eve": "1.1.0", "rob": "1.1.0"}
    (shown,) = published.search(SearchQuery()).items
    assert (shown.rating, shown.ratings) == (4.5, 2)
    assert published.plugin(DOCTOR).summary == shown
    assert published.ratings.withdraw(EVE, DOCTOR).count == 1
    assert published.ratings.of(ANN, DOCTOR).rating == 5


def test_nobody_rates_their_own_publishers_plugin(published: EmbeddedRegistry) -> None:
    with pytest.raises(OwnRating, match="is a member of 'acme', and members do not rate") as caught:
        published.ratings.rate(ANN, DOCTOR, 5)
    assert "token" not in caught.value.next_step()
    for stars in (0, 6):
        with pytest.raises(InvalidAct, match="1 to 5"):
            published.ratings.rate(EVE, DOCTOR, stars)


def test_only_reviewers_take_another_users_rating_away(published: EmbeddedRegistry) -> None:
    published.ratings.rate(EVE, DOCTOR, 1, "Buy acme.better at …")
    with pytest.raises(ActionForbidden):
        published.ratings.withdraw(ANN, DOCTOR, user="eve")
    assert published.ratings.withdraw(ROB, DOCTOR, user="eve").count == 0


def test_few_ratings_weigh_little() -> None:
    one_voice, many = damped_mean(5, 1), damped_mean(4.7, 200)
    assert damped_mean(None, 0) < one_voice < many < 4.7


def test_whoever_does_not_see_a_draft_can_say_nothing_of_it(registry: EmbeddedRegistry, build: Build) -> None:
    registry.publish(build(), stage=Stage.DRAFT)
    for attempt in (
        lambda: registry.ratings.rate(EVE, DOCTOR, 1),
        lambda: registry.ratings.of(EVE, DOCTOR),
        lambda: registry.reports.file(EVE, DOCTOR, "broken", "It ends."),
        lambda: registry.moderation.yank(EVE, DOCTOR, "1.0.0", "No."),
    ):
        with pytest.raises(UnknownPlugin):
            attempt()
