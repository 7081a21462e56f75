"""Members, roles and the badge, in a real registry; and that every act is in its audit."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from automatosx_nb.errors import (
    ActionForbidden,
    InvalidAccessRequest,
    LastAdmin,
    LastOwner,
    UnknownMember,
    UnknownPublisher,
)
from automatosx_nb.model.identity import Actor, Role, Scope, owner
from automatosx_nb.registry.schema import audit
from automatosx_nb.registry.service import EmbeddedRegistry

Build = Callable[..., bytes]
ME = owner()
ADMIN = Actor("adm", roles=frozenset({Role.ADMIN}), request="r1")


@pytest.fixture
def acme(registry: EmbeddedRegistry, build: Build) -> EmbeddedRegistry:
    """A registry with the publisher ``acme``, whose owner is ann."""
    registry.publish(build("acme.csv-doctor", "1.0.0"))
    registry.access.put_member(ME, "acme", "ann", owner=True)
    return registry


def acts(registry: EmbeddedRegistry) -> list[tuple[str, str]]:
    """Who did what, in order; what publishing writes aside."""
    with registry._database.read() as connection:
        rows = connection.execute(select(audit).order_by(audit.c.key))
        return [(row.actor, row.action) for row in rows if row.action != "publish"]


def users(registry: EmbeddedRegistry) -> dict[str, bool]:
    return {each.user: each.owner for each in registry.access.publisher(ME, "acme").members}


def test_an_owner_adds_members_who_publish_and_other_owners(acme: EmbeddedRegistry) -> None:
    ann = acme.access.actor("ann")
    acme.access.put_member(ann, "acme", "bob")
    assert users(acme) == {"ann": True, "bob": False}
    bob = acme.access.actor("bob")
    bob.publish("acme")
    with pytest.raises(ActionForbidden):
        acme.access.put_member(bob, "acme", "eve")
    acme.access.put_member(ann, "acme", "bob", owner=True)
    acme.access.put_member(acme.access.actor("bob"), "acme", "eve")
    assert users(acme) == {"ann": True, "bob": True, "eve": False}


def test_the_last_owner_neither_leaves_nor_becomes_a_mere_member(acme: EmbeddedRegistry) -> None:
    ann = acme.access.actor("ann")
    leaving: tuple[Callable[[], object], ...] = (
        lambda: acme.access.remove_member(ann, "acme", "ann"),
        lambda: acme.access.put_member(ann, "acme", "ann", owner=False),
        lambda: acme.access.remove_member(ADMIN, "acme", "ann"),
    )
    for leave in leaving:
        with pytest.raises(LastOwner):
            leave()
    acme.access.put_member(ann, "acme", "bob", owner=True)
    acme.access.remove_member(ann, "acme", "ann")
    assert users(acme) == {"bob": True}


def test_a_member_leaves_by_itself_and_removes_nobody_else(acme: EmbeddedRegistry) -> None:
    for user in ("bob", "eve"):
        acme.access.put_member(ME, "acme", user)
    bob = acme.access.actor("bob")
    with pytest.raises(ActionForbidden):
        acme.access.remove_member(bob, "acme", "eve")
    acme.access.remove_member(bob, "acme", "bob")
    assert users(acme) == {"ann": True, "eve": False}
    assert acme.access.actor("bob").publishers == frozenset()


def test_a_token_that_only_publishes_says_nothing_about_members(acme: EmbeddedRegistry) -> None:
    robot = acme.access.actor("ann", scopes={Scope.READ, Scope.PUBLISH})
    robot.publish("acme")
    with pytest.raises(ActionForbidden, match="a token of scope 'admin'"):
        acme.access.put_member(robot, "acme", "eve")
    with pytest.raises(ActionForbidden, match="a token of scope 'admin'"):
        acme.access.remove_member(robot, "acme", "ann")


def test_who_is_unknown_is_told_with_what_there_is(acme: EmbeddedRegistry) -> None:
    with pytest.raises(UnknownPublisher) as unknown:
        acme.access.publisher(ME, "acmee")
    assert unknown.value.nearest == ("acme",)
    with pytest.raises(UnknownPublisher):
        acme.access.put_member(ME, "nobody", "ann")
    with pytest.raises(UnknownMember) as member:
        acme.access.remove_member(ME, "acme", "zoe")
    assert member.value.members == ("ann",)


@pytest.mark.parametrize("name", ["", " ann", "a" * 129, "ann\n", "a\0b", "owner", "\N{RIGHT-TO-LEFT OVERRIDE}x"])
def test_a_name_that_nobody_can_have_is_refused(acme: EmbeddedRegistry, name: str) -> None:
    for ask in (
        lambda: acme.access.put_member(ME, "acme", name),
        lambda: acme.access.grant_role(ME, name, Role.ADMIN),
        lambda: acme.access.actor(name),
    ):
        with pytest.raises(InvalidAccessRequest) as refused:
            ask()
        assert refused.value.part == "user"


def test_roles_are_an_admins_to_give_and_to_take(registry: EmbeddedRegistry) -> None:
    registry.access.grant_role(ME, "adm", Role.ADMIN)
    adm = registry.access.actor("adm")
    given = registry.access.grant_role(adm, "rob", Role.REVIEWER)
    assert [(each.user, each.role) for each in given] == [("adm", Role.ADMIN), ("rob", Role.REVIEWER)]
    rob = registry.access.actor("rob")
    rob.review()
    asking: tuple[Callable[[], object], ...] = (
        lambda: registry.access.grant_role(rob, "rob", Role.ADMIN),
        lambda: registry.access.roles(rob),
        lambda: registry.access.withdraw_role(rob, "adm", Role.ADMIN),
    )
    for ask in asking:
        with pytest.raises(ActionForbidden):
            ask()
    registry.access.withdraw_role(adm, "rob", Role.REVIEWER)
    assert registry.access.actor("rob").roles == frozenset()


def test_the_last_admin_stays_one_until_there_is_another(registry: EmbeddedRegistry) -> None:
    registry.access.grant_role(ME, "ada", Role.ADMIN)
    ada, eve = registry.access.actor("ada"), registry.access.actor("eve", admins={"eve"})
    for actor in (ada, eve):
        with pytest.raises(LastAdmin, match="role grant USER admin") as refused:
            registry.access.withdraw_role(actor, "ada", Role.ADMIN)
        assert refused.value.user == "ada"
    registry.access.withdraw_role(ada, "ada", Role.REVIEWER)
    registry.access.grant_role(ada, "bob", Role.ADMIN)
    left = registry.access.withdraw_role(ada, "ada", Role.ADMIN)
    assert [(each.user, each.role) for each in left] == [("bob", Role.ADMIN)]
    assert registry.access.withdraw_role(ME, "bob", Role.ADMIN) == (), "whoever has the folder makes another one"


def test_two_admins_do_not_take_it_from_each_other_at_once(registry: EmbeddedRegistry) -> None:
    for user in ("ada", "bob"):
        registry.access.grant_role(ME, user, Role.ADMIN)
    actors = {user: registry.access.actor(user) for user in ("ada", "bob")}
    start = threading.Barrier(2)

    def take(user: str, other: str) -> bool:
        start.wait()
        try:
            registry.access.withdraw_role(actors[user], other, Role.ADMIN)
        except LastAdmin:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        took = list(threads.map(take, ("ada", "bob"), ("bob", "ada")))
    assert sorted(took) == [False, True]
    assert len(registry.access.roles(ME)) == 1


def test_an_admin_by_configuration_needs_no_row(registry: EmbeddedRegistry) -> None:
    registry.access.actor("eve", admins={"eve"}).administer()
    assert registry.access.roles(ME) == ()


def test_the_badge_is_an_admins_to_give_and_moves_the_registrys_revision(acme: EmbeddedRegistry) -> None:
    with pytest.raises(ActionForbidden):
        acme.access.verify(acme.access.actor("ann"), "acme", verified=True)
    assert acme.access.verify(ADMIN, "acme", verified=True).verified
    assert acme.plugin("acme.csv-doctor").summary.verified
    assert not acme.access.verify(ADMIN, "acme", verified=False).verified
    assert not acme.plugin("acme.csv-doctor").summary.verified


def test_every_act_is_written_down_once_and_what_changes_nothing_is_none(acme: EmbeddedRegistry) -> None:
    for _ in range(2):
        acme.access.put_member(ME, "acme", "bob")
        acme.access.grant_role(ADMIN, "rob", Role.REVIEWER)
        acme.access.verify(ADMIN, "acme", verified=True)
    for _ in range(2):
        acme.access.withdraw_role(ADMIN, "rob", Role.REVIEWER)
    acme.access.remove_member(ME, "acme", "bob")
    assert acts(acme) == [
        ("owner", "member-add"),
        ("owner", "member-add"),
        ("adm", "role-grant"),
        ("adm", "publisher-verify"),
        ("adm", "role-withdraw"),
        ("owner", "member-remove"),
    ]


def test_an_act_that_fails_leaves_no_row(acme: EmbeddedRegistry) -> None:
    before = acts(acme)
    with pytest.raises(LastOwner):
        acme.access.remove_member(ME, "acme", "ann")
    assert acts(acme) == before


def test_a_row_of_the_audit_says_by_which_token_and_request(acme: EmbeddedRegistry) -> None:
    ann = acme.access.actor("ann", token="t1", request="r9")
    acme.access.put_member(ann, "acme", "bob")
    with acme._database.read() as connection:
        row = connection.execute(select(audit).order_by(audit.c.key.desc()).limit(1)).one()
    assert (row.actor, row.token, row.request, row.details) == (
        "ann",
        "t1",
        "r9",
        {"publisher": "acme", "user": "bob", "owner": False},
    )


@pytest.mark.parametrize(
    ("reader", "told"),
    [
        (Actor("(anyone)", scopes=frozenset({Scope.READ})), False),
        (Actor("eve"), True),
        (Actor("eve", scopes=frozenset({Scope.READ}), token="t1"), True),
        (ADMIN, True),
    ],
    ids=["anyone", "a user", "a user's reading token", "an admin"],
)
def test_members_names_are_for_whoever_is_known(acme: EmbeddedRegistry, reader: Actor, told: bool) -> None:
    shown = acme.access.publisher(reader, "acme")
    assert (shown.name, [each.user for each in shown.members]) == ("acme", ["ann"] if told else [])
