"""Real artifacts, built from real folders, in a registry of the test's own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from automatosx_nb import package
from automatosx_nb.package.building import _zip
from automatosx_nb.registry.database import Database
from automatosx_nb.registry.objects import Folder, Objects, open_objects
from automatosx_nb.registry.service import EmbeddedRegistry
from automatosx_nb.registry.storage import Storage
from tests.servers.postgresql import PostgreSQL
from tests.servers.s3 import S3

Build = Callable[..., bytes]
SOURCE = "def run():\n    return 1\n"


def write_plugin(
    folder: Path,
    plugin: str = "acme.csv-doctor",
    version: str = "1.0.0",
    *,
    summary: str = "Finds what is wrong with a table.",
    keywords: tuple[str, ...] = ("csv",),
    category: str = "data-quality",
    license: str = "MIT",
    permissions: dict[str, str] | None = None,
    optional: dict[str, str] | None = None,
    needs: dict[str, str] | None = None,
    readme: str = "# A plugin\n\nIt helps.\n",
    changelog: str | None = None,
    source: str = SOURCE,
    handler: str = "body:run",
    more: str = "",
) -> Path:
    """A plugin's folder; every value has one that passes all checks."""
    asked = "\n".join(f"{json.dumps(k)} = {json.dumps(v)}" for k, v in (permissions or {}).items())
    wished = "\n".join(f"{json.dumps(k)} = {json.dumps(v)}" for k, v in (optional or {}).items())
    plugins = ", ".join(f"{json.dumps(k)} = {json.dumps(v)}" for k, v in (needs or {}).items())
    manifest = f"""
schema = 1
[plugin]
id = {json.dumps(plugin)}
version = {json.dumps(version)}
summary = {json.dumps(summary)}
license = {json.dumps(license)}
authors = [{{name = "Ada"}}]
categories = [{json.dumps(category)}]
keywords = {json.dumps(list(keywords))}
main = "body"
{more}
[requires]
automatosx = "^1.0"
python = ">=3.11"
plugins = {{{plugins}}}
[permissions]
{asked}
[permissions.optional]
{wished}
[[contributes.magics]]
name = "doctor"
handler = {json.dumps(handler)}
"""
    files = {
        "plugin.toml": manifest,
        "README.md": readme,
        "CHANGELOG.md": f"## {version}\n\nFirst.\n" if changelog is None else changelog,
        "src/body.py": source,
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


@pytest.fixture
def plugin_folder() -> Callable[..., Path]:
    return write_plugin


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """``build(id, version, **parts)``: an artifact's bytes."""
    count = iter(range(1_000_000))

    def artifact(*args: object, **parts: object) -> bytes:
        return package.build(write_plugin(tmp_path / "sources" / str(next(count)), *args, **parts))  # type: ignore[arg-type]

    return artifact


@pytest.fixture(scope="session")
def migrated(postgresql: PostgreSQL) -> str:
    """The URL of a PostgreSQL database with the schema and nothing else, to be copied."""
    url = postgresql.database()
    Database(url).close()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a :class:`Database` of the test's own lies, on each kind; on PostgreSQL it is made and empty."""
    if request.param == "sqlite":
        return tmp_path / "r.sqlite"
    server: PostgreSQL = request.getfixturevalue("postgresql")
    return server.database(template=request.getfixturevalue("migrated"))


@pytest.fixture
def storage(request: pytest.FixtureRequest, place: Path | str, tmp_path: Path) -> Iterator[Storage]:
    """One computer's, a file and a folder, and a team's, PostgreSQL and S3."""
    if isinstance(place, Path):
        objects: Objects = Folder(tmp_path / "blobs")
    else:
        server: S3 = request.getfixturevalue("s3")
        objects = open_objects(f"{server.bucket()}/registry")
    with closing(Database(place)) as database:
        yield Storage(database, objects)


@pytest.fixture
def registry(home: Path) -> Iterator[EmbeddedRegistry]:
    with EmbeddedRegistry(home) as registry:
        yield registry


def unreadable(artifact: bytes) -> bytes:
    """With a file that belongs in none, two faults in the manifest, no readme, and a key."""
    files = dict(package.read(artifact).files)
    text = files["plugin.toml"].replace(b"schema = 1", b"schema = 1\nextra = 1").replace(b'"MIT"', b'"MITT"')
    key = b"-----BEGIN PRIVATE KEY-----"
    return _zip({**files, "plugin.toml": text, "README.md": b" ", "setup.py": b"", "docs/key.txt": key})
