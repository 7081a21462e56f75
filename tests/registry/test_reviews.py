from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from automatosx_nb.errors import (
    ActionForbidden,
    InvalidAct,
    OwnSubmission,
    ReviewedElse,
    ReviewRejected,
    UnknownPlugin,
    UnknownRelease,
)
from automatosx_nb.model.identity import Actor, Scope, owner
from automatosx_nb.model.policy import Pattern
from automatosx_nb.model.release import SearchQuery, Stage
from automatosx_nb.model.review import ReviewPolicy
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.registry.people import ADA, ANN, BOB, EVE, RIA, ROB

Build = Callable[..., bytes]
DOCTOR = "acme.csv-doctor"
TRUSTED = ReviewPolicy(stable=1, trusted=(Pattern.parse("acme.*"),))


@pytest.fixture
def policy() -> ReviewPolicy:
    return ReviewPolicy(beta=1, stable=2)


@pytest.fixture
def registry(home: Path, policy: ReviewPolicy) -> Iterator[EmbeddedRegistry]:
    with EmbeddedRegistry(home, review=lambda: policy) as registry:
        yield registry


@pytest.fixture
def submit(registry: EmbeddedRegistry, build: Build) -> Callable[..., str]:
    """``submit(version, stage=…, by=ANN, **parts)``: the SHA-256 of what was published."""

    def publish(version: str = "1.0.0", stage: Stage = Stage.STABLE, by: Actor = ANN, **parts: object) -> str:
        return registry.seen_by(by).publish(build(version=version, **parts), stage=stage).sha256

    return publish


def stage_of(registry: EmbeddedRegistry, version: str) -> Stage:
    return next(each.stage for each in registry.releases(DOCTOR) if str(each.version) == version)


def test_what_policy_asks_approvals_for_comes_as_a_draft_and_waits(registry: EmbeddedRegistry, build: Build) -> None:
    report = registry.seen_by(ANN).publish(build())
    assert (report.stage, report.wanted) == (Stage.DRAFT, Stage.STABLE)
    assert registry.search(SearchQuery()).total == 0
    (entry,) = registry.reviews.queue(ROB).items
    assert (entry.id, entry.version, entry.submitter) == (DOCTOR, "1.0.0", "ann")
    assert (entry.wanted, entry.needed, entry.approvals) == (Stage.STABLE, 2, 0)
    again = registry.seen_by(ANN).publish(build())
    assert (again.created, again.wanted) == (False, Stage.STABLE)


def test_the_last_approval_lacking_promotes(registry: EmbeddedRegistry, submit: Callable[..., str]) -> None:
    sha256 = submit()
    first = registry.reviews.decide(ROB, DOCTOR, "1.0.0", sha256, approves=True)
    assert (first.stage, first.approvals) == (Stage.DRAFT, 1)
    second = registry.reviews.decide(RIA, DOCTOR, "1.0.0", sha256, approves=True, reason="Small and clear.")
    assert (second.stage, second.wanted, second.approvals) == (Stage.STABLE, None, 2)
    assert registry.reviews.queue(ROB).items == ()
    assert registry.search(SearchQuery()).total == 1
    acts = [(each.action, each.actor) for each in registry.audit.read(ADA, plugin=DOCTOR).items]
    assert acts == [("promote", "ria"), ("approve", "ria"), ("approve", "rob"), ("publish", "ann")]


def test_one_reviewer_counts_once_however_often_they_speak(
    registry: EmbeddedRegistry, submit: Callable[..., str]
) -> None:
    sha256 = submit()
    for reason in ("", "", "Really.", ""):
        standing = registry.reviews.decide(ROB, DOCTOR, "1.0.0", sha256, approves=True, reason=reason)
    other_token = replace(ROB, token="t2")
    standing = registry.reviews.decide(other_token, DOCTOR, "1.0.0", sha256, approves=True)
    assert (standing.stage, standing.approvals, len(standing.reviews)) == (Stage.DRAFT, 1, 1)
    approvals = registry.audit.read(ADA, action="approve").items
    assert [each.details["reason"] for each in approvals] == ["", "Really.", ""]


@pytest.mark.parametrize("by", [BOB, owner(frozenset({"acme"}))], ids=["a member who reviews", "the owner"])
@pytest.mark.parametrize("token", [None, "another"])
def test_nobody_reviews_what_they_submitted(
    registry: EmbeddedRegistry, submit: Callable[..., str], by: Actor, token: str | None
) -> None:
    sha256 = submit(by=by)
    for approves in (True, False):
        with pytest.raises(OwnSubmission, match="nobody reviews their own"):
            registry.reviews.decide(
                replace(by, token=token),
                DOCTOR,
                "1.0.0",
                sha256,
                approves=approves,
                reason="Mine.",
            )
    assert registry.reviews.dossier(ROB, DOCTOR, "1.0.0").standing.reviews == ()


@pytest.mark.parametrize(
    "actor", [ANN, EVE, replace(ROB, scopes=frozenset({Scope.PUBLISH}))], ids=["member", "other", "no scope"]
)
def test_only_reviewers_review(registry: EmbeddedRegistry, submit: Callable[..., str], actor: Actor) -> None:
    sha256 = submit()
    with pytest.raises(ActionForbidden):
        registry.reviews.decide(actor, DOCTOR, "1.0.0", sha256, approves=True)
    assert registry.audit.read(ADA, action="approve").items == ()


def test_an_approval_is_of_exact_bytes(registry: EmbeddedRegistry, submit: Callable[..., str]) -> None:
    submit()
    with pytest.raises(ReviewedElse, match="f" * 64):
        registry.reviews.decide(ROB, DOCTOR, "1.0.0", "f" * 64, approves=True)


def test_a_rejection_takes_a_reason_ends_the_waiting_and_stands_against_promotion(
    registry: EmbeddedRegistry, submit: Callable[..., str]
) -> None:
    sha256 = submit()
    with pytest.raises(InvalidAct, match="takes a reason"):
        registry.reviews.decide(ROB, DOCTOR, "1.0.0", sha256, approves=False, reason="  ")
    registry.reviews.decide(ROB, DOCTOR, "1.0.0", sha256, approves=False, reason="It sends the table away.")
    assert registry.reviews.queue(ROB).items == ()
    with pytest.raises(ReviewRejected, match=r"'rob' rejected .*: It sends the table away\."):
        registry.reviews.promote(ANN, DOCTOR, "1.0.0", Stage.STABLE)
    registry.reviews.decide(ROB, DOCTOR, "1.0.0", sha256, approves=True)
    waits = registry.reviews.promote(ANN, DOCTOR, "1.0.0", Stage.STABLE)
    assert (waits.stage, waits.wanted, waits.approvals) == (Stage.DRAFT, Stage.STABLE, 1)
    assert registry.reviews.decide(RIA, DOCTOR, "1.0.0", sha256, approves=True).stage is Stage.STABLE


def test_an_admin_takes_back_anothers_rejection_and_the_record_has_both(
    registry: EmbeddedRegistry, submit: Callable[..., str]
) -> None:
    sha256 = submit()
    lift = registry.reviews.lift
    registry.reviews.decide(RIA, DOCTOR, "1.0.0", sha256, approves=True)
    for reviewer in (ROB, BOB):
        registry.reviews.decide(reviewer, DOCTOR, "1.0.0", sha256, approves=False, reason="It sends the table away.")
    for actor in (ROB, ANN):
        with pytest.raises(ActionForbidden):
            lift(actor, DOCTOR, "1.0.0", "bob", reason="I am in a hurry.")
    for whose, why in (("rob", " "), ("ria", "It is an approval."), ("nobody", "Nobody said a word.")):
        with pytest.raises(InvalidAct):
            lift(ADA, DOCTOR, "1.0.0", whose, reason=why)
    left = lift(ADA, DOCTOR, "1.0.0", "rob", reason="He left, and it was mended in the policy.")
    assert [(each.reviewer, each.approves) for each in left.reviews] == [("bob", False), ("ria", True)]
    with pytest.raises(ReviewRejected, match="'bob'"):
        registry.reviews.promote(ANN, DOCTOR, "1.0.0", Stage.STABLE)
    lift(ADA, DOCTOR, "1.0.0", "bob", reason="He left, too.")
    assert registry.reviews.promote(ANN, DOCTOR, "1.0.0", Stage.STABLE).wanted is Stage.STABLE
    said = [each.action for each in registry.audit.read(ADA).items]
    assert (said.count("reject"), said.count("lift-rejection")) == (2, 2)


def test_an_admin_lifts_no_rejection_of_what_is_their_own(
    registry: EmbeddedRegistry, submit: Callable[..., str]
) -> None:
    sha256 = submit(by=replace(ADA, publishers=frozenset({"acme"})))
    registry.reviews.decide(ROB, DOCTOR, "1.0.0", sha256, approves=False, reason="It sends the table away.")
    with pytest.raises(OwnSubmission):
        registry.reviews.lift(ADA, DOCTOR, "1.0.0", "rob", reason="I know better.")


def test_what_is_stable_is_not_rejected_any_more(registry: EmbeddedRegistry, submit: Callable[..., str]) -> None:
    sha256 = submit()
    for reviewer in (ROB, RIA):
        registry.reviews.decide(reviewer, DOCTOR, "1.0.0", sha256, approves=True)
    with pytest.raises(InvalidAct, match="stable already"):
        registry.reviews.decide(BOB, DOCTOR, "1.0.0", sha256, approves=False, reason="Too late.")
    assert registry.reviews.decide(RIA, DOCTOR, "1.0.0", sha256, approves=True).approvals == 2


def test_a_promotion_goes_by_steps_and_each_takes_its_approvals(
    registry: EmbeddedRegistry, submit: Callable[..., str]
) -> None:
    sha256 = submit(stage=Stage.DRAFT)
    assert registry.reviews.queue(ROB).items == ()
    registry.reviews.decide(ROB, DOCTOR, "1.0.0", sha256, approves=True)
    assert registry.reviews.promote(ANN, DOCTOR, "1.0.0", Stage.BETA).stage is Stage.BETA
    waits = registry.reviews.promote(ANN, DOCTOR, "1.0.0", Stage.STABLE)
    assert (waits.stage, waits.wanted, waits.needed) == (Stage.BETA, Stage.STABLE, 2)
    assert registry.reviews.decide(BOB, DOCTOR, "1.0.0", sha256, approves=True).stage is Stage.STABLE
    with pytest.raises(InvalidAct, match="is stable already"):
        registry.reviews.promote(ANN, DOCTOR, "1.0.0", Stage.BETA)


@pytest.mark.parametrize("actor", [EVE, ROB, replace(ANN, scopes=frozenset({Scope.READ}))])
def test_only_members_and_admins_promote(registry: EmbeddedRegistry, submit: Callable[..., str], actor: Actor) -> None:
    submit(stage=Stage.DRAFT)
    with pytest.raises((ActionForbidden, UnknownPlugin)):
        registry.reviews.promote(actor, DOCTOR, "1.0.0", Stage.BETA)
    assert registry.reviews.promote(ADA, DOCTOR, "1.0.0", Stage.BETA).wanted is Stage.BETA


def test_who_asks_again_keeps_the_place_in_the_queue(registry: EmbeddedRegistry, submit: Callable[..., str]) -> None:
    submit("1.0.0")
    submit("1.0.1")
    registry.reviews.promote(ANN, DOCTOR, "1.0.0", Stage.STABLE)
    assert [each.version for each in registry.reviews.queue(ROB).items] == ["1.0.0", "1.0.1"]
    assert registry.audit.read(ADA, action="ask-review").items == ()


def test_the_queue_is_filtered_and_paged(registry: EmbeddedRegistry, submit: Callable[..., str]) -> None:
    for version in ("1.0.0", "1.0.1", "1.0.2"):
        sha256 = submit(version, stage=Stage.BETA if version == "1.0.1" else Stage.STABLE)
    registry.reviews.decide(ROB, DOCTOR, "1.0.2", sha256, approves=True)
    first = registry.reviews.queue(ROB, size=2)
    assert [each.version for each in first.items] == ["1.0.0", "1.0.1"]
    second = registry.reviews.queue(ROB, size=2, after=first.next)
    assert ([each.version for each in second.items], second.next) == (["1.0.2"], None)
    assert [each.version for each in registry.reviews.queue(ROB, to=Stage.BETA).items] == ["1.0.1"]
    assert [each.version for each in registry.reviews.queue(ROB, open_to_me=True).items] == ["1.0.0", "1.0.1"]
    assert registry.reviews.queue(ROB, publisher="other").items == ()
    assert len(registry.reviews.queue(ROB, plugin=DOCTOR).items) == 3


def test_a_member_sees_what_is_its_own_in_the_queue_and_nobody_else_does(
    registry: EmbeddedRegistry, submit: Callable[..., str]
) -> None:
    submit()
    assert len(registry.reviews.queue(ANN).items) == 1
    assert registry.reviews.queue(EVE).items == ()
    assert registry.reviews.dossier(ANN, DOCTOR, "1.0.0").baseline is None
    with pytest.raises(UnknownPlugin):
        registry.reviews.dossier(EVE, DOCTOR, "1.0.0")


def test_an_unknown_release_is_named_with_those_that_there_are(
    registry: EmbeddedRegistry, submit: Callable[..., str]
) -> None:
    submit()
    with pytest.raises(UnknownRelease) as caught:
        registry.reviews.dossier(ROB, DOCTOR, "2.0.0")
    assert caught.value.available == ("1.0.0",)


def test_a_draft_counts_as_published_when_it_becomes_public(
    registry: EmbeddedRegistry, submit: Callable[..., str], build: Build
) -> None:
    sha256 = submit(stage=Stage.DRAFT)
    registry.publish(build("acme.later"), stage=Stage.DRAFT)
    with registry._database.write() as connection:
        connection.exec_driver_sql("UPDATE releases SET published = '2020-01-01T00:00:00Z'")
    registry.reviews.decide(ROB, DOCTOR, "1.0.0", sha256, approves=True)
    registry.reviews.promote(ANN, DOCTOR, "1.0.0", Stage.BETA)
    assert registry.plugin(DOCTOR).releases[0].published > "2026"
    assert registry.plugin("acme.later").releases[0].published == "2020-01-01T00:00:00Z"


@pytest.mark.parametrize("policy", [ReviewPolicy()])
def test_without_a_policy_one_person_publishes_and_promotes_alone(registry: EmbeddedRegistry, build: Build) -> None:
    assert registry.publish(build()).stage is Stage.STABLE
    registry.publish(build(version="1.1.0"), stage=Stage.DRAFT)
    me = owner(frozenset({"acme"}))
    assert registry.reviews.promote(me, DOCTOR, "1.1.0", Stage.STABLE).stage is Stage.STABLE


def test_what_came_with_the_installation_waits_for_nobody(registry: EmbeddedRegistry, build: Build) -> None:
    assert registry.publish_bundled(build()).stage is Stage.STABLE


@pytest.fixture
def first(registry: EmbeddedRegistry, submit: Callable[..., str]) -> EmbeddedRegistry:
    """With 1.0.0 stable, as its reviewers approved it."""
    sha256 = submit(permissions={"storage": "Keeps it."}, source=STORES)
    registry.reviews.decide(ROB, DOCTOR, "1.0.0", sha256, approves=True)
    assert stage_of(registry, "1.0.0") is Stage.STABLE
    return registry


STORES = "from automatosx_nb.sdk import storage\n\ndef run():\n    return storage.get('k')\n"


@pytest.mark.parametrize("policy", [TRUSTED])
def test_a_patch_of_the_trusted_that_asks_for_nothing_new_passes_by_itself(
    first: EmbeddedRegistry, build: Build
) -> None:
    same = {"permissions": {"storage": "Keeps it."}, "source": STORES}
    report = first.seen_by(ANN).publish(build(version="1.0.1", **same))
    assert (report.stage, report.wanted) == (Stage.STABLE, None)


@pytest.mark.parametrize("policy", [TRUSTED])
@pytest.mark.parametrize(
    ("version", "parts"),
    [
        ("1.1.0", {}),
        ("2.0.0", {}),
        ("1.0.1-rc.1", {}),
        ("0.9.0", {}),
        ("1.0.1", {"permissions": {"storage": "Keeps it.", "secrets:key": "Reads it."}}),
        ("1.0.1", {"optional": {"secrets:key": "Reads it."}}),
        ("1.0.1", {"needs": {"acme.tables": "^2"}}),
    ],
    ids=["minor", "major", "prerelease", "below it all", "permission", "optional permission", "dependency"],
)
def test_nothing_else_of_theirs_does(first: EmbeddedRegistry, build: Build, version: str, parts: object) -> None:
    same = {"permissions": {"storage": "Keeps it."}, "source": STORES, "changelog": f"## {version}\n\nNew.\n"}
    report = first.seen_by(ANN).publish(build(version=version, **{**same, **parts}))  # type: ignore[dict-item]
    assert (report.stage, report.wanted) == (Stage.DRAFT, Stage.STABLE)


@pytest.mark.parametrize("policy", [replace(TRUSTED, trusted=(Pattern.parse("other.*"),))])
def test_a_patch_of_others_waits(first: EmbeddedRegistry, build: Build) -> None:
    same = {"permissions": {"storage": "Keeps it."}, "source": STORES}
    assert first.seen_by(ANN).publish(build(version="1.0.1", **same)).wanted is Stage.STABLE


@pytest.mark.parametrize("policy", [ReviewPolicy(stable=1)])
def test_a_dossier_holds_a_release_against_the_stable_one_below_it(first: EmbeddedRegistry, build: Build) -> None:
    changed = STORES.replace("'k'", "'key'")
    first.seen_by(ANN).publish(
        build(
            version="1.0.1",
            permissions={"storage": "Keeps it.", "secrets:key": "Signs in."},
            needs={"acme.tables": "^2.1"},
            source=changed,
        )
    )
    dossier = first.reviews.dossier(ROB, DOCTOR, "1.0.1")
    assert dossier.baseline == "1.0.0"
    assert dossier.permissions.added == ("secrets:key",)
    assert dossier.asked == {"storage": "Keeps it.", "secrets:key": "Signs in."}
    assert dossier.dependencies == {"acme.tables": (None, "^2.1")}
    by_path = {each.path: each for each in dossier.files}
    assert set(by_path) == {"plugin.toml", "CHANGELOG.md", "src/body.py"}
    assert by_path["src/body.py"].diff.splitlines()[-2:] == [
        "-    return storage.get('k')",
        "+    return storage.get('key')",
    ]
    assert {each.check for each in dossier.checks} >= {"readme", "permissions"}
    assert dossier.standing.wanted is Stage.STABLE
