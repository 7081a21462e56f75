"""Backup and restore, by the commands of docs/operations.md."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import obstore

from automatosx_nb.registry.service import EmbeddedRegistry
from tests.registry.conftest import Build
from tests.servers.postgresql import PostgreSQL
from tests.servers.s3 import S3

DOCTOR = "acme.csv-doctor"
PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")


def fill(registry: EmbeddedRegistry, build: Build) -> bytes:
    """Two releases and a download; the artifact of the newer one."""
    registry.publish(build())
    newer = build(version="1.1.0")
    registry.publish(newer)
    b"".join(registry.artifact(DOCTOR, "1.0.0"))
    registry._downloads.flush()
    return newer


def check(restored: EmbeddedRegistry, newer: bytes, build: Build) -> None:
    """It has what was there when the database was copied, and goes on from there."""
    found = restored.keeping.verify()
    assert (found.whole, found.is_sound, len(found.orphans)) == (2, True, 1)
    assert restored.plugin(DOCTOR).summary.downloads == 1
    assert b"".join(restored.artifact(DOCTOR, "1.1.0")) == newer
    before = restored.revision
    restored.publish(build(version="1.2.0", summary="Otherwise than before the restore."))
    assert restored.revision > before
    assert [str(each.version) for each in restored.releases(DOCTOR)] == ["1.2.0", "1.1.0", "1.0.0"]


def test_a_registry_in_a_folder_is_restored_from_a_copy_that_was_made_while_it_was_written(
    tmp_path: Path, home: Path, build: Build
) -> None:
    copied = tmp_path / "backup"
    copied.mkdir()
    with EmbeddedRegistry(home) as registry:
        newer = fill(registry, build)
        copy_file(home / "registry.sqlite", copied / "registry.sqlite")
        registry.publish(build(version="1.2.0"))
        shutil.copytree(home / "blobs", copied / "blobs")
    shutil.rmtree(home)
    shutil.copytree(copied, home)
    with EmbeddedRegistry(home) as restored:
        check(restored, newer, build)


def test_a_teams_registry_is_restored_into_a_new_database_and_a_new_bucket(
    tmp_path: Path, postgresql: PostgreSQL, s3: S3, build: Build
) -> None:
    url, bucket, dump = postgresql.database(), s3.bucket(), tmp_path / "registry.dump"
    with EmbeddedRegistry.at(url, bucket) as registry:
        newer = fill(registry, build)
        run(postgresql, "pg_dump", "--format=custom", "--no-owner", f"--file={dump}", libpq(url))
        registry.publish(build(version="1.2.0"))
        copied = copy_bucket(bucket, s3.bucket())
    new = postgresql.database()
    run(postgresql, "pg_restore", "--exit-on-error", "--no-owner", f"--dbname={libpq(new)}", str(dump))
    with EmbeddedRegistry.at(new, copied) as restored:
        check(restored, newer, build)


def copy_file(source: Path, target: Path) -> None:
    told = re.search(r'^\$ python -c "(import sqlite3, sys;[^"]*)"', PAGE, re.MULTILINE)
    assert told is not None
    subprocess.run([sys.executable, "-W", "ignore", "-c", told[1], source, target], check=True)


def libpq(url: str) -> str:
    """PostgreSQL's own programs know no SQLAlchemy driver."""
    return url.replace("postgresql+psycopg:", "postgresql:")


def run(postgresql: PostgreSQL, program: str, *arguments: str) -> None:
    flags = [each for each in arguments if each.startswith("--") and "=/" not in each and "=postgresql" not in each]
    assert f"$ {program} {' '.join(flags)} " in PAGE
    done = subprocess.run([postgresql.bin / program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def copy_bucket(source: str, target: str) -> str:
    """As ``aws s3 sync`` does."""
    from_, to = obstore.store.from_url(source), obstore.store.from_url(target)
    for batch in obstore.list(from_):
        for each in batch:
            obstore.put(to, each["path"], bytes(obstore.get(from_, each["path"]).bytes()))
    return target
