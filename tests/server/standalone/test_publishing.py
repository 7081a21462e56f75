"""Publishing from anywhere: over connections that break, and through nodes that are killed at the worst moment."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select

from automatosx_nb import cli, package
from automatosx_nb.errors import NotAnArchive, PublishRefused
from automatosx_nb.model.identity import Scope, owner
from automatosx_nb.model.release import Stage
from automatosx_nb.package.building import _zip
from automatosx_nb.registry import schema
from automatosx_nb.registry.client.limits import ClientLimits
from automatosx_nb.registry.client.remote import RemoteRegistry
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.registry.conftest import unreadable
from tests.server.conftest import artifact
from tests.servers.balancer import Balancer, balancing
from tests.servers.postgresql import PostgreSQL
from tests.servers.s3 import S3

PARTS = ClientLimits(whole_kb=0, part_kb=64, fresh_s=0, pause_s=0.05)
SLOW = "for number in range(3_000_000):\n    pass\n\n\ndef run():\n    return number\n"
CONFIGURED = {"PublishPolicy": {"check_lease_s": 0.5}}
Start = Callable[..., Any]


def plugin(folder: Path, name: str, *, source: str = "", kib: int = 0) -> bytes:
    """An artifact with so many KiB that cannot be compressed."""
    artifact(folder, name, "1.0.0", "data-quality")
    if source:
        (folder / "src" / "body.py").write_text(source)
        manifest = folder / "plugin.toml"
        manifest.write_text(manifest.read_text().replace('storage = "Keeps what it found."', ""))
    if kib:
        (folder / "docs").mkdir(exist_ok=True)
        (folder / "docs" / "picture.png").write_bytes(b"\0" + random.Random(name).randbytes(kib << 10))
    return package.build(folder)


def token(registry: EmbeddedRegistry) -> str:
    return registry.tokens.new(owner(), "tests", {Scope.READ, Scope.PUBLISH}, 1, user="ann").secret


@contextmanager
def publisher(balancer: Balancer, secret: str, cache: Path) -> Iterator[RemoteRegistry]:
    with RemoteRegistry(f"{balancer.address}/automatosx", cache, token=secret, limits=PARTS) as remote:
        yield remote


def test_connections_that_break_lead_on_from_where_they_broke(
    process: Start, registry_home: Path, tmp_path: Path
) -> None:
    data = plugin(tmp_path / "p", "ada.large", kib=700)
    with EmbeddedRegistry(registry_home) as registry:
        secret = token(registry)
    breaks = iter(range(150_000, 10_000_000, 200_000))
    next_break = next(breaks)
    with balancing(process().address) as balancer:

        def breaking(piece: bytes) -> None:
            nonlocal next_break
            if balancer.sent + len(piece) > next_break:
                next_break = next(breaks)
                raise ConnectionResetError

        balancer.seen = breaking
        with publisher(balancer, secret, tmp_path) as remote:
            assert remote.publish(data, stage=Stage.BETA).created
            assert b"".join(remote.artifact("ada.large", "1.0.0")) == data
    assert next_break > 700_000, "it broke at least three times"
    assert balancer.sent < 1.7 * len(data), "what had arrived was not sent again"


def test_of_three_nodes_two_are_killed_and_what_is_published_is_published_once(
    process: Start, postgresql: PostgreSQL, s3: S3, tmp_path: Path
) -> None:
    """One in the middle of an upload, one in the middle of its check."""
    url, blobs = postgresql.database(), f"{s3.bucket()}/registry"
    with EmbeddedRegistry.at(url, blobs) as registry:
        secret = token(registry)
        more = {"AUTOMATOSX_CONFIG": json.dumps(CONFIGURED)}
        nodes = [process("--db", url, "--blobs", blobs, **more) for _ in range(3)]
        data = plugin(tmp_path / "p", "ada.slow", source=SLOW, kib=400)
        with balancing(nodes[0].address) as balancer:
            killed = []

            def kill(node: int) -> None:
                balancer.target = nodes[node + 1].address
                nodes[node].popen.kill()
                nodes[node].popen.wait()
                killed.append(node)

            def watch(piece: bytes) -> None:
                if not killed and balancer.sent > 200_000:
                    kill(0)
                    raise ConnectionResetError
                if killed == [0] and b"Upload-Complete: ?1" in piece:
                    balancer.seen = len
                    watching.submit(kill_while_it_checks)

            def kill_while_it_checks() -> None:
                while states(registry) != ["checking"]:
                    pass
                kill(1)

            with ThreadPoolExecutor(1) as watching, publisher(balancer, secret, tmp_path) as remote:
                balancer.seen = watch
                report = remote.publish(data, stage=Stage.STABLE)
                assert killed == [0, 1]
                assert report.created, "whoever publishes is answered by the node that did it"
                assert remote.publish(data, stage=Stage.STABLE).created is False
                assert b"".join(remote.artifact("ada.slow", "1.0.0")) == data
        assert count(registry, schema.releases) == 1
        assert count(registry, schema.upload_parts) == 14, "none of the parts came twice"
        acts = [each.action for each in registry.audit.read(owner(), plugin="ada.slow").items]
        assert acts == ["publish"]


def states(registry: EmbeddedRegistry) -> list[str]:
    with registry._database.read() as connection:
        return list(connection.execute(select(schema.uploads.c.state)).scalars())


def count(registry: EmbeddedRegistry, table: Any) -> int:
    with registry._database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def test_an_author_publishes_from_a_shell_into_another_computers_registry(
    process: Start,
    registry_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    plugin(tmp_path / "mine", "ada.mine")
    with EmbeddedRegistry(registry_home) as registry:
        secret = token(registry)
    where = urlsplit(process().address)
    monkeypatch.setenv("AUTOMATOSX_REGISTRY", f"http://{where.netloc}/automatosx")
    monkeypatch.setenv("AUTOMATOSX_REGISTRY_TOKEN", secret)
    assert cli.main(["check", str(tmp_path / "mine")]) == 0
    assert "It could be published." in capsys.readouterr().out
    assert cli.main(["publish", str(tmp_path / "mine"), "--stage", "beta"]) == 0
    assert "ada.mine 1.0.0 published (beta)." in capsys.readouterr().out
    (tmp_path / "mine" / "README.md").write_text(" ")
    assert cli.main(["publish", str(tmp_path / "mine")]) == 1
    assert "ada.mine 1.0.0 is already published, with other content." in capsys.readouterr().err
    with EmbeddedRegistry(registry_home) as registry:
        assert registry.plugin("ada.mine").releases[0].stage is Stage.BETA


def test_what_cannot_be_read_is_judged_by_the_policy_of_the_registry_and_what_is_no_plugin_is_not_sent(
    process: Start, registry_home: Path, tmp_path: Path
) -> None:
    with EmbeddedRegistry(registry_home) as registry:
        secret = token(registry)
    data = unreadable(plugin(tmp_path / "p", "ada.faulty"))
    node = process(AUTOMATOSX_CONFIG=json.dumps({"PublishPolicy": {"watched": ["secrets"]}}))
    with balancing(node.address) as balancer, publisher(balancer, secret, tmp_path) as remote:
        for private in (b"no archive", _zip({"passwords.txt": b"hunter2"})):
            assert not remote.check(private)[0].passed
            with pytest.raises((NotAnArchive, PublishRefused)):
                remote.publish(private)
        assert balancer.sent == 0
        judged = {each.check: each.severity for each in remote.check(data)}
        assert (judged["manifest"], judged["secrets"]) == ("error", "warning")
        for signature in (None, b"none"):
            with pytest.raises(PublishRefused) as caught:
                remote.publish(data, signature=signature)
            assert {each.check: each.severity for each in caught.value.checks} == judged
            assert not any("docs/key.txt" in finding for finding in caught.value.findings)


def test_what_cannot_be_read_is_judged_here_where_the_registry_is_away_and_that_is_said(tmp_path: Path) -> None:
    data = unreadable(plugin(tmp_path / "p", "ada.faulty"))
    with RemoteRegistry("http://127.0.0.1:1", tmp_path, limits=ClientLimits(tries=1)) as remote:
        *found, note = remote.check(data)
    assert {each.check: each.severity for each in found if not each.passed}["secrets"] == "error"
    assert (note.severity, note.passed) == ("info", True)
    assert note.message.startswith("http://127.0.0.1:1 cannot be reached")
