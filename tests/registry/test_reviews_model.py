"""Whatever anybody does in whatever order: nothing becomes public without the approvals that policy asks for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from automatosx_nb import package
from automatosx_nb.errors import AutomatosxError, OwnSubmission
from automatosx_nb.model.identity import Actor, Role, Scope, owner
from automatosx_nb.model.policy import Pattern
from automatosx_nb.model.release import Stage
from automatosx_nb.model.review import STAGES, ReviewPolicy
from automatosx_nb.registry.schema import releases, reviews
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.registry.conftest import write_plugin

PLUGIN = "acme.doctor"
VERSIONS = ("1.0.0", "1.0.1", "1.1.0")
REVIEWER, ADMIN = frozenset({Role.REVIEWER}), frozenset({Role.ADMIN})
ACME = frozenset({"acme"})
PEOPLE = (
    Actor("ann", publishers=ACME),
    Actor("bob", REVIEWER, ACME),
    Actor("rob", REVIEWER),
    Actor("ria", REVIEWER),
    Actor("ada", ADMIN),
    Actor("eve", publishers=frozenset({"other"})),
    owner(ACME),
)
SCOPES = (frozenset(Scope), frozenset({Scope.READ}), frozenset({Scope.PUBLISH}), frozenset({Scope.REVIEW}))
ACTORS = st.builds(
    lambda actor, scopes, token: replace(actor, scopes=scopes, token=token),
    st.sampled_from(PEOPLE),
    st.sampled_from((*[SCOPES[0]] * 9, *SCOPES)),
    st.sampled_from([None, "t1", "t2"]),
)
POLICIES = st.builds(
    ReviewPolicy,
    st.integers(0, 1),
    st.integers(0, 2),
    st.sampled_from([(), (Pattern.parse("acme.*"),)]),
)


def _artifacts(folder: Path) -> dict[str, bytes]:
    """1.0.1 is a patch that asks for nothing new, 1.1.0 asks for a permission."""
    source = "from automatosx_nb.sdk import storage\n\ndef run():\n    return storage.get('k')\n"
    asks: dict[str, dict[str, Any]] = {"1.1.0": {"permissions": {"storage": "Keeps it."}, "source": source}}
    return {
        version: package.build(write_plugin(folder / version, PLUGIN, version, **asks.get(version, {})))
        for version in VERSIONS
    }


class Reviewing(RuleBasedStateMachine):
    """Beside the registry, a record of who said what, from the answers alone."""

    template: Path
    artifacts: dict[str, bytes]

    @initialize(policy=POLICIES, wanted=st.sampled_from(STAGES))
    def open(self, policy: ReviewPolicy, wanted: Stage) -> None:
        self.policy = policy
        self.folder = Path(mkdtemp())
        shutil.copytree(self.template, self.folder / "registry")
        self.registry = EmbeddedRegistry(self.folder / "registry", review=lambda: self.policy)
        self.submitter: dict[str, str] = {}
        self.sha256: dict[str, str] = {}
        self.words: dict[str, dict[str, bool]] = {}
        self.stages: dict[str, Stage] = {}
        self.withheld: set[str] = set()
        self.publish(PEOPLE[0], VERSIONS[0], wanted)

    def teardown(self) -> None:
        if hasattr(self, "registry"):
            self.registry.close()
            shutil.rmtree(self.folder)

    @rule(actor=ACTORS, version=st.sampled_from(VERSIONS), stage=st.sampled_from(STAGES))
    def submit(self, actor: Actor, version: str, stage: Stage) -> None:
        self.publish(actor, version, stage)

    def publish(self, actor: Actor, version: str, stage: Stage) -> None:
        with self.refusals():
            report = self.registry.seen_by(actor).publish(self.artifacts[version], stage=stage)
            if report.created:
                assert actor.name == "owner" or actor.may_publish("acme")
                self.submitter[version], self.sha256[version] = actor.name, report.sha256
                self.words[version] = {}
                self.stages[version] = Stage.DRAFT
                self.came_to(version, report.stage)

    @precondition(lambda self: bool(self.sha256))
    @rule(actor=ACTORS, data=st.data(), approves=st.booleans(), other=st.booleans())
    def decide(self, actor: Actor, data: st.DataObject, approves: bool, other: bool) -> None:
        version = data.draw(st.sampled_from(sorted(self.sha256)))
        sha256 = "0" * 64 if other and actor.name == "ria" else self.sha256[version]
        with self.refusals() as refused:
            standing = self.registry.reviews.decide(
                actor, PLUGIN, version, sha256, approves=approves, reason="" if approves else "It leaks."
            )
            assert actor.may_review
            assert actor.name != self.submitter[version]
            assert sha256 == self.sha256[version]
            self.words[version][actor.name] = approves
            self.came_to(version, standing.stage)
        if actor.may_review and actor.name == self.submitter[version]:
            assert isinstance(refused[0], OwnSubmission)

    @precondition(lambda self: bool(self.sha256))
    @rule(actor=ACTORS, data=st.data(), to=st.sampled_from(STAGES))
    def promote(self, actor: Actor, data: st.DataObject, to: Stage) -> None:
        version = data.draw(st.sampled_from(sorted(self.sha256)))
        with self.refusals():
            standing = self.registry.reviews.promote(actor, PLUGIN, version, to)
            assert actor.may_administer or actor.may_publish("acme")
            self.came_to(version, standing.stage)

    @precondition(lambda self: bool(self.sha256))
    @rule(actor=ACTORS, data=st.data(), act=st.sampled_from(["yank", "quarantine"]), undo=st.booleans())
    def withhold(self, actor: Actor, data: st.DataObject, act: str, undo: bool) -> None:
        version = data.draw(st.sampled_from(sorted(self.sha256)))
        with self.refusals():
            getattr(self.registry.moderation, act)(actor, PLUGIN, version, None if undo else "It leaks.")

    @rule(policy=POLICIES)
    def decide_otherwise(self, policy: ReviewPolicy) -> None:
        """Whoever runs the registry may; what was approved before keeps what it has become."""
        self.policy = policy

    @invariant()
    def no_release_is_elsewhere_than_the_answers_said(self) -> None:
        if not hasattr(self, "registry"):
            return
        found = {str(each.version): each for each in self.registry.releases(PLUGIN)}
        assert {version: each.stage for version, each in found.items()} == self.stages
        self.withheld = {
            version for version, each in found.items() if each.yanked is not None or each.quarantined is not None
        }
        for reader in (PEOPLE[5], Actor("nobody")):
            seen = {str(each.version) for each in self.registry.seen_by(reader).releases(PLUGIN)}
            assert seen == {version for version, stage in self.stages.items() if stage != Stage.DRAFT}

    @invariant()
    def nobody_has_a_word_on_their_own(self) -> None:
        if not hasattr(self, "registry"):
            return
        columns = (releases.c.version, reviews.c.reviewer, reviews.c.approves)
        query = select(*columns).join(releases, releases.c.key == reviews.c.release)
        with self.registry._database.read() as connection:
            said = [tuple(row) for row in connection.execute(query)]
        assert not [each for each in said if self.submitter[each[0]] == each[1]]
        assert sorted(said) == sorted((v, who, word) for v, words in self.words.items() for who, word in words.items())

    def came_to(self, version: str, stage: Stage) -> None:
        """The one thing that must hold: a step forward had its approvals, and no rejection stood against it."""
        before = self.stages[version]
        self.stages[version] = stage
        if stage is before:
            return
        assert STAGES.index(stage) > STAGES.index(before)
        assert version not in self.withheld
        words = self.words[version]
        approvals = sum(approves for name, approves in words.items() if name != self.submitter[version])
        assert False not in words.values()
        assert approvals >= self.policy.needed(stage) or self.is_trusted_patch(version)

    def is_trusted_patch(self, version: str) -> bool:
        """Of what there is here, 1.0.1 alone can be one, above a 1.0.0 that is stable and stands."""
        stands = self.stages.get("1.0.0") is Stage.STABLE and "1.0.0" not in self.withheld
        return bool(self.policy.trusted) and version == "1.0.1" and stands

    @contextmanager
    def refusals(self) -> Iterator[list[AutomatosxError]]:
        """What is refused changes nothing: the invariants see to that."""
        refused: list[AutomatosxError] = []
        try:
            yield refused
        except AutomatosxError as error:
            refused.append(error)


def test_nothing_becomes_public_without_its_approvals(tmp_path: Path) -> None:
    """``AUTOMATOSX_TEST_REVIEWS=1000`` tries so many sequences of acts."""
    with EmbeddedRegistry(tmp_path / "template") as registry:
        registry.publish(package.build(write_plugin(tmp_path / "first", "acme.first")))
    named = {"template": tmp_path / "template", "artifacts": _artifacts(tmp_path)}
    examples = int(os.environ.get("AUTOMATOSX_TEST_REVIEWS", "10"))
    run_state_machine_as_test(
        type("Machine", (Reviewing,), named),
        settings=settings(max_examples=examples, stateful_step_count=30, deadline=None),
    )
