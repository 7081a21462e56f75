"""``POST plan``: what somebody would get, asked of a server that knows nothing of their profile."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped,unused-ignore]

from automatosx_nb import package
from automatosx_nb.registry.service import EmbeddedRegistry
from automatosx_nb.server.openapi import DOCUMENT
from automatosx_nb.server.planning import LONGEST
from automatosx_nb.server.shelf import PLANS
from tests.conftest import MakePlugin
from tests.pigeons import FIRST, pigeons

Fetch = Callable[..., Awaitable[Any]]
DOCTOR = "acme.csv-doctor"


@pytest.fixture
def ask(fetch: Fetch) -> Fetch:
    """``await ask({…})`` → status and document; a document that is no problem is held against OpenAPI's."""

    async def ask(request: object, **options: Any) -> tuple[int, dict[str, Any]]:
        body = request if isinstance(request, str) else json.dumps(request)
        response = await fetch("plan", method="POST", body=body, **options)
        document = json.loads(response.body)
        name = "Plan" if response.code == 200 else "Problem"
        whole = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
        Draft202012Validator(whole).validate(document)
        return response.code, document

    return ask


async def test_what_is_wanted_comes_with_its_reason(ask: Fetch) -> None:
    status, document = await ask({"wanted": {DOCTOR: "*"}})
    assert (status, document["held_back"]) == (200, [])
    (change,) = document["changes"]
    expected = {"id": DOCTOR, "kind": "add", "old": None, "new": "1.1.0", "why": f"you asked for {DOCTOR} *"}
    assert {name: change[name] for name in expected} == expected
    assert [(one["id"], one["version"]) for one in document["plugins"]] == [(DOCTOR, "1.1.0")]


async def test_what_is_installed_stays_or_goes_or_is_updated(ask: Fetch) -> None:
    have = {DOCTOR: "1.0.0", "nordic.plots": "2.0.0"}
    _, stays = await ask({"wanted": {DOCTOR: "^1"}, "installed": have})
    assert [(one["kind"], one["id"]) for one in stays["changes"]] == [("remove", "nordic.plots")]
    assert [(one["newer"], one["because"]) for one in stays["held_back"]] == [("1.1.0", "installed")]
    _, updated = await ask({"wanted": {DOCTOR: "^1"}, "installed": {DOCTOR: "1.0.0"}, "update": [DOCTOR]})
    assert [(one["kind"], one["old"], one["new"]) for one in updated["changes"]] == [("update", "1.0.0", "1.1.0")]
    (change,) = updated["changes"]
    assert change["size"] > 0
    assert change["old_size"] > 0
    assert (change["source"], change["requires"], change["grants"]) == ("embedded", {}, None)
    _, locked = await ask({"wanted": {DOCTOR: "^1"}, "installed": {DOCTOR: "1.1.0"}, "locked": {DOCTOR: "1.0.0"}})
    assert [(one["kind"], one["new"]) for one in locked["changes"]] == [("downgrade", "1.0.0")]


async def test_versions_that_do_not_go_together_say_why_in_members(ask: Fetch) -> None:
    status, problem = await ask({"wanted": {DOCTOR: "^3", "nordic.plots": "*"}})
    assert (status, problem["code"], problem["wishes"]) == (409, "resolution-conflict", [DOCTOR])
    assert problem["causes"][-1] == f"no version of {DOCTOR} is in ^3: it has 1.1.0, 1.0.0"
    assert problem["suggestions"] == [f"with {DOCTOR} ^1", f"without {DOCTOR}"]


async def test_another_python_or_runtime_is_planned_for_as_well(ask: Fetch) -> None:
    status, problem = await ask({"wanted": {DOCTOR: "*"}, "python": "3.9.1"})
    assert (status, problem["causes"][-1]) == (
        409,
        f"{DOCTOR} 1.1.0 needs Python >=3.11, and this is 3.9.1; likewise 1 older version",
    )
    status, _ = await ask({"wanted": {DOCTOR: "*"}, "platform": "windows"})
    assert status == 200
    status, problem = await ask({"wanted": {DOCTOR: "*"}, "engine": "2.0.0"})
    assert "needs automatosx ^1.0, and this is 2.0.0" in problem["causes"][-1]


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        ("", 400, "invalid-plan-request"),
        ("[]", 400, "invalid-plan-request"),
        ("{", 400, "invalid-plan-request"),
        ({}, 400, "invalid-plan-request"),
        ({"wanted": {DOCTOR: 1}}, 400, "invalid-plan-request"),
        ({"wanted": {DOCTOR: "*"}, "want": {}}, 400, "invalid-plan-request"),
        ({"wanted": {f"a.p{n}": "*" for n in range(1001)}}, 400, "invalid-plan-request"),
        ('{"wanted": {"a.b": "' + "*" * LONGEST + '"}}', 400, "invalid-plan-request"),
        ({"wanted": {DOCTOR: "newest"}}, 400, "invalid-range"),
        ({"wanted": {DOCTOR: "*"}, "installed": {DOCTOR: "1"}}, 400, "invalid-version"),
        ({"wanted": {DOCTOR: "*"}, "engine": "one"}, 400, "invalid-version"),
        ({"wanted": {DOCTOR: "*"}, "packages": {"pandas": "newest"}}, 400, "invalid-plan-request"),
        ({"wanted": {"acme.csv-docter": "*"}}, 404, "unknown-plugin"),
    ],
)
async def test_what_is_no_question_is_a_problem(ask: Fetch, request_: object, status: int, code: str) -> None:
    answer, problem = await ask(request_)
    assert (answer, problem["code"]) == (status, code)


async def test_a_python_that_is_none_fits_nothing_and_breaks_nothing(ask: Fetch) -> None:
    status, problem = await ask({"wanted": {DOCTOR: "*"}, "python": "snake"})
    assert status in (400, 409), problem


async def test_a_plan_is_only_asked_for_with_post(fetch: Fetch) -> None:
    response = await fetch("plan")
    assert (response.code, json.loads(response.body)["code"]) == (405, "http-405")


class TestWithPolicy:
    @pytest.fixture
    def jp_server_config(self, jp_server_config: dict[str, Any]) -> dict[str, Any]:
        return {**jp_server_config, "RegistryPolicy": {"deny": ["Nordic.*"]}, "UpdatePolicy": {"cooldown": "1 hour"}}

    async def test_the_servers_policy_and_cooldown_hold(self, ask: Fetch) -> None:
        _, denied = await ask({"wanted": {"nordic.plots": "*"}})
        assert "'Nordic.*' is in c.RegistryPolicy.deny" in denied["causes"][-1]
        _, young = await ask({"wanted": {DOCTOR: "*"}})
        assert "was published " in young["causes"][-1]
        status, _ = await ask({"wanted": {DOCTOR: "1.0.0"}})
        assert status == 200


class TestWithABrokenPolicy:
    @pytest.fixture
    def jp_server_config(self, jp_server_config: dict[str, Any]) -> dict[str, Any]:
        return {**jp_server_config, "RegistryPolicy": {"deny": ["everything bad"]}}

    async def test_no_plan_is_made_and_reading_goes_on(self, ask: Fetch, fetch: Fetch) -> None:
        status, problem = await ask({"wanted": {DOCTOR: "*"}})
        assert (status, problem["code"]) == (500, "invalid-configuration")
        assert "everything bad" in problem["detail"]
        assert (await fetch("plugins")).code == 200


@pytest.mark.parametrize(
    ("packages", "missing"),
    [
        (None, ["pandas>=2"]),
        ({}, ["pandas>=2"]),
        ({"numpy": "2.0"}, ["pandas>=2"]),
        ({"pandas": "1.5.3"}, ["pandas>=2"]),
        ({"Pandas": "2.2.3", "numpy": "2.0"}, []),
    ],
)
async def test_missing_packages_are_those_that_whoever_asks_has_not(
    ask: Fetch, packages: dict[str, str] | None, missing: list[str]
) -> None:
    _, document = await ask({"wanted": {DOCTOR: "*"}, "packages": packages})
    assert document["changes"][0]["missing_packages"] == missing


class TestWhatTakesForever:
    @pytest.fixture
    def jp_server_config(
        self, jp_server_config: dict[str, Any], registry_home: Path, make_plugin: MakePlugin
    ) -> dict[str, Any]:
        with EmbeddedRegistry(registry_home) as registry:
            for folder in pigeons(make_plugin):
                registry.publish(package.build(folder))
        return {**jp_server_config, "RegistryServer": {"plan_s": 0.1}}

    async def test_it_ends_after_its_time_and_says_so_and_the_next_one_is_planned(self, ask: Fetch) -> None:
        status, problem = await ask({"wanted": {FIRST: "*"}})
        assert (status, problem["code"]) == (422, "plan-too-hard")
        assert "0.1 s" in problem["detail"]
        assert "c.RegistryServer.plan_s" in problem["detail"]
        status, _ = await ask({"wanted": {DOCTOR: "*"}})
        assert status == 200


async def test_who_waits_for_too_many_plans_is_told_to_come_back(ask: Fetch, jp_serverapp: Any) -> None:
    shelf, go = jp_serverapp.web_app.settings["automatosx_shelf"], threading.Event()
    held = asyncio.create_task(shelf.plan("somebody else", lambda _registry: go.wait(60)))
    waiting = [asyncio.ensure_future(ask({"wanted": {DOCTOR: "*"}})) for _ in range(PLANS.of_one + 1)]
    done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    ((status, problem),) = [each.result() for each in done]
    assert (status, problem["code"], problem["allowed"]) == (429, "too-many-waiting", PLANS.of_one)
    go.set()
    assert await held
    assert sorted([(await each)[0] for each in waiting]) == [*[200] * PLANS.of_one, 429]
