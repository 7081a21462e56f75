"""One contract for every store of bytes: a folder, S3 as moto speaks it, by Google's client too, and what is named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from automatosx_nb.errors import InvalidConfiguration, StoreUnreachable
from automatosx_nb.registry.objects import Folder, Objects, open_objects
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.servers.s3 import S3

ELSEWHERE = "AUTOMATOSX_TEST_STORE"
"""Names a store, as in ``az://plugins``, that the suite is to be run over, too; docs/operations.md has how."""


@pytest.fixture(params=["folder", "s3", "gs", "elsewhere"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    if request.param == "folder":
        return open_objects((tmp_path / "böth here").as_uri())
    if request.param == "elsewhere":
        if ELSEWHERE not in os.environ:
            pytest.skip(f"{ELSEWHERE} names no store")
        return open_objects(f"{os.environ[ELSEWHERE].rstrip('/')}/{uuid4().hex}/below/this")
    server: S3 = request.getfixturevalue("s3")
    bucket = server.bucket()
    if request.param == "gs":
        bucket = bucket.replace("s3://", "gs://")
        request.getfixturevalue("monkeypatch").setenv("GOOGLE_SERVICE_ACCOUNT_KEY", as_googles(server))
    return open_objects(f"{bucket}/below/this")


def as_googles(server: S3) -> str:
    """In place of a service account's key: has Google's client speak to ``server``, as it would to its XML API."""
    nobody = {"client_email": "", "private_key": "", "private_key_id": ""}
    return json.dumps({"gcs_base_url": server.endpoint, "disable_oauth": True, **nobody})


def test_what_was_put_is_given_whole_and_from_any_byte_on(objects: Objects) -> None:
    objects.put("a/b/c", b"0123456789")
    for start in (0, 3, 9, 10, 99):
        assert objects.get("a/b/c", start=start) == b"0123456789"[start:]
    objects.put("a/b/c", b"other")
    assert objects.get("a/b/c") == b"other"


def test_nothing_is_as_good_as_any_content(objects: Objects) -> None:
    objects.put("empty", b"")
    assert objects.get("empty") == b""


def test_what_is_not_there_is_none(objects: Objects) -> None:
    assert objects.get("a") is None
    assert objects.get("a/b", start=5) is None
    assert objects.stored("a/b") is None
    assert list(objects.list()) == []
    objects.delete(["a/b", "c"])
    objects.delete([])
    objects.put("a/b", b"x")
    assert objects.get("a/b/c") is None


def test_objects_are_listed_by_the_segments_that_they_begin_with(objects: Objects) -> None:
    for name in ("one/a", "one/b/c", "oneself/d", "two/e"):
        objects.put(name, name.encode())
    found = {each.name: each for each in objects.list("one")}
    assert sorted(found) == ["one/a", "one/b/c"]
    assert {each.name for each in objects.list()} == {"one/a", "one/b/c", "oneself/d", "two/e"}
    assert found["one/b/c"] == objects.stored("one/b/c")
    assert found["one/b/c"].size == len("one/b/c")
    assert abs(datetime.now(UTC) - found["one/a"].written) < timedelta(minutes=5)


def test_only_what_is_named_is_deleted(objects: Objects) -> None:
    for name in ("a/1", "a/2", "a/3"):
        objects.put(name, b"x")
    objects.delete(["a/1", "a/3", "a/4"])
    assert [each.name for each in objects.list()] == ["a/2"]


def test_readers_beside_a_writer_see_one_of_its_objects_whole(objects: Objects) -> None:
    wholes = [bytes([n]) * 200_000 for n in range(4)]
    objects.put("it", wholes[0])

    def write() -> None:
        for each in wholes * 3:
            objects.put("it", each)

    with ThreadPoolExecutor(1) as threads:
        written = threads.submit(write)
        while not written.done():
            assert objects.get("it") in wholes
        written.result()


@pytest.mark.parametrize("url", ["s3://no-such-bucket/p", "gs://no-such-bucket/p"])
def test_a_bucket_that_is_not_there_is_said(s3: S3, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT_KEY", as_googles(s3))
    objects = open_objects(url)
    with pytest.raises(StoreUnreachable) as caught:
        objects.put("a", b"x")
    assert caught.value.store == url
    assert "404 Not Found" in caught.value.reason
    assert "\n" not in caught.value.reason


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "names no store"),
        ("folder/here", "names no store"),
        ("http://host/bucket", "names no store"),
        ("s3://", "names no store"),
        ("file://elsewhere/folder", "names no store"),
        ("s3://bucket?access_key_id=A", "environment variables"),
        ("s3://user:s3cret@bucket/", "environment variables"),
    ],
)
def test_a_url_of_no_store_is_refused_with_what_to_write(url: str, reason: str) -> None:
    with pytest.raises(InvalidConfiguration, match=reason) as caught:
        open_objects(url)
    assert "s3cret" not in str(caught.value)


def test_a_registry_in_a_folder_loads_nothing_that_a_team_needs(tmp_path: Path) -> None:
    EmbeddedRegistry(tmp_path).close()
    program = (
        "import sys, pathlib; from automatosx_nb.registry.service import EmbeddedRegistry as R;"
        "R(pathlib.Path(sys.argv[1])).close();"
        "print(sorted({m.partition('.')[0] for m in sys.modules} & {'obstore', 'psycopg', 'alembic'}))"
    )
    done = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_folder_lists_what_somebody_else_put_there(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "notes.txt").write_text("mine")
    assert [each.name for each in Folder(tmp_path).list()] == ["sub/notes.txt"]
