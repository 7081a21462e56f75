"""What a worker on Windows would hand to its system, read back by a simulation of it; no Windows is at hand."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from typing import Any

import pytest

from automatosx_nb.sandbox.confine import ACTIVE, windows
from automatosx_nb.sandbox.limits import Limits

JOB, PROCESS, TOKEN, SID = 0x1234_5678_9ABC, 0xFFFF_FFFF_FFFF_FFFF, 0x77, 0x5555_0000_1111


class Function:
    """A function of a library, as ctypes shows one: it can be called, and its result type set."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer
        self.restype: Any = ctypes.c_int

    def __call__(self, *arguments: Any) -> Any:
        return self._answer(*arguments)


@dataclass
class Kernel:
    """kernel32 and advapi32 as far as they are used; ``fails``: the function that does, with error 5."""

    fails: str = ""
    job: dict[int, bytes] = field(default_factory=dict)
    policies: dict[int, int] = field(default_factory=dict)
    assigned: list[tuple[int, int]] = field(default_factory=list)
    labels: list[tuple[int, int, int, int]] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.CreateJobObjectW = Function(lambda *_: JOB)
        self.GetCurrentProcess = Function(lambda: PROCESS)
        self.GetLastError = Function(lambda: 5)
        self.CloseHandle = Function(lambda handle: self.closed.append(handle.value))
        self.LocalFree = Function(lambda sid: self.closed.append(sid.value))
        for name in ("SetInformationJobObject", "AssignProcessToJobObject", "SetProcessMitigationPolicy",
                     "OpenProcessToken", "ConvertStringSidToSidW", "GetLengthSid", "SetTokenInformation"):  # fmt: skip
            setattr(self, name, Function(self._or_fail(name)))

    def _or_fail(self, name: str) -> Any:
        answer = getattr(self, f"_{name}")
        return lambda *arguments: 0 if name == self.fails else answer(*arguments)

    def _SetInformationJobObject(self, job: Any, kind: int, data: Any, size: int) -> int:
        assert job.value == JOB
        self.job[kind] = ctypes.string_at(ctypes.addressof(data._obj), size)
        return 1

    def _AssignProcessToJobObject(self, job: Any, process: Any) -> int:
        self.assigned.append((job.value, process.value))
        return 1

    def _SetProcessMitigationPolicy(self, policy: int, data: Any, size: int) -> int:
        assert size == 4
        self.policies[policy] = data._obj.value
        return 1

    def _OpenProcessToken(self, process: Any, access: int, token: Any) -> int:
        assert (process.value, access) == (PROCESS, 0x88)
        token._obj.value = TOKEN
        return 1

    def _ConvertStringSidToSidW(self, text: str, sid: Any) -> int:
        assert text == "S-1-16-4096"
        sid._obj.value = SID
        return 1

    def _GetLengthSid(self, sid: Any) -> int:
        return 12

    def _SetTokenInformation(self, token: Any, kind: int, label: Any, size: int) -> int:
        self.labels.append((token.value, kind, label._obj.sid, size))
        assert label._obj.attributes == 0x20
        return 1


def test_structures_have_the_layout_of_64_bit_windows() -> None:
    assert (ctypes.sizeof(windows.BasicLimits), ctypes.sizeof(windows.ExtendedLimits)) == (64, 144)
    offsets = [getattr(windows.BasicLimits, name).offset for name in ("flags", "active_processes", "affinity")]
    assert offsets == [16, 40, 48]
    assert windows.ExtendedLimits.process_memory.offset == 112
    assert ctypes.sizeof(windows.MandatoryLabel) == 16


def test_a_job_limits_processes_memory_time_and_ends_with_its_handle() -> None:
    kernel = Kernel()
    assert windows.join_job(kernel, Limits(memory_mb=512, cpu_s=9)) == ACTIVE
    limits = windows.ExtendedLimits.from_buffer_copy(kernel.job[9])
    assert limits.basic.flags == 0x2000 | 0x400 | 0x100 | 0x8 | 0x2
    assert (limits.basic.active_processes, limits.process_memory) == (1, 512 << 20)
    assert limits.basic.process_time == 90_000_000
    assert kernel.job[4] == b"\xff\0\0\0"
    assert kernel.assigned == [(JOB, PROCESS)]
    assert kernel.policies == {13: 1}


@pytest.mark.parametrize("name", ["SetInformationJobObject", "AssignProcessToJobObject", "SetProcessMitigationPolicy"])
def test_a_job_that_fails_is_no_layer(name: str) -> None:
    assert windows.join_job(Kernel(fails=name), Limits()) == f"{name} failed (error 5)"


def test_integrity_is_lowered_on_the_process_itself() -> None:
    kernel = Kernel()
    assert windows.lower_integrity(kernel, kernel) == ACTIVE
    assert kernel.labels == [(TOKEN, 25, SID, 28)]
    assert kernel.closed == [SID, TOKEN]


@pytest.mark.parametrize("name", ["OpenProcessToken", "ConvertStringSidToSidW", "SetTokenInformation"])
def test_integrity_that_stays_is_no_layer(name: str) -> None:
    kernel = Kernel(fails=name)
    assert windows.lower_integrity(kernel, kernel) == f"{name} failed (error 5)"
