"""Uploads in parts: what came stays, what is published is published once, and what is sent wrongly leaves nothing."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from automatosx_nb.errors import (
    ActionForbidden,
    AutomatosxError,
    InvalidUpload,
    ManifestProblem,
    PublishRefused,
    RegistryBusy,
    TooManyUploads,
    UnknownUpload,
    UploadOffsetDiffers,
    UploadTooLarge,
    UserError,
    VersionUsed,
)
from automatosx_nb.model.identity import Actor, Scope
from automatosx_nb.model.release import PublishReport, Stage
from automatosx_nb.model.upload import Upload, UploadLimits, UploadState
from automatosx_nb.registry import outcomes, schema
from automatosx_nb.registry.database import Database
from automatosx_nb.registry.parts import PartStore
from automatosx_nb.registry.service import EmbeddedRegistry
from automatosx_nb.registry.uploads import Uploads

Build = Callable[..., bytes]
ANN, BOB = Actor("ann", publishers=frozenset({"acme"})), Actor("bob")
READER = Actor("eve", scopes=frozenset({Scope.READ}))
SMALL = UploadLimits(least_part_kb=0, part_mb=1, open_uploads=3)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Room:
    """Nodes of one registry: each :meth:`node` has its own rooms, on the same database and the same bytes."""

    def __init__(self, registry: EmbeddedRegistry) -> None:
        self.registry = registry
        self.clock = Clock()
        self.parts = PartStore(registry._objects)

    def node(self, publish: Any = None, limits: UploadLimits = SMALL) -> Uploads:
        def published(artifact: bytes, stage: Stage, actor: Actor, also: Any) -> PublishReport:
            return self.registry._publish(artifact, stage, actor=actor, also=also)

        return Uploads(self.registry._database, self.parts, publish or published, limits, self.clock)

    @property
    def database(self) -> Database:
        return self.registry._database

    def count(self, table: Any) -> int:
        with self.database.read() as connection:
            return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


@pytest.fixture
def room(registry: EmbeddedRegistry) -> Room:
    return Room(registry)


def sent(node: Uploads, data: bytes, actor: Actor = ANN, size: int = 200, stage: Stage = Stage.STABLE) -> Upload:
    """Every part of ``data``, from wherever the upload stands."""
    upload = node.open(actor, digest(data), len(data), stage)
    while not upload.is_whole:
        part = data[upload.offset : upload.offset + size]
        upload = node.append(actor, upload.id, upload.offset, part, digest(part))
    return upload


def test_what_came_in_parts_is_published_as_what_came_at_once(room: Room, build: Build) -> None:
    data = build()
    upload = sent(room.node(), data, stage=Stage.BETA)
    done = room.node().finish(ANN, upload.id)
    assert done.report is not None
    assert (done.state, done.report.created, done.report.stage) == (UploadState.DONE, True, Stage.BETA)
    assert b"".join(room.registry.artifact("acme.csv-doctor", "1.0.0")) == data
    assert room.parts.kept() == (), "its parts are gone once it is published"


def test_any_node_goes_on_where_another_one_stopped(room: Room, build: Build) -> None:
    data = build()
    first, second = room.node(), room.node()
    opened = first.open(ANN, digest(data), len(data), Stage.STABLE)
    first.append(ANN, opened.id, 0, data[:300], digest(data[:300]))
    again = second.open(ANN, digest(data), len(data), Stage.STABLE)
    assert (again.id, again.offset) == (opened.id, 300)
    assert second.finish(ANN, sent(second, data).id).state is UploadState.DONE


def test_finishing_again_gives_the_same_answer_and_publishes_nothing_more(room: Room, build: Build) -> None:
    upload = sent(room.node(), build())
    answers = [room.node().finish(ANN, upload.id) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2] == room.node().status(ANN, upload.id)
    assert room.count(schema.releases) == room.count(schema.audit) == 1


def test_the_same_bytes_in_another_upload_answer_the_same_report(room: Room, build: Build) -> None:
    data = build()
    first = room.node().finish(ANN, sent(room.node(), data).id).report
    second = room.node().finish(ANN, sent(room.node(), data).id).report
    assert first is not None
    assert second is not None
    assert (first.created, second.created) == (True, False)
    assert (second.checks, second.sha256, second.stage) == (first.checks, first.sha256, first.stage)


def test_a_refusal_is_kept_with_every_finding_and_every_check(room: Room, build: Build) -> None:
    upload = sent(room.node(), build(readme=" ", changelog="## 11.0.0\n"))
    refused = room.node().finish(ANN, upload.id)
    assert refused.state is UploadState.REFUSED
    assert isinstance(refused.refusal, PublishRefused)
    assert [finding.partition(":")[0] for finding in refused.refusal.findings] == ["README.md", "CHANGELOG.md"]
    failed = {check.check for check in refused.refusal.checks if check.severity == "error"}
    assert failed == {"readme", "changelog"}
    assert str(room.node().status(ANN, upload.id).refusal) == str(refused.refusal)
    assert room.count(schema.releases) == 0
    assert room.parts.kept() == ()


def test_what_is_no_artifact_is_refused_and_not_raised(room: Room) -> None:
    upload = sent(room.node(), b"not a zip" * 100)
    refused = room.node().finish(ANN, upload.id)
    assert refused.refusal is not None
    assert refused.refusal.code == "not-an-archive"


@pytest.mark.parametrize("kind", outcomes.VERDICTS, ids=lambda kind: kind.__name__)
def test_every_verdict_is_read_back_as_it_was_written(kind: type[AutomatosxError]) -> None:
    samples = {"problems": (ManifestProblem("plugin.id", "x", "an id", ("y",)),), "findings": ("one", "two")}
    error = kind(**{name: samples.get(name, name) for name in kind.fields() if name != "checks"})
    report, again = outcomes.decode(outcomes.encode(error))
    assert report is None
    assert type(again) is kind
    assert [getattr(again, name) for name in kind.fields()] == [getattr(error, name) for name in kind.fields()]


def test_bytes_that_are_not_those_announced_are_refused(room: Room, build: Build) -> None:
    data = build()
    node = room.node()
    opened = node.open(ANN, "0" * 64, len(data), Stage.STABLE)
    node.append(ANN, opened.id, 0, data, digest(data))
    refused = node.finish(ANN, opened.id).refusal
    assert isinstance(refused, InvalidUpload)
    assert digest(data) in str(refused)
    assert room.count(schema.releases) == 0


def test_nobody_else_sees_an_upload(room: Room, build: Build) -> None:
    upload = sent(room.node(), build())
    node = room.node()
    for ask in (node.status, node.finish, node.cancel):
        with pytest.raises(UnknownUpload):
            ask(BOB, upload.id)
    with pytest.raises(UnknownUpload):
        node.append(BOB, upload.id, 0, b"x", digest(b"x"))


def test_who_may_not_publish_opens_none(room: Room, build: Build) -> None:
    with pytest.raises(ActionForbidden, match="scope 'publish'"):
        room.node().open(READER, "0" * 64, 1, Stage.STABLE)
    assert room.count(schema.uploads) == 0


def test_a_name_is_its_first_users_and_nobody_elses(room: Room, build: Build) -> None:
    carol = Actor("carol")
    assert room.node().finish(carol, sent(room.node(), build(), carol).id).state is UploadState.DONE
    with room.database.read() as connection:
        member = connection.execute(select(schema.members.c.user, schema.members.c.owner)).one()
    assert tuple(member) == ("carol", True)
    refused = room.node().finish(BOB, sent(room.node(), build("acme.other"), BOB).id).refusal
    assert isinstance(refused, ActionForbidden)
    assert "membership of 'acme'" in str(refused)


def test_what_was_published_names_who_sent_it(room: Room, build: Build) -> None:
    room.node().finish(ANN, sent(room.node(), build()).id)
    with room.database.read() as connection:
        assert connection.execute(select(schema.releases.c.submitter)).scalar_one() == "ann"
        act = connection.execute(select(schema.audit)).one()
    assert (act.actor, act.action, act.plugin, act.version) == ("ann", "publish", "acme.csv-doctor", "1.0.0")


def test_a_version_is_not_used_again_after_its_release_was_deleted(room: Room, build: Build) -> None:
    data = build()
    room.registry.publish(data)
    with room.database.write() as connection:
        connection.execute(delete(schema.releases))
    for again in (data, build(summary="Other bytes.")):
        with pytest.raises(VersionUsed, match=r"acme\.csv-doctor 1\.0\.0 was published before, and deleted"):
            room.registry.publish(again)
        assert room.registry.check(again)[-1].check == "version"
    assert room.registry.publish(build(version="1.0.1")).created


# --- limits


def test_too_much_is_refused_before_anything_is_kept(room: Room) -> None:
    node = room.node()
    with pytest.raises(UploadTooLarge):
        node.open(ANN, "0" * 64, (32 << 20) + 1, Stage.STABLE)
    opened = node.open(ANN, "0" * 64, 3 << 20, Stage.STABLE)
    large = bytes((1 << 20) + 1)
    with pytest.raises(UploadTooLarge):
        node.append(ANN, opened.id, 0, large, digest(large))
    assert room.parts.kept() == ()


def test_a_user_has_so_many_uploads_open_and_others_have_theirs(room: Room) -> None:
    node = room.node()
    opened = [node.open(ANN, f"{each:064x}", 10, Stage.STABLE) for each in range(3)]
    with pytest.raises(TooManyUploads):
        node.open(ANN, "f" * 64, 10, Stage.STABLE)
    assert node.open(BOB, "f" * 64, 10, Stage.STABLE).offset == 0
    assert node.open(ANN, opened[0].sha256, 10, Stage.STABLE).id == opened[0].id, "what is open goes on"
    node.cancel(ANN, opened[0].id)
    assert node.open(ANN, "f" * 64, 10, Stage.STABLE).offset == 0


def test_small_parts_are_refused_but_for_the_last(room: Room) -> None:
    node = room.node(limits=UploadLimits(least_part_kb=1))
    data = bytes(1500)
    opened = node.open(ANN, digest(data), 1500, Stage.STABLE)
    with pytest.raises(InvalidUpload, match="at least 1024 bytes"):
        node.append(ANN, opened.id, 0, data[:1000], digest(data[:1000]))
    node.append(ANN, opened.id, 0, data[:1024], digest(data[:1024]))
    assert node.append(ANN, opened.id, 1024, data[1024:], digest(data[1024:])).is_whole


def test_an_upload_runs_out_and_is_cleared_away_with_its_bytes(room: Room, build: Build) -> None:
    node, data = room.node(), build()
    old = node.open(ANN, digest(data), len(data), Stage.STABLE)
    node.append(ANN, old.id, 0, data[:300], digest(data[:300]))
    room.clock.now += timedelta(hours=23)
    part = data[300:400]
    node.append(ANN, old.id, 300, part, digest(part))
    room.clock.now += timedelta(hours=23)
    assert node.status(ANN, old.id).offset == 400, "each part is a new day"
    room.clock.now += timedelta(hours=2)
    with pytest.raises(UnknownUpload):
        node.status(ANN, old.id)
    new = node.open(ANN, digest(data), len(data), Stage.STABLE)
    assert (new.offset, room.count(schema.uploads), room.parts.kept()) == (0, 1, ())


def test_bytes_that_no_upload_names_are_cleared_away(room: Room) -> None:
    node = room.node()
    kept = node.open(ANN, digest(b"ab"), 2, Stage.STABLE)
    node.append(ANN, kept.id, 0, b"a", digest(b"a"))
    room.parts.put("0" * 32, 0, digest(b"x"), b"x")  # a node ended before it told the database
    assert node.collect_orphans() == 1
    assert room.parts.kept() == (kept.id,)


# --- nodes that end


def test_a_node_that_ends_between_the_bytes_and_their_row_leaves_an_upload_that_goes_on(
    room: Room, build: Build
) -> None:
    data = build()
    opened = room.node().open(ANN, digest(data), len(data), Stage.STABLE)
    room.parts.put(opened.id, 0, digest(b"other bytes"), b"other bytes")
    assert room.node().status(ANN, opened.id).offset == 0
    assert room.node().finish(ANN, sent(room.node(), data).id).state is UploadState.DONE


class Ended(BaseException):
    """The process is gone: nothing after this runs on that node."""


def test_a_node_that_ends_while_it_checks_is_followed_by_another(room: Room, build: Build) -> None:
    upload = sent(room.node(), build())
    dead = room.node()
    claimed, parts = dead._claim(ANN, upload.id)  # and then it ends
    assert claimed.state is UploadState.CHECKING
    assert parts
    assert room.node().finish(ANN, upload.id).state is UploadState.CHECKING, "somebody is at it"
    with pytest.raises(InvalidUpload, match="being checked"):
        room.node().cancel(ANN, upload.id)
    room.clock.now += timedelta(seconds=31)
    done = room.node().finish(ANN, upload.id)
    assert done.state is UploadState.DONE
    assert room.count(schema.releases) == 1


def test_a_node_that_ends_just_after_it_published_has_answered_for_all(room: Room, build: Build) -> None:
    def ends(artifact: bytes, stage: Stage, actor: Actor, also: Any) -> PublishReport:
        room.registry._publish(artifact, stage, actor=actor, also=also)
        raise Ended

    upload = sent(room.node(), build())
    with pytest.raises(Ended):
        room.node(ends).finish(ANN, upload.id)
    report = room.node().finish(ANN, upload.id).report
    assert report is not None
    assert report.created, "the answer came with the release"
    assert room.count(schema.releases) == 1


def test_a_node_that_was_slow_publishes_nothing_twice(room: Room, build: Build) -> None:
    upload = sent(room.node(), build())
    overtaken, goes_on = threading.Event(), threading.Event()

    def slow(artifact: bytes, stage: Stage, actor: Actor, also: Any) -> PublishReport:
        overtaken.set()
        assert goes_on.wait(10)
        return room.registry._publish(artifact, stage, actor=actor, also=also)

    with ThreadPoolExecutor(1) as threads:
        late = threads.submit(room.node(slow, UploadLimits(check_lease_s=30)).finish, ANN, upload.id)
        assert overtaken.wait(10)
        room.clock.now += timedelta(seconds=31)
        quick = room.node().finish(ANN, upload.id)
        goes_on.set()
        assert late.result() == quick
    assert quick.report is not None
    assert quick.report.created
    assert room.count(schema.releases) == 1


def test_what_says_nothing_of_the_artifact_is_raised_and_tried_again(room: Room, build: Build) -> None:
    def busy(*_: object) -> PublishReport:
        raise RegistryBusy("registry.sqlite", 10.0)

    upload = sent(room.node(), build())
    with pytest.raises(RegistryBusy):
        room.node(busy).finish(ANN, upload.id)
    assert room.node().finish(ANN, upload.id).state is UploadState.DONE, "without waiting for the lease"


def test_many_that_finish_at_once_publish_once(room: Room, build: Build) -> None:
    upload = sent(room.node(), build())
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: room.node().finish(ANN, upload.id).state, range(8)))
    assert found.count(UploadState.DONE) >= 1
    assert set(found) <= {UploadState.DONE, UploadState.CHECKING}
    assert room.count(schema.releases) == room.count(schema.audit) == 1


def test_bytes_that_were_lost_are_asked_for_again(room: Room, build: Build) -> None:
    data = build()
    upload = sent(room.node(), data)
    room.parts.drop(upload.id)
    refused = room.node().finish(ANN, upload.id).refusal
    assert isinstance(refused, InvalidUpload)
    assert "begin again" in str(refused)
    assert room.node().finish(ANN, sent(room.node(), data).id).state is UploadState.DONE


# --- whatever is sent

NUMBERS = st.integers(-(2**70), 2**70) | st.integers(0, 40)
DATA = b"0123456789" * 3


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with EmbeddedRegistry(tmp_path_factory.mktemp("fuzzed")) as registry:
        yield Room(registry)


@st.composite
def acts(draw: st.DrawFn) -> tuple[str, int, bytes, str]:
    start = draw(NUMBERS)
    data = draw(st.binary(max_size=40) | st.just(DATA[max(0, min(start, 30)) :]))
    right = digest(data)
    return draw(st.sampled_from(("append", "finish", "status"))), start, data, draw(st.sampled_from((right, "x", "")))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequence=st.lists(acts(), max_size=12), size=NUMBERS, sha256=st.sampled_from((digest(DATA), "0" * 64, "é", "")))
def test_whatever_is_sent_leaves_an_upload_that_is_what_was_taken(
    shared: Room, sequence: list[tuple[str, int, bytes, str]], size: int, sha256: str
) -> None:
    node = shared.node()
    try:
        upload = node.open(ANN, sha256, size, Stage.STABLE)
    except UserError:
        assert not (len(sha256) == 64 and 0 < size <= 32 << 20)
        return
    taken = b""
    for act, start, data, part_digest in sequence:
        standing = node.status(ANN, upload.id)
        assert standing.offset == len(taken) <= standing.size
        try:
            if act == "append":
                node.append(ANN, upload.id, start, data, part_digest)
                taken += data
            elif act == "finish":
                node.finish(ANN, upload.id)
        except UserError:
            continue
    if node.status(ANN, upload.id).state is UploadState.RECEIVING:
        assert shared.parts.joined(upload.id, _parts(shared, upload.id)) == taken
        node.cancel(ANN, upload.id)
    assert shared.count(schema.releases) == 0
    assert shared.parts.kept() == ()


def _parts(room: Room, upload: str) -> Any:
    from automatosx_nb.registry.uploads import _parts

    with room.database.read() as connection:
        return _parts(connection, upload)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(1, 29), max_size=8), ends=st.lists(st.booleans(), max_size=9))
def test_however_it_is_cut_and_broken_off_what_arrives_is_what_was_sent(
    shared: Room, cuts: list[int], ends: list[bool]
) -> None:
    bounds = [0, *sorted(set(cuts)), len(DATA)]
    upload = shared.node().open(ANN, digest(DATA), len(DATA), Stage.STABLE)
    for number, (start, stop) in enumerate(pairwise(bounds)):
        part = DATA[start:stop]
        shared.node().append(ANN, upload.id, start, part, digest(part))
        if number < len(ends) and ends[number]:  # the answer was lost: the client sends it again, and learns
            with pytest.raises(UploadOffsetDiffers) as told:
                shared.node().append(ANN, upload.id, start, part, digest(part))
            assert told.value.expected == stop
    assert shared.parts.joined(upload.id, _parts(shared, upload.id)) == DATA
    shared.node().cancel(ANN, upload.id)


def test_a_folder_of_parts_is_never_outside_of_the_store(room: Room, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    for name in ("../outside", "..", "", "x/../../outside", "0" * 31 + "/"):
        for act in (room.node().status, room.node().finish, room.node().cancel):
            with pytest.raises(UnknownUpload):
                act(ANN, name)
    assert outside.is_dir()
