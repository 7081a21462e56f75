"""Publishing over HTTP, in one request and in parts; every answer is held against the OpenAPI document."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped,unused-ignore]
from jupyter_server.auth import Authorizer

from automatosx_nb.model.digests import digest_field, sha256_in
from automatosx_nb.package import digest
from automatosx_nb.server import uploads
from automatosx_nb.server.openapi import DOCUMENT
from automatosx_nb.server.openapi_uploads import PATHS
from automatosx_nb.server.turns import Bounds
from tests.registry.conftest import unreadable
from tests.server.conftest import artifact

Send = Callable[..., Awaitable[Any]]
API = ("automatosx", "api", "v1")


@pytest.fixture
def new(tmp_path: Path) -> bytes:
    return artifact(tmp_path / "new", "acme.new", "1.0.0", "data-quality")


@pytest.fixture
def send(jp_fetch: Callable[..., Awaitable[Any]]) -> Send:
    """``await send("PATCH", "uploads", id, body=…, headers=…)``: any status is an answer, a documented one."""

    async def send(method: str, *path: str, body: bytes | None = None, **options: Any) -> Any:
        if method in ("POST", "PATCH", "PUT"):
            body = body or b""
        response = await jp_fetch(*API, *path, method=method, body=body, raise_error=False, **options)
        documented = "/" + "/".join((path[0], *("{id}" for _ in path[1:])))
        if documented in PATHS and method.lower() in PATHS[documented]:
            _hold(PATHS[documented][method.lower()]["responses"], response, has_body=method != "HEAD")
        return response

    return send


def _hold(responses: dict[str, Any], response: Any, *, has_body: bool) -> None:
    said = responses[str(response.code)]
    for header in said.get("headers", ()) if response.code != 202 else ():
        assert header in response.headers, header
    for media_type, content in said.get("content", {}).items() if has_body else ():
        assert response.headers["Content-Type"].partition(";")[0] == media_type
        whole = {**content["schema"], "components": DOCUMENT["components"]}
        Draft202012Validator(whole).validate(json.loads(response.body))


def whole(data: bytes) -> dict[str, str]:
    return {"Repr-Digest": digest_field(digest(data))}


def opening(data: bytes) -> dict[str, str]:
    return {**whole(data), "Upload-Length": str(len(data))}


def part(data: bytes, offset: int, *, complete: str = "?0") -> dict[str, Any]:
    headers = {"Upload-Offset": str(offset), "Upload-Complete": complete, "Content-Digest": digest_field(digest(data))}
    return {"body": data, "headers": headers}


async def test_a_small_artifact_is_published_in_one_request(send: Send, new: bytes) -> None:
    response = await send("POST", "releases", body=new, headers=whole(new), params={"stage": "beta"})
    assert response.code == 201
    report = json.loads(response.body)
    assert (report["id"], report["version"], report["stage"], report["created"]) == ("acme.new", "1.0.0", "beta", True)
    assert {check["check"] for check in report["checks"]} >= {"readme", "changelog", "permissions", "look-alike"}
    found = await send("GET", "plugins", "acme.new", "1.0.0", "artifact")
    assert found.body == new


async def test_the_same_bytes_again_are_no_second_release(send: Send, new: bytes) -> None:
    first = await send("POST", "releases", body=new, headers=whole(new))
    again = await send("POST", "releases", body=new, headers=whole(new))
    assert (first.code, again.code) == (201, 200)
    assert json.loads(again.body) == {**json.loads(first.body), "created": False}


async def test_an_artifact_in_parts_goes_on_where_it_stopped(
    send: Send, new: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("automatosx_nb.model.upload.UploadLimits.least_part_kb", 0, raising=False)
    opened = await send("POST", "uploads", headers=opening(new), params={"stage": "draft"})
    assert opened.code == 201
    upload = json.loads(opened.body)["id"]
    assert opened.headers["Location"].endswith(f"/automatosx/api/v1/uploads/{upload}")
    assert "max-append-size=4194304" in opened.headers["Upload-Limit"]
    last = await send("PATCH", "uploads", upload, **part(new, 0, complete="?1"))
    assert last.code == 201
    assert json.loads(last.body)["stage"] == "draft"
    stands = await send("HEAD", "uploads", upload)
    assert (stands.headers["Upload-Offset"], stands.headers["Upload-Complete"]) == (str(len(new)), "?1")
    told = json.loads((await send("GET", "uploads", upload)).body)
    assert (told["state"], told["report"]["created"], told["problem"]) == ("done", True, None)


async def test_a_part_at_another_place_is_told_the_right_one(send: Send, new: bytes) -> None:
    upload = json.loads((await send("POST", "uploads", headers=opening(new))).body)["id"]
    wrong = await send("PATCH", "uploads", upload, **part(new, 7))
    assert wrong.code == 409
    problem = json.loads(wrong.body)
    assert (problem["code"], problem["expected"], problem["provided"]) == ("upload-offset-differs", 0, 7)


async def test_a_last_part_that_is_empty_finishes_what_came(send: Send, new: bytes) -> None:
    upload = json.loads((await send("POST", "uploads", headers=opening(new))).body)["id"]
    kept = await send("PATCH", "uploads", upload, **part(new, 0))
    assert (kept.code, kept.headers["Upload-Offset"]) == (204, str(len(new)))
    for status in (201, 201):  # the answer was lost, and is asked for again: it is the same one
        assert (await send("PATCH", "uploads", upload, **part(b"", len(new), complete="?1"))).code == status


async def test_what_is_refused_says_all_of_it_at_once(send: Send, tmp_path: Path) -> None:
    from automatosx_nb import package

    folder = tmp_path / "bad"
    artifact(folder, "acme.bad", "1.0.0", "data-quality")
    (folder / "README.md").write_text(" ")
    (folder / "CHANGELOG.md").write_text("## 9.9.9\n")
    data = package.build(folder)
    response = await send("POST", "releases", body=data, headers=whole(data))
    assert response.code == 422
    problem = json.loads(response.body)
    assert problem["code"] == "publish-refused"
    assert [finding.partition(":")[0] for finding in problem["findings"]] == ["README.md", "CHANGELOG.md"]
    assert sorted(each["check"] for each in problem["checks"] if each["severity"] == "error") == ["changelog", "readme"]
    checked = await send("POST", "checks", body=data, headers=whole(data))
    assert json.loads(checked.body)["passed"] is False


async def test_what_cannot_be_read_is_refused_as_everything_else_and_what_is_no_archive_as_such(
    send: Send, new: bytes
) -> None:
    data = unreadable(new)
    response = await send("POST", "releases", body=data, headers=whole(data))
    problem = json.loads(response.body)
    assert (response.code, problem["code"], problem["plugin"]) == (422, "publish-refused", "")
    checks = ["archive", "manifest", "manifest", "readme", "secrets"]
    assert [each["check"] for each in problem["checks"]] == checks
    assert len(problem["findings"]) == 5
    opened = json.loads((await send("POST", "uploads", headers=opening(data))).body)["id"]
    parts = await send("PATCH", "uploads", opened, **part(data, 0, complete="?1"))
    assert (parts.code, json.loads(parts.body)["findings"]) == (422, problem["findings"])
    told = json.loads((await send("GET", "uploads", opened)).body)["problem"]
    assert [each["check"] for each in told["checks"]] == checks
    none = await send("POST", "releases", body=b"no zip", headers=whole(b"no zip"))
    assert (none.code, json.loads(none.body)["code"]) == (422, "not-an-archive")


async def test_checking_publishes_nothing(send: Send, new: bytes) -> None:
    checked = await send("POST", "checks", body=new, headers=whole(new))
    assert json.loads(checked.body)["passed"] is True
    assert (await send("GET", "plugins", "acme.new")).code == 404


async def test_a_version_that_is_taken_is_a_conflict(send: Send, tmp_path: Path) -> None:
    other = artifact(tmp_path / "x", "acme.geo-join", "0.1.0", "visualization")
    response = await send("POST", "releases", body=other, headers=whole(other))
    assert (response.code, json.loads(response.body)["code"]) == (409, "release-exists")


@pytest.mark.parametrize(
    ("path", "headers", "code"),
    [
        ("releases", {}, 400),
        ("releases", {"Repr-Digest": "sha-256=:AAAA:"}, 400),
        ("releases", {"Repr-Digest": digest_field("0" * 64)}, 400),
        ("releases", {"Repr-Digest": "sha-512=:AAAA:"}, 400),
        ("checks", {"Repr-Digest": "?"}, 400),
        ("uploads", {"Repr-Digest": digest_field("0" * 64)}, 400),
        ("uploads", {"Repr-Digest": digest_field("0" * 64), "Upload-Length": "-1"}, 400),
        ("uploads", {"Repr-Digest": digest_field("0" * 64), "Upload-Length": "9" * 15}, 413),
        ("uploads", {"Repr-Digest": digest_field("0" * 64), "Upload-Length": "9" * 40}, 400),
        ("uploads", {"Repr-Digest": digest_field("0" * 64), "Upload-Length": "0"}, 400),
        ("uploads", {"Upload-Length": "3"}, 400),
    ],
)
async def test_headers_that_say_nothing_are_refused(
    send: Send, new: bytes, path: str, headers: dict[str, str], code: int
) -> None:
    response = await send("POST", path, body=b"" if path == "uploads" else new, headers=headers)
    assert response.code == code
    assert json.loads(response.body)["code"] in ("invalid-upload", "upload-too-large")


async def test_a_stage_that_is_none_is_refused(send: Send, new: bytes) -> None:
    response = await send("POST", "releases", body=new, headers=whole(new), params={"stage": "final"})
    assert response.code == 400
    assert "draft, beta, stable" in json.loads(response.body)["detail"]


async def test_an_upload_that_is_nobodys_is_not_there(send: Send) -> None:
    for method, more in (("GET", {}), ("HEAD", {}), ("DELETE", {}), ("PATCH", part(b"x", 0))):
        for name in ("0" * 32, "nothing", "..%2F.."):
            assert (await send(method, "uploads", name, **more)).code == 404, (method, name)


async def test_an_upload_is_taken_back(send: Send, new: bytes) -> None:
    upload = json.loads((await send("POST", "uploads", headers=opening(new))).body)["id"]
    assert (await send("DELETE", "uploads", upload)).code == 204
    assert (await send("GET", "uploads", upload)).code == 404


async def test_a_check_that_takes_long_is_asked_for_again(
    send: Send, new: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "WAIT_S", 0.0)
    response = await send("POST", "releases", body=new, headers=whole(new))
    assert response.code == 202
    assert response.headers["Retry-After"] == "1"
    upload = json.loads(response.body)["id"]
    while (told := json.loads((await send("GET", "uploads", upload)).body))["state"] != "done":
        assert told["state"] in ("receiving", "checking")
        await asyncio.sleep(0)
    assert told["report"]["created"] is True


async def test_more_than_can_be_checked_is_told_to_come_back_and_what_came_stays(
    send: Send, new: bytes, monkeypatch: pytest.MonkeyPatch, jp_serverapp: Any
) -> None:
    upload = json.loads((await send("POST", "uploads", headers=opening(new))).body)["id"]
    assert (await send("PATCH", "uploads", upload, **part(new, 0))).code == 204
    with monkeypatch.context() as patched:
        patched.setattr(jp_serverapp.web_app.settings["automatosx_shelf"]._checks, "_bounds", Bounds(2, 0, 8))
        for act in (("POST", "checks"), ("POST", "releases"), ("PATCH", "uploads", upload)):
            response = await send(*act, **part(b"", len(new), complete="?1"))
            assert (response.code, "Retry-After" in response.headers) == (503, True)
    assert (await send("PATCH", "uploads", upload, **part(b"", len(new), complete="?1"))).code == 201


# --- before the body


async def raw(server: Any, head: str) -> bytes:
    """What a server answers to these headers alone, when the body does not come."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(head.replace("\n", "\r\n").encode() + b"\r\n\r\n")
    await writer.drain()
    answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    writer.close()
    return answer


def head(server: Any, length: str, token: str = "", path: str = "releases") -> str:
    known = f"\nAuthorization: token {token}" if token else ""
    return f"POST {server.base_url}automatosx/api/v1/{path} HTTP/1.1\nHost: 127.0.0.1\n{length}{known}"


async def test_who_may_not_or_sends_too_much_is_told_before_the_body(jp_serverapp: Any, send: Send) -> None:
    await send("GET", "healthz")
    token = jp_serverapp.identity_provider.token
    told = {
        head(jp_serverapp, "Content-Length: 100"): b"403",
        head(jp_serverapp, "Content-Length: 100", "wrong"): b"403",
        head(jp_serverapp, f"Content-Length: {5 << 20}", token): b"413",
        head(jp_serverapp, f"Content-Length: {33 << 20}", token, "checks"): b"413",
        head(jp_serverapp, "Transfer-Encoding: chunked", token): b"411",
    }
    for said, status in told.items():
        assert (await raw(jp_serverapp, said)).split(b" ")[1] == status, said


class ReadsOnly(Authorizer):
    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        return action == "read"


@pytest.fixture
def reads_only(jp_server_config: dict[str, Any]) -> None:
    jp_server_config["ServerApp"]["authorizer_class"] = ReadsOnly


async def test_whom_the_authorizer_lets_only_read_publishes_nothing(reads_only: None, send: Send, new: bytes) -> None:
    for path in ("releases", "checks", "uploads"):
        assert (await send("POST", path, body=new, headers=opening(new))).code == 403
    assert (await send("PATCH", "uploads", "0" * 32, **part(new, 0))).code == 403
    assert (await send("DELETE", "uploads", "0" * 32)).code == 403
    assert (await send("GET", "uploads", "0" * 32)).code == 404, "he may read"


async def test_the_anonymous_publish_nothing(send: Send, new: bytes) -> None:
    nobody = {"Authorization": ""}
    for path in ("releases", "checks", "uploads"):
        assert (await send("POST", path, body=new, headers={**opening(new), **nobody})).code == 403
    for method in ("GET", "HEAD", "DELETE"):
        assert (await send(method, "uploads", "0" * 32, headers=nobody)).code == 403
    sent = part(new, 0)
    assert (await send("PATCH", "uploads", "0" * 32, body=new, headers={**sent["headers"], **nobody})).code == 403


def test_a_digest_field_is_read_among_others() -> None:
    ours = digest_field(digest(b"x"))
    assert re.fullmatch(r"sha-256=:[A-Za-z0-9+/]{43}=:", ours)
    for field in (ours, f"sha-512=:AAAA:, {ours}", f"{ours}, unixsum=1", f"{digest_field('0' * 64)}, {ours}"):
        assert sha256_in(field) == digest(b"x")
    for field in ("", "sha-256=AAAA", ours.replace("sha", "x-sha"), ours[:-1], f"{ours[:-1]} :", "x" * 10_000):
        assert sha256_in(field) is None
