from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from automatosx_nb import commands
from automatosx_nb.app import Marketplace
from automatosx_nb.errors import InvalidConfiguration, InvalidDuration, UsageError
from automatosx_nb.model.identity import owner
from automatosx_nb.model.release import Stage
from automatosx_nb.registry.blobs import BlobStore
from automatosx_nb.registry.keeping import Keeping, Named
from automatosx_nb.registry.service import EmbeddedRegistry
from automatosx_nb.registry.storage import Storage
from tests.commands.test_verbs import Console
from tests.registry.conftest import Build
from tests.servers.postgresql import PostgreSQL
from tests.servers.s3 import S3

NOW = timedelta()


def name(digest: str) -> str:
    return f"sha256/{digest[:2]}/{digest}"


def orphan(storage: Storage, data: bytes = b"nobody's") -> str:
    return BlobStore(storage.objects).put(data)


@pytest.fixture
def kept(storage: Storage) -> Iterator[EmbeddedRegistry]:
    with EmbeddedRegistry(storage) as registry:
        yield registry


@pytest.fixture
def keeping(kept: EmbeddedRegistry) -> Keeping:
    return kept.keeping


def test_a_registry_whose_bytes_are_all_there_is_sound(kept: EmbeddedRegistry, keeping: Keeping, build: Build) -> None:
    whole = [build(version=version) for version in ("1.0.0", "1.1.0")]
    for each in whole:
        kept.publish(each)
    found = keeping.verify()
    assert (found.whole, found.size, found.is_sound) == (2, sum(map(len, whole)), True)
    assert (found.missing, found.altered, found.orphans, found.foreign) == ((), (), (), ())


def test_what_is_missing_altered_unnamed_or_foreign_is_named(
    kept: EmbeddedRegistry, keeping: Keeping, storage: Storage, build: Build
) -> None:
    digests = [kept.publish(build(version=f"1.{minor}.0")).sha256 for minor in range(3)]
    storage.objects.delete([name(digests[0])])
    storage.objects.put(name(digests[1]), b"other")
    storage.objects.put("sha256/notes.txt", b"mine")
    unnamed = orphan(storage)
    found = keeping.verify()
    assert found.missing == (Named(digests[0], "acme.csv-doctor", "1.0.0"),)
    assert found.altered == (Named(digests[1], "acme.csv-doctor", "1.1.0"),)
    assert (found.whole, found.orphans, found.foreign) == (1, (unnamed,), ("sha256/notes.txt",))
    assert not found.is_sound


def test_what_nothing_names_is_deleted_after_its_grace_and_all_else_stays(
    kept: EmbeddedRegistry, keeping: Keeping, storage: Storage, build: Build
) -> None:
    artifact = build()
    kept.publish(artifact)
    storage.objects.put("sha256/notes.txt", b"mine")
    unnamed = orphan(storage)
    unfinished = f"sha256/{unnamed[:2]}/.{unnamed}-0123456789ab"
    storage.objects.put(unfinished, b"half")
    tomorrow = datetime.now(UTC) + timedelta(days=2)
    assert keeping.collect().artifacts == ()
    tried = keeping.collect(dry_run=True, now=tomorrow)
    assert (tried.artifacts, tried.unfinished, tried.size) == ((unnamed,), (unfinished,), len(b"nobody's" + b"half"))
    assert keeping.verify().orphans == (unnamed,)
    done = keeping.collect(now=tomorrow)
    assert (done.artifacts, done.unfinished, done.size) == (tried.artifacts, tried.unfinished, tried.size)
    assert sorted(each.name for each in storage.objects.list()) == sorted(
        [name(sha256(artifact).hexdigest()), "sha256/notes.txt"]
    )
    assert b"".join(kept.artifact("acme.csv-doctor", "1.0.0")) == artifact


def test_what_is_collected_while_it_is_published_is_there_when_it_is(
    kept: EmbeddedRegistry, keeping: Keeping, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The collection comes between the bytes and the release that names them."""
    artifact, put = build(), BlobStore.put
    collected: list[str] = []

    def put_and_collect(store: BlobStore, data: bytes) -> str:
        digest = put(store, data)
        if not collected:
            later = datetime.now(UTC) + timedelta(hours=1)
            collected.extend(keeping.collect(NOW, now=later).artifacts)
        return digest

    monkeypatch.setattr(BlobStore, "put", put_and_collect)
    digest = kept.publish(artifact).sha256
    assert collected == [digest]
    assert b"".join(kept.artifact("acme.csv-doctor", "1.0.0")) == artifact


def test_uploads_that_ran_out_go_with_their_bytes(
    kept: EmbeddedRegistry, keeping: Keeping, storage: Storage, build: Build
) -> None:
    data = build()
    upload = kept.uploads.open(owner(), sha256(data).hexdigest(), len(data), Stage.STABLE)
    kept.uploads.append(owner(), upload.id, 0, data, sha256(data).hexdigest())
    storage.objects.put(f"uploads/{'0' * 32}/000000000000-{sha256(b'x').hexdigest()}", b"x")
    assert keeping.collect().uploads == 1
    assert {each.name.split("/")[1] for each in storage.objects.list("uploads")} == {upload.id}


def ax(market: Marketplace, line: str) -> commands.Answer:
    return commands.answer(line.split(), lambda: market, Console())


def test_the_verb_says_what_it_found_and_fails_where_something_is_missing(market: Marketplace) -> None:
    assert market.registry.address == "embedded", "which publishes what is bundled"
    sound = ax(market, "registry verify")
    assert sound.status == 0
    assert sound.data.whole > 0
    blobs = market.home / "registry" / "blobs" / "sha256"
    first = sorted(each for each in blobs.rglob("*") if each.is_file())[0]
    first.write_bytes(b"other")
    found = ax(market, "registry verify")
    assert found.status == 3
    assert f"sha256 {first.name}" in found.text
    assert "backup" in found.text
    told = json.loads(ax(market, "registry verify --json").text)
    assert [each[0] for each in told["altered"]] == [first.name]


def test_the_verb_collects_in_a_teams_registry(
    market: Marketplace, postgresql: PostgreSQL, migrated: str, s3: S3
) -> None:
    url, blobs = postgresql.database(template=migrated), s3.bucket()
    with EmbeddedRegistry.at(url, blobs) as team:
        unnamed = BlobStore(team._objects).put(b"nobody's")
    at = f"--db {url} --blobs {blobs}"
    assert ax(market, f"registry gc {at} --dry-run").text.startswith("Would delete 0 artifacts")
    assert "1 artifact that no release names" in ax(market, f"registry verify {at}").text
    assert ax(market, f"registry gc {at} --grace 0minutes").data.artifacts == (unnamed,)
    assert ax(market, f"registry verify {at}").data.orphans == ()


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("registry", UsageError),
        ("registry mend", UsageError),
        ("registry verify --dry-run", UsageError),
        ("registry gc --db postgresql+psycopg://host/registry", InvalidConfiguration),
        ("registry gc --grace soon", InvalidDuration),
    ],
)
def test_what_is_no_such_question_is_refused(market: Marketplace, line: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        ax(market, line)
