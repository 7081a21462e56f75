"""What OpenAPI documents are said with, here: shapes that recur, and operations with the problems that all have."""

from __future__ import annotations

from typing import Any

TEXT = {"type": "string"}
TEXTS = {"type": "array", "items": TEXT}
REASONS = {"type": "object", "additionalProperties": TEXT, "description": "Permission → the author's reason."}
TIME = {"type": "string", "format": "date-time", "description": "RFC 3339, UTC."}
SHA256 = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
COUNT = {"type": "integer", "minimum": 0}
RANGES = {"type": "object", "additionalProperties": TEXT}
VERSIONS = {"type": "object", "maxProperties": 1000, "additionalProperties": {"type": "string", "maxLength": 256}}


def record(properties: dict[str, Any], *, optional: tuple[str, ...] = ()) -> dict[str, Any]:
    """A closed object whose members are all there, ``optional`` ones aside."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/problem+json": {"schema": ref("Problem")}}}


def get(
    summary: str,
    answer: dict[str, Any],
    *,
    parameters: tuple[dict[str, Any], ...] = (),
    refusals: dict[str, str] | None = None,
    headers: tuple[str, ...] = ("ETag", "Cache-Control"),
) -> dict[str, Any]:
    ok = {
        "description": summary,
        "headers": {name: {"schema": TEXT} for name in headers},
        "content": answer,
    }
    problems = {
        "401": "A token of a registry that opens nothing.",
        "403": "No token, or the authorizer says no.",
        "500": "The registry is damaged.",
    }
    problems |= {"503": "The registry is busy: try again after Retry-After seconds."} | (refusals or {})
    responses = {"200": ok, "304": {"description": "The client has it: If-None-Match."}}
    refused = {status: problem(text) for status, text in sorted(problems.items())}
    return {"get": {"summary": summary, "parameters": list(parameters), "responses": {**responses, **refused}}}


def post(summary: str, request: str, answer: dict[str, Any], *, refusals: dict[str, str]) -> dict[str, Any]:
    operation = get(summary, answer, refusals=refusals, headers=("Cache-Control",))["get"]
    operation["requestBody"] = {"required": True, "content": json(request)}
    del operation["responses"]["304"]
    return {"post": operation}


def json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": ref(name)}}


def in_query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


def in_path(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": TEXT, "description": description}
