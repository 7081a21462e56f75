"""Processes on one PostgreSQL and one object store, of which one is killed within a review, or the database is away."""

from __future__ import annotations

import hashlib
import signal
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
from automatosx_nb.model.release import Stage
from automatosx_nb.model.review import ReviewPolicy
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.registry.conftest import write_plugin
from tests.server.standalone.conftest import Process

if TYPE_CHECKING:
    from tests.servers.postgresql import PostgreSQL
    from tests.servers.s3 import S3


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
            self.nodes = list(threads.map(self._start, range(2)))
        for node in range(2):  # the first use of a token in an hour is written down, and nobody here waits for that
            for user in self.tokens:
                assert self.ask(node, "GET", "uploads/none", user).status_code == 404

    def _start(self, node: int) -> Process:
        return Process("--db", f"{self.db}&application_name=node-{node}", "--blobs", self.blobs, **self._variables)

    def publish(self, artifact: bytes) -> None:
        review = ReviewPolicy(stable=1)
        with EmbeddedRegistry.at(self.db, self.blobs, review=lambda: review) as registry:
            registry.seen_by(registry.access.actor("ada")).publish(artifact, stage=Stage.STABLE)

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


def test_a_node_killed_in_the_middle_of_a_review_leaves_it_to_be_said_again_and_it_counts_once(
    team: Team, tmp_path: Path
) -> None:
    artifact = package.build(write_plugin(tmp_path / "plugin", "acme.reviewed"))
    team.publish(artifact)
    assert team.rows("SELECT stage FROM waiting") == [("stable",)]
    word = {"approves": True, "sha256": hashlib.sha256(artifact).hexdigest(), "reason": "It reads well."}

    def approve(node: int) -> httpx.Response:
        return team.ask(node, "POST", "reviews/acme.reviewed/1.0.0", "bob", json=word)

    with team.writes_held_up():
        late = in_background(lambda: approve(0))
        team.wait_for_a_writer(0)
        team.kill(0)
    late.join()
    assert [approve(1).status_code for _ in range(2)] == [200, 200]
    assert team.rows("SELECT stage FROM releases") == [("stable",)]
    assert team.rows("SELECT reviewer, approves FROM reviews") == [("bob", True)]
    assert team.rows("SELECT count(*) FROM audit WHERE action = 'approve'") == [(1,)]
    assert team.rows("SELECT count(*) FROM waiting") == [(0,)]
    assert "acme.reviewed" in [item["id"] for item in team.ask(1, "GET", "plugins").json()["items"]]


def test_without_its_database_a_node_is_not_ready_and_with_it_it_is_again(team: Team) -> None:
    def ready() -> httpx.Response:
        return team.client.get(httpx.URL(team.nodes[1].address).join("/healthz/ready"))

    assert ready().status_code == 200
    with team.without_database():
        answer = ready()
        assert (answer.status_code, answer.json()) == (503, {"status": "not ready", "database": "store-unreachable"})
    assert ready().status_code == 200
