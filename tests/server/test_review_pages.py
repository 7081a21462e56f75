"""The review queue and a release's dossier on the web page, for reviewers, members and others."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from automatosx_nb import package
from automatosx_nb.model.identity import Role, owner
from automatosx_nb.model.release import Stage
from automatosx_nb.model.review import ReviewPolicy
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.registry.conftest import write_plugin
from tests.server.pages import Fetch, Outline, by, outline

WAITING = ("reviews", "acme.csv-doctor", "1.2.0")
SOURCE = "from automatosx_nb.sdk import http\n\ndef run():\n    return http.get('https://api.example.org/<b>')\n"


@pytest.fixture
def waiting(shared: dict[str, Any], registry_home: Path, tmp_path: Path) -> Path:
    """Ann's ``acme.csv-doctor`` 1.2.0 waits for one approval; Rob and Ria are reviewers."""
    shared["ReviewPolicy"] = {"stable": 1}
    asks = {"network:api.example.org": "Looks up <i>codes</i>."}
    data = package.build(write_plugin(tmp_path / "new", "acme.csv-doctor", "1.2.0", permissions=asks, source=SOURCE))
    with EmbeddedRegistry(registry_home, review=lambda: ReviewPolicy(stable=1)) as registry:
        registry.access.put_member(owner(), "acme", "ann")
        for reviewer in ("rob", "ria"):
            registry.access.grant_role(owner(), reviewer, Role.REVIEWER)
        registry.seen_by(registry.access.actor("ann")).publish(data)
    return registry_home


async def decide(page: Fetch, user: str, **said: str) -> Any:
    """Fill in the form of the dossier, as a browser does."""
    response = await page(*WAITING, **by(user))
    form = Outline(response.body.decode()).fields()
    cookies = "; ".join(each.partition(";")[0] for each in response.headers.get_list("Set-Cookie"))
    headers = by(user)["headers"] | {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
    return await page(*WAITING, method="POST", body=urlencode(form | said), headers=headers, follow_redirects=False)


def stage(home: Path) -> Stage:
    with EmbeddedRegistry(home) as registry:
        return next(each.stage for each in registry.plugin("acme.csv-doctor").releases if each.version == "1.2.0")


async def test_reviewers_see_what_waits_and_members_what_is_theirs(waiting: Path, page: Fetch) -> None:
    for user, sees in {"rob": True, "ann": True, "bob": False, "adm": True}.items():
        found = await outline(page, "reviews", **by(user))
        assert ("acme.csv-doctor 1.2.0" in found.text) is sees, user
    mine = await outline(page, "reviews", params={"open": "true"}, **by("ann"))
    assert "Nothing waits for you." in mine.text


async def test_the_link_to_the_queue_is_there_for_whom_it_is_for(waiting: Path, page: Fetch) -> None:
    for user, sees in {"rob": True, "ann": True, "bob": False}.items():
        links = (await outline(page, **by(user))).links()
        assert any(link.endswith("/automatosx/reviews") for link in links) is sees, user


async def test_a_dossier_has_all_that_a_reviewer_needs(waiting: Path, page: Fetch) -> None:
    found = await outline(page, *WAITING, **by("rob"))
    for said in (
        "is to become stable",
        "by ann",
        "0 of 1 approval",
        "Compared with 1.1.0",
        "Send requests to api.example.org",
        "Looks up <i>codes</i>.",
        "Not asked for any more storage",
        "src/body.py",
        "+ return http.get('https://api.example.org/<b>')",
        "permissions",
        "Passed",
    ):
        assert said in found.text, said
    assert not any(tag in ("b", "i") for tag, _ in found.tags), "what a publisher wrote is text"
    kinds = [attributes.get("class") for tag, attributes in found.tags if tag == "span"]
    assert {"add", "gone", "hunk"} <= set(kinds)


async def test_an_approval_promotes_what_waits_for_it(waiting: Path, page: Fetch) -> None:
    answer = await decide(page, "rob", decision="approve", reason="Reads well.")
    assert answer.code == 303
    assert answer.headers["Location"].endswith("/automatosx/reviews/acme.csv-doctor/1.2.0")
    assert stage(waiting) == Stage.STABLE
    found = await outline(page, *WAITING, **by("rob"))
    assert "Approved by rob" in found.text
    assert "Reads well." in found.text


async def test_a_rejection_needs_a_reason_and_what_was_written_is_kept(waiting: Path, page: Fetch) -> None:
    refused = await decide(page, "rob", decision="reject", reason="")
    assert refused.code == 400
    assert any(attributes.get("role") == "alert" for _, attributes in Outline(refused.body.decode()).tags)
    assert (await decide(page, "rob", decision="reject", reason="It sends too much.")).code == 303
    assert stage(waiting) == Stage.DRAFT
    again = Outline((await decide(page, "ria", decision="approve", sha256="0" * 64, reason="All <well>")).body.decode())
    assert "All <well>" in again.text
    assert "1.2.0 has the SHA-256" in again.text


async def test_nobody_reviews_their_own_and_others_have_no_form(waiting: Path, page: Fetch) -> None:
    own = await outline(page, *WAITING, **by("ann"))
    assert "another reviewer has to look at it" in own.text
    assert not any(tag == "form" for tag, _ in own.tags)
    await outline(page, *WAITING, status=404, **by("bob"))
    with EmbeddedRegistry(waiting) as registry:
        registry.access.grant_role(owner(), "ann", Role.REVIEWER)
    assert "another reviewer" in (await outline(page, *WAITING, **by("ann"))).text


async def test_a_word_without_its_pages_token_is_refused(waiting: Path, page: Fetch) -> None:
    body = urlencode({"decision": "approve", "sha256": "0" * 64})
    answer = await page(*WAITING, method="POST", body=body, **by("rob"))
    assert answer.code == 403
    assert (await page(*WAITING, method="POST", body=body, headers={"Authorization": ""})).code == 403
    assert stage(waiting) == Stage.DRAFT


async def test_what_a_reviewer_sees_no_browser_keeps(waiting: Path, page: Fetch) -> None:
    for path in (("reviews",), WAITING):
        assert (await page(*path, **by("rob"))).headers["Cache-Control"] == "no-store"
