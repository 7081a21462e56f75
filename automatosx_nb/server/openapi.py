"""The OpenAPI 3.1 document of the REST interface. The tests hold it against the handlers and their answers."""

from __future__ import annotations

from typing import Any, get_args

from automatosx_nb.model.held_back import Because
from automatosx_nb.model.permissions import KINDS
from automatosx_nb.model.pictures import SUFFIXES
from automatosx_nb.model.release import Sort
from automatosx_nb.model.surroundings import VALID
from automatosx_nb.server import openapi_access, openapi_contents, openapi_reviews, openapi_uploads
from automatosx_nb.server.openapi_words import (
    COUNT,
    RANGES,
    REASONS,
    SHA256,
    TEXT,
    TEXTS,
    TIME,
    VERSIONS,
    get,
    in_path,
    in_query,
    json,
    post,
    record,
    ref,
)

_FACETS = ("category", "publisher", "verified", "permission", "risk", "stage", "signed")
_NEEDS: dict[str, Any] = {
    "packages": {**TEXTS, "description": "PEP 508 requirements that the environment has to meet."},
    "engine": {"type": "string", "description": "Version range of the runtime."},
    "python": {"type": "string", "description": "PEP 440 specifier set; empty: any."},
    "platforms": {**TEXTS, "description": "Operating systems: linux, macos, windows; empty: any."},
}
_DEPRECATION: dict[str, Any] = {
    "deprecated": {"type": ["string", "null"], "description": "Why it is not to be used any more; null: it is."},
    "successor": {"type": ["string", "null"], "description": "What takes the place of a deprecated one."},
}
_RELEASE: dict[str, Any] = {
    "version": {"type": "string", "description": "SemVer 2.0.0."},
    "stage": {"enum": ["draft", "beta", "stable"]},
    "published": TIME,
    "sha256": SHA256,
    "size": {**COUNT, "description": "Bytes of the artifact."},
    "permissions": REASONS,
    "optional_permissions": REASONS,
    "dependencies": {
        "type": "object",
        "additionalProperties": TEXT,
        "description": "Plugin id → version range.",
    },
    **_NEEDS,
    "contributions": {
        "type": "object",
        "additionalProperties": TEXTS,
        "description": "Kind → the names that it adds.",
    },
    "yanked": {"type": ["string", "null"], "description": "Why it was yanked; null: it was not."},
    **_DEPRECATION,
    "signature": {
        "anyOf": [ref("ReleaseSignature"), {"type": "null"}],
        "description": "The newest that counts; null: there is none.",
    },
}

_SCHEMAS: dict[str, Any] = {
    "PluginSummary": record(
        {
            "id": {"type": "string", "description": "publisher.name"},
            "version": {"type": "string", "description": "The newest stable release's, else the newest's."},
            "summary": TEXT,
            "categories": TEXTS,
            "keywords": TEXTS,
            "license": {"type": "string", "description": "SPDX expression."},
            "verified": {"type": "boolean"},
            "downloads": COUNT,
            "permissions": REASONS,
            "updated": TIME,
            **_NEEDS,
            "stage": {"enum": ["draft", "beta", "stable"]},
            "signed": {"type": "boolean", "description": "Whether its publisher signed that release."},
            **_DEPRECATION,
            "rating": {"type": ["number", "null"], "description": "Mean of the stars, 1 to 5; null: none were given."},
            "ratings": COUNT,
        }
    ),
    **openapi_access.SCHEMAS,
    "ReleaseDetail": record(_RELEASE),
    "Release": record(
        {
            "id": TEXT,
            "changelog": {"type": "string", "description": "Markdown."},
            "checks": {
                "type": "array",
                "items": ref("CheckResult"),
                "description": "What was found when it was published.",
            },
            "screenshots": {
                "type": "array",
                "items": ref("Screenshot"),
                "description": "In the order in which its author shows them.",
            },
            **_RELEASE,
        }
    ),
    "Screenshot": record(
        {
            "file": {"type": "string", "description": "Its path: what `files/{path}` gives."},
            "alt": {"type": "string", "description": "What is seen in it, for whoever does not see it."},
            "media_type": {"enum": sorted(set(SUFFIXES.values()))},
            "width": {**COUNT, "description": "Pixels."},
            "height": {**COUNT, "description": "Pixels."},
        }
    ),
    "PluginDetail": record(
        {
            "summary": ref("PluginSummary"),
            "authors": TEXTS,
            "readme": {"type": "string", "description": "Markdown of the shown release, as its author wrote it."},
            "changelog": {"type": "string", "description": "Markdown of the shown release."},
            "releases": {"type": "array", "items": ref("ReleaseDetail"), "description": "Newest first."},
            "keys": {"type": "array", "items": ref("PublisherKey"), "description": "Its publisher's, oldest first."},
        }
    ),
    "Versions": record({"id": TEXT, "versions": {"type": "array", "items": ref("ReleaseDetail")}}),
    "SearchPage": record(
        {
            "total": {**COUNT, "description": "All matches, on every page."},
            "items": {"type": "array", "items": ref("PluginSummary")},
            "facets": {
                "type": "object",
                "additionalProperties": {"type": "object", "additionalProperties": COUNT},
                "description": f"{', '.join(_FACETS)} → value → how many of all matches have it.",
            },
            "next": {"type": ["string", "null"], "description": "Cursor of the next page; null: the last one."},
        }
    ),
    "Name": record({"name": TEXT, "taken": {"type": "boolean"}}),
    "PlanRequest": record(
        {
            "wanted": {**VERSIONS, "description": "Plugin id → version range."},
            "installed": {**VERSIONS, "description": "Plugin id → version: it stays where it can."},
            "locked": {**VERSIONS, "description": "Plugin id → version of a lockfile."},
            "update": {**TEXTS, "maxItems": 1000, "description": "Ids whose newest version is wanted."},
            "prereleases": {"type": "boolean", "default": False, "description": "Prereleases and betas may be chosen."},
            "engine": {"type": ["string", "null"], "description": "Version of the runtime; null: this server's."},
            "python": {"type": ["string", "null"], "description": "Version of Python; null: this server's."},
            "platform": {"type": ["string", "null"], "description": "linux, macos or windows; null: this server's."},
            "packages": {
                "type": ["object", "null"],
                "additionalProperties": TEXT,
                "maxProperties": 5000,
                "description": "Installed Python distribution → version, all of them; null: not said.",
            },
        },
        optional=("installed", "locked", "update", "prereleases", "engine", "python", "platform", "packages"),
    ),
    "Advisory": record(
        {
            "id": TEXT,
            "plugin": TEXT,
            "range": {"type": "string", "description": "The versions that it is about."},
            "severity": {"enum": ["low", "medium", "high", "critical"]},
            "summary": TEXT,
            "disables": {"type": "boolean", "description": "They do not run any more."},
            "published": TIME,
        }
    ),
    "IndexRelease": record(
        {
            "version": TEXT,
            "dependencies": {**RANGES, "description": "Plugin id → version range."},
            "optional_dependencies": RANGES,
            **_NEEDS,
            "engine": {"type": ["string", "null"], "description": "Version range of the runtime."},
            "stage": {"enum": ["draft", "beta", "stable"]},
            "yanked": {"type": ["string", "null"]},
            **_DEPRECATION,
            "quarantined": {"type": ["string", "null"], "description": "Why nobody gets it; null: it is not."},
            "published": TEXT,
            "sha256": {"type": "string", "pattern": "^([0-9a-f]{64})?$"},
            "size": {**COUNT, "description": "Bytes of the artifact."},
            "advisories": {"type": "array", "items": ref("Advisory")},
            "signed": {"type": ["string", "null"], "description": "Id of the key whose signature counts."},
        }
    ),
    "Index": record({"id": TEXT, "releases": {"type": "array", "items": ref("IndexRelease")}}),
    "Plan": record(
        {
            "changes": {
                "type": "array",
                "items": record(
                    {
                        "id": TEXT,
                        "kind": {"enum": ["add", "update", "downgrade", "remove"]},
                        "old": {"type": ["string", "null"]},
                        "new": {"type": ["string", "null"]},
                        "why": TEXT,
                        "asks": {**RANGES, "description": "Permission that the old version did not ask for → why."},
                        "optional": {**RANGES, "description": "The same of those that it can do without."},
                        "by_policy": {**RANGES, "description": "Permission granted by policy → the setting."},
                        "denied": {**RANGES, "description": "Permission denied by policy → the setting."},
                        "drops": {**TEXTS, "description": "Permissions that it no longer asks for."},
                        "size": {"type": "integer", "description": "Bytes of the new artifact."},
                        "old_size": {"type": "integer", "description": "Bytes of the old one; 0: there is none."},
                        "changelog": {"type": "string", "description": "Markdown: what is new since the old version."},
                        "missing_packages": {**TEXTS, "description": "PEP 508: what it needs around it."},
                        "sha256": TEXT,
                        "grants": {"type": "null", "description": "For locks only."},
                        "requires": {
                            "type": "object",
                            "additionalProperties": {"type": "array", "items": {"type": ["string", "null"]}},
                            "description": "Plugin id → [range before, range now], where they differ.",
                        },
                        "source": {"type": "string", "description": "The registry's address."},
                        "verified": {"type": "boolean", "description": "Whether its publisher is."},
                        "signature": {
                            "anyOf": [ref("ReleaseSignature"), {"type": "null"}],
                            "description": "Its publisher's; null: there is none.",
                        },
                        "publisher": {
                            "type": "string",
                            "description": "What differs about the publisher; may be empty.",
                        },
                        "doubt": {"type": "string", "description": "Of that, what may mean that it is somebody else."},
                        "deprecated": {"type": "string", "description": "Why the new one is; empty: it is not."},
                        "warnings": {
                            **TEXTS,
                            "description": "What else is said against the new one: yanked, under an advisory.",
                        },
                    }
                ),
            },
            "plugins": {
                "type": "array",
                "description": "All that would be there, each after what it requires.",
                "items": record(
                    {
                        "id": TEXT,
                        "version": TEXT,
                        "why": {"type": "string", "description": "How the wishes lead to it."},
                        "requires": {**RANGES, "description": "Plugin id → version range."},
                        "works_with": {**RANGES, "description": "The same of optional plugins that are there."},
                    }
                ),
            },
            "held_back": {
                "type": "array",
                "description": "Newer versions that are not chosen.",
                "items": record(
                    {
                        "id": TEXT,
                        "chosen": TEXT,
                        "newer": TEXT,
                        "because": {"enum": list(get_args(Because))},
                        "reason": {"type": "string", "description": "Continues the sentence 'id newer …'."},
                    }
                ),
            },
        }
    ),
    "Health": record({"status": {"const": "ok"}, "plugins": COUNT}),
    "Problem": record(
        {
            "type": {"type": "string", "description": "urn:automatosx:problem:{code}, or about:blank."},
            "title": TEXT,
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "What happened, and what to do now."},
            "code": {"type": "string", "description": "Stable; what a program looks at."},
            "causes": {**TEXTS, "description": "Of a conflict: sentences from the wishes to the contradiction."},
            "wishes": {**TEXTS, "description": "Of a conflict: the fewest wanted ids that contradict each other."},
            "suggestions": {**TEXTS, "description": "Of a conflict: what was tried and works."},
            "cycle": {**TEXTS, "description": "Of a circle: its ids, each requiring the next."},
            "plugin": {"type": "string", "description": "Of a plugin or release that is unknown: the plugin."},
            "nearest": {**TEXTS, "description": "Of a plugin that is unknown: ids that are like it."},
            "version": {"type": "string", "description": "Of a release that is unknown: its version."},
            "available": {**TEXTS, "description": "Of a release that is unknown: the versions that there are."},
            "part": {"type": "string", "description": "Of a search: which part of it is at fault."},
            "found": {"type": "string", "description": "Of a search: what that part is."},
            "valid": {"type": "string", "description": "Of a search: what that part may be."},
            **openapi_uploads.PROBLEM_MEMBERS,
            **openapi_reviews.PROBLEM_MEMBERS,
            **openapi_access.PROBLEM_MEMBERS,
        },
        optional=(
            *openapi_access.PROBLEM_MEMBERS,
            *openapi_uploads.PROBLEM_MEMBERS,
            *openapi_reviews.PROBLEM_MEMBERS,
            *("causes", "wishes", "suggestions", "cycle", "plugin", "nearest", "version", "available"),
            *("part", "found", "valid"),
        ),
    ),
}


_ID = in_path("id", "A plugin's id, publisher.name.")
_VERSION = in_path("version", "A version as it was published.")
_NO_PLUGIN = {"404": "No such plugin; the detail names the nearest ids."}
_NO_RELEASE = {"404": "No such plugin, or no such version of it."}


def _artifact() -> dict[str, Any]:
    """An artifact may be asked for in part."""
    content: dict[str, Any] = {"application/zip": {}}
    headers = ("ETag", "Cache-Control", "Repr-Digest", "Content-Disposition")
    ranged = {"name": "Range", "in": "header", "required": False, "schema": TEXT, "description": "As in bytes=4096-."}
    found = get(
        "A release's artifact",
        content,
        parameters=(_ID, _VERSION, ranged),
        refusals={**_NO_RELEASE, "416": "The artifact has no byte of that range."},
        headers=(*headers, "Accept-Ranges"),
    )
    part = {name: {"schema": TEXT} for name in (*headers, "Accept-Ranges", "Content-Range")}
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
        "/plugins": get(
            "Search plugins",
            json("SearchPage"),
            parameters=(
                in_query("q", {"type": "string", "maxLength": 256}, "What a person typed; empty: everything."),
                in_query("category", TEXT, "Only plugins of this category."),
                in_query("publisher", TEXT, "Only plugins of this publisher."),
                in_query("verified", {"type": "boolean"}, "Only plugins of publishers that are, or are not."),
                in_query("permission", {"enum": ["none", *KINDS]}, "Only plugins that ask for this kind."),
                in_query("risk", {"enum": ["none", "low", "medium", "high"]}, "The highest that is asked for."),
                in_query("stage", {"enum": ["beta", "stable"]}, "That of the release that is shown."),
                in_query("signed", {"type": "boolean"}, "Only releases that are signed, or are not."),
                in_query("compatible", {"type": "string", "maxLength": 16384}, f"Only what runs in {VALID[3:]}."),
                in_query("sort", {"enum": list(get_args(Sort)), "default": "relevance"}, "The order."),
                in_query("size", {"type": "integer", "minimum": 1, "maximum": 100, "default": 24}, "Items in a page."),
                in_query("cursor", TEXT, "A page's 'next', with the same text, filters and sort."),
            ),
            refusals={"400": "A parameter that is none, out of range, or a cursor from elsewhere."},
            headers=("ETag", "Cache-Control", "Link", "X-Total-Count"),
        ),
        "/plugins/{id}": get("One plugin", json("PluginDetail"), parameters=(_ID,), refusals=_NO_PLUGIN),
        "/plugins/{id}/versions": get(
            "A plugin's releases, newest first", json("Versions"), parameters=(_ID,), refusals=_NO_PLUGIN
        ),
        "/plugins/{id}/{version}": get(
            "One release", json("Release"), parameters=(_ID, _VERSION), refusals=_NO_RELEASE
        ),
        "/plugins/{id}/{version}/artifact": _artifact(),
        "/index/{id}": get(
            "What a resolver needs to know of a plugin's releases",
            json("Index"),
            parameters=(_ID,),
            refusals=_NO_PLUGIN,
        ),
        "/names/{name}": get(
            "Whether anything was ever published as this publisher, also what is not shown to everybody",
            json("Name"),
            parameters=(in_path("name", "Of a publisher."),),
        ),
        "/plan": post(
            "Which versions somebody would get",
            "PlanRequest",
            json("Plan"),
            refusals={
                "400": "No such request, or a version or range that is none.",
                "404": "A wanted plugin that is unknown; the detail names the nearest ids.",
                "422": "The search took longer than the server gives it.",
                "429": "Too many plans of yours wait: try again after Retry-After seconds.",
                "409": "No versions go together: causes, wishes and suggestions, or the cycle, say why.",
            },
        ),
        **openapi_contents.PATHS,
        **openapi_uploads.PATHS,
        **openapi_reviews.PATHS,
        **openapi_access.PATHS,
        "/openapi.json": get("This document", {"application/json": {"schema": {"type": "object"}}}),
        "/healthz": get("Whether the registry answers", json("Health")),
    },
    "components": {
        "schemas": {**_SCHEMAS, **openapi_uploads.SCHEMAS, **openapi_reviews.SCHEMAS},
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
