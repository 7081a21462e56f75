"""``services:call:…``: texts, risks, and what covers what."""

from __future__ import annotations

import pytest

from automatosx_nb.errors import InvalidPermission
from automatosx_nb.model.core_services import CORE_SERVICES, needed_for
from automatosx_nb.model.permissions import Permission, Risk


def call(scope: str) -> Permission:
    return Permission.parse(f"services:call:{scope}")


@pytest.mark.parametrize(
    ("granted", "asked", "covers"),
    [
        ("acme.tables/sum", "acme.tables/sum", True),
        ("acme.tables/*", "acme.tables/sum", True),
        ("acme.tables/*", "acme.tables/*", True),
        ("acme.tables/sum", "acme.tables/*", False),
        ("acme.tables/sum", "acme.tables/summarise", False),
        ("acme.tables/*", "acme.tables-2/sum", False),
        ("acme.table/*", "acme.tables/sum", False),
    ],
)
def test_a_grant_covers_the_service_or_all_of_one_plugin(granted: str, asked: str, covers: bool) -> None:
    assert call(granted).covers(call(asked)) is covers


@pytest.mark.parametrize(
    "scope",
    ["acme.tables", "acme.tables/", "acme/sum", "*/sum", "acme.*/sum", "acme.tables/Sum", "acme.tables/a/b", "A.b/c"],
)
def test_what_names_no_service_of_a_plugin_is_refused(scope: str) -> None:
    with pytest.raises(InvalidPermission, match=r"call:acme\.tables/summarise"):
        call(scope)


def test_the_hosts_own_are_of_low_risk_and_the_sentence_says_whose_service_it_is() -> None:
    assert call("automatosx.notifications/show").risk is Risk.LOW
    assert call("acme.tables/sum").risk is Risk.MEDIUM
    assert call("acme.tables/sum").sentence == (
        "Call the service sum of acme.tables: what it sends there is that plugin's to use."
    )
    assert "every service of acme.tables" in call("acme.tables/*").sentence


def test_of_the_hosts_own_only_what_reaches_the_person_unasked_needs_a_permission() -> None:
    needs = {plugin: needed_for(plugin, "show") for plugin in CORE_SERVICES}
    assert [plugin for plugin, needed in needs.items() if needed] == ["automatosx.notifications"]
    assert needed_for("acme.tables", "sum") == call("acme.tables/sum")
