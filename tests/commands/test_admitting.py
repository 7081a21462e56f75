"""``admin``: whoever has a registry's database makes its first admin."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from automatosx_nb.app import Marketplace
from automatosx_nb.commands.verbs import run
from automatosx_nb.errors import InvalidAccessRequest, InvalidConfiguration
from automatosx_nb.model.identity import Role, Scope
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.commands.test_verbs import Console


def admin(*words: str) -> str:
    return run(["admin", *words], Marketplace, Console())


def test_the_first_admin_has_a_token_that_carries_all_of_it_and_is_in_the_record(home: Path, tmp_path: Path) -> None:
    said = admin("ada", "--db", f"sqlite:///{tmp_path}/team/registry.sqlite", "--days", "1")
    secret = re.findall(r"axp_\S+", said)
    with EmbeddedRegistry(tmp_path / "team") as registry:
        token = registry.tokens.holder(*secret)
        assert (token.user, set(token.scopes)) == ("ada", set(Scope))
        actor = registry.access.actor("ada", scopes=token.scopes)
        assert (set(actor.roles), actor.may_administer) == ({Role.ADMIN}, True)
        acts = registry.audit.read(actor).items
        assert {(act.action, act.actor) for act in acts} == {("token-new", "owner"), ("role-grant", "owner")}


def test_a_second_time_it_makes_another_token(home: Path) -> None:
    assert len({*re.findall(r"axp_\S+", admin("ada") + admin("ada"))}) == 2


def test_what_is_no_user_and_no_database_is_refused(home: Path) -> None:
    with pytest.raises(InvalidAccessRequest):
        admin("a b\n")
    with pytest.raises(InvalidConfiguration, match="mysql is not served"):
        admin("ada", "--db", "mysql://host/registry")


def test_it_takes_a_database_alone(home: Path, tmp_path: Path) -> None:
    admin("ada", "--db", f"sqlite:///{tmp_path}/team/registry.sqlite")
    assert not (tmp_path / "team" / "blobs").exists(), "people and tokens are no artifacts"


@pytest.mark.parametrize("verb", [("admin", "ada"), ("registry", "verify"), ("migrate",)])
def test_a_path_in_place_of_the_databases_url_is_told_as_one(home: Path, tmp_path: Path, verb: tuple[str, ...]) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        run([*verb, "--db", str(tmp_path / "registry.sqlite")], Marketplace, Console())
    assert f"sqlite:///{tmp_path}/registry.sqlite" in str(caught.value)
