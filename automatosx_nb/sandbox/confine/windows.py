"""Windows: a job object for the limits, and a low integrity level, put on by the calling process on itself.

Layouts and numbers: ``winnt.h`` (job objects, mandatory labels, mitigation policies), for 64-bit Windows. What is
handed to the system is tested; no Windows has run it yet, and nothing starts a worker there: see ``launcher``.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import Any

from automatosx_nb.sandbox.confine import ACTIVE, LEFT_OUT, Confinement, probe
from automatosx_nb.sandbox.limits import Limits

_PROCESS_TIME, _ACTIVE_PROCESS, _PROCESS_MEMORY = 0x2, 0x8, 0x100
_DIE_ON_UNHANDLED_EXCEPTION, _KILL_ON_JOB_CLOSE = 0x400, 0x2000
_EXTENDED_LIMITS, _UI_RESTRICTIONS = 9, 4  # JOBOBJECTINFOCLASS
_ALL_UI_RESTRICTIONS = 0xFF
_TOKEN_QUERY, _TOKEN_ADJUST_DEFAULT, _TOKEN_INTEGRITY_LEVEL = 0x8, 0x80, 25
_LOW_INTEGRITY, _GROUP_INTEGRITY = "S-1-16-4096", 0x20
_CHILD_PROCESS_POLICY, _NO_CHILD_PROCESSES = 13, 1
_HUNDRED_NS = 10_000_000


class BasicLimits(ctypes.Structure):
    """JOBOBJECT_BASIC_LIMIT_INFORMATION; times in units of 100 ns."""

    _fields_ = (
        ("process_time", ctypes.c_int64),
        ("job_time", ctypes.c_int64),
        ("flags", ctypes.c_uint32),
        ("minimum_working_set", ctypes.c_size_t),
        ("maximum_working_set", ctypes.c_size_t),
        ("active_processes", ctypes.c_uint32),
        ("affinity", ctypes.c_size_t),
        ("priority_class", ctypes.c_uint32),
        ("scheduling_class", ctypes.c_uint32),
    )


class ExtendedLimits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION; sizes in bytes."""

    _fields_ = (
        ("basic", BasicLimits),
        ("io_counters", ctypes.c_uint64 * 6),
        ("process_memory", ctypes.c_size_t),
        ("job_memory", ctypes.c_size_t),
        ("peak_process_memory", ctypes.c_size_t),
        ("peak_job_memory", ctypes.c_size_t),
    )


class MandatoryLabel(ctypes.Structure):
    """TOKEN_MANDATORY_LABEL."""

    _fields_ = (("sid", ctypes.c_void_p), ("attributes", ctypes.c_uint32))


def job_limits(limits: Limits) -> ExtendedLimits:
    """One process, its memory and its processor time; all of it ends when the last handle of the job is closed."""
    wanted = ExtendedLimits()
    wanted.basic.flags = (
        _PROCESS_TIME | _ACTIVE_PROCESS | _PROCESS_MEMORY | _DIE_ON_UNHANDLED_EXCEPTION | _KILL_ON_JOB_CLOSE
    )
    wanted.basic.process_time = limits.cpu_s * _HUNDRED_NS
    wanted.basic.active_processes = 1
    wanted.process_memory = limits.memory_mb << 20
    return wanted


def confine(confinement: Confinement, _folder: str = "", _ruleset: object = None) -> Mapping[str, str]:
    """Confine the calling process: reading files is not stopped, and no layer claims that it is."""
    without = confinement.without
    kernel, security = ctypes.CDLL("kernel32"), ctypes.CDLL("advapi32")
    layers = {
        "job-object": LEFT_OUT if "job-object" in without else join_job(kernel, confinement.limits),
        "low-integrity": LEFT_OUT if "low-integrity" in without else lower_integrity(kernel, security),
    }
    if layers["low-integrity"] == ACTIVE:
        layers["low-integrity"] = probe.write(confinement.canary)
    return layers


def join_job(kernel: Any, limits: Limits) -> str:
    """``kernel``: kernel32. ``active``, or why not. The only handle of the job stays with this process."""
    kernel.CreateJobObjectW.restype = kernel.GetCurrentProcess.restype = ctypes.c_void_p
    job, process = ctypes.c_void_p(kernel.CreateJobObjectW(None, None)), ctypes.c_void_p(kernel.GetCurrentProcess())
    wanted = job_limits(limits)
    shut, childless = ctypes.c_uint32(_ALL_UI_RESTRICTIONS), ctypes.c_uint32(_NO_CHILD_PROCESSES)
    steps = (
        ("SetInformationJobObject", (job, _EXTENDED_LIMITS, ctypes.byref(wanted), ctypes.sizeof(wanted))),
        ("SetInformationJobObject", (job, _UI_RESTRICTIONS, ctypes.byref(shut), ctypes.sizeof(shut))),
        ("AssignProcessToJobObject", (job, process)),
        ("SetProcessMitigationPolicy", (_CHILD_PROCESS_POLICY, ctypes.byref(childless), ctypes.sizeof(childless))),
    )
    for name, arguments in steps:
        if not getattr(kernel, name)(*arguments):
            return f"{name} failed (error {kernel.GetLastError()})"
    return ACTIVE


def lower_integrity(kernel: Any, security: Any) -> str:
    """``security``: advapi32. With a low level nothing of a medium one, which is what users' files have, is written."""
    kernel.GetCurrentProcess.restype = ctypes.c_void_p
    process, token, sid = ctypes.c_void_p(kernel.GetCurrentProcess()), ctypes.c_void_p(), ctypes.c_void_p()
    access = _TOKEN_QUERY | _TOKEN_ADJUST_DEFAULT
    if not security.OpenProcessToken(process, access, ctypes.byref(token)):
        return f"OpenProcessToken failed (error {kernel.GetLastError()})"
    try:
        if not security.ConvertStringSidToSidW(_LOW_INTEGRITY, ctypes.byref(sid)):
            return f"ConvertStringSidToSidW failed (error {kernel.GetLastError()})"
        label = MandatoryLabel(sid, _GROUP_INTEGRITY)
        size = ctypes.sizeof(label) + security.GetLengthSid(sid)
        if not security.SetTokenInformation(token, _TOKEN_INTEGRITY_LEVEL, ctypes.byref(label), size):
            return f"SetTokenInformation failed (error {kernel.GetLastError()})"
        return ACTIVE
    finally:
        kernel.LocalFree(sid)
        kernel.CloseHandle(token)
