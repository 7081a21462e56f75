"""Three processes on one PostgreSQL and one object store; one is killed in the middle of what it was asked."""

from __future__ import annotations

import base64
import hashlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from automatosx_nb import package
from automatosx_nb.model.identity import Role, Scope, owner
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.registry.conftest import write_plugin
from tests.server.standalone.conftest import Process

if TYPE_CHECKING:
    from tests.servers.postgresql import PostgreSQL
    from tests.servers.s3 import S3

PART = 64 << 10


class Team:
    """The nodes, by their number, and what lies behind them."""

    def __init__(self, folder: Path, postgresql: PostgreSQL, s3: S3) -> None:
        self.postgresql = postgresql
        self.db, self.blobs = postgresql.database(), s3.bucket()
        with EmbeddedRegistry.at(self.db, self.blobs) as registry:
            self.tokens = {
                user: registry.tokens.new(owner(), "test", frozenset(Scope), 1, user=user).secret
                for user in ("ada", "bob")
            }
            registry.access.grant_role(owner(), "bob", Role.REVIEWER)
        self._variables = {
            "AUTOMATOSX_HOME": str(folder / "home"),
            "JUPYTER_CONFIG_DIR": str(folder / "jupyter-config"),
            "AUTOMATOSX_CONFIG": '{"ReviewPolicy": {"stable": 1}}',
        }
        self.client = httpx.Client(trust_env=False, timeout=60)
        with ThreadPoolExecutor() as threads:
            self.nodes = list(threads.map(self._start, range(3)))
        for node in range(3):  # the first use of a token in an hour is written down, and nobody here waits for that
            for user in self.tokens:
                assert self.ask(node, "GET", "uploads/none", user).status_code == 404

    def _start(self, node: int) -> Process:
        return Process("--db", f"{self.db}&application_name=node-{node}", "--blobs", self.blobs, **self._variables)

    def start_again(self, node: int) -> None:
        self.nodes[node].close()
        self.nodes[node] = self._start(node)

    def close(self) -> None:
        self.client.close()
        for each in self.nodes:
            each.close()

    def ask(self, node: int, method: str, path: str, user: str = "ada", **options: Any) -> httpx.Response:
        headers = {"Authorization": f"token {self.tokens[user]}", **options.pop("headers", {})}
        return self.client.request(method, f"{self.nodes[node].address}/api/v1/{path}", headers=headers, **options)

    def kill(self, node: int) -> None:
        self.nodes[node].popen.send_signal(signal.SIGKILL)
        self.nodes[node].popen.wait()

    def rows(self, query: str) -> list[Any]:
        return self.postgresql.run(query, self.db)

    @contextmanager
    def writes_held_up(self) -> Iterator[None]:
        """Nobody gets to write: whoever begins to, waits."""
        name = urlsplit(self.db).path.removeprefix("/")
        with psycopg.connect(host=str(self.postgresql.folder), user="postgres", dbname=name) as connection:
            connection.execute("SELECT value FROM sequence FOR UPDATE")
            yield
            connection.rollback()

    @contextmanager
    def without_database(self) -> Iterator[None]:
        """Nobody gets in, and whoever is in is put out."""
        name = urlsplit(self.db).path.removeprefix("/")
        self.postgresql.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        self.postgresql.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        try:
            yield
        finally:
            self.postgresql.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    def wait_for_a_writer(self, node: int) -> None:
        """Until it waits for its turn, in the middle of what it was asked."""
        waits = f"application_name = 'node-{node}' AND datname = current_database() AND wait_event_type = 'Lock'"
        while self.rows(f"SELECT count(*) FROM pg_stat_activity WHERE {waits}") == [(0,)]:
            pass


@pytest.fixture(scope="module")
def team(postgresql: PostgreSQL, s3: S3, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    made = Team(tmp_path_factory.mktemp("team"), postgresql, s3)
    yield made
    made.close()


def digest(data: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(data).digest()).decode()}:"


def in_background(ask: Callable[[], object]) -> threading.Thread:
    """It may fail: the node that it asks is killed."""

    def target() -> None:
        try:
            ask()
        except httpx.HTTPError:
            return

    thread = threading.Thread(target=target)
    thread.start()
    return thread


def test_a_node_killed_in_the_middle_of_an_upload_loses_no_part_and_another_publishes_it_once(
    team: Team, tmp_path: Path
) -> None:
    folder = write_plugin(tmp_path / "plugin", "acme.killed", readme="# Read me\n\n" + incompressible(3 * PART))
    artifact = package.build(folder)
    assert len(artifact) > 2 * PART
    upload = opened(team, 0, artifact)
    assert put_part(team, 0, upload, artifact, 0, PART).status_code == 204
    half_sent(team, 0, upload, artifact, PART)  # nothing of this part counts
    with team.writes_held_up():
        late = in_background(lambda: put_part(team, 0, upload, artifact, PART, 2 * PART))
        team.wait_for_a_writer(0)  # its bytes are in the store, and the database does not know of them
        team.kill(0)
    late.join()
    offset = int(team.ask(1, "HEAD", f"uploads/{upload}").headers["Upload-Offset"])
    assert offset in (PART, 2 * PART), "whole parts only"
    last = in_background(lambda: put_part(team, 1, upload, artifact, offset, len(artifact), complete=True))
    while team.rows(f"SELECT state FROM uploads WHERE id = '{upload}'") == [("receiving",)]:
        pass
    with team.writes_held_up():  # it checks, or would write down what came of that
        team.kill(1)
    last.join()
    team.rows(f"UPDATE uploads SET checking_until = '2026-01-01T00:00:00Z' WHERE id = '{upload}' AND outcome IS NULL")
    found = settled(team, 2, upload)
    assert (found["report"]["id"], found["offset"]) == ("acme.killed", len(artifact))
    assert settled(team, 2, upload) == found, "whoever asks again is told the same"
    assert team.rows("SELECT count(*), min(version) FROM releases") == [(1, "1.0.0")]
    assert team.rows("SELECT count(*) FROM artifacts") == [(1,)]
    assert team.rows("SELECT count(*) FROM audit WHERE action = 'publish'") == [(1,)]
    assert team.ask(2, "GET", "plugins/acme.killed/1.0.0/artifact").content == artifact
    team.start_again(0)
    assert team.ask(0, "GET", "plugins/acme.killed/1.0.0/artifact").content == artifact


def test_a_node_killed_in_the_middle_of_a_review_leaves_it_to_be_said_again_and_it_counts_once(
    team: Team, tmp_path: Path
) -> None:
    artifact = package.build(write_plugin(tmp_path / "plugin", "acme.reviewed"))
    upload = opened(team, 0, artifact)
    put_part(team, 0, upload, artifact, 0, len(artifact), complete=True)
    settled(team, 0, upload)
    of_it = f"(SELECT key FROM releases WHERE artifact = '{hashlib.sha256(artifact).hexdigest()}')"
    assert team.rows(f"SELECT stage FROM waiting WHERE release IN {of_it}") == [("stable",)]
    word = {"approves": True, "sha256": hashlib.sha256(artifact).hexdigest(), "reason": "It reads well."}

    def approve(node: int) -> httpx.Response:
        return team.ask(node, "POST", "reviews/acme.reviewed/1.0.0", "bob", json=word)

    with team.writes_held_up():
        late = in_background(lambda: approve(0))
        team.wait_for_a_writer(0)
        team.kill(0)
    late.join()
    assert [approve(2).status_code for _ in range(2)] == [200, 200]
    assert team.rows(f"SELECT stage FROM releases WHERE key IN {of_it}") == [("stable",)]
    assert team.rows(f"SELECT reviewer, approves FROM reviews WHERE release IN {of_it}") == [("bob", True)]
    assert team.rows("SELECT count(*) FROM audit WHERE action = 'approve'") == [(1,)]
    assert team.rows(f"SELECT count(*) FROM waiting WHERE release IN {of_it}") == [(0,)]
    assert "acme.reviewed" in [item["id"] for item in team.ask(2, "GET", "plugins").json()["items"]]


def test_without_its_database_a_node_is_not_ready_and_with_it_it_is_again(team: Team) -> None:
    def ready() -> httpx.Response:
        return team.client.get(httpx.URL(team.nodes[2].address).join("/healthz/ready"))

    assert ready().status_code == 200
    with team.without_database():
        answer = ready()
        assert (answer.status_code, answer.json()) == (503, {"status": "not ready", "database": "store-unreachable"})
    assert ready().status_code == 200


def incompressible(size: int) -> str:
    """Text that a zip makes little of: digests of a counter."""
    blocks = (hashlib.sha512(str(number).encode()).hexdigest() for number in range(size // 64))
    return "\n".join(blocks)


def opened(team: Team, node: int, artifact: bytes) -> str:
    headers = {"Upload-Length": str(len(artifact)), "Repr-Digest": digest(artifact)}
    answer = team.ask(node, "POST", "uploads?stage=stable", headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def put_part(
    team: Team, node: int, upload: str, artifact: bytes, start: int, stop: int, *, complete: bool = False
) -> httpx.Response:
    part = artifact[start:stop]
    headers = {
        "Upload-Offset": str(start),
        "Upload-Complete": "?1" if complete else "?0",
        "Content-Digest": digest(part),
    }
    return team.ask(node, "PATCH", f"uploads/{upload}", content=part, headers=headers)


def half_sent(team: Team, node: int, upload: str, artifact: bytes, start: int) -> None:
    """A part of which the connection ends in the middle."""
    where = urlsplit(team.nodes[node].address)
    part = artifact[start : start + PART]
    head = (
        f"PATCH {where.path}/api/v1/uploads/{upload} HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: token {team.tokens['ada']}\r\n"
        f"Upload-Offset: {start}\r\nContent-Digest: {digest(part)}\r\nContent-Length: {len(part)}\r\n\r\n"
    )
    with socket.create_connection((where.hostname or "", where.port or 0)) as stream:
        stream.sendall(head.encode() + part[: PART // 2])


def settled(team: Team, node: int, upload: str) -> dict[str, Any]:
    """The upload once there is an outcome."""
    while True:
        found: dict[str, Any] = team.ask(node, "GET", f"uploads/{upload}").json()
        if found["state"] in ("done", "refused"):
            assert found["problem"] is None, found
            return found
