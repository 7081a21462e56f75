"""Grants, revokes, policy and calls in any order, against a live broker and a model of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from automatosx_nb.errors import PermissionDenied
from automatosx_nb.host import holdings
from automatosx_nb.host.broker import CapabilityBroker
from automatosx_nb.host.holdings import LiveGrants
from automatosx_nb.host.session_grants import SessionGrants
from automatosx_nb.model.consent import PermissionPolicy, PermissionRule
from automatosx_nb.model.generation import Generation, InstalledPlugin
from automatosx_nb.model.permissions import Permission
from tests.host.reference import ALLOWS, Reference

ENTRY = InstalledPlugin("acme.demo", "1.0.0", "0" * 64, "*", (), "state", "", {})
texts = st.sampled_from(sorted(ALLOWS))
some = st.sets(texts, max_size=2)


def test_the_references_permissions_cover_each_other_as_ours_do() -> None:
    for one, allows in ALLOWS.items():
        for other, allowed in ALLOWS.items():
            assert Permission.parse(one).covers(Permission.parse(other)) == (allowed <= allows), (one, other)


class InMemory:
    """A marketplace without a disk: what :class:`~automatosx_nb.host.ports.Resources` has of grants and policy."""

    def __init__(self) -> None:
        self.session = SessionGrants()
        self.permissions = PermissionPolicy()
        self.generation = Generation(1, None, "", "", "", {ENTRY.id: ENTRY})
        self.profile: Any = SimpleNamespace(
            current=lambda: self.generation, generations=SimpleNamespace(stamp=lambda: self.generation.number)
        )
        self.policies = 0

    def policy_stamp(self) -> object:
        return self.policies

    def hold(self, grants: set[str]) -> None:
        entry = replace(ENTRY, grants=tuple(sorted(grants)))
        self.generation = replace(self.generation, number=self.generation.number + 1, plugins={ENTRY.id: entry})


@dataclass
class Probe:
    """A capability that needs what it is asked for, and counts what got through to it."""

    reached: list[str] = field(default_factory=list)

    def needs(self, _method: str, args: Sequence[object]) -> Permission:
        return Permission.parse(str(args[0]))

    def ask(self, _method: str, args: Sequence[object]) -> object:
        self.reached.append(str(args[0]))
        return "done"

    def close(self) -> None:
        """Nothing is held."""


class Told:
    """Keeps what the broker tells of each call."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []

    def called(
        self, _plugin: str, _capability: str, _method: str, outcome: str, _moved_bytes: int, permission: str
    ) -> None:
        self.calls.append((outcome, permission))


class Grants(RuleBasedStateMachine):
    """Whatever happens in whatever order, the broker lets through exactly what the reference allows."""

    @initialize()
    def begin(self) -> None:
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(holdings, "FRESH_S", 0.0)
        self.market, self.model = InMemory(), Reference()
        self.probe, self.told = Probe(), Told()
        grants = LiveGrants(ENTRY, self.market)  # type: ignore[arg-type]
        self.broker = CapabilityBroker(grants, {"probe": self.probe}, observer=self.told)
        self.calling = False

    def teardown(self) -> None:
        self.patch.undo()

    @rule(text=texts)
    def grant(self, text: str) -> None:
        self.model.profile.add(text)
        self.market.hold(self.model.profile)

    @rule(text=texts, once=st.booleans())
    def grant_for_now(self, text: str, once: bool) -> None:
        (self.model.waiting if once else self.model.session).add(text)
        self.market.session.add(ENTRY.id, [text], once=once)

    @rule(text=texts)
    def revoke(self, text: str) -> None:
        self.model.revoke(text)
        self.market.session.drop(ENTRY.id, text)
        self.market.hold(self.model.profile)

    @rule(deny=some)
    def deny_by_policy(self, deny: set[str]) -> None:
        self.model.denied, self.model.allowed_by_policy = deny, None
        self._write(PermissionPolicy(deny=tuple(map(PermissionRule.parse, sorted(deny)))))

    @rule(allow=some, deny=some)
    def deny_by_default(self, allow: set[str], deny: set[str]) -> None:
        self.model.denied, self.model.allowed_by_policy = deny, allow
        allowing, denying = (tuple(map(PermissionRule.parse, sorted(each))) for each in (allow, deny))
        self._write(PermissionPolicy("deny", allowing, denying))

    def _write(self, policy: PermissionPolicy) -> None:
        self.market.permissions = policy
        self.market.policies += 1

    @precondition(lambda self: not self.calling)
    @rule(event=st.booleans())
    def call_begins(self, event: bool) -> None:
        self.model.begin(event=event)
        self.broker.grants.begin_call(event=event)
        self.calling = True

    @precondition(lambda self: self.calling)
    @rule()
    def call_ends(self) -> None:
        self.model.end()
        self.broker.grants.end_call()
        self.calling = False

    @precondition(lambda self: self.calling)
    @rule(text=texts)
    def ask(self, text: str) -> None:
        before = len(self.probe.reached)
        if self.model.may(text):
            assert self.broker.ask("probe", "do", [text]) == "done"
            outcome, permission = self.told.calls[-1]
            assert outcome == "done"
            assert permission in self.model.grants_that_count(), "it is written down by the grant that allowed it"
            return
        with pytest.raises(PermissionDenied) as denied:
            self.broker.ask("probe", "do", [text])
        assert denied.value.permission == text
        assert len(self.probe.reached) == before, "nothing of it reached the capability"
        assert self.told.calls[-1] == ("denied", text.partition(":")[0])

    @invariant()
    def what_is_held_is_what_the_reference_holds(self) -> None:
        held = {str(each) for kind in ("storage", "files", "variables", "secrets") for each in self._of(kind)}
        assert held == self.model.grants_that_count()

    def _of(self, kind: str) -> tuple[Permission, ...]:
        return self.broker.grants.of(kind)


TestGrants = Grants.TestCase
TestGrants.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_whatever_could_change_what_is_held_unsettles_it_until_the_next_call_begins() -> None:
    market, text = InMemory(), sorted(ALLOWS)[0]
    grants = LiveGrants(ENTRY, market)  # type: ignore[arg-type]
    assert not grants.settled(), "nobody looked yet"

    def deny() -> None:
        market.policies += 1

    for change in (
        lambda: market.hold({text}),
        lambda: market.session.add(ENTRY.id, [text]),
        lambda: market.session.drop(ENTRY.id, text),
        deny,
    ):
        grants.begin_call(event=True)
        grants.end_call()
        assert grants.settled()
        change()
        assert not grants.settled()
    market.session.add(ENTRY.id, [text], once=True)
    grants.begin_call(event=False)
    assert not grants.settled(), "what is held for one call is for no event"
    grants.end_call()
    assert grants.settled()
