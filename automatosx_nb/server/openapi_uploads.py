"""What the OpenAPI document says of publishing."""

from __future__ import annotations

from typing import Any

from automatosx_nb.server.openapi_words import COUNT, SHA256, TEXT, TIME, in_path, in_query, json, problem, record, ref

_STAGE = {"enum": ["draft", "beta", "stable"]}
_RESULTS = {"type": "array", "items": ref("CheckResult")}
SCHEMAS: dict[str, Any] = {
    "CheckResult": record(
        {
            "check": {"type": "string", "description": "Its name."},
            "passed": {"type": "boolean"},
            "severity": {"enum": ["error", "warning", "info"], "description": "An error forbids publishing."},
            "message": {"type": "string", "description": "What was found, and what to do."},
            "file": {"type": "string", "description": "In the plugin; empty: none."},
            "line": {**COUNT, "description": "From 1 on; 0: none."},
            "duration_ms": {"type": "number", "minimum": 0},
        }
    ),
    "Checks": record({"passed": {"type": "boolean", "description": "It could be published."}, "checks": _RESULTS}),
    "PublishReport": record(
        {
            "id": TEXT,
            "version": TEXT,
            "sha256": SHA256,
            "stage": _STAGE,
            "created": {"type": "boolean", "description": "False: the very same bytes were published before."},
            "checks": _RESULTS,
            "wanted": {
                "anyOf": [_STAGE, {"type": "null"}],
                "description": "The stage for which reviewers' approvals are waited for; null: it waits for none.",
            },
        }
    ),
    "Upload": record(
        {
            "id": TEXT,
            "sha256": SHA256,
            "size": COUNT,
            "stage": _STAGE,
            "state": {"enum": ["receiving", "checking", "done", "refused"]},
            "offset": {**COUNT, "description": "Where the next part begins."},
            "expires": TIME,
            "ahead": {**COUNT, "description": "Others whose artifacts are checked before it, at most."},
            "report": {"anyOf": [ref("PublishReport"), {"type": "null"}], "description": "Once it is done."},
            "problem": {"anyOf": [ref("Problem"), {"type": "null"}], "description": "Once it is refused."},
        }
    ),
}
PROBLEM_MEMBERS: dict[str, Any] = {
    "findings": {"type": "array", "items": TEXT, "description": "Of what was refused: all that has to be corrected."},
    "checks": {**_RESULTS, "description": "Of what was refused: every result."},
    "actor": {"type": "string", "description": "Of what is forbidden: who asked."},
    "action": {"type": "string", "description": "Of what is forbidden: what was to be done."},
    "missing": {"type": "string", "description": "Of what is forbidden: what it takes."},
    "name": {"type": "string", "description": "Of an artifact that is none: what it is called."},
    "reason": {"type": "string", "description": "Of an artifact or an upload: what is wrong with it."},
    "member": {"type": ["string", "null"], "description": "Of an artifact: the file in it that is at fault."},
    "upload": {"type": "string", "description": "Of an upload: its id."},
    "expected": {**COUNT, "description": "Of a part: where the upload goes on."},
    "provided": {**COUNT, "description": "Of a part: where it was to go."},
    "user": {"type": "string", "description": "Of too many uploads: whose."},
    "what": {"type": "string", "description": "Of what too much of one waits: plans, or checks."},
    "allowed": {**COUNT, "description": "Of too many uploads, plans or checks: how many there may be."},
}

_UPLOAD = in_path("id", "The upload's id.")
_AT = in_query("stage", {**_STAGE, "default": "stable"}, "Where the release begins.")
_BYTES: dict[str, Any] = {"application/octet-stream": {}}
_STANDS = ("Upload-Offset", "Upload-Complete", "Upload-Length", "Upload-Limit")
_ALWAYS = {
    "403": "No token, the authorizer says no, or the registry does: it is not yours to do.",
    "500": "The registry is damaged.",
    "503": "The registry is busy: try again after Retry-After seconds.",
}
_SENT = {"400": "The headers or the body are not what they have to be.", "411": "It has no Content-Length."}
_LARGE = {"413": "It is more than is taken at once."}
_JUDGED = {
    "409": "The version is taken, or was: findings and checks say it among all else.",
    "422": "It is no artifact, or its checks failed: findings and checks say all of it.",
}
_MANY = {"429": "Too many uploads of yours are open, or wait to be checked: try again after Retry-After seconds."}
_GONE = {"404": "No such upload of yours."}


def _in_header(name: str, description: str, *, required: bool = True) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": required, "schema": TEXT, "description": description}


_DIGEST = _in_header("Repr-Digest", "Of the whole artifact, sha-256=:…: (RFC 9530).")


def _act(
    summary: str,
    answers: dict[str, tuple[str, dict[str, Any]]],
    refusals: dict[str, str],
    *,
    parameters: tuple[dict[str, Any], ...] = (),
    body: bool = False,
    headers: tuple[str, ...] = (),
) -> dict[str, Any]:
    """``answers``: status → what it means, and its content."""
    told = {name: {"schema": TEXT} for name in headers}
    said = {
        status: {"description": text, "headers": told, **({"content": content} if content else {})}
        for status, (text, content) in answers.items()
    }
    said |= {status: problem(text) for status, text in sorted({**_ALWAYS, **refusals}.items())}
    operation = {"summary": summary, "parameters": list(parameters), "responses": said}
    return operation | ({"requestBody": {"required": True, "content": _BYTES}} if body else {})


_SETTLED: dict[str, tuple[str, dict[str, Any]]] = {
    "201": ("Published", json("PublishReport")),
    "200": ("The very same bytes were published before", json("PublishReport")),
    "202": ("It is still being checked: ask where Location says, after Retry-After seconds", json("Upload")),
}
PATHS: dict[str, Any] = {
    "/releases": {
        "post": _act(
            "Publish an artifact",
            _SETTLED,
            {**_SENT, **_LARGE, **_JUDGED, **_MANY},
            parameters=(_AT, _DIGEST),
            body=True,
        )
    },
    "/checks": {
        "post": _act(
            "What publishing an artifact would find; nothing is kept",
            {"200": ("Every result", json("Checks"))},
            {**_SENT, **_LARGE, **_MANY, "422": "It is no artifact."},
            parameters=(_DIGEST,),
            body=True,
        )
    },
    "/uploads": {
        "post": _act(
            "Begin to send an artifact in parts, or go on",
            {"201": ("The upload", json("Upload"))},
            {**_SENT, **_LARGE, **_MANY},
            parameters=(_AT, _DIGEST, _in_header("Upload-Length", "Bytes of the whole artifact.")),
            headers=("Location", *_STANDS),
        )
    },
    "/uploads/{id}": {
        "head": _act(
            "Where an upload goes on", {"204": ("In headers", {})}, _GONE, parameters=(_UPLOAD,), headers=_STANDS
        ),
        "get": _act(
            "Where an upload stands, and what became of it",
            {"200": ("The upload", json("Upload"))},
            _GONE,
            parameters=(_UPLOAD,),
            headers=_STANDS,
        ),
        "patch": _act(
            "Send the next part; the last one, or an empty one after it, with Upload-Complete: ?1",
            {"204": ("It is kept", {}), **_SETTLED},
            {
                **_SENT,
                **_LARGE,
                **_GONE,
                **_JUDGED,
                **_MANY,
                "409": "The upload goes on elsewhere, or the version is taken.",
            },
            parameters=(
                _UPLOAD,
                _in_header("Upload-Offset", "Where the part begins."),
                _in_header("Upload-Complete", "?1: nothing comes after it, and it is checked now.", required=False),
                _in_header("Content-Digest", "Of the part, sha-256=:…: (RFC 9530)."),
            ),
            body=True,
            headers=_STANDS,
        ),
        "delete": _act(
            "Take an upload back",
            {"204": ("It is gone", {})},
            {**_GONE, "400": "It is being checked."},
            parameters=(_UPLOAD,),
        ),
    },
}
