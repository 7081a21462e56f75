from __future__ import annotations

from dataclasses import replace

import pytest

from automatosx_nb.errors import ActionForbidden
from automatosx_nb.model.identity import Actor, Role, Scope, owner

ANN = Actor("ann", publishers=frozenset({"acme"}))


def test_a_member_publishes_under_that_name_and_no_other() -> None:
    ANN.publish("acme")
    with pytest.raises(ActionForbidden, match=r"'ann' may not publish as 'other' here: it takes membership of 'other'"):
        ANN.publish("other")


@pytest.mark.parametrize("role", Role)
def test_a_role_counts_for_nothing_where_the_token_does_not_carry_it(role: Role) -> None:
    actor = Actor("rob", roles=frozenset({role}), scopes=frozenset({Scope.READ}))
    assert (actor.may_review, actor.may_administer, actor.reads_all) == (False, False, False)
    with pytest.raises(ActionForbidden, match="a token of scope 'review'"):
        actor.review()


def test_a_scope_gives_nothing_that_its_user_has_not() -> None:
    with pytest.raises(ActionForbidden, match="the role 'reviewer'"):
        ANN.review()
    with pytest.raises(ActionForbidden, match="the role 'admin'"):
        replace(ANN, roles=frozenset({Role.REVIEWER})).administer()


def test_an_admin_reviews_too_and_publishes_only_as_a_member() -> None:
    admin = Actor("adm", roles=frozenset({Role.ADMIN}))
    admin.review()
    admin.administer()
    with pytest.raises(ActionForbidden):
        admin.publish("acme")


def test_the_owner_of_the_folder_may_everything() -> None:
    me = owner(frozenset({"acme"}))
    me.review()
    me.administer()
    me.publish("acme")


@pytest.mark.parametrize("scopes", [{Scope.READ}, set()])
def test_who_only_reads_has_no_say(scopes: set[Scope]) -> None:
    with pytest.raises(ActionForbidden, match="may not rate or report here"):
        Actor("ann", scopes=frozenset(scopes)).speak()
    Actor("ann", scopes=frozenset({*scopes, Scope.PUBLISH})).speak()
