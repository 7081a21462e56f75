"""Reviews and moderation over HTTP, by people who come with tokens of the registry's own."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped,unused-ignore]

from automatosx_nb.model.identity import Role, Scope, owner
from automatosx_nb.model.review import ReviewPolicy
from automatosx_nb.registry.service import EmbeddedRegistry
from automatosx_nb.server.openapi import DOCUMENT
from tests.server.conftest import artifact

Fetch = Callable[..., Awaitable[Any]]
Ask = Callable[..., Awaitable[Any]]
DOCTOR = "acme.csv-doctor"
PEOPLE = {"ann": None, "eve": None, "rob": Role.REVIEWER, "ria": Role.REVIEWER, "ada": Role.ADMIN}


@pytest.fixture
def secrets(registry_home: Path, tmp_path: Path) -> dict[str, str]:
    """User → a token's secret. ``ann`` is a member of ``acme``, and 2.0.0 of hers waits to become stable."""
    with EmbeddedRegistry(registry_home, review=lambda: ReviewPolicy(stable=1)) as registry:
        me = owner()
        registry.access.put_member(me, "acme", "ann", owner=True)
        for user, role in PEOPLE.items():
            if role is not None:
                registry.access.grant_role(me, user, role)
        registry.seen_by(registry.access.actor("ann")).publish(
            artifact(tmp_path / "2.0.0", DOCTOR, "2.0.0", "data-quality")
        )
        return {user: registry.tokens.new(me, "test", list(Scope), 7, user=user).secret for user in PEOPLE}


@pytest.fixture
def jp_server_config(jp_server_config: dict[str, Any], secrets: dict[str, str]) -> dict[str, Any]:
    jp_server_config["AutomatosxExtension"]["shared"] = True
    return {**jp_server_config, "ReviewPolicy": {"stable": 1}}


@pytest.fixture
def ask(fetch: Fetch, secrets: dict[str, str]) -> Ask:
    """``await ask("ann", "GET", "/reviews", body, **parameters)``: status and document, held against OpenAPI's."""

    async def ask(user: str, method: str, path: str, body: Any = None, /, **params: Any) -> tuple[int, Any]:
        response = await fetch(
            *path.strip("/").split("/"),
            method=method,
            body=None if body is None else json.dumps(body),
            params=params,
            headers={"Authorization": f"Bearer {secrets[user]}"},
        )
        check(method, path, response, body)
        return response.code, json.loads(response.body) if response.body else None

    return ask


def check(method: str, path: str, response: Any, body: Any) -> None:
    """The answer, and the body where it was taken, are what the document says."""
    operation = next(
        operations[method.lower()]
        for shape, operations in DOCUMENT["paths"].items()
        if method.lower() in operations and matches(shape, path)
    )
    documented = operation["responses"].get(str(response.code))
    assert documented is not None, (method, path, response.code, response.body)
    if response.body:
        said = documented["content"][response.headers["Content-Type"].partition(";")[0]]
        validate(said["schema"], json.loads(response.body))
    if body is not None and response.code < 300:
        validate(operation["requestBody"]["content"]["application/json"]["schema"], body)


def validate(schema: dict[str, Any], document: Any) -> None:
    Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(document)


def matches(shape: str, path: str) -> bool:
    parts = list(zip(shape.split("/"), path.split("/"), strict=False))
    return shape.count("/") == path.count("/") and all(a == b or a.startswith("{") for a, b in parts)


async def test_a_release_is_looked_at_approved_and_public(ask: Ask) -> None:
    _, queue = await ask("rob", "GET", "/reviews", open="true")
    (entry,) = queue["items"]
    assert (entry["id"], entry["version"], entry["wanted"], entry["submitter"]) == (DOCTOR, "2.0.0", "stable", "ann")
    assert (await ask("eve", "GET", f"/plugins/{DOCTOR}/2.0.0"))[0] == 404
    _, dossier = await ask("rob", "GET", f"/reviews/{DOCTOR}/2.0.0")
    assert dossier["baseline"] == "1.1.0"
    assert [each["path"] for each in dossier["files"]] == ["plugin.toml", "CHANGELOG.md"]
    word = {"approves": True, "sha256": entry["sha256"]}
    status, standing = await ask("rob", "POST", f"/reviews/{DOCTOR}/2.0.0", word)
    assert (status, standing["stage"], standing["approvals"]) == (200, "stable", 1)
    assert (await ask("eve", "GET", f"/plugins/{DOCTOR}/2.0.0"))[0] == 200
    assert (await ask("rob", "GET", "/reviews"))[1]["items"] == []


async def test_a_rejection_says_why_and_stands(ask: Ask) -> None:
    sha256 = (await ask("ria", "GET", "/reviews"))[1]["items"][0]["sha256"]
    for word, status in (
        ({"approves": False, "sha256": sha256}, 400),
        ({"approves": False, "sha256": "0" * 64, "reason": "It leaks."}, 409),
        ({"approves": False, "sha256": sha256, "reason": "It leaks."}, 200),
    ):
        assert (await ask("ria", "POST", f"/reviews/{DOCTOR}/2.0.0", word))[0] == status
    status, problem = await ask("ann", "PATCH", f"/releases/{DOCTOR}/2.0.0", {"stage": "stable"})
    assert (status, problem["code"], problem["reviewer"], problem["reason"]) == (
        409,
        "review-rejected",
        "ria",
        "It leaks.",
    )


@pytest.mark.parametrize(
    ("user", "method", "path", "body"),
    [
        ("ann", "POST", f"/reviews/{DOCTOR}/2.0.0", {"approves": True, "sha256": "0" * 64}),
        ("eve", "PATCH", f"/releases/{DOCTOR}/1.0.0", {"stage": "stable"}),
        ("rob", "PATCH", f"/releases/{DOCTOR}/1.0.0", {"yanked": "No."}),
        ("eve", "PATCH", f"/releases/{DOCTOR}/1.0.0", {"deprecated": "No."}),
        ("ann", "PATCH", f"/releases/{DOCTOR}/1.0.0", {"quarantined": "No."}),
        ("ann", "PATCH", f"/releases/{DOCTOR}", {"quarantined": "No."}),
        ("rob", "DELETE", f"/releases/{DOCTOR}/1.0.0", None),
        ("ann", "PATCH", "/reports/1", {"outcome": "No."}),
        ("ann", "POST", "/advisories", {"plugin": DOCTOR, "range": "*", "severity": "low", "summary": "No."}),
        ("ann", "DELETE", "/advisories/AX-1", None),
    ],
)
async def test_what_is_not_ones_own_to_do_is_forbidden(ask: Ask, user: str, method: str, path: str, body: Any) -> None:
    params = {"reason": "No."} if method == "DELETE" else {}
    status, problem = await ask(user, method, path, body, **params)
    assert (status, problem["code"]) == (403, "action-forbidden")


async def test_a_plugin_of_ones_own_is_not_ones_own_to_rate(ask: Ask) -> None:
    status, problem = await ask("ann", "PUT", f"/ratings/{DOCTOR}", {"stars": 5})
    assert (status, problem["code"]) == (403, "own-rating")


async def test_a_release_is_yanked_deprecated_quarantined_and_all_of_that_taken_back(ask: Ask) -> None:
    acts = [
        ("ann", f"/releases/{DOCTOR}/1.0.0", {"yanked": "It drops rows."}),
        ("ann", f"/releases/{DOCTOR}/1.0.0", {"yanked": None}),
        ("ann", f"/releases/{DOCTOR}", {"deprecated": "Old.", "successor": "acme.geo-join"}),
        ("ann", f"/releases/{DOCTOR}", {"deprecated": None}),
        ("rob", f"/releases/{DOCTOR}/1.0.0", {"quarantined": "It reads keys."}),
        ("rob", f"/releases/{DOCTOR}", {"quarantined": None}),
    ]
    seen = []
    for user, path, body in acts:
        assert (await ask(user, "PATCH", path, body))[0] == 204
        _, index = await ask("eve", "GET", f"/index/{DOCTOR}")
        oldest = index["releases"][-1]
        seen.append([name for name in ("yanked", "deprecated", "quarantined") if oldest[name]])
    assert seen == [["yanked"], [], ["deprecated"], [], ["quarantined"], []]
    for body in ({}, {"yanked": "a", "quarantined": "b"}, {"yanked": " "}, {"stage": "draft"}, {"why": 1}):
        assert (await ask("ada", "PATCH", f"/releases/{DOCTOR}/1.0.0", body))[0] == 400
    assert (await ask("ada", "PATCH", f"/releases/{DOCTOR}", {"yanked": "All."}))[0] == 400


async def test_a_deleted_release_is_gone(ask: Ask) -> None:
    assert (await ask("ada", "DELETE", f"/releases/{DOCTOR}/1.0.0"))[0] == 400
    assert (await ask("ada", "DELETE", f"/releases/{DOCTOR}/1.0.0", reason="A key is in it."))[0] == 204
    assert (await ask("ada", "GET", f"/plugins/{DOCTOR}/1.0.0"))[0] == 404


async def test_ratings_are_given_read_and_taken_back(ask: Ask) -> None:
    await ask("eve", "PUT", f"/ratings/{DOCTOR}", {"stars": 2, "text": "Slow.", "version": "1.0.0"})
    _, ratings = await ask("rob", "PUT", f"/ratings/{DOCTOR}", {"stars": 5})
    assert (ratings["rating"], ratings["count"]) == (3.5, 2)
    assert (await ask("rob", "DELETE", f"/ratings/{DOCTOR}", user="eve"))[1]["count"] == 1
    assert (await ask("eve", "GET", f"/ratings/{DOCTOR}"))[1]["items"][0]["user"] == "rob"
    assert (await ask("eve", "PUT", f"/ratings/{DOCTOR}", {"stars": 9}))[0] == 400
    assert (await ask("eve", "PUT", "/ratings/acme.nothing", {"stars": 1}))[0] == 404


async def test_reports_are_filed_read_by_pages_and_closed(ask: Ask) -> None:
    for text in ("It ends.", "It ends again."):
        new = {"plugin": DOCTOR, "kind": "broken", "text": text}
        status, report = await ask("eve", "POST", "/reports", new)
        assert status == 201
    _, first = await ask("rob", "GET", "/reports", size="1", open="true")
    _, second = await ask("rob", "GET", "/reports", size="1", before=str(first["next"]))
    assert [first["items"][0]["text"], second["items"][0]["text"]] == ["It ends again.", "It ends."]
    _, closed = await ask("rob", "PATCH", f"/reports/{report['number']}", {"outcome": "Mended."})
    assert (closed["closed_by"], closed["outcome"]) == ("rob", "Mended.")
    assert len((await ask("eve", "GET", "/reports", open="true"))[1]["items"]) == 1
    assert (await ask("rob", "PATCH", "/reports/99999", {"outcome": "No."}))[0] == 404
    assert (await ask("rob", "GET", "/reports", size="x"))[0] == 400


async def test_advisories_are_made_changed_and_withdrawn(ask: Ask) -> None:
    new = {"plugin": DOCTOR, "range": "<1.1", "severity": "high", "summary": "It leaks.", "disables": True}
    status, made = await ask("rob", "POST", "/advisories", new)
    assert status == 201
    _, changed = await ask("rob", "PATCH", f"/advisories/{made['id']}", {"severity": "low", "range": "*"})
    assert (changed["severity"], changed["range"], changed["summary"]) == ("low", "*", "It leaks.")
    assert (await ask("eve", "GET", "/advisories", plugin=DOCTOR))[1]["items"] == [changed]
    assert (await ask("rob", "DELETE", f"/advisories/{made['id']}"))[0] == 204
    assert (await ask("rob", "PATCH", f"/advisories/{made['id']}", {"severity": "low"}))[0] == 404


async def test_every_act_is_in_the_record_with_its_token_and_its_request(
    ask: Ask, secrets: dict[str, str], fetch: Fetch
) -> None:
    response = await fetch(
        "releases",
        DOCTOR,
        "1.0.0",
        method="PATCH",
        body=json.dumps({"yanked": "It drops rows."}),
        headers={"Authorization": f"Bearer {secrets['ann']}", "X-Request-Id": "req-7"},
    )
    assert response.code == 204
    _, page = await ask("rob", "GET", "/events", action="yank")
    (act,) = page["items"]
    assert (act["actor"], act["plugin"], act["version"], act["request"]) == ("ann", DOCTOR, "1.0.0", "req-7")
    assert act["token"]
    assert act["details"] == {"reason": "It drops rows."}
    assert [each["actor"] for each in (await ask("eve", "GET", "/events"))[1]["items"]] == []
    _, first = await ask("ada", "GET", "/events", size="1")
    assert first["next"] is not None
