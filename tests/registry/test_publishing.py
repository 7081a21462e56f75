from __future__ import annotations

import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from automatosx_nb import catalog, package
from automatosx_nb.errors import (
    ActionForbidden,
    ArtifactMismatch,
    NotAnArchive,
    PublishRefused,
    ReleaseExists,
    UnknownPlugin,
    UnknownRelease,
)
from automatosx_nb.model.identity import Actor, Role, owner
from automatosx_nb.model.names import BUNDLED_PUBLISHERS, publisher_of
from automatosx_nb.model.publishing import PublishPolicy
from automatosx_nb.model.release import SearchQuery, Stage
from automatosx_nb.model.signatures import SUCCESSION, succession_statement
from automatosx_nb.package.signing import SigningKey
from automatosx_nb.registry.catalog import publish_folder_tree
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.servers.postgresql import PostgreSQL
from tests.servers.s3 import S3

Build = Callable[..., bytes]


def test_what_was_published_is_found_described_and_downloaded(registry: EmbeddedRegistry, build: Build) -> None:
    data = build(permissions={"storage": "Keeps it."}, needs={"acme.tables": "^2.1"}, source=STORES)
    report = registry.publish(data)
    assert (report.created, report.stage, report.version) == (True, Stage.STABLE, "1.0.0")
    detail = registry.plugin("acme.csv-doctor")
    assert detail.summary.permissions == {"storage": "Keeps it."}
    assert detail.authors == ("Ada",)
    (release,) = detail.releases
    assert release.dependencies == {"acme.tables": "^2.1"}
    assert release.contributions == {"magics": ("doctor",)}
    assert (release.sha256, release.size) == (report.sha256, len(data))
    assert b"".join(registry.artifact("acme.csv-doctor", "1.0.0")) == data
    assert registry.changelog("acme.csv-doctor", "1.0.0").startswith("## 1.0.0")
    (index,) = registry.releases("acme.csv-doctor")
    assert (str(index.version), index.sha256, index.size) == ("1.0.0", report.sha256, len(data))
    assert {name: str(wanted) for name, wanted in index.dependencies.items()} == {"acme.tables": "^2.1"}


STORES = "from automatosx_nb.sdk import storage\n\ndef run():\n    return storage.get('k')\n"


def test_the_same_bytes_again_change_nothing(registry: EmbeddedRegistry, build: Build) -> None:
    data = build()
    first = registry.publish(data)
    again = registry.publish(data, stage=Stage.BETA)
    assert not again.created
    assert (again.sha256, again.stage, again.checks) == (first.sha256, Stage.STABLE, first.checks)
    assert len(registry.releases("acme.csv-doctor")) == 1


@pytest.mark.parametrize("version", ["1.0.0", "1.0.0+other.build"])
def test_a_version_is_never_reused_for_other_bytes(registry: EmbeddedRegistry, build: Build, version: str) -> None:
    first = build()
    registry.publish(first)
    with pytest.raises(ReleaseExists, match=r"acme\.csv-doctor 1\.0\.0"):
        registry.publish(build(version=version, summary="Something else."))
    assert b"".join(registry.artifact("acme.csv-doctor", "1.0.0")) == first


def test_an_artifact_that_cannot_be_read_is_refused(registry: EmbeddedRegistry) -> None:
    with pytest.raises(NotAnArchive):
        registry.publish(b"not a zip")
    assert registry.known() == ()


def test_everything_that_is_wrong_is_said_at_once_and_nothing_is_kept(
    registry: EmbeddedRegistry, build: Build, home: Path
) -> None:
    source = "import pyarrow as pa\nfrom automatosx_nb.sdk import storage\n\ndef run():\n    return pa.table\n"
    with pytest.raises(PublishRefused) as caught:
        registry.publish(build(readme=" ", changelog="## 11.0.0\n", source=source))
    assert caught.value.findings == (
        "README.md: is missing or empty: say what the plugin does and show one use",
        "CHANGELOG.md: does not mention 1.0.0: say what changed in it",
        "src/body.py, line 1: the use of pyarrow needs the permission 'modules:pyarrow', "
        "which plugin.toml does not ask for",
        "src/body.py, line 2: the use of automatosx_nb.sdk.storage needs the permission 'storage', "
        "which plugin.toml does not ask for",
    )
    assert registry.known() == ()
    assert not (home / "blobs").exists()
    assert registry.publish(build()).created, "the version was not used up"


@pytest.mark.parametrize("alike", ["acme.csvdoctor", "acme.csv-d0ctor", "ac-me.csv-doctor", "acme.csv-doct0r"])
def test_an_id_that_looks_like_anothers_is_refused(registry: EmbeddedRegistry, build: Build, alike: str) -> None:
    registry.publish(build())
    with pytest.raises(PublishRefused, match=r"looks like 'acme\.csv-doctor'"):
        registry.publish(build(alike))
    assert registry.known() == ("acme.csv-doctor",)


def test_a_permission_that_nothing_uses_is_a_warning_not_a_refusal(registry: EmbeddedRegistry, build: Build) -> None:
    report = registry.publish(build(permissions={"storage": "Perhaps later."}))
    (warning,) = [check for check in report.checks if check.check == "permissions"]
    assert (warning.severity, warning.passed) == ("warning", False)
    assert "asks for 'storage', which nothing in src/ uses" in warning.message


@pytest.mark.parametrize(
    "source",
    [
        "from automatosx_nb import sdk\ndef run():\n    return sdk.storage.get('k')\n",
        "import automatosx_nb.sdk as kit\ndef run():\n    return kit.storage.get('k')\n",
        "import automatosx_nb.sdk.storage\ndef run():\n    return 1\n",
        "def run():\n    from automatosx_nb.sdk.storage import get\n    return get('k')\n",
    ],
)
def test_storage_is_seen_however_it_is_imported(registry: EmbeddedRegistry, build: Build, source: str) -> None:
    with pytest.raises(PublishRefused, match=r"'storage', which plugin\.toml does not ask for"):
        registry.publish(build(source=source))
    assert registry.publish(build(source=source, optional={"storage": "Keeps it."})).created


def test_variables_are_seen_whichever_of_them_are_asked_for(registry: EmbeddedRegistry, build: Build) -> None:
    source = "from automatosx_nb.sdk import variables\n\ndef run():\n    return variables.names()\n"
    with pytest.raises(PublishRefused, match=r"sdk.variables needs a permission of the kind 'variables:…', which"):
        registry.publish(build(source=source))
    asked = {"variables:read:train_*": "Watches them."}
    assert registry.publish(build(source=source, permissions=asked)).created
    report = registry.publish(build(version="1.1.0", permissions=asked))
    assert any("asks for 'variables:read:train_*', which nothing" in finding.message for finding in report.checks)


def test_summaries_show_the_newest_stable_release(registry: EmbeddedRegistry, build: Build) -> None:
    for version, stage in (("1.9.0", "stable"), ("1.10.0", "stable"), ("2.0.0-rc.1", "stable"), ("3.0.0", "beta")):
        registry.publish(build(version=version), stage=Stage(stage))
    assert registry.plugin("acme.csv-doctor").summary.version == "1.10.0"
    (found,) = registry.search(SearchQuery("doctor")).items
    assert found.version == "1.10.0"
    versions = [release.version for release in registry.plugin("acme.csv-doctor").releases]
    assert versions == ["3.0.0", "2.0.0-rc.1", "1.10.0", "1.9.0"]


def test_a_draft_is_not_found_by_searching(registry: EmbeddedRegistry, build: Build) -> None:
    registry.publish(build(), stage=Stage.DRAFT)
    assert registry.search(SearchQuery("doctor")).total == 0
    assert registry.plugin("acme.csv-doctor").releases[0].stage is Stage.DRAFT


def test_an_unknown_plugin_comes_with_the_nearest_ids(registry: EmbeddedRegistry, build: Build) -> None:
    registry.publish(build())
    for ask in (registry.plugin, lambda name: registry.changelog(name, "1.0.0")):
        with pytest.raises(UnknownPlugin) as caught:
            ask("csv-docter")
        assert caught.value.nearest == ("acme.csv-doctor",)
    assert registry.releases("csv-docter") == []


def test_an_unknown_release_comes_with_those_there_are(registry: EmbeddedRegistry, build: Build) -> None:
    registry.publish(build())
    with pytest.raises(UnknownRelease) as caught:
        registry.artifact("acme.csv-doctor", "9.9.9")
    assert caught.value.available == ("1.0.0",)


def test_downloads_are_counted_and_shown(registry: EmbeddedRegistry, build: Build, home: Path) -> None:
    registry.publish(build())
    registry.search(SearchQuery())
    for _ in range(3):
        b"".join(registry.artifact("acme.csv-doctor", "1.0.0"))
    assert registry.plugin("acme.csv-doctor").summary.downloads == 3
    assert registry.search(SearchQuery()).items[0].downloads == 3
    registry.close()
    with EmbeddedRegistry(home) as other:
        assert other.search(SearchQuery()).items[0].downloads == 3


def test_an_artifact_that_was_altered_on_disk_is_not_handed_out(
    registry: EmbeddedRegistry, build: Build, home: Path
) -> None:
    report = registry.publish(build())
    (home / "blobs" / "sha256" / report.sha256[:2] / report.sha256).write_bytes(b"other")
    with pytest.raises(ArtifactMismatch) as caught:
        registry.artifact("acme.csv-doctor", "1.0.0")
    assert caught.value.expected == report.sha256
    assert registry.plugin("acme.csv-doctor").summary.downloads == 0


def test_a_release_published_by_another_process_is_found_at_once(
    registry: EmbeddedRegistry, build: Build, home: Path
) -> None:
    assert registry.search(SearchQuery("doctor")).total == 0
    with EmbeddedRegistry(home) as other:
        other.publish(build())
    assert registry.search(SearchQuery("doctor")).total == 1


def test_searches_on_other_threads_see_whole_states_while_releases_arrive(
    registry: EmbeddedRegistry, build: Build
) -> None:
    artifacts = [build(f"acme.tables-{letter}", keywords=("table",)) for letter in "abcdefgh"]
    done = threading.Event()

    def look() -> list[int]:
        totals = []
        while not done.is_set():
            page = registry.search(SearchQuery("table", size=100))
            assert page.total == len(page.items) == page.facets["publisher"].get("acme", 0)
            totals.append(page.total)
        return totals

    with ThreadPoolExecutor(3) as threads:
        looking = [threads.submit(look) for _ in range(3)]
        for artifact in artifacts:
            registry.publish(artifact)
        done.set()
        for found in looking:
            assert found.result() == sorted(found.result())
    assert registry.search(SearchQuery("table")).total == len(artifacts)


RACE = """
import pathlib, sys
from automatosx_nb.registry.service import EmbeddedRegistry
artifact, *place = sys.argv[1:]
data = pathlib.Path(artifact).read_bytes()
print("ready", flush=True)
sys.stdin.readline()
try:
    with EmbeddedRegistry.at(*place) if place[1:] else EmbeddedRegistry(pathlib.Path(place[0])) as registry:
        print(registry.publish(data).created)
except Exception as error:
    print(type(error).__name__)
"""


def race(artifacts: list[Path], *place: Path | str) -> list[str]:
    """Publish from as many processes as there are artifacts, all let go at once, into a home that does not exist, or
    at two URLs."""
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, str(artifact), *map(str, place)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for artifact in artifacts
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("\n")
        racer.stdin.flush()
    return sorted(racer.communicate()[0].strip() for racer in racers)


def test_of_processes_that_publish_the_same_bytes_one_creates_and_all_succeed(
    tmp_path: Path, home: Path, build: Build
) -> None:
    artifact = tmp_path / "a.axp"
    artifact.write_bytes(build())
    assert race([artifact] * 3, home) == ["False", "False", "True"]


def test_of_processes_that_publish_other_bytes_as_one_version_exactly_one_wins(
    tmp_path: Path, home: Path, build: Build
) -> None:
    artifacts = [tmp_path / f"{number}.axp" for number in range(3)]
    for number, artifact in enumerate(artifacts):
        artifact.write_bytes(build(summary=f"Number {number}."))
    assert race(artifacts, home) == ["ReleaseExists", "ReleaseExists", "True"]
    with EmbeddedRegistry(home) as registry:
        assert len(registry.releases("acme.csv-doctor")) == 1


def test_of_nodes_that_publish_other_bytes_as_one_version_in_an_empty_database_exactly_one_wins(
    tmp_path: Path, postgresql: PostgreSQL, s3: S3, build: Build
) -> None:
    place = postgresql.database(), s3.bucket()
    artifacts = [tmp_path / f"{number}.axp" for number in range(2)]
    for number, artifact in enumerate(artifacts):
        artifact.write_bytes(build(summary=f"Number {number}."))
    assert race(artifacts, *place) == ["ReleaseExists", "True"]
    with EmbeddedRegistry.at(*place) as registry:
        assert len(registry.releases("acme.csv-doctor")) == 1
        found = registry.keeping.verify()
        assert (found.whole, found.is_sound) == (1, True)


def test_of_processes_that_publish_look_alikes_exactly_one_wins(tmp_path: Path, home: Path, build: Build) -> None:
    artifacts = [tmp_path / f"{number}.axp" for number in range(2)]
    for artifact, plugin in zip(artifacts, ("acme.csv-doctor", "acme.csvdoctor"), strict=True):
        artifact.write_bytes(build(plugin))
    assert race(artifacts, home) == ["PublishRefused", "True"]


def test_a_folder_tree_is_published_once_in_semver_order_by_a_verified_publisher(
    registry: EmbeddedRegistry, tmp_path: Path, plugin_folder: Callable[..., Path]
) -> None:
    root = tmp_path / "catalog"
    for version in ("1.0.0", "1.9.0", "1.10.0"):
        plugin_folder(root / "csv-doctor" / version, version=version)
    reports = publish_folder_tree(registry, root)
    assert [report.version for report in reports] == ["1.0.0", "1.9.0", "1.10.0"]
    assert registry.plugin("acme.csv-doctor").summary.verified
    assert publish_folder_tree(registry, root) == ()
    plugin_folder(root / "csv-doctor" / "2.0.0", version="2.0.0")
    assert [report.version for report in publish_folder_tree(registry, root)] == ["2.0.0"]


def test_verifying_a_publisher_shows_in_a_search_that_was_asked_before(
    registry: EmbeddedRegistry, build: Build
) -> None:
    registry.publish(build())
    assert registry.search(SearchQuery(verified=True)).total == 0
    registry.access.verify(owner(), "acme", verified=True)
    assert registry.search(SearchQuery(verified=True)).total == 1


def test_a_verified_publishers_name_is_nobody_elses_to_publish_under(registry: EmbeddedRegistry, build: Build) -> None:
    registry.publish_bundled(build("acme.demo", "1.0.0"))
    for plugin, version in (("acme.mine", "1.0.0"), ("acme.demo", "2.0.0")):
        with pytest.raises(PublishRefused) as caught:
            registry.publish(build(plugin, version))
        assert "'acme' is verified here" in str(caught.value)
    both = build("acme.demo", "1.0.0", readme=" ")
    with pytest.raises(ReleaseExists) as taken:
        registry.publish(both)
    wrong = [each.check for each in taken.value.checks if each.severity == "error"]
    assert wrong == ["readme", "version", "publisher"]
    assert [each.check for each in registry.check(both) if each.severity == "error"] == wrong
    assert registry.known() == ("acme.demo",)
    assert registry.plugin("acme.demo").summary.verified
    registry.publish(build("other.mine", "1.0.0"))
    assert not registry.plugin("other.mine").summary.verified


@pytest.mark.parametrize(
    ("call", "needed", "covering"),
    [
        (
            "http.get('https://api.example.org/v1/x', params={})",
            "network:api.example.org/v1/x:GET",
            "network:api.example.org/v1",
        ),
        ("http.post('https://api.example.org/')", "network:api.example.org:POST", "network:api.example.org:POST"),
        ("files.read_text('data/a.csv')", "files:read:data/a.csv", "files:read:data/*"),
        ("files.list('data/**')", "files:read:data/**", "files:read:data/**"),
        ("files.write_bytes('out/a', b'')", "files:write:out/a", "files:write:**"),
        ("secrets.get('token')", "secrets:token", "secrets:token"),
    ],
)
def test_a_call_that_says_what_it_wants_is_held_against_what_is_asked_for(
    registry: EmbeddedRegistry, build: Build, call: str, needed: str, covering: str
) -> None:
    module = call.partition(".")[0]
    source = f"from automatosx_nb.sdk import {module}\n\ndef run():\n    return {call}\n"
    another = {"network": "network:else.example.org", "files": "files:read:else", "secrets": "secrets:else"}
    with pytest.raises(PublishRefused) as caught:
        registry.publish(build(source=source, permissions={another[needed.partition(":")[0]]: "Something else."}))
    assert f"needs the permission {needed!r}" in str(caught.value)
    assert registry.publish(build(source=source, optional={covering: "Needs it."})).created


@pytest.mark.parametrize(
    ("module", "kind", "any_of_it"),
    [
        ("http", "network", "network:a.example.org"),
        ("files", "files", "files:read:*"),
        ("secrets", "secrets", "secrets:a"),
    ],
)
def test_a_capability_needs_some_permission_of_its_kind_and_one_that_nothing_uses_is_told(
    registry: EmbeddedRegistry, build: Build, module: str, kind: str, any_of_it: str
) -> None:
    source = f"from automatosx_nb.sdk import {module}\n\ndef run(what='x'):\n    return {module}\n"
    with pytest.raises(PublishRefused, match=f"sdk.{module} needs a permission of the kind '{kind}:…'"):
        registry.publish(build(source=source))
    assert registry.publish(build(source=source, permissions={any_of_it: "Needs it."})).created
    report = registry.publish(build(version="1.0.1", permissions={any_of_it: "Perhaps later."}, changelog="## 1.0.1\n"))
    (warning,) = [check for check in report.checks if check.check == "permissions"]
    assert f"asks for {any_of_it!r}, which nothing in src/ uses" in warning.message


def test_the_name_of_what_comes_bundled_is_no_users_to_take_first(registry: EmbeddedRegistry, build: Build) -> None:
    mallory = Actor("mallory", roles=frozenset({Role.ADMIN}))
    artifact = build("automatosx.evil")
    view = registry.seen_by(mallory)
    for claim in (view.publish, view.check):
        with pytest.raises(ActionForbidden, match="membership of 'automatosx'"):
            claim(artifact)
    key = SigningKey.new()
    proof = key.sign(SUCCESSION, succession_statement("automatosx", "", key.id))
    with pytest.raises(ActionForbidden, match="membership of 'automatosx'"):
        registry.keys.register(mallory, "automatosx", key.public_text, "laptop", proof)
    assert not registry.has_publisher("automatosx")
    registry.publish_bundled(build("automatosx.real"))
    registry.access.put_member(owner(), "automatosx", "ada")
    assert view.seen_by(registry.access.actor("ada")).publish(build("automatosx.more")).created
    assert registry.publish_bundled(build("automatosx.real", "1.1.0")).created


def test_every_bundled_plugin_has_a_publisher_whose_name_is_kept() -> None:
    ids = [tomllib.loads(each.read_text("utf-8"))["plugin"]["id"] for each in catalog.ROOT.glob("*/*/plugin.toml")]
    assert {publisher_of(each) for each in ids} == BUNDLED_PUBLISHERS


@pytest.mark.parametrize("theirs", ["Finds what is wrong with a table.", "Other bytes."])
def test_a_users_publisher_is_not_verified_by_what_comes_bundled(
    registry: EmbeddedRegistry, tmp_path: Path, plugin_folder: Callable[..., Path], build: Build, theirs: str
) -> None:
    root = tmp_path / "catalog"
    plugin_folder(root / "csv-doctor" / "1.0.0")
    registry.seen_by(Actor("mallory")).publish(build(summary=theirs))
    with pytest.raises(PublishRefused, match="members here whom nobody vouched for"):
        publish_folder_tree(registry, root)
    assert not registry.is_verified("acme")


def test_what_its_owner_published_before_it_came_bundled_is_verified_where_it_is_the_same(
    registry: EmbeddedRegistry, tmp_path: Path, plugin_folder: Callable[..., Path]
) -> None:
    root = tmp_path / "catalog"
    registry.publish(package.build(plugin_folder(root / "csv-doctor" / "1.0.0")))
    assert publish_folder_tree(registry, root) == ()
    assert registry.is_verified("acme")
    registry.publish(package.build(plugin_folder(root / "other" / "1.0.0", "other.tables", summary="Mine.")))
    plugin_folder(root / "other" / "1.0.0", "other.tables", summary="Theirs.")
    with pytest.raises(ReleaseExists):
        publish_folder_tree(registry, root)
    assert not registry.is_verified("other")


def test_what_the_community_has_bundled_is_published_once_and_not_verified(
    registry: EmbeddedRegistry, tmp_path: Path, plugin_folder: Callable[..., Path]
) -> None:
    root = tmp_path / "catalog"
    plugin_folder(root / "finder" / "1.0.0", "meadow.finder")
    assert [report.created for report in publish_folder_tree(registry, root)] == [True]
    assert not registry.plugin("meadow.finder").summary.verified
    assert publish_folder_tree(registry, root) == ()
    plugin_folder(root / "finder" / "1.0.0", "meadow.finder", summary="Other bytes under a version that is there.")
    assert publish_folder_tree(registry, root) == ()


def test_a_community_publishers_name_that_users_have_already_stays_theirs(
    registry: EmbeddedRegistry, tmp_path: Path, plugin_folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a registry that is older than what comes bundled now."""
    with monkeypatch.context() as patch:
        for room in ("standing", "releasing"):
            patch.setattr(f"automatosx_nb.registry.{room}.BUNDLED_PUBLISHERS", frozenset({"automatosx"}))
        registry.seen_by(Actor("mallory")).publish(package.build(plugin_folder(tmp_path / "theirs", "meadow.mine")))
    root = tmp_path / "catalog"
    plugin_folder(root / "finder" / "1.0.0", "meadow.finder")
    assert publish_folder_tree(registry, root) == ()
    assert registry.known() == ("meadow.mine",)


def test_documentation_of_what_comes_bundled_is_not_executed_again_even_where_it_has_to_run(
    home: Path, tmp_path: Path, plugin_folder: Callable[..., Path]
) -> None:
    folder = plugin_folder(tmp_path / "told", "automatosx.told", more='docs = ["docs/fails.ipynb"]')
    (folder / "docs").mkdir()
    (folder / "docs" / "fails.ipynb").write_text("no notebook at all", encoding="utf-8")
    policy = PublishPolicy(enforced=frozenset({"notebooks"}))
    with EmbeddedRegistry(home / "registry", policy=lambda: policy) as strict:
        report = strict.publish_bundled(package.build(folder))
    (found,) = [each for each in report.checks if each.check == "notebooks"]
    assert (found.severity, found.passed) == ("warning", False)
