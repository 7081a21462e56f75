"""Reports, advisories, members, roles and tokens on the web page: who sees what, and what each form does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from automatosx_nb.model.identity import Actor, Role, Scope, owner
from automatosx_nb.model.semver import Range
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.server.pages import Fetch, Outline, by, outline, send

PLUGIN = "acme.csv-doctor"
EVE = Actor("eve")


@pytest.fixture
def people(shared: dict[str, Any], registry_home: Path) -> Path:
    """Ann owns ``acme``, Bob is a member of it, Rob reviews; Eve reported something; adm is an admin."""
    with EmbeddedRegistry(registry_home) as registry:
        registry.access.put_member(owner(), "acme", "ann", owner=True)
        registry.access.put_member(owner(), "acme", "bob")
        registry.access.grant_role(owner(), "rob", Role.REVIEWER)
        registry.reports.file(EVE, PLUGIN, "broken", "It <b>ends</b>.", "1.1.0")
    return registry_home


async def test_the_links_are_there_for_whom_they_are(people: Path, page: Fetch) -> None:
    for user, sees in {"eve": set(), "rob": {"reviews"}, "adm": {"reviews", "roles"}}.items():
        found = {link.rpartition("/automatosx/")[2] for link in (await outline(page, **by(user))).links()}
        assert (
            found & {"reviews", "reports", "roles", "advisories", "account"}
            == {
                "reports",
                "advisories",
                "account",
            }
            | sees
        )


async def test_a_report_is_filed_by_anybody_and_closed_by_a_reviewer(people: Path, page: Fetch) -> None:
    wrong = await send(page, "ann", "reports", do="file", plugin="acme.nothing", kind="broken", text="It <i>fails</i>.")
    refused = Outline(wrong.body.decode())
    assert wrong.code == 400
    assert "there is no plugin 'acme.nothing'" in refused.text
    assert "It <i>fails</i>." in refused.text, "what was written is still there"
    told = await send(page, "ann", "reports", do="file", plugin=PLUGIN, kind="malicious", text="It <i>reads</i> keys.")
    assert (told.code, told.headers["Location"].rpartition("/")[2]) == (303, "reports")
    own = await outline(page, "reports", **by("ann"))
    assert "It <i>reads</i> keys." in own.text
    assert "It <b>ends</b>." not in own.text, "others' reports are for reviewers"
    assert not any(tag in ("b", "i") for tag, _ in own.tags)
    both = await outline(page, "reports", **by("rob"))
    assert both.text.index("It <i>reads</i> keys.") < both.text.index("It <b>ends</b>.")
    with EmbeddedRegistry(people) as registry:
        second, number = (str(each.number) for each in registry.reports.all(owner()).items)
    assert (await send(page, "rob", "reports", do="close", number=number, outcome=" ")).code == 400
    assert (await send(page, "rob", "reports", do="close", number=number, outcome="Mended in 1.2.0.")).code == 303
    assert "It <b>ends</b>." not in (await outline(page, "reports", **by("rob"))).text
    closed = await outline(page, "reports", params={"all": "true"}, **by("eve"))
    assert "Closed by rob" in closed.text
    assert "Mended in 1.2.0." in closed.text
    assert (await send(page, "ann", "reports", do="close", number=second, outcome="Mine.")).code == 403


async def test_an_advisory_is_made_shown_to_everybody_and_withdrawn(people: Path, page: Fetch) -> None:
    said = {"plugin": PLUGIN, "range": "<1.1", "severity": "high", "summary": "It <b>leaks</b>.", "disables": "true"}
    assert (await send(page, "ann", "advisories", do="make", **said)).code == 403
    for part, value in {"range": "1..2", "plugin": "no id", "severity": "dire", "summary": " "}.items():
        wrong = await send(page, "rob", "advisories", do="make", **said | {part: value})
        assert wrong.code == 400, part
        assert any(each.get("role") == "alert" for _, each in Outline(wrong.body.decode()).tags), part
    assert (await send(page, "rob", "advisories", do="make", **said)).code == 303
    shown = await outline(page, "advisories", **by("eve"))
    assert f"High It <b>leaks</b>. {PLUGIN} <1.1 : they do not run any more" in shown.text.replace("<1.1:", "<1.1 :")
    assert not any(tag == "form" for tag, _ in shown.tags)
    assert "It <b>leaks</b>." in (await outline(page, "plugins", PLUGIN, "1.0.0", **by("eve"))).text
    with EmbeddedRegistry(people) as registry:
        (made,) = registry.advisories.all(owner())
    assert (made.range, made.severity, made.disables) == (Range.parse("<1.1"), "high", True)
    assert (await send(page, "rob", "advisories", do="withdraw", advisory=made.id)).code == 303
    assert "Nothing is known" in (await outline(page, "advisories", **by("eve"))).text


async def test_owners_say_who_is_a_member_and_admins_who_is_verified(people: Path, page: Fetch) -> None:
    path = ("publishers", "acme")
    seen = await outline(page, *path, **by("eve"))
    assert "ann Owner" in seen.text
    assert not any(tag == "form" for tag, _ in seen.tags)
    assert (await send(page, "bob", *path, do="put", user="eve")).code == 403
    assert (await send(page, "ann", *path, do="verify")).code == 403
    assert (await send(page, "ann", *path, do="put", user="eve", owner="true")).code == 303
    assert "eve (you) Owner" in (await outline(page, *path, **by("eve"))).text
    assert (await send(page, "ann", *path, do="remove", user="eve")).code == 303
    last = await send(page, "ann", *path, do="remove", user="ann")
    assert last.code == 400
    assert "owner" in Outline(last.body.decode()).text
    assert (await send(page, "bob", *path, do="remove", user="bob")).code == 303, "one may leave by oneself"
    assert (await send(page, "adm", *path, do="verify")).code == 303
    with EmbeddedRegistry(people) as registry:
        assert registry.is_verified("acme")
        assert [each.user for each in registry.access.publisher(owner(), "acme").members] == ["ann"]
    await outline(page, "publishers", "nobody", status=404, **by("adm"))


async def test_admins_give_roles_and_take_them(people: Path, page: Fetch) -> None:
    await outline(page, "roles", status=403, **by("rob"))
    assert (await send(page, "adm", "roles", do="grant", user="ria", role="chief")).code == 400
    assert (await send(page, "adm", "roles", do="grant", user="ria", role="reviewer")).code == 303
    assert (await send(page, "adm", "roles", do="withdraw", user="rob", role="reviewer")).code == 303
    shown = await outline(page, "roles", **by("adm"))
    assert "ria Reviewer" in shown.text
    assert "rob Reviewer" not in shown.text
    assert (await send(page, "rob", "roles", do="grant", user="rob", role="admin")).code == 403


async def test_a_tokens_secret_is_shown_once_and_what_is_revoked_opens_nothing(
    people: Path, page: Fetch, fetch: Fetch
) -> None:
    assert (await send(page, "ann", "account", do="new", name="ci", days="0", scope=["read"])).code == 400
    assert (await send(page, "ann", "account", do="new", name="ci", days="3")).code == 400
    response = await send(page, "ann", "account", do="new", name="ci", days="3", scope=["read", "publish"])
    assert (response.code, response.headers["Cache-Control"]) == (200, "no-store")
    made = Outline(response.body.decode())
    (secret,) = [word for word in made.words if word.startswith("axp_")]
    me = await fetch("me", headers={"Authorization": f"Bearer {secret}"})
    assert b'"ann"' in me.body
    after = await outline(page, "account", **by("ann"))
    assert "ci" in after.words
    assert "read, publish" in after.text
    assert secret not in after.text
    assert "ci" not in (await outline(page, "account", **by("bob"))).words
    with EmbeddedRegistry(people) as registry:
        (token,) = registry.tokens.all(registry.access.actor("ann"))
    assert token.scopes == (Scope.READ, Scope.PUBLISH)
    assert (await send(page, "bob", "account", do="revoke", token=token.id)).code == 400
    assert (await send(page, "ann", "account", do="revoke", token=token.id)).code == 303
    assert "Revoked" in (await outline(page, "account", **by("ann"))).text
    assert (await fetch("me", headers={"Authorization": f"Bearer {secret}"})).code == 401


@pytest.mark.parametrize("path", [("reports",), ("advisories",), ("publishers", "acme"), ("roles",), ("account",)])
async def test_a_form_without_its_pages_token_or_with_another_act_does_nothing(
    people: Path, page: Fetch, path: tuple[str, ...]
) -> None:
    for user in ("adm", None):
        headers = by(user)["headers"] if user else {"Authorization": ""}
        assert (await page(*path, method="POST", body="do=make", headers=headers)).code == 403
    assert (await send(page, "adm", *path, do="something")).code == 400
    response = await page(*path, **by("adm"))
    assert response.headers["Cache-Control"] == "no-store"
    policy = " ".join(response.headers.get_list("Content-Security-Policy"))
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy
