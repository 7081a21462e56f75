"""Mirrors: what is copied, that it is whole whenever one looks, and that nothing in it is believed."""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from automatosx_nb import package
from automatosx_nb.errors import (
    ArtifactMismatch,
    MirrorDamaged,
    MirrorExpired,
    NotAMirror,
    UnknownPlugin,
    UnknownRelease,
)
from automatosx_nb.model.identity import owner
from automatosx_nb.model.ports import Registry
from automatosx_nb.model.release import Advisory, SearchQuery, Stage
from automatosx_nb.model.semver import Range
from automatosx_nb.model.signatures import SUCCESSION, succession_statement
from automatosx_nb.package.signing import SigningKey, sign
from automatosx_nb.registry.client.addresses import ROOT
from automatosx_nb.registry.client.static import StaticRegistry
from automatosx_nb.registry.client.static_files import open_files
from automatosx_nb.registry.mirroring.copying import MirrorReport, copy
from automatosx_nb.registry.mirroring.layout import path_of
from automatosx_nb.registry.mirroring.selecting import Choice, everything, select
from automatosx_nb.registry.mirroring.targets import target_of
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.registry.conftest import write_plugin

Build = Callable[..., bytes]
Mirror = Callable[..., MirrorReport]
NOW, MONTH = datetime.now(UTC).replace(microsecond=0), timedelta(days=30)
DOCTOR, TABLES, LONELY = "acme.csv-doctor", "acme.tables", "nordic.lonely"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables 1, 2 and a beta of 3; the doctor, whose versions require one each of the first two; and another plugin."""
    folder = tmp_path_factory.mktemp("published")

    def build(*args: Any, **parts: Any) -> bytes:
        return package.build(write_plugin(folder / "sources" / f"{args[0]}-{args[1]}", *args, **parts))

    with EmbeddedRegistry(folder / "registry") as registry:
        registry.publish(build(TABLES, "1.0.0"))
        registry.publish(build(TABLES, "2.0.0", summary="Joins tables.", readme="# Tables\n\nJoined.\n"))
        registry.publish(build(TABLES, "3.0.0-beta.1"), stage=Stage.BETA)
        registry.publish(build(DOCTOR, "1.0.0", needs={TABLES: "^1.0"}))
        registry.publish(build(DOCTOR, "2.0.0", needs={TABLES: "^2.0"}))
        registry.publish(build(LONELY, "1.0.0"))
        registry.advisories.put(
            owner(), Advisory("AX-1", DOCTOR, Range.parse("<2"), "high", "It leaks.", disables=True)
        )
    return folder / "registry"


@pytest.fixture
def source(published: Path, tmp_path: Path) -> Iterator[EmbeddedRegistry]:
    """A registry of this test's own."""
    with EmbeddedRegistry(Path(shutil.copytree(published, tmp_path / "registry"))) as registry:
        yield registry


def mirror(registry: Registry, out: Path, *wishes: str, **options: Any) -> MirrorReport:
    """``wishes`` are ``ID@RANGE``; none: everything."""
    choice = Choice(options.pop("stages", frozenset({Stage.STABLE})))
    asked = {plugin: Range.parse(wanted) if at else None for plugin, at, wanted in (w.partition("@") for w in wishes)}
    selection = select(registry, asked or dict.fromkeys(everything(registry)), choice)
    made = options.pop("made", NOW)
    expires = made + options.pop("span", timedelta(days=30))
    return copy(registry, selection, target_of(out, bundle=False), made=made, expires=expires)


@pytest.fixture(params=["mirror", "plugins.axbundle"])
def out(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where a mirror goes: as a folder, and as a bundle."""
    return tmp_path / str(request.param)


@pytest.fixture
def opened() -> Iterator[Callable[..., StaticRegistry]]:
    all_opened: list[StaticRegistry] = []

    def open_mirror(path: Path, **options: Any) -> StaticRegistry:
        all_opened.append(StaticRegistry(open_files(path), **options))
        return all_opened[-1]

    yield open_mirror
    for each in all_opened:
        each.close()


def test_a_whole_copy_says_what_the_registry_says(source: EmbeddedRegistry, out: Path, opened: Any) -> None:
    report = mirror(source, out, stages=frozenset({Stage.STABLE, Stage.BETA}))
    assert (report.plugins, report.releases, report.fetched, report.unmet) == (3, 6, 6, ())
    copied = opened(out)
    for plugin in (DOCTOR, TABLES, LONELY):
        assert copied.releases(plugin) == source.releases(plugin)
        for release in source.releases(plugin):
            version = str(release.version)
            assert b"".join(copied.artifact(plugin, version)) == b"".join(source.artifact(plugin, version))
            assert b"".join(copied.artifact(plugin, version, start=7)) == b"".join(source.artifact(plugin, version))[7:]
            assert copied.changelog(plugin, version) == source.changelog(plugin, version)
            assert copied.checked(plugin, version) == source.checked(plugin, version)
        detail = source.plugin(plugin)
        assert copied.plugin(plugin).releases == detail.releases
        assert copied.plugin(plugin).readme == detail.readme
    assert copied.releases(DOCTOR)[-1].advisories[0].summary == "It leaks."
    assert copied.address == source.address
    assert copied.stale_since is None


def test_what_is_copied_can_be_searched(source: EmbeddedRegistry, out: Path, opened: Any) -> None:
    mirror(source, out)
    copied = opened(out)
    for query in (
        SearchQuery("tabels"),
        SearchQuery(),
        SearchQuery(publisher="nordic"),
        SearchQuery(sort="name", size=1),
    ):
        found, there = copied.search(query), source.search(query)
        assert [each.id for each in found.items] == [each.id for each in there.items]
        assert (found.total, found.facets) == (there.total, there.facets)


def test_a_selective_copy_follows_what_is_required_by_range(source: EmbeddedRegistry, out: Path, opened: Any) -> None:
    mirror(source, out, f"{DOCTOR}@^2")
    copied = opened(out)
    assert [str(each.version) for each in copied.releases(DOCTOR)] == ["2.0.0"]
    assert [str(each.version) for each in copied.releases(TABLES)] == ["2.0.0"]
    assert list(copied.releases(LONELY)) == []
    with pytest.raises(UnknownRelease):
        copied.artifact(TABLES, "1.0.0")
    with pytest.raises(UnknownPlugin) as raised:
        copied.plugin("acme.csv-docter")
    assert raised.value.nearest == (DOCTOR,)


def test_signatures_and_keys_come_along(source: EmbeddedRegistry, build: Build, out: Path, opened: Any) -> None:
    """So whoever installs from it verifies what the publisher signed, as from the registry."""
    key, data = SigningKey.new(), build(TABLES, "2.3.0")
    proof = key.sign(SUCCESSION, succession_statement("acme", "", key.id))
    source.keys.register(owner(), "acme", key.public_text, "laptop", proof)
    source.publish(data, signature=sign(package.read(data), key))
    mirror(source, out, TABLES)
    there, copied = source.plugin(TABLES), opened(out).plugin(TABLES)
    assert copied.keys == there.keys != ()
    assert copied.releases[0].signature == there.releases[1].signature is not None
    assert opened(out).releases(TABLES)[0].signed == key.id


def test_an_older_version_alone_is_shown_with_its_own_permissions(
    source: EmbeddedRegistry, build: Build, out: Path, opened: Any
) -> None:
    source.publish(
        build(
            DOCTOR,
            "3.0.0",
            permissions={"storage": "Keeps it."},
            source="from automatosx_nb.sdk import storage\n\ndef run():\n    return storage.get('k')\n",
        )
    )
    mirror(source, out, f"{DOCTOR}@2.0.0")
    shown = opened(out).plugin(DOCTOR)
    assert (shown.summary.version, dict(shown.summary.permissions)) == ("2.0.0", {})
    assert "2.0.0" in shown.changelog


def test_what_no_release_meets_is_told(source: EmbeddedRegistry, build: Build, out: Path) -> None:
    source.publish(build("acme.needy", "1.0.0", needs={TABLES: "^3", "acme.absent": "^1"}))
    report = mirror(source, out, "acme.needy")
    assert report.unmet == (("acme.needy 1.0.0", "acme.absent", "^1"), ("acme.needy 1.0.0", TABLES, "^3"))


def test_nobody_gets_what_is_quarantined_and_everybody_is_told(
    source: EmbeddedRegistry, out: Path, opened: Any
) -> None:
    source.moderation.quarantine(owner(), TABLES, "1.0.0", "It steals.")
    mirror(source, out, TABLES)
    copied = opened(out)
    assert [each.quarantined for each in copied.releases(TABLES)] == [None, "It steals."]
    assert [each.version for each in copied.plugin(TABLES).releases] == ["2.0.0"]
    with pytest.raises(UnknownRelease):
        copied.artifact(TABLES, "1.0.0")


def test_what_is_quarantined_as_a_whole_is_known_as_such_and_not_shown(
    source: EmbeddedRegistry, out: Path, opened: Any
) -> None:
    """So that whoever has it installed hears of it, also from the next mirror."""
    mirror(source, out)
    source.moderation.quarantine(owner(), TABLES, None, "It steals.")
    target = target_of(out, bundle=False)
    assert TABLES in target.known
    again = {plugin for plugin, found in source.releases_many(target.known).items() if found}
    report = copy(source, select(source, dict.fromkeys(again), Choice()), target, made=NOW, expires=NOW + MONTH)
    copied = opened(out)
    assert {each.quarantined for each in copied.releases(TABLES)} == {"It steals."}
    assert TABLES not in [each.id for each in copied.search(SearchQuery()).items]
    with pytest.raises(UnknownPlugin):
        copied.plugin(TABLES)
    assert ("", TABLES, "any version") in report.unmet


def test_a_second_run_fetches_what_is_new_only_and_takes_away_what_is_gone(
    source: EmbeddedRegistry, build: Build, out: Path, opened: Any
) -> None:
    first = mirror(source, out)
    source.publish(build(TABLES, "2.1.0"))
    second = mirror(source, out)
    assert (first.fetched, second.fetched, second.kept) == (5, 1, 5)
    third = mirror(source, out, LONELY)
    assert (third.plugins, third.fetched, third.kept) == (1, 0, 1)
    assert third.removed == 7, "five artifacts and two documents"
    files = _files(out)
    assert sorted(files) == sorted(
        [ROOT, *(path_of(hashlib.sha256(files[name]).hexdigest()) for name in files if name != ROOT)]
    )
    assert len(files) == 3


def test_the_same_copy_is_the_same_bytes(source: EmbeddedRegistry, tmp_path: Path) -> None:
    for name in ("one.axbundle", "two.axbundle"):
        report = mirror(source, tmp_path / name)
        os.utime(tmp_path / name)
    one, two = ((tmp_path / name).read_bytes() for name in ("one.axbundle", "two.axbundle"))
    assert one == two
    with zipfile.ZipFile(tmp_path / "one.axbundle") as archive:
        assert archive.namelist()[0] == ROOT
        assert archive.namelist()[1:] == sorted(archive.namelist()[1:])
        assert hashlib.sha256(archive.read(ROOT)).hexdigest() == report.sha256


def test_whoever_is_killed_leaves_the_old_mirror_whole_and_goes_on(
    source: EmbeddedRegistry, build: Build, out: Path, opened: Any
) -> None:
    class Killed(Exception):
        pass

    class Dying:
        """The registry, until the artifact that it dies at."""

        def __getattr__(self, name: str) -> Any:
            return getattr(source, name)

        def artifact(self, plugin: str, version: str, **_: Any) -> Any:
            if (plugin, version) == (TABLES, "2.2.0"):
                raise Killed
            return source.artifact(plugin, version)

    mirror(source, out)
    before = opened(out)
    source.publish(build(DOCTOR, "2.1.0", needs={TABLES: "^2.0"}))
    source.publish(build(TABLES, "2.2.0"))
    with pytest.raises(Killed):
        mirror(Dying(), out)
    assert [str(each.version) for each in opened(out).releases(DOCTOR)] == ["2.0.0", "1.0.0"]
    assert mirror(source, out).fetched == 1, "what was there before the end is there still"
    assert str(opened(out).releases(DOCTOR)[0].version) == "2.1.0"
    before.close()


def test_a_registry_that_hands_out_other_bytes_is_not_copied(source: EmbeddedRegistry, out: Path) -> None:
    class Lying:
        def __getattr__(self, name: str) -> Any:
            return getattr(source, name)

        def artifact(self, plugin: str, version: str, **_: Any) -> Any:
            return iter([b"other"])

    with pytest.raises(ArtifactMismatch):
        mirror(Lying(), out)
    with pytest.raises(NotAMirror):
        open_files(out) if out.suffix else StaticRegistry(open_files(out))


@pytest.mark.parametrize("victim", ["artifact", "document"])
@pytest.mark.parametrize("how", ["changed", "longer", "missing"])
def test_what_was_tampered_with_is_refused_by_its_name(
    source: EmbeddedRegistry, out: Path, opened: Any, victim: str, how: str
) -> None:
    mirror(source, out, TABLES)
    files = _files(out)
    name = path_of(_artifact_of(source, "2.0.0") if victim == "artifact" else _document_of(files))
    changed = {"changed": files[name][:-1] + b"X", "longer": files[name] + b"X", "missing": None}[how]
    _replace(out, name, changed)
    copied = opened(out)
    with pytest.raises(MirrorDamaged) as raised:
        b"".join(copied.artifact(TABLES, "2.0.0"))
    assert raised.value.path == name
    assert "Nothing of it was used" in str(raised.value)


def test_a_pinned_root_is_the_only_one_that_is_read(source: EmbeddedRegistry, out: Path, opened: Any) -> None:
    report = mirror(source, out)
    assert opened(out, pin=report.sha256).plugin(TABLES)
    _replace(out, ROOT, _files(out)[ROOT].replace(b"embedded", b"somewhere"))
    with pytest.raises(MirrorDamaged, match="SHA-256"):
        opened(out, pin=report.sha256)


def test_an_expired_mirror_says_since_when_and_policy_refuses_it(
    source: EmbeddedRegistry, out: Path, opened: Any
) -> None:
    made = NOW - timedelta(days=31)
    mirror(source, out, made=made)
    assert opened(out).stale_since == made.isoformat()
    with pytest.raises(MirrorExpired, match="refuses expired ones"):
        opened(out, refuse_expired=True)


@pytest.mark.parametrize(
    "root",
    [
        b"",
        b"[]",
        b'{"format": 1}',
        b'{"format":2,"source":"x","made":"","expires":"2026-01-01T00:00:00+00:00","plugins":{}}',
    ],
)
def test_what_is_no_mirror_is_told_as_such(tmp_path: Path, root: bytes) -> None:
    (tmp_path / ROOT).write_bytes(root)
    with pytest.raises(NotAMirror):
        StaticRegistry(open_files(tmp_path))


def test_a_file_that_is_no_bundle_and_nothing_at_all_are_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "cut.axbundle").write_bytes(b"PK\x03\x04 cut off")
    for name in ("cut.axbundle", "absent"):
        with pytest.raises(NotAMirror):
            open_files(tmp_path / name)


def _files(out: Path) -> dict[str, bytes]:
    if out.is_file():
        with zipfile.ZipFile(out) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def _replace(out: Path, name: str, data: bytes | None) -> None:
    """As somebody would who can write there: a bundle is zipped anew, so that only digests can tell."""
    files = _files(out)
    if out.is_dir():
        (out / name).unlink()
        if data is not None:
            (out / name).write_bytes(data)
        return
    with zipfile.ZipFile(out, "w") as archive:
        for each, content in files.items():
            kept = data if each == name else content
            if kept is not None:
                archive.writestr(each, kept)


def _artifact_of(source: EmbeddedRegistry, version: str) -> str:
    return next(each.sha256 for each in source.releases(TABLES) if str(each.version) == version)


def _document_of(files: dict[str, bytes]) -> str:
    import msgspec

    return str(msgspec.json.decode(files[ROOT])["plugins"][TABLES]["sha256"])


@pytest.mark.parametrize("stages", [{Stage.STABLE}, {Stage.STABLE, Stage.DRAFT}])
def test_a_quarantined_draft_is_told_of_only_where_drafts_are_copied(
    source: EmbeddedRegistry, build: Build, out: Path, opened: Any, stages: set[Stage]
) -> None:
    source.publish(build(TABLES, "4.0.0-secret.codename"), stage=Stage.DRAFT)
    source.moderation.quarantine(owner(), TABLES, "4.0.0-secret.codename", "It has a customer's key.")
    mirror(source, out, TABLES, stages=frozenset(stages))
    copied = {str(each.version) for each in opened(out).releases(TABLES)}
    assert ("4.0.0-secret.codename" in copied) is (Stage.DRAFT in stages)
