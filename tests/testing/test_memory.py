"""What plugin authors test with in their own process: the answers are a kernel's."""

from __future__ import annotations

import pytest

from automatosx_nb.errors import CapabilityFailed, CapabilityUnavailable, InvalidPermission, PermissionDenied
from automatosx_nb.sdk import files, http, log, permissions, secrets, settings, storage, tables, variables
from automatosx_nb.testing import plugin_host

BIRDS = tables.Table.from_columns({"mass": [3750]})


def test_storage_begins_as_given_and_can_be_looked_at() -> None:
    with plugin_host(["storage"], storage={"looks": 1}) as host:
        storage.put("looks", storage.get("looks") + 1)
        storage.put("raw", b"x")
        assert host.storage == {"looks": 2, "raw": b"x"}
        assert host.calls[0] == ("storage", "get", ("looks",))
    with plugin_host(["storage"]) as host:
        assert host.storage == {}


def test_storage_has_the_size_that_was_granted() -> None:
    with plugin_host(["storage:64KiB"]), pytest.raises(CapabilityFailed) as failed:
        storage.put("large", b"x" * 300_000)
    assert failed.value.type_name == "QuotaExceeded"


@pytest.mark.parametrize("granted", [(), ("storage",), ("files:read:data/*",)])
def test_what_was_not_granted_is_denied_by_the_name_of_the_permission(granted: tuple[str, ...]) -> None:
    with plugin_host(granted, files={"data/a.csv": "x", "b.csv": "y"}):
        with pytest.raises(PermissionDenied) as denied:
            files.read_text("b.csv")
        assert denied.value.permission == "files:read:b.csv"
        with pytest.raises(PermissionDenied):
            http.get("https://api.example.org/")


def test_files_are_those_of_a_folder_of_its_own() -> None:
    with plugin_host(
        ["files:read:data/*", "files:write:out/*"], files={"data/a.csv": "x,y\n", "data/b": b"\0"}
    ) as host:
        files.write_text("out/a.csv", files.read_text("data/a.csv").upper())
        assert (host.folder / "out" / "a.csv").read_text() == "X,Y\n"
        assert files.list("data/*") == ["data/a.csv", "data/b"]
        with pytest.raises(CapabilityFailed) as failed:
            files.read_text("../a.csv")
    assert failed.value.type_name == "FileRefused"
    assert not host.folder.exists()


def answer(method: str, url: str, body: bytes) -> http.Response:
    if url.endswith("/old"):
        return http.Response(302, url, {"Location": "https://elsewhere.example.org/"}, b"")
    return http.Response(200, url, {"Content-Type": "application/json"}, b'{"asked": "' + method.encode() + b'"}')


def test_the_test_answers_requests_that_were_granted_and_redirects_are_checked() -> None:
    with plugin_host(["network:api.example.org:GET,POST"], web=answer):
        found = http.post("https://api.example.org/v1", json=[1])
        assert (found.status, found.url, found.json()) == (200, "https://api.example.org/v1", {"asked": "POST"})
        with pytest.raises(PermissionDenied) as denied:
            http.get("https://api.example.org/old")
    assert denied.value.permission == "network:elsewhere.example.org:GET"


def test_without_a_web_no_request_leaves_the_test() -> None:
    with plugin_host(["network:api.example.org"]), pytest.raises(CapabilityFailed, match="web=") as failed:
        http.get("https://api.example.org/")
    assert failed.value.type_name == "HttpFailed"


def test_settings_secrets_and_variables_are_those_that_were_given() -> None:
    granted = ["secrets:token", "variables:read:counts", "variables:write:counts"]
    given = {"counts": [1], "other": 2}
    with plugin_host(granted, settings={"max-rows": 5}, secrets={"token": "t0p"}, variables=given) as host:
        assert (settings.get("max-rows"), secrets.get("token"), variables.names()) == (5, "t0p", ["counts"])
        variables.set("counts", [1, 2])
        assert (host.variables["counts"], given["counts"]) == ([1, 2], [1])
        with pytest.raises(CapabilityFailed, match="max-rows"):
            settings.get("max-row")
        with pytest.raises(PermissionDenied):
            variables.get("other")
        del host.secrets["token"]
        with pytest.raises(CapabilityFailed) as failed:
            secrets.get("token")
    assert failed.value.type_name == "SecretNotSet"


def test_a_person_answers_what_the_test_says_and_then_is_gone() -> None:
    with plugin_host(["storage"], optional=["files:read:data/*", "secrets:token"], answers=["once", "no"]):
        assert permissions.request("storage") is True
        assert permissions.request("files:read:data/a.csv") is True
        assert permissions.held("files:read:data/a.csv") is True
        for _ in range(2):
            with pytest.raises(PermissionDenied):
                permissions.request("secrets:token")
        with pytest.raises(CapabilityFailed) as failed:
            permissions.request("network:example.org")
    assert failed.value.type_name == "PermissionNotOptional"


def test_a_library_needs_its_permission_here_too() -> None:
    with plugin_host(), pytest.raises(PermissionDenied, match="modules:pyarrow"):
        BIRDS.to_arrow()
    with plugin_host(["modules:pyarrow"]):
        assert BIRDS.to_arrow().num_rows == 1


def test_log_lines_are_kept() -> None:
    with plugin_host() as host:
        log.info("read 3 rows")
        assert [(line.level, line.text) for line in host.logged] == [("info", "read 3 rows")]


def test_outside_of_it_there_is_no_host_and_one_within_another_gives_it_back() -> None:
    with plugin_host(["storage"], storage={"a": 1}):
        with plugin_host(["storage"]):
            assert storage.get("a") is None
        assert storage.get("a") == 1
    with pytest.raises(CapabilityUnavailable):
        storage.get("a")


def test_a_permission_that_is_none_is_the_tests_mistake() -> None:
    with pytest.raises(InvalidPermission), plugin_host(["storag"]):
        raise AssertionError("unreachable")
