"""What the OpenAPI document says of reviews, of what is done about releases, and of what people say of plugins."""

from __future__ import annotations

from typing import Any

from automatosx_nb.model.moderation import REPORT_KINDS
from automatosx_nb.server.openapi_words import (
    COUNT,
    REASONS,
    SHA256,
    TEXT,
    TEXTS,
    TIME,
    get,
    in_path,
    in_query,
    json,
    post,
    record,
    ref,
)

_STAGE = {"enum": ["draft", "beta", "stable"]}
_TO = {"enum": ["beta", "stable"]}
_MAYBE_TEXT = {"type": ["string", "null"]}
_MAYBE_KEY = {"type": ["integer", "null"], "description": "What the page that follows is asked with; null: none does."}
_PAIR = {"type": "array", "items": _MAYBE_TEXT, "minItems": 2, "maxItems": 2}
_PAIRS = {"type": "array", "items": {"type": "array", "items": TEXT, "minItems": 2, "maxItems": 2}}
_GONE_AND_NEW = {"type": "array", "items": TEXTS, "minItems": 2, "maxItems": 2, "description": "Gone, and new."}
_ADVISORY: dict[str, Any] = {
    "plugin": TEXT,
    "range": {"type": "string", "description": "The versions that it is about."},
    "severity": {"enum": ["low", "medium", "high", "critical"]},
    "summary": TEXT,
    "disables": {"type": "boolean", "description": "They do not run any more."},
}


def _page(items: str) -> dict[str, Any]:
    return record({"items": {"type": "array", "items": ref(items)}, "next": _MAYBE_KEY})


SCHEMAS: dict[str, Any] = {
    "Review": record(
        {"reviewer": TEXT, "approves": {"type": "boolean"}, "reason": TEXT, "given": TIME},
    ),
    "Standing": record(
        {
            "id": TEXT,
            "version": TEXT,
            "sha256": SHA256,
            "stage": _STAGE,
            "wanted": {"enum": ["beta", "stable", None], "description": "What it waits to become; null: nothing."},
            "submitter": TEXT,
            "published": TIME,
            "needed": {**COUNT, "description": "Approvals that the next step takes."},
            "approvals": COUNT,
            "reviews": {"type": "array", "items": ref("Review"), "description": "The newest first."},
            "yanked": _MAYBE_TEXT,
            "quarantined": _MAYBE_TEXT,
        }
    ),
    "ReviewPage": _page("Standing"),
    "FileChange": record(
        {
            "path": TEXT,
            "kind": {"enum": ["added", "changed", "removed"]},
            "old_size": {**COUNT, "description": "Bytes; 0: there was none."},
            "new_size": COUNT,
            "diff": {"type": "string", "description": "Unified, without the lines that name the files."},
            "left_out": {"type": "string", "description": "Why there is no diff; empty: there is."},
            "unseen": {**COUNT, "description": "New lines with characters that no reader sees."},
        }
    ),
    "Dossier": record(
        {
            "standing": ref("Standing"),
            "baseline": {"type": ["string", "null"], "description": "The stable version below it; null: none."},
            "permissions": record({"added": TEXTS, "widened": _PAIRS, "narrowed": _PAIRS, "removed": TEXTS}),
            "asked": REASONS,
            "dependencies": {"type": "object", "additionalProperties": _PAIR, "description": "Range before, and now."},
            "packages": _GONE_AND_NEW,
            "contributions": _GONE_AND_NEW,
            "files": {"type": "array", "items": ref("FileChange")},
            "checks": {"type": "array", "items": ref("CheckResult")},
        }
    ),
    "Word": record(
        {
            "approves": {"type": "boolean"},
            "sha256": {**SHA256, "description": "Of the artifact that was looked at."},
            "reason": {"type": "string", "maxLength": 4000, "description": "A rejection takes one."},
        },
        optional=("reason",),
    ),
    "ReleasePatch": {
        **record(
            {
                "stage": _TO,
                "yanked": {**_MAYBE_TEXT, "description": "Why; null takes it back. The same of the others."},
                "deprecated": _MAYBE_TEXT,
                "successor": {**_MAYBE_TEXT, "description": "Beside deprecated: the id of the plugin to use."},
                "quarantined": _MAYBE_TEXT,
            },
            optional=("stage", "yanked", "deprecated", "successor", "quarantined"),
        ),
        "description": "One act: exactly one of stage, yanked, deprecated and quarantined.",
    },
    "PluginPatch": {
        **record(
            {"deprecated": _MAYBE_TEXT, "successor": _MAYBE_TEXT, "quarantined": _MAYBE_TEXT},
            optional=("deprecated", "successor", "quarantined"),
        ),
        "description": "One act: either deprecated or quarantined.",
    },
    "Rating": record(
        {
            "user": TEXT,
            "stars": {"type": "integer", "minimum": 1, "maximum": 5},
            "text": TEXT,
            "version": TEXT,
            "given": TIME,
        }
    ),
    "Ratings": record(
        {
            "plugin": TEXT,
            "rating": {"type": ["number", "null"], "description": "Mean of the stars; null: there are none."},
            "count": COUNT,
            "stars": {"type": "object", "additionalProperties": COUNT, "description": "Stars → how many gave them."},
            "items": {"type": "array", "items": ref("Rating"), "description": "The newest 100."},
        }
    ),
    "Stars": record(
        {
            "stars": {"type": "integer", "minimum": 1, "maximum": 5},
            "text": {"type": "string", "maxLength": 4000},
            "version": {**_MAYBE_TEXT, "description": "The one that it is about; null: the last published."},
        },
        optional=("text", "version"),
    ),
    "Report": record(
        {
            "number": COUNT,
            "plugin": TEXT,
            "version": {**_MAYBE_TEXT, "description": "Null: all of them."},
            "reporter": TEXT,
            "kind": {"enum": list(REPORT_KINDS)},
            "text": TEXT,
            "filed": TIME,
            "closed": _MAYBE_TEXT,
            "closed_by": _MAYBE_TEXT,
            "outcome": _MAYBE_TEXT,
        }
    ),
    "ReportPage": _page("Report"),
    "NewReport": record(
        {
            "plugin": TEXT,
            "kind": {"enum": list(REPORT_KINDS)},
            "text": {"type": "string", "minLength": 1, "maxLength": 4000},
            "version": _MAYBE_TEXT,
        },
        optional=("version",),
    ),
    "Outcome": record({"outcome": {"type": "string", "minLength": 1, "maxLength": 4000}}),
    "NewAdvisory": record(_ADVISORY, optional=("disables",)),
    "AdvisoryPatch": record(
        {name: schema for name, schema in _ADVISORY.items() if name != "plugin"},
        optional=("range", "severity", "summary", "disables"),
    ),
    "Advisories": record({"items": {"type": "array", "items": ref("Advisory")}}),
    "Act": record(
        {
            "key": {"type": "integer", "description": "Orders: a later act has a larger one."},
            "at": TIME,
            "actor": TEXT,
            "action": TEXT,
            "plugin": _MAYBE_TEXT,
            "version": _MAYBE_TEXT,
            "details": {"type": "object"},
            "token": {**_MAYBE_TEXT, "description": "The id of the token that was used; null: none."},
            "request": {**_MAYBE_TEXT, "description": "The id that the server's log gives the request."},
        }
    ),
    "ActPage": _page("Act"),
}
PROBLEM_MEMBERS: dict[str, Any] = {
    "reviewer": {"type": "string", "description": "Of a rejection: whose it is."},
    "reviewed": {"type": "string", "description": "Of a review of other bytes: their SHA-256."},
    "published": {"type": "string", "description": "Of a review of other bytes: the release's SHA-256."},
    "advisory": {"type": "string", "description": "Of an advisory that is unknown: its id."},
    "number": {**COUNT, "description": "Of a report that is unknown: its number."},
    "address": {"type": "string", "description": "Of a registry that is only read: which one."},
}

_ID = in_path("id", "A plugin's id, publisher.name.")
_VERSION = in_path("version", "A version as it was published.")
_SIZE = in_query("size", {"type": "integer", "minimum": 1, "maximum": 100, "default": 50}, "Items in a page.")
_BEFORE = in_query("before", COUNT, "A page's 'next'.")
_PLUGIN = in_query("plugin", TEXT, "Only of this plugin.")
_FORBIDDEN = {"403": "It is not yours to do: the detail says what it takes."}
_UNKNOWN = {"404": "No such plugin, or no such version of it."}
_WRONG = {"400": "A parameter or the body is not what it has to be, or that cannot be done to the release."}
_ONLY_READ = {"501": "The registry is only read here."}
_PAGED = ("ETag", "Cache-Control", "Link")


def _act(
    method: str,
    summary: str,
    request: str | None,
    answer: str | None,
    *,
    parameters: tuple[dict[str, Any], ...],
    refusals: dict[str, str] | None = None,
    status: str = "200",
    may_be_empty: bool = False,
) -> dict[str, Any]:
    """An operation that changes something. ``answer`` None, or ``may_be_empty``: 204."""
    more = {**_FORBIDDEN, **_WRONG, **_ONLY_READ, **(refusals or {})}
    operation = post(summary, request or answer or "Problem", json(answer or "Problem"), refusals=more)["post"]
    operation["parameters"] = list(parameters)
    ok = operation["responses"].pop("200")
    if answer is not None:
        operation["responses"][status] = ok
    if answer is None or may_be_empty:
        operation["responses"]["204"] = {"description": summary}
    if request is None:
        del operation["requestBody"]
    return {method: operation}


PATHS: dict[str, Any] = {
    "/reviews": get(
        "What waits for reviewers, the oldest first",
        json("ReviewPage"),
        parameters=(
            in_query("publisher", TEXT, "Only of this publisher."),
            _PLUGIN,
            in_query("to", _TO, "Only what waits to become that."),
            in_query("open", {"type": "boolean"}, "true: only what you neither submitted nor spoke on."),
            in_query("after", COUNT, "A page's 'next'."),
            _SIZE,
        ),
        refusals={**_WRONG, **_ONLY_READ},
        headers=_PAGED,
    ),
    "/reviews/{id}/{version}": {
        **get(
            "One release's dossier: what it changes, and what was checked",
            json("Dossier"),
            parameters=(_ID, _VERSION),
            refusals={**_FORBIDDEN, **_UNKNOWN, **_ONLY_READ},
        ),
        **_act(
            "post",
            "Approve or reject a release",
            "Word",
            "Standing",
            parameters=(_ID, _VERSION),
            refusals={**_UNKNOWN, "409": "The release has other bytes than were looked at."},
        ),
        **_act(
            "delete",
            "Take back somebody's rejection",
            None,
            "Standing",
            parameters=(
                _ID,
                _VERSION,
                in_query("reviewer", TEXT, "Whose it is."),
                in_query("reason", TEXT, "Why it does not stand any more."),
            ),
            refusals=_UNKNOWN,
        ),
    },
    "/releases/{id}": _act(
        "patch",
        "Deprecate or quarantine all of a plugin, or take that back",
        "PluginPatch",
        None,
        parameters=(_ID,),
        refusals=_UNKNOWN,
    ),
    "/releases/{id}/{version}": {
        **_act(
            "patch",
            "Promote, yank, deprecate or quarantine a release, or take that back",
            "ReleasePatch",
            "Standing",
            parameters=(_ID, _VERSION),
            refusals={**_UNKNOWN, "409": "A rejection stands against it."},
            may_be_empty=True,
        ),
        **_act(
            "delete",
            "Delete a release for good",
            None,
            None,
            parameters=(_ID, _VERSION, in_query("reason", TEXT, "Why; it takes one.")),
            refusals=_UNKNOWN,
        ),
    },
    "/ratings/{id}": {
        **get(
            "What users think of a plugin",
            json("Ratings"),
            parameters=(_ID,),
            refusals={**_UNKNOWN, **_ONLY_READ},
        ),
        **_act("put", "Rate a plugin", "Stars", "Ratings", parameters=(_ID,), refusals=_UNKNOWN),
        **_act(
            "delete",
            "Take a rating back",
            None,
            "Ratings",
            parameters=(_ID, in_query("user", TEXT, "Another user's, for reviewers.")),
            refusals=_UNKNOWN,
        ),
    },
    "/reports": {
        **get(
            "Reports: everybody's for reviewers, one's own for others",
            json("ReportPage"),
            parameters=(
                _PLUGIN,
                in_query("open", {"type": "boolean"}, "true: nobody has decided; false: somebody has."),
                _BEFORE,
                _SIZE,
            ),
            refusals={**_WRONG, **_ONLY_READ},
            headers=_PAGED,
        ),
        **_act(
            "post", "Say that something is wrong", "NewReport", "Report", parameters=(), refusals=_UNKNOWN, status="201"
        ),
    },
    "/reports/{number}": _act(
        "patch",
        "Close a report with its outcome",
        "Outcome",
        "Report",
        parameters=(in_path("number", "A report's."),),
        refusals={"404": "No such report."},
    ),
    "/advisories": {
        **get(
            "What is known against versions, the newest first",
            json("Advisories"),
            parameters=(_PLUGIN,),
            refusals=_ONLY_READ,
        ),
        **_act("post", "Make an advisory", "NewAdvisory", "Advisory", parameters=(), status="201"),
    },
    "/advisories/{id}": {
        **_act(
            "patch",
            "Change an advisory",
            "AdvisoryPatch",
            "Advisory",
            parameters=(in_path("id", "An advisory's id."),),
            refusals={"404": "No such advisory."},
        ),
        **_act(
            "delete",
            "Withdraw an advisory",
            None,
            None,
            parameters=(in_path("id", "An advisory's id."),),
            refusals={"404": "No such advisory."},
        ),
    },
    "/events": get(
        "Who did what: everybody's acts for reviewers and admins, one's own for others",
        json("ActPage"),
        parameters=(
            _PLUGIN,
            in_query("by", TEXT, "Only this user's."),
            in_query("action", TEXT, "Only acts of this name."),
            _BEFORE,
            _SIZE,
        ),
        refusals={**_WRONG, **_ONLY_READ},
        headers=_PAGED,
    ),
}
