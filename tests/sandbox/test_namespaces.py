"""The fork server's namespaces: what is in them, and that everything in them ends together."""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from automatosx_nb.sandbox.confine import ACTIVE
from automatosx_nb.sandbox.launcher import ForkServer
from automatosx_nb.sandbox.supervisor import Program, Sandbox, Worker

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")


@pytest.fixture
def own() -> Iterator[Sandbox]:
    """A sandbox that a test may break."""
    with Sandbox() as sandbox:
        layers = sandbox.layers()
        if layers["pids"] != ACTIVE or layers["network"] != ACTIVE:
            pytest.skip("namespaces are not allowed here")
        yield sandbox


def server_of(sandbox: Sandbox) -> ForkServer:
    assert sandbox._state.server is not None
    return sandbox._state.server


def a_worker(sandbox: Sandbox) -> Worker:
    return sandbox.start(Program("acme.test", "1.0.0", {"m.py": b""}, ()), without=["language"])


def ended(pidfd: int) -> bool:
    return bool(select.select([pidfd], [], [], 10)[0])


def test_the_fork_server_and_its_workers_are_in_namespaces_of_their_own(own: Sandbox) -> None:
    worker = a_worker(own)
    for pid in (server_of(own).pid, worker.pid):
        for name in ("user", "pid", "net", "ipc"):
            assert Path(f"/proc/{pid}/ns/{name}").readlink() != Path(f"/proc/self/ns/{name}").readlink(), name


def test_the_host_knows_both_by_the_pids_of_its_own_namespace(own: Sandbox) -> None:
    worker = a_worker(own)
    for pid, inside in ((server_of(own).pid, 1), (worker.pid, None)):
        status = Path(f"/proc/{pid}/status").read_text()
        numbers = next(line for line in status.splitlines() if line.startswith("NSpid:")).split()[1:]
        assert int(numbers[0]) == pid
        assert len(numbers) == 2
        assert inside is None or int(numbers[1]) == inside


def test_a_worker_has_no_interface_but_an_idle_loopback(own: Sandbox) -> None:
    worker = a_worker(own)
    interfaces = Path(f"/proc/{worker.pid}/net/dev").read_text().splitlines()[2:]
    assert [line.split()[0] for line in interfaces] == ["lo:"]
    assert len(Path(f"/proc/{worker.pid}/net/route").read_text().splitlines()) <= 1, "no more than the heading"
    assert Path(f"/proc/{worker.pid}/net/if_inet6").read_text() == ""


def test_a_worker_cannot_even_see_that_the_host_runs(own: Sandbox, broker: Any) -> None:
    source = b"import os\ndef seen(pid):\n    return os.path.exists(f'/proc/{pid}')\n"
    worker = own.start(Program("acme.test", "1.0.0", {"m.py": source}, ()), without=["language"])
    inside = int(Path(f"/proc/{worker.pid}/status").read_text().partition("NSpid:")[2].split()[1])
    assert worker.call("m:seen", [inside], broker=broker)
    assert not worker.call("m:seen", [os.getpid()], broker=broker)


@pytest.mark.parametrize("which", ["the one outside", "the fork server"])
def test_when_one_of_the_two_is_killed_everything_ends(own: Sandbox, which: str) -> None:
    worker, server = a_worker(own), server_of(own)
    outside = server._process.pid
    assert outside != server.pid
    watched = [os.pidfd_open(pid) for pid in (outside, server.pid, worker.pid)]
    os.kill(outside if which == "the one outside" else server.pid, signal.SIGKILL)
    assert all(ended(pidfd) for pidfd in watched)
    for pidfd in watched:
        os.close(pidfd)
    assert not server.alive
    assert a_worker(own).alive, "the next one starts another fork server"


def test_the_one_outside_holds_nothing(own: Sandbox) -> None:
    outside = server_of(own)._process.pid
    assert list(Path(f"/proc/{outside}/fd").iterdir()) == []
    assert len(list(Path(f"/proc/{outside}/task").iterdir())) == 1


def test_without_namespaces_that_is_what_is_reported() -> None:
    with Sandbox(namespaces=False) as sandbox:
        layers = sandbox.layers()
        assert {layers["network"], layers["pids"]} == {"left out"}
        assert server_of(sandbox).pid == server_of(sandbox)._process.pid
