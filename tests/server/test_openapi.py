from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped,unused-ignore]

from automatosx_nb import errors
from automatosx_nb.server import problems
from automatosx_nb.server.handlers import API
from automatosx_nb.server.openapi import DOCUMENT
from automatosx_nb.server.routes import API_ROUTES

Fetch = Callable[..., Awaitable[Any]]

EXAMPLES: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "/plugins": (("plugins",), {"q": "tables", "size": "1"}),
    "/plugins/{id}": (("plugins", "acme.csv-doctor"), {}),
    "/plugins/{id}/versions": (("plugins", "acme.csv-doctor", "versions"), {}),
    "/plugins/{id}/{version}": (("plugins", "acme.csv-doctor", "1.1.0"), {}),
    "/plugins/{id}/{version}/artifact": (("plugins", "acme.csv-doctor", "1.1.0", "artifact"), {}),
    "/plugins/{id}/{version}/readme": (("plugins", "acme.csv-doctor", "1.1.0", "readme"), {"as": "html"}),
    "/plugins/{id}/{version}/changelog": (("plugins", "acme.csv-doctor", "1.1.0", "changelog"), {}),
    "/plugins/{id}/{version}/manifest": (("plugins", "acme.csv-doctor", "1.1.0", "manifest"), {}),
    "/plugins/{id}/{version}/files/{path}": (("plugins", "acme.csv-doctor", "1.1.0", "files", "docs", "shot.svg"), {}),
    "/index/{id}": (("index", "acme.csv-doctor"), {}),
    "/names/{name}": (("names", "acme"), {}),
    "/openapi.json": (("openapi.json",), {}),
    "/healthz": (("healthz",), {}),
}

BODIES: dict[str, dict[str, Any]] = {
    "/plan": {"wanted": {"acme.csv-doctor": "1.0.0"}, "installed": {"acme.geo-join": "0.1.0"}, "python": "3.12.1"}
}


def documented_shape(path: str) -> str:
    return re.sub(r"\{\w+\}", "*", path)


def test_every_route_is_documented_and_every_documented_path_is_a_route() -> None:
    routed = {"/" + route.replace(r"([^/]+)", "*").replace("(.+)", "*").replace("\\", "") for route, _ in API_ROUTES}
    assert routed == {documented_shape(path) for path in DOCUMENT["paths"]}


def test_every_method_of_a_handler_is_documented() -> None:
    by_shape = {documented_shape(path): set(operations) for path, operations in DOCUMENT["paths"].items()}
    for route, handler in API_ROUTES:
        methods = {name for name in ("head", "get", "post", "put", "patch", "delete") if name in vars(handler)}
        assert by_shape["/" + route.replace(r"([^/]+)", "*").replace("(.+)", "*").replace("\\", "")] == methods


def test_the_server_of_the_document_is_where_the_routes_are() -> None:
    assert DOCUMENT["servers"] == [{"url": API.rstrip("/")}]


def test_every_schema_is_a_schema_and_every_reference_leads_somewhere() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(DOCUMENT)))
    assert named == set(DOCUMENT["components"]["schemas"])


def test_every_parameter_of_a_path_is_declared() -> None:
    for path, operations in DOCUMENT["paths"].items():
        for operation in operations.values():
            declared = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
            assert declared == set(re.findall(r"\{(\w+)\}", path))


async def test_every_answer_is_what_the_document_says(fetch: Fetch) -> None:
    """Those of publishing are held in the test of uploads."""
    for path in (*EXAMPLES, *BODIES):
        operations = DOCUMENT["paths"][path]
        for method, operation in operations.items():
            await check_answer(fetch, path, method, operation)


async def check_answer(fetch: Fetch, path: str, method: str, operation: dict[str, Any]) -> None:
    if method == "post":
        response = await fetch(*path.strip("/").split("/"), method="POST", body=json.dumps(BODIES[path]))
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(BODIES[path])
    else:
        parts, params = EXAMPLES[path]
        response = await fetch(*parts, params=params)
    assert response.code == 200, path
    documented = operation["responses"]["200"]
    media_type = response.headers["Content-Type"].partition(";")[0]
    assert media_type in documented["content"]
    for header in documented["headers"]:
        assert header in response.headers, header
    schema = documented["content"][media_type].get("schema")
    if schema is not None:
        whole = {**schema, "components": DOCUMENT["components"]}
        Draft202012Validator(whole).validate(json.loads(response.body))


async def test_a_problem_is_what_the_document_says(fetch: Fetch) -> None:
    for path in (path for path in EXAMPLES if "{id}" in path):
        parts, _ = EXAMPLES[path]
        response = await fetch(*[part.replace("acme", "nobody") for part in parts])
        assert response.code == 404, path
        assert "404" in DOCUMENT["paths"][path]["get"]["responses"]
        Draft202012Validator(DOCUMENT["components"]["schemas"]["Problem"]).validate(json.loads(response.body))


async def test_the_document_is_served(fetch: Fetch) -> None:
    assert json.loads((await fetch("openapi.json")).body) == DOCUMENT


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.UnknownPlugin("a.b"), 404),
        (errors.ResolutionConflict(("you asked for a.b ^1",), ("a.b",)), 409),
        (errors.DependencyCycle(("a.b", "c.d")), 409),
        (errors.InvalidPlanRequest("empty"), 400),
        (errors.InvalidConfiguration("c.RegistryPolicy", "no"), 500),
        (errors.RegistryBusy("r", 1.0), 503),
        (errors.StorageFull("r", "full"), 507),
        (errors.RegistryDamaged("r", "torn"), 500),
        (errors.InvalidSearch("size", "0", "1 to 100"), 400),
        (errors.WorkerLost("a.b", "signal 9"), 500),
        (RuntimeError("secret"), 500),
    ],
)
def test_each_error_has_the_status_of_who_can_mend_it(error: Exception, status: int) -> None:
    assert problems.status_of(error) == status
    document = problems.document(status, error)
    assert document["status"] == status
    assert "secret" not in json.dumps(document)


def test_the_documentation_has_every_path_every_parameter_and_every_member_of_a_problem() -> None:
    text = (Path(__file__).parents[2] / "docs" / "rest-api.md").read_text("utf-8")
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            assert f"### `{method.upper()} {path}`" in text
            for parameter in operation["parameters"]:
                assert f"`{parameter['name']}`" in text, parameter["name"]
    for schema in ("Problem", "PlanRequest", "Plan"):
        for member in DOCUMENT["components"]["schemas"][schema]["properties"]:
            assert f"`{member}`" in text, member
    assert len(re.findall(r"^### `[A-Z]+ ", text, re.MULTILINE)) == sum(map(len, DOCUMENT["paths"].values()))
