"""One contract for every registry: on a file and on PostgreSQL, in this process and over HTTP, by a real server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from automatosx_nb import package
from automatosx_nb.errors import (
    AutomatosxError,
    InvalidSearch,
    InvalidSignature,
    InvalidSignatureFile,
    KeyRefused,
    NotAnArchive,
    PluginQuarantined,
    PublishRefused,
    RegistryAnswerInvalid,
    ReleaseExists,
    UnknownKey,
    UnknownMember,
    UnknownPlugin,
    UnknownRelease,
    UnknownToken,
    VersionUsed,
)
from automatosx_nb.model.identity import Role, Scope
from automatosx_nb.model.identity import owner as everybody
from automatosx_nb.model.ports import Registry
from automatosx_nb.model.release import Advisory, SearchQuery, Stage
from automatosx_nb.model.screenshots import ShownPicture
from automatosx_nb.model.semver import Range
from automatosx_nb.model.signatures import SUCCESSION, succession_statement
from automatosx_nb.package.signing import SigningKey, sign
from automatosx_nb.registry.client.limits import ClientLimits
from automatosx_nb.registry.client.remote import RemoteRegistry
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.registry.conftest import unreadable

TOKEN = "a-token-of-the-test"
DOCTOR, TABLES, DRAFT, SHOWN = "acme.csv-doctor", "acme.tables", "nordic.draft", "acme.shown"
PICTURES = Path(__file__).parents[1] / "data" / "pictures"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("contract")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, folder: Path) -> tuple[str, str]:
    """The URLs of database and artifacts: a file and a folder, or PostgreSQL and S3."""
    if request.param == "sqlite":
        home = folder / "registry"
        home.mkdir()
        return f"sqlite:///{home / 'registry.sqlite'}", (home / "blobs").as_uri()
    return request.getfixturevalue("postgresql").database(), request.getfixturevalue("s3").bucket()


@pytest.fixture(scope="module")
def owner(folder: Path, place: tuple[str, str]) -> Iterator[EmbeddedRegistry]:
    """Who publishes, on the database that all of them read."""
    from tests.registry.conftest import write_plugin

    def artifact(*args: Any, **parts: Any) -> bytes:
        return package.build(write_plugin(folder / "sources" / f"{args[0]}-{args[1]}", *args, **parts))

    with EmbeddedRegistry.at(*place) as registry:
        registry.publish(artifact(TABLES, "2.1.0", summary="Tables, joined.", category="geospatial"))
        needs = {TABLES: "^2.1"}
        registry.publish(artifact(DOCTOR, "1.0.0", needs=needs))
        registry.publish(artifact(DOCTOR, "1.1.0+build.7", needs=needs, readme="# Ünïcode\n\n" + "long " * 40_000))
        registry.publish(artifact(DOCTOR, "2.0.0-beta.1", needs=needs), stage=Stage.BETA)
        registry.publish(artifact(DRAFT, "0.1.0"), stage=Stage.DRAFT)
        registry.publish(_with_screenshots(folder / "sources" / "shown"))
        registry.advisories.put(
            everybody(), Advisory("AX-1", DOCTOR, Range.parse("<1.1"), "high", "It leaks.", disables=True)
        )
        registry.access.verify(everybody(), "acme", verified=True)
        yield registry


def _with_screenshots(folder: Path) -> bytes:
    from tests.registry.conftest import write_plugin

    named = ('{file = "docs/two words.webp", alt = "More <b>"}', '{file = "docs/bars.png", alt = "Two bars"}')
    write_plugin(folder, SHOWN, more=f"screenshots = [{', '.join(named)}]")
    (folder / "docs").mkdir(exist_ok=True)
    for name, source in (("bars.png", "bars.png"), ("two words.webp", "lossy.webp")):
        (folder / "docs" / name).write_bytes((PICTURES / source).read_bytes())
    return package.build(folder)


@pytest.fixture(scope="module")
def served(owner: EmbeddedRegistry, place: tuple[str, str], folder: Path) -> Iterator[tuple[str, str]]:
    """The address of a server in a process of its own, on the same database, and a token of its owner or an admin:
    the file's is a Jupyter server, PostgreSQL's one of its own, which searches in another process."""
    if place[0].startswith("sqlite"):
        with _jupyter_server(folder) as address:
            yield address, TOKEN
        return
    for role in Role:
        owner.access.grant_role(everybody(), "ann", role)
    for publisher in ("acme", "nordic"):
        owner.access.put_member(everybody(), publisher, "ann")
    token = owner.tokens.new(everybody(), "contract", frozenset(Scope), 1, user="ann").secret
    with _serve(*place) as address:
        yield address, token


@contextmanager
def _serve(database: str, blobs: str) -> Iterator[str]:
    options = ["--db", database, "--blobs", blobs, "--port", "0", "--search-processes", "1"]
    command = [sys.executable, "-m", "automatosx_nb.cli", "serve", *options]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


@contextmanager
def _jupyter_server(folder: Path) -> Iterator[str]:
    options = {
        "port": 0,
        "ip": "127.0.0.1",
        "open_browser": False,
        "allow_root": True,
        "root_dir": folder,
        "base_url": "/user/a@b/",
        "jpserver_extensions": "automatosx_nb=True",
    }
    command = [
        sys.executable,
        "-m",
        "jupyter_server",
        *(f"--ServerApp.{name}={value}" for name, value in options.items()),
    ]
    command += [f"--IdentityProvider.token={TOKEN}", f"--AutomatosxExtension.home={folder / 'registry'}"]
    jupyter = {f"JUPYTER_{name}_DIR": str(folder / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    environment = {**os.environ, **jupyter, "AUTOMATOSX_HOME": str(folder / "home")}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stderr is not None
        try:
            found = next(
                filter(None, (re.search(r"http://127\.0\.0\.1:\d+/user/[^/]+/", line) for line in server.stderr))
            )
            yield found[0] + "automatosx"
        finally:
            server.terminate()
            server.stderr.read()


WAYS = {"embedded": None, "http": ClientLimits(fresh_s=0), "in parts": ClientLimits(fresh_s=0, whole_kb=0)}
"""To a registry; in parts, nothing is small enough for one request. None: by no client."""


@pytest.fixture
def reached(
    request: pytest.FixtureRequest, owner: EmbeddedRegistry, place: tuple[str, str], tmp_path: Path
) -> Callable[[str], AbstractContextManager[Registry]]:
    """Opens the registry by one of :data:`WAYS`."""

    @contextmanager
    def by(way: str) -> Iterator[Registry]:
        limits = WAYS[way]
        if limits is None:
            with EmbeddedRegistry.at(*place) as opened:
                yield opened
            return
        address, token = request.getfixturevalue("served")
        with RemoteRegistry(address, tmp_path, token=token, limits=limits) as remote:
            yield remote

    return by


@pytest.fixture(params=["embedded", "http"])
def registry(
    request: pytest.FixtureRequest, reached: Callable[[str], AbstractContextManager[Registry]]
) -> Iterator[Registry]:
    with reached(request.param) as registry:
        yield registry


def test_a_plugin_is_the_same_everywhere(registry: Registry, owner: EmbeddedRegistry) -> None:
    for plugin in (DOCTOR, TABLES, DRAFT):
        assert registry.plugin(plugin) == owner.plugin(plugin)
    assert registry.plugin(DOCTOR).readme.startswith("# Ünïcode")


def test_what_a_resolver_needs_is_the_same_everywhere(registry: Registry, owner: EmbeddedRegistry) -> None:
    assert registry.releases(DOCTOR) == owner.releases(DOCTOR)
    assert [str(each.version) for each in registry.releases(DOCTOR)] == ["2.0.0-beta.1", "1.1.0+build.7", "1.0.0"]
    assert registry.releases(DOCTOR)[-1].advisories[0].disables


def test_whose_name_is_taken_is_the_same_everywhere(registry: Registry) -> None:
    assert [registry.has_publisher(name) for name in ("acme", "acm", "acme.csv-doctor", "ü/?#")] == [True] + [False] * 3


def test_an_unknown_plugin_has_no_releases(registry: Registry) -> None:
    assert list(registry.releases("acme.nothing")) == []


def test_many_are_asked_for_together_and_each_is_answered(registry: Registry, owner: EmbeddedRegistry) -> None:
    asked = [DOCTOR, "acme.nothing", TABLES]
    assert dict(registry.releases_many(asked)) == {plugin: owner.releases(plugin) for plugin in asked}
    assert dict(registry.releases_many([])) == {}


@pytest.mark.parametrize(
    "query",
    [
        SearchQuery(),
        SearchQuery("docter"),
        SearchQuery("tables & joined?", sort="name"),
        SearchQuery(category="geospatial"),
        SearchQuery(publisher="acme", verified=True),
        SearchQuery(verified=False),
        SearchQuery("ünïcode"),
        SearchQuery("nothing-like-that"),
    ],
)
def test_a_search_finds_the_same_everywhere(registry: Registry, owner: EmbeddedRegistry, query: SearchQuery) -> None:
    assert registry.search(query) == owner.search(query)


def test_pages_follow_each_other(registry: Registry) -> None:
    first = registry.search(SearchQuery(sort="name", size=1))
    assert first.next is not None
    second = registry.search(SearchQuery(sort="name", size=1, cursor=first.next))
    assert [each.id for each in (*first.items, *second.items)] == [DOCTOR, SHOWN]


@pytest.mark.parametrize(
    "query",
    [
        SearchQuery(size=0),
        SearchQuery(size=101),
        SearchQuery("x" * 300),
        SearchQuery(sort="stars"),  # type: ignore[arg-type]
        SearchQuery(cursor="nonsense"),
    ],
)
def test_a_search_that_is_none_is_refused_with_the_same_words(
    registry: Registry, owner: EmbeddedRegistry, query: SearchQuery
) -> None:
    assert said_by(InvalidSearch, lambda: registry.search(query)) == said_by(InvalidSearch, lambda: owner.search(query))


@pytest.mark.parametrize("plugin", ["acme.csv-docter", "a/b", "..", ".", "acme.csv doctor?", "ünï", "a%2Fb"])
def test_an_unknown_plugin_is_refused_with_the_nearest(
    registry: Registry, owner: EmbeddedRegistry, plugin: str
) -> None:
    said = said_by(UnknownPlugin, lambda: registry.plugin(plugin))
    assert said["plugin"] == plugin
    if plugin.strip("."):
        assert said == said_by(UnknownPlugin, lambda: owner.plugin(plugin))


def test_an_unknown_release_is_refused_with_those_that_there_are(registry: Registry) -> None:
    for ask in (registry.changelog, lambda *each: b"".join(registry.artifact(*each))):
        said = said_by(UnknownRelease, lambda ask=ask: ask(DOCTOR, "9.0.0"))  # type: ignore[misc]
        assert said["available"] == ("2.0.0-beta.1", "1.1.0+build.7", "1.0.0")
        said_by(UnknownPlugin, lambda ask=ask: ask("acme.nothing", "9.0.0"))  # type: ignore[misc]


@pytest.mark.parametrize("start", [0, 1, 300])
def test_an_artifact_comes_whole_or_from_where_it_is_wanted(
    registry: Registry, owner: EmbeddedRegistry, start: int
) -> None:
    whole = b"".join(owner.artifact(DOCTOR, "1.1.0+build.7"))
    assert b"".join(registry.artifact(DOCTOR, "1.1.0+build.7", start=start)) == whole[start:]


def test_a_download_is_counted_when_it_begins(registry: Registry) -> None:
    """Each of its own plugin: a server tells what another process counted within a minute, and what it gave the short
    way within seconds."""
    plugin, version = (TABLES, "2.1.0") if registry.address == "embedded" else (DOCTOR, "1.0.0")
    before = registry.plugin(plugin).summary.downloads
    b"".join(registry.artifact(plugin, version))
    b"".join(registry.artifact(plugin, version, start=10))
    deadline = time.monotonic() + 90
    while (counted := registry.plugin(plugin).summary.downloads) == before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert counted == before + 1


def test_a_changelog_is_the_same_everywhere(registry: Registry, owner: EmbeddedRegistry) -> None:
    assert registry.changelog(DOCTOR, "1.1.0+build.7") == owner.changelog(DOCTOR, "1.1.0+build.7")


def test_what_checks_found_is_the_same_everywhere(registry: Registry, owner: EmbeddedRegistry) -> None:
    assert registry.checked(DOCTOR, "1.0.0") == owner.checked(DOCTOR, "1.0.0")
    assert "readme" in [each.check for each in registry.checked(DOCTOR, "1.0.0")]


def test_what_a_release_shows_is_the_same_everywhere(registry: Registry) -> None:
    first, second = registry.screenshots(SHOWN, "1.0.0")
    assert first == ShownPicture("docs/two words.webp", "More <b>", "image/webp", 96, 64)
    assert (second.file, second.media_type) == ("docs/bars.png", "image/png")
    assert registry.picture(SHOWN, "1.0.0", first) == (PICTURES / "lossy.webp").read_bytes()
    assert registry.picture(SHOWN, "1.0.0", replace(second, width=97)) is None
    assert registry.screenshots(DOCTOR, "1.0.0") == ()
    said_by(UnknownRelease, lambda: registry.screenshots(SHOWN, "9.0.0"))


@pytest.fixture(scope="module")
def make(folder: Path) -> Callable[..., bytes]:
    from tests.registry.conftest import write_plugin

    names = iter(range(1_000))

    def artifact(*args: Any, **parts: Any) -> bytes:
        return package.build(write_plugin(folder / "more" / str(next(names)), *args, **parts))

    return artifact


def test_what_is_checked_is_what_publishing_finds_and_nothing_is_kept(
    registry: Registry, make: Callable[..., bytes]
) -> None:
    data = make("nordic.unsent", readme=" ")
    failed = [check.check for check in registry.check(data) if check.severity == "error"]
    assert failed == ["readme"]
    with pytest.raises(UnknownPlugin):
        registry.plugin("nordic.unsent")


def test_why_an_artifact_cannot_be_read_is_told_as_results_everywhere(
    registry: Registry, make: Callable[..., bytes]
) -> None:
    (archive,) = registry.check(b"PK no zip")
    assert (archive.check, archive.passed, archive.severity) == ("archive", False, "error")
    found = registry.check(unreadable(make("nordic.faulty")))
    assert [(each.check, each.severity, each.file) for each in found] == [
        ("archive", "error", "setup.py"),
        ("manifest", "error", "plugin.toml"),
        ("manifest", "error", "plugin.toml"),
        ("readme", "error", "README.md"),
        ("secrets", "error", "docs/key.txt"),
    ]
    assert "extra: found an unknown key" in " ".join(each.message for each in found)


def test_publishing_what_cannot_be_read_is_refused_with_all_that_checking_it_finds(
    registry: Registry, make: Callable[..., bytes]
) -> None:
    data = unreadable(make("nordic.faulty"))
    with pytest.raises(PublishRefused) as signed:
        registry.publish(data, stage=Stage.STABLE, signature=b"none")
    with pytest.raises(PublishRefused) as caught:
        registry.publish(data, stage=Stage.STABLE)
    assert signed.value.findings == caught.value.findings
    told = [replace(each, duration_ms=0.0) for each in caught.value.checks]
    assert told == [replace(each, duration_ms=0.0) for each in registry.check(data)]
    assert [finding.partition(":")[0] for finding in caught.value.findings] == [
        "setup.py",
        "plugin.toml",
        "plugin.toml",
        "README.md",
        "docs/key.txt, line 1",
    ]


def test_publishing_is_the_same_everywhere(
    registry: Registry, owner: EmbeddedRegistry, make: Callable[..., bytes], request: pytest.FixtureRequest
) -> None:
    name = f"nordic.sent-{request.node.callspec.params['registry']}"
    data = make(name)
    report = registry.publish(data, stage=Stage.BETA)
    assert (report.id, report.version, report.stage, report.created) == (name, "1.0.0", Stage.BETA, True)
    assert report.sha256 == package.digest(data)
    again = registry.publish(data, stage=Stage.STABLE)
    assert (again.created, again.stage, again.checks) == (False, Stage.BETA, report.checks)
    assert b"".join(owner.artifact(name, "1.0.0")) == data


def test_what_is_not_published_is_refused_the_same_way_everywhere(
    registry: Registry, owner: EmbeddedRegistry, make: Callable[..., bytes]
) -> None:
    attempts: list[tuple[type[AutomatosxError], bytes]] = [
        (ReleaseExists, make(DRAFT, "0.1.0", summary="Other bytes.")),
        (PublishRefused, make("nordic.refused", readme=" ", changelog="## 9.0.0\n")),
        (NotAnArchive, b"PK no zip"),
        (PublishRefused, unreadable(make("nordic.faulty"))),
    ]
    for kind, data in attempts:
        told, here = ({**said_by(kind, partial(at.publish, data, stage=Stage.STABLE))} for at in (registry, owner))
        for said in (told, here):
            said.pop("checks", None)  # which took another time
        assert told == here


@pytest.fixture(params=WAYS)
def sending(
    request: pytest.FixtureRequest, reached: Callable[[str], AbstractContextManager[Registry]]
) -> Iterator[Registry]:
    """As :func:`registry`, also in parts."""
    with reached(request.param) as registry:
        yield registry


@pytest.mark.parametrize(("deleted", "is_signed"), [(False, False), (True, False), (False, True)])
def test_a_version_that_is_taken_is_told_with_all_else_that_is_wrong_everywhere(
    sending: Any, owner: EmbeddedRegistry, make: Callable[..., bytes], deleted: bool, is_signed: bool
) -> None:
    key = SigningKey.new()
    plugin = f"nordic.taken-{key.id[:8]}"
    statement = succession_statement("nordic", "", key.id)
    owner.publish(make(plugin))
    owner.keys.register(everybody(), "nordic", key.public_text, "k", key.sign(SUCCESSION, statement))
    if deleted:
        owner.moderation.quarantine(everybody(), plugin, "1.0.0", "It leaks.")
        owner.moderation.delete(everybody(), plugin, "1.0.0", "It leaks.")
    data = make(plugin, readme=" ", changelog="## 9.0.0\n")
    signature = sign(package.read(data), key) if is_signed else None
    with pytest.raises(PublishRefused) as caught:
        sending.publish(data, stage=Stage.STABLE, signature=signature)
    assert type(caught.value) is (VersionUsed if deleted else ReleaseExists)
    assert [finding.partition(":")[0] for finding in caught.value.findings] == [
        "README.md",
        "CHANGELOG.md",
        "plugin.toml",
    ]
    found = sending.check(data)
    assert [each.check for each in found if each.severity == "error"] == ["readme", "changelog", "version"]
    assert [replace(each, duration_ms=0.0) for each in caught.value.checks] == [
        replace(each, duration_ms=0.0) for each in found
    ]
    assert f"{plugin} 1.0.0" in str(caught.value)
    assert "raise 'version'" in caught.value.next_step()


def test_a_quarantine_is_told_with_all_else_that_is_wrong_everywhere(
    sending: Any, owner: EmbeddedRegistry, make: Callable[..., bytes], request: pytest.FixtureRequest
) -> None:
    plugin = f"nordic.kept-{request.node.callspec.params['sending'].replace(' ', '-')}"
    owner.publish(make(plugin))
    owner.moderation.quarantine(everybody(), plugin, None, "It reads keys.")
    with pytest.raises(PluginQuarantined, match="It reads keys"):
        sending.publish(make(plugin, "1.1.0"), stage=Stage.STABLE)
    data = make(plugin, "1.1.0", readme=" ")
    with pytest.raises(PublishRefused) as caught:
        sending.publish(data, stage=Stage.STABLE)
    assert [each.check for each in caught.value.checks if each.severity == "error"] == ["readme", "quarantine"]
    assert [each.check for each in sending.check(data) if each.severity == "error"] == ["readme", "quarantine"]
    assert f"all of {plugin} is quarantined: It reads keys." in caught.value.findings[-1]
    assert "reviewers can release it" in caught.value.findings[-1]
    taken = make(plugin, summary="Other bytes.")
    with pytest.raises(ReleaseExists) as both:
        sending.publish(taken, stage=Stage.STABLE)
    assert [each.check for each in both.value.checks if each.severity == "error"] == ["version", "quarantine"]


def test_an_address_beside_a_registry_is_said_to_be_none(
    served: tuple[str, str], place: tuple[str, str], tmp_path: Path, make: Any
) -> None:
    jupyter = place[0].startswith("sqlite")
    said = "is a Jupyter server with no registry at that path" if jupyter else "is no registry.*answers 404 Not Found"
    with RemoteRegistry(served[0] + "/elsewhere", tmp_path, token=served[1]) as remote:
        for attempt in (remote.publish, remote.check):
            with pytest.raises(RegistryAnswerInvalid, match=said):
                attempt(make())


def said_by(kind: type[AutomatosxError], ask: Callable[[], object]) -> dict[str, Any]:
    """What the error carries."""
    with pytest.raises(kind) as caught:
        ask()
    return vars(caught.value)


def test_people_act_in_the_same_rooms_everywhere(registry: Any, owner: EmbeddedRegistry) -> None:
    me, here = everybody(), registry.address.replace("http://", "").replace("/", "").replace(":", "-")[:9].strip("-.")
    user = f"ann-{here} / &?"
    owner.access.put_member(me, "acme", "keeper", owner=True)
    assert registry.access.put_member(me, "acme", user, owner=True) == owner.access.publisher(me, "acme")
    assert owner.access.actor(user).owns == {"acme"}
    registry.access.remove_member(me, "acme", user)
    with pytest.raises(UnknownMember) as unknown:
        registry.access.remove_member(me, "acme", user)
    assert (unknown.value.publisher, unknown.value.user) == ("acme", user)
    assert user in [each.user for each in registry.access.grant_role(me, user, Role.REVIEWER)]
    assert registry.access.withdraw_role(me, user, Role.REVIEWER) == owner.access.roles(me)
    assert registry.access.verify(me, "acme", verified=True).verified
    made = registry.tokens.new(me, "ci", {Scope.READ, Scope.PUBLISH}, 7, user=user)
    assert owner.tokens.holder(made.secret).scopes == (Scope.READ, Scope.PUBLISH)
    assert registry.tokens.revoke(me, made.token.id).revoked is not None
    assert registry.tokens.all(me, user=user) == owner.tokens.all(me, user=user)
    with pytest.raises(UnknownToken):
        registry.tokens.revoke(me, "0" * 32)


def test_keys_and_signatures_are_kept_the_same_everywhere(registry: Any, owner: EmbeddedRegistry) -> None:
    me, old, new = everybody(), SigningKey.new(), SigningKey.new()
    first, then = succession_statement("acme", "", old.id), succession_statement("acme", old.id, new.id)
    registry.keys.register(me, "acme", old.public_text, "old", old.sign(SUCCESSION, first))
    unpacked = package.read(b"".join(owner.artifact(TABLES, "2.1.0")))
    assert registry.keys.sign(me, TABLES, "2.1.0", sign(unpacked, old)).key == old.id
    with pytest.raises(InvalidSignatureFile):
        registry.keys.sign(me, TABLES, "2.1.0", b"{}")
    with pytest.raises(InvalidSignature):
        registry.keys.sign(me, DOCTOR, "1.0.0", sign(unpacked, old))
    both = {"announced": old.sign(SUCCESSION, then), "proof": new.sign(SUCCESSION, then)}
    assert registry.keys.rotate(me, "acme", old.id, new.public_text, "new", **both).replaces == old.id
    with pytest.raises(KeyRefused, match="retired"):
        registry.keys.sign(me, TABLES, "2.1.0", sign(unpacked, old))
    assert registry.plugin(TABLES).releases[0].signature.key == old.id
    registry.keys.revoke(me, "acme", old.id, since="2020-01-01T00:00:00Z", reason="lost")
    assert registry.releases(TABLES)[0].signed is None
    assert registry.keys.all(me, "acme") == owner.keys.all(me, "acme") == registry.plugin(TABLES).keys


def test_what_is_signed_is_published_with_its_signature_everywhere(
    registry: Any, owner: EmbeddedRegistry, make: Callable[..., bytes]
) -> None:
    me, key, retired = everybody(), SigningKey.new(), SigningKey.new()
    for each in (key, retired):
        registry.keys.register(
            me, "nordic", each.public_text, "k", each.sign(SUCCESSION, succession_statement("nordic", "", each.id))
        )
    plugin = f"nordic.signed-{key.id[:8]}"
    data = make(plugin)
    report = registry.publish(data, stage=Stage.STABLE, signature=sign(package.read(data), key))
    assert (report.stage, report.wanted, report.created) == (Stage.STABLE, None, True)
    assert registry.releases(plugin)[0].signed == owner.releases(plugin)[0].signed == key.id
    registry.keys.revoke(me, "nordic", retired.id, since="2020-01-01T00:00:00Z", reason="lost")
    later = make(plugin, "1.1.0")
    with pytest.raises(KeyRefused, match="was revoked"):
        registry.publish(later, stage=Stage.STABLE, signature=sign(package.read(later), retired))
    with pytest.raises(UnknownKey):
        registry.publish(later, stage=Stage.STABLE, signature=sign(package.read(later), SigningKey.new()))
    assert [str(each.version) for each in registry.releases(plugin)] == ["1.0.0"]
    assert registry.publish(later, stage=Stage.BETA, signature=sign(package.read(later), key)).stage is Stage.BETA
