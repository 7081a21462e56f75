"""The OpenAPI 3.1 document of the REST interface. The tests hold it against the handlers and their answers."""

from __future__ import annotations

from typing import Any, get_args

from automatosx_nb.model.held_back import Because

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_REASONS = {"type": "object", "additionalProperties": _TEXT, "description": "Permission → the author's reason."}
_TIME = {"type": "string", "format": "date-time", "description": "RFC 3339, UTC."}
_SHA256 = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_COUNT = {"type": "integer", "minimum": 0}
_RANGES = {"type": "object", "additionalProperties": _TEXT}
_VERSIONS = {"type": "object", "maxProperties": 1000, "additionalProperties": {"type": "string", "maxLength": 256}}


def _record(properties: dict[str, Any], *, optional: tuple[str, ...] = ()) -> dict[str, Any]:
    """A closed object whose members are all there, ``optional`` ones aside."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


_NEEDS: dict[str, Any] = {
    "packages": {**_TEXTS, "description": "PEP 508 requirements that the environment has to meet."},
    "engine": {"type": "string", "description": "Version range of the runtime."},
    "python": {"type": "string", "description": "PEP 440 specifier set; empty: any."},
    "platforms": {**_TEXTS, "description": "Operating systems: linux, macos, windows; empty: any."},
}
_RELEASE: dict[str, Any] = {
    "version": {"type": "string", "description": "SemVer 2.0.0."},
    "stage": {"enum": ["draft", "beta", "stable"]},
    "published": _TIME,
    "sha256": _SHA256,
    "size": {**_COUNT, "description": "Bytes of the artifact."},
    "permissions": _REASONS,
    "optional_permissions": _REASONS,
    "dependencies": {
        "type": "object",
        "additionalProperties": _TEXT,
        "description": "Plugin id → version range.",
    },
    **_NEEDS,
    "contributions": {
        "type": "object",
        "additionalProperties": _TEXTS,
        "description": "Kind → the names that it adds.",
    },
    "yanked": {"type": ["string", "null"], "description": "Why it was yanked; null: it was not."},
}

_SCHEMAS: dict[str, Any] = {
    "PluginSummary": _record(
        {
            "id": {"type": "string", "description": "publisher.name"},
            "version": {"type": "string", "description": "The newest stable release's, else the newest's."},
            "summary": _TEXT,
            "categories": _TEXTS,
            "keywords": _TEXTS,
            "license": {"type": "string", "description": "SPDX expression."},
            "verified": {"type": "boolean"},
            "downloads": _COUNT,
            "permissions": _REASONS,
            "updated": _TIME,
            **_NEEDS,
        }
    ),
    "ReleaseDetail": _record(_RELEASE),
    "Release": _record({"id": _TEXT, "changelog": {"type": "string", "description": "Markdown."}, **_RELEASE}),
    "PluginDetail": _record(
        {
            "summary": _ref("PluginSummary"),
            "authors": _TEXTS,
            "readme": {"type": "string", "description": "Markdown of the shown release, as its author wrote it."},
            "changelog": {"type": "string", "description": "Markdown of the shown release."},
            "releases": {"type": "array", "items": _ref("ReleaseDetail"), "description": "Newest first."},
        }
    ),
    "Versions": _record({"id": _TEXT, "versions": {"type": "array", "items": _ref("ReleaseDetail")}}),
    "SearchPage": _record(
        {
            "total": {**_COUNT, "description": "All matches, on every page."},
            "items": {"type": "array", "items": _ref("PluginSummary")},
            "facets": {
                "type": "object",
                "additionalProperties": {"type": "object", "additionalProperties": _COUNT},
                "description": "category, publisher and verified → value → how many of all matches have it.",
            },
            "next": {"type": ["string", "null"], "description": "Cursor of the next page; null: the last one."},
        }
    ),
    "PlanRequest": _record(
        {
            "wanted": {**_VERSIONS, "description": "Plugin id → version range."},
            "installed": {**_VERSIONS, "description": "Plugin id → version: it stays where it can."},
            "locked": {**_VERSIONS, "description": "Plugin id → version of a lockfile."},
            "update": {**_TEXTS, "maxItems": 1000, "description": "Ids whose newest version is wanted."},
            "prereleases": {"type": "boolean", "default": False, "description": "Prereleases and betas may be chosen."},
            "engine": {"type": ["string", "null"], "description": "Version of the runtime; null: this server's."},
            "python": {"type": ["string", "null"], "description": "Version of Python; null: this server's."},
            "platform": {"type": ["string", "null"], "description": "linux, macos or windows; null: this server's."},
        },
        optional=("installed", "locked", "update", "prereleases", "engine", "python", "platform"),
    ),
    "Advisory": _record(
        {
            "id": _TEXT,
            "plugin": _TEXT,
            "range": {"type": "string", "description": "The versions that it is about."},
            "severity": {"enum": ["low", "medium", "high", "critical"]},
            "summary": _TEXT,
            "disables": {"type": "boolean", "description": "They do not run any more."},
            "published": _TIME,
        }
    ),
    "IndexRelease": _record(
        {
            "version": _TEXT,
            "dependencies": {**_RANGES, "description": "Plugin id → version range."},
            "optional_dependencies": _RANGES,
            **_NEEDS,
            "engine": {"type": ["string", "null"], "description": "Version range of the runtime."},
            "stage": {"enum": ["draft", "beta", "stable"]},
            "yanked": {"type": ["string", "null"]},
            "quarantined": {"type": ["string", "null"], "description": "Why nobody gets it; null: it is not."},
            "published": _TEXT,
            "sha256": {"type": "string", "pattern": "^([0-9a-f]{64})?$"},
            "size": {**_COUNT, "description": "Bytes of the artifact."},
            "advisories": {"type": "array", "items": _ref("Advisory")},
        }
    ),
    "Index": _record({"id": _TEXT, "releases": {"type": "array", "items": _ref("IndexRelease")}}),
    "Plan": _record(
        {
            "changes": {
                "type": "array",
                "items": _record(
                    {
                        "id": _TEXT,
                        "kind": {"enum": ["add", "update", "downgrade", "remove"]},
                        "old": {"type": ["string", "null"]},
                        "new": {"type": ["string", "null"]},
                        "why": _TEXT,
                        "asks": {**_RANGES, "description": "Permission that the old version did not ask for → why."},
                        "optional": {**_RANGES, "description": "The same of those that it can do without."},
                        "by_policy": {**_RANGES, "description": "Permission granted by policy → the setting."},
                        "denied": {**_RANGES, "description": "Permission denied by policy → the setting."},
                        "drops": {**_TEXTS, "description": "Permissions that it no longer asks for."},
                        "size": {"type": "integer", "description": "Bytes of the new artifact."},
                        "old_size": {"type": "integer", "description": "Bytes of the old one; 0: there is none."},
                        "changelog": {"type": "string", "description": "Markdown: what is new since the old version."},
                        "missing_packages": {**_TEXTS, "description": "PEP 508: what it needs around it."},
                        "sha256": _TEXT,
                        "grants": {"type": "null", "description": "For locks only."},
                        "requires": {
                            "type": "object",
                            "additionalProperties": {"type": "array", "items": {"type": ["string", "null"]}},
                            "description": "Plugin id → [range before, range now], where they differ.",
                        },
                        "source": {"type": "string", "description": "The registry's address."},
                        "verified": {"type": "boolean", "description": "Whether its publisher is."},
                        "publisher": {
                            "type": "string",
                            "description": "What differs about the publisher; may be empty.",
                        },
                        "doubt": {"type": "string", "description": "Of that, what may mean that it is somebody else."},
                    }
                ),
            },
            "plugins": {
                "type": "array",
                "description": "All that would be there, each after what it requires.",
                "items": _record(
                    {
                        "id": _TEXT,
                        "version": _TEXT,
                        "why": {"type": "string", "description": "How the wishes lead to it."},
                        "requires": {**_RANGES, "description": "Plugin id → version range."},
                        "works_with": {**_RANGES, "description": "The same of optional plugins that are there."},
                    }
                ),
            },
            "held_back": {
                "type": "array",
                "description": "Newer versions that are not chosen.",
                "items": _record(
                    {
                        "id": _TEXT,
                        "chosen": _TEXT,
                        "newer": _TEXT,
                        "because": {"enum": list(get_args(Because))},
                        "reason": {"type": "string", "description": "Continues the sentence 'id newer …'."},
                    }
                ),
            },
        }
    ),
    "Health": _record({"status": {"const": "ok"}, "plugins": _COUNT}),
    "Problem": _record(
        {
            "type": {"type": "string", "description": "urn:automatosx:problem:{code}, or about:blank."},
            "title": _TEXT,
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "What happened, and what to do now."},
            "code": {"type": "string", "description": "Stable; what a program looks at."},
            "causes": {**_TEXTS, "description": "Of a conflict: sentences from the wishes to the contradiction."},
            "wishes": {**_TEXTS, "description": "Of a conflict: the fewest wanted ids that contradict each other."},
            "suggestions": {**_TEXTS, "description": "Of a conflict: what was tried and works."},
            "cycle": {**_TEXTS, "description": "Of a circle: its ids, each requiring the next."},
            "plugin": {"type": "string", "description": "Of a plugin or release that is unknown: the plugin."},
            "nearest": {**_TEXTS, "description": "Of a plugin that is unknown: ids that are like it."},
            "version": {"type": "string", "description": "Of a release that is unknown: its version."},
            "available": {**_TEXTS, "description": "Of a release that is unknown: the versions that there are."},
            "part": {"type": "string", "description": "Of a search: which part of it is at fault."},
            "found": {"type": "string", "description": "Of a search: what that part is."},
            "valid": {"type": "string", "description": "Of a search: what that part may be."},
        },
        optional=(
            *("causes", "wishes", "suggestions", "cycle", "plugin", "nearest", "version", "available"),
            *("part", "found", "valid"),
        ),
    ),
}


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/problem+json": {"schema": _ref("Problem")}}}


def _get(
    summary: str,
    answer: dict[str, Any],
    *,
    parameters: tuple[dict[str, Any], ...] = (),
    refusals: dict[str, str] | None = None,
    headers: tuple[str, ...] = ("ETag", "Cache-Control"),
) -> dict[str, Any]:
    ok = {
        "description": summary,
        "headers": {name: {"schema": _TEXT} for name in headers},
        "content": answer,
    }
    problems = {"403": "No token, or the authorizer says no.", "500": "The registry is damaged."}
    problems |= {"503": "The registry is busy: try again after Retry-After seconds."} | (refusals or {})
    responses = {"200": ok, "304": {"description": "The client has it: If-None-Match."}}
    refused = {status: _problem(text) for status, text in sorted(problems.items())}
    return {"get": {"summary": summary, "parameters": list(parameters), "responses": {**responses, **refused}}}


def _post(summary: str, request: str, answer: dict[str, Any], *, refusals: dict[str, str]) -> dict[str, Any]:
    operation = _get(summary, answer, refusals=refusals, headers=("Cache-Control",))["get"]
    operation["requestBody"] = {"required": True, "content": _json(request)}
    del operation["responses"]["304"]
    return {"post": operation}


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": _ref(name)}}


def _in_query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


def _in_path(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": _TEXT, "description": description}


_ID = _in_path("id", "A plugin's id, publisher.name.")
_VERSION = _in_path("version", "A version as it was published.")
_NO_PLUGIN = {"404": "No such plugin; the detail names the nearest ids."}
_NO_RELEASE = {"404": "No such plugin, or no such version of it."}


def _artifact() -> dict[str, Any]:
    """An artifact may be asked for in part."""
    content: dict[str, Any] = {"application/zip": {}}
    headers = ("ETag", "Cache-Control", "Repr-Digest", "Content-Disposition")
    ranged = {"name": "Range", "in": "header", "required": False, "schema": _TEXT, "description": "As in bytes=4096-."}
    found = _get(
        "A release's artifact",
        content,
        parameters=(_ID, _VERSION, ranged),
        refusals={**_NO_RELEASE, "416": "The artifact has no byte of that range."},
        headers=(*headers, "Accept-Ranges"),
    )
    part = {name: {"schema": _TEXT} for name in (*headers, "Accept-Ranges", "Content-Range")}
    found["get"]["responses"]["206"] = {"description": "The part asked for.", "headers": part, "content": content}
    return found


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "automatosx_nb registry",
        "version": "1.0.0",
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    },
    "servers": [{"url": "/automatosx/api/v1"}],
    "security": [{"token": []}],
    "paths": {
        "/plugins": _get(
            "Search plugins",
            _json("SearchPage"),
            parameters=(
                _in_query("q", {"type": "string", "maxLength": 256}, "What a person typed; empty: everything."),
                _in_query("category", _TEXT, "Only plugins of this category."),
                _in_query("publisher", _TEXT, "Only plugins of this publisher."),
                _in_query("verified", {"type": "boolean"}, "Only plugins of publishers that are, or are not."),
                _in_query(
                    "sort",
                    {"enum": ["relevance", "downloads", "updated", "name"], "default": "relevance"},
                    "The order.",
                ),
                _in_query("size", {"type": "integer", "minimum": 1, "maximum": 100, "default": 24}, "Items in a page."),
                _in_query("cursor", _TEXT, "A page's 'next', with the same text, filters and sort."),
            ),
            refusals={"400": "A parameter that is none, out of range, or a cursor from elsewhere."},
            headers=("ETag", "Cache-Control", "Link"),
        ),
        "/plugins/{id}": _get("One plugin", _json("PluginDetail"), parameters=(_ID,), refusals=_NO_PLUGIN),
        "/plugins/{id}/versions": _get(
            "A plugin's releases, newest first", _json("Versions"), parameters=(_ID,), refusals=_NO_PLUGIN
        ),
        "/plugins/{id}/{version}": _get(
            "One release", _json("Release"), parameters=(_ID, _VERSION), refusals=_NO_RELEASE
        ),
        "/plugins/{id}/{version}/artifact": _artifact(),
        "/index/{id}": _get(
            "What a resolver needs to know of a plugin's releases",
            _json("Index"),
            parameters=(_ID,),
            refusals=_NO_PLUGIN,
        ),
        "/plan": _post(
            "Which versions somebody would get",
            "PlanRequest",
            _json("Plan"),
            refusals={
                "400": "No such request, or a version or range that is none.",
                "404": "A wanted plugin that is unknown; the detail names the nearest ids.",
                "409": "No versions go together: causes, wishes and suggestions, or the cycle, say why.",
            },
        ),
        "/openapi.json": _get("This document", {"application/json": {"schema": {"type": "object"}}}),
        "/healthz": _get("Whether the registry answers", _json("Health")),
    },
    "components": {
        "schemas": _SCHEMAS,
        "securitySchemes": {
            "token": {
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                "description": "Jupyter's: 'token <the server's token>'. A browser's login cookie does too.",
            }
        },
    },
}
