"""Whoever is killed, and whenever: no fork server, and no worker that never comes up for air, is left behind.

``AUTOMATOSX_KILLS=300`` kills so many times in place of a few.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

KILLS = int(os.environ.get("AUTOMATOSX_KILLS", "2"))

HOST = """
import sys, threading
from automatosx_nb.sandbox.supervisor import Limits, Program, Sandbox
class Silent:
    def ask(self, capability, method, args): return None
    def output(self, stream, text): return None
spin = b"import itertools\\ndef spin():\\n    return sum(itertools.repeat(0))\\n"
sandbox = Sandbox(namespaces=sys.argv[1] == "namespaces")
print("begun", flush=True)
while True:
    worker = sandbox.start(Program("acme.test", "1.0.0", {"m.py": spin}, ("m:spin",)))
    threading.Thread(target=worker.call, args=["m:spin"], kwargs={"broker": Silent()}, daemon=True).start()
"""


def of_host(pid: int) -> dict[int, str]:
    """The fork servers and workers of a host, by pid: they name it on their command line, which a fork inherits."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if f'"host": {pid},'.encode() in (entry / "cmdline").read_bytes():
                found[int(entry.name)] = (entry / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
    return {pid: state for pid, state in found.items() if state not in "ZX"}


@pytest.mark.skipif(sys.platform != "linux", reason="it reads /proc")
@pytest.mark.parametrize("given", ["namespaces", "plain"])
@pytest.mark.parametrize("victim", ["the host", "its fork server"])
def test_nothing_is_left_of_a_host_or_a_fork_server_that_is_killed_at_any_moment(given: str, victim: str) -> None:
    seed = random.randrange(1 << 32)
    moments = random.Random(seed)
    for _ in range(KILLS):
        with subprocess.Popen(
            [sys.executable, "-c", HOST, given], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as host:
            assert host.stdout is not None
            assert host.stdout.readline() == b"begun\n"
            end = time.monotonic() + moments.uniform(0, 0.5)
            while time.monotonic() < end:
                started = of_host(host.pid)
            if victim == "its fork server" and started:
                os.kill(min(started), signal.SIGKILL)
                deadline = time.monotonic() + 20
                while of_host(host.pid).keys() & started.keys() and time.monotonic() < deadline:
                    pass
                assert not of_host(host.pid).keys() & started.keys(), f"seed {seed}"
            host.kill()
        deadline = time.monotonic() + 20
        while (left := of_host(host.pid)) and time.monotonic() < deadline:
            pass
        assert not left, f"seed {seed}"
