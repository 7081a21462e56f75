"""What a process uses, read from a /proc that the process itself writes a part of."""

from __future__ import annotations

import subprocess
import sys

import pytest

from automatosx_nb.sandbox import procfs

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc")
CALLED = """
import ctypes, sys
ctypes.CDLL(None).prctl(15, bytes.fromhex(sys.argv[1]), 0, 0, 0)
print(flush=True)
input()
"""


@pytest.mark.parametrize("name", [b"\rVmRSS:x", b"\nVmRSS:x", b"\rThreads:\r", b"a) 1 2 3 (", b"VmRSS:", b":"])
def test_a_name_that_looks_like_a_line_of_the_status_counts_for_nothing(name: bytes) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CALLED, name.hex()], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        found = procfs.read(process.pid)
        process.kill()
    assert found is not None
    assert found.threads == 1
    assert 1 < found.resident_mb < 1000


def test_of_a_pid_that_is_nobodys_nothing_is_known() -> None:
    with subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read()
        process.wait()
        assert procfs.read(process.pid) is None
        assert not procfs.lost_its_main_thread(process.pid)
