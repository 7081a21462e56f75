"""The filter of system calls against a list of its own: every number there is, run on x86-64, interpreted for both."""

from __future__ import annotations

import errno
import os
import struct
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from automatosx_nb.errors import WorkerLost
from automatosx_nb.sandbox.confine import seccomp
from automatosx_nb.sandbox.confine.syscalls import ARCHITECTURES, FENCES

GOLDEN: dict[str, dict[str, Any]] = tomllib.loads(
    (Path(__file__).parents[1] / "data" / "syscalls" / "allowed.toml").read_text("utf-8")
)
EVERY_NUMBER = range(1024)
ALLOW, REFUSE, NOT_IMPLEMENTED, KILL = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS, 0x80000000
PID = 42

SWEEP = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def one(number):
    ctypes.set_errno(0)
    return ctypes.get_errno() if libc.syscall(number, *[ctypes.c_long(-1)] * 6) == -1 else 0
def sweep(numbers):
    return [[number, one(number)] for number in numbers]
"""


def run_filter(code: list[seccomp.Instruction], number: int, audit: int, arguments: tuple[int, ...] = ()) -> int:
    """The verdict of a filter, by the rules of classic BPF, for one system call."""
    data = struct.pack("<IIQ6Q", number, audit, 0, *arguments, *(0,) * (6 - len(arguments)))
    accumulator, at = 0, 0
    while True:
        operation, if_true, if_false, constant = code[at]
        at += 1
        if operation == 0x20:
            accumulator = int.from_bytes(data[constant : constant + 4], "little")
        elif operation == 0x54:
            accumulator &= constant
        elif operation == 0x15:
            at += if_true if accumulator == constant else if_false
        elif operation == 0x45:
            at += if_true if accumulator & constant else if_false
        elif operation == 0x35:
            at += if_true if accumulator >= constant else if_false
        else:
            return constant


def verdicts(machine: str, argument: int) -> dict[int, int]:
    """The filter's verdict on each number, with every argument the same."""
    architecture = ARCHITECTURES[machine]
    code = seccomp.program(architecture, PID)
    return {number: run_filter(code, number, architecture.audit, (argument,) * 6) for number in EVERY_NUMBER}


@pytest.mark.parametrize("machine", GOLDEN)
def test_every_number_is_answered_as_the_golden_list_says(machine: str) -> None:
    golden = GOLDEN[machine]
    found = verdicts(machine, 0xFFFFFFFF)
    assert {number for number in found if found[number] == ALLOW} == set(golden["allowed"].values())
    assert {number for number in found if found[number] == NOT_IMPLEMENTED} == set(golden["not_implemented"].values())
    assert {found[number] for number in golden["by_argument"].values()} == {REFUSE}
    assert set(found.values()) == {ALLOW, REFUSE, NOT_IMPLEMENTED}


@pytest.mark.parametrize("machine", GOLDEN)
def test_what_depends_on_an_argument_is_golden_too(machine: str) -> None:
    """No argument of 32 bits in common use opens a call that the list does not name."""
    golden, opened = GOLDEN[machine], set[int]()
    for argument in (*range(64), PID, *(1 << bit for bit in range(32)), *range(0x5400, 0x5480), 0x3D0F00, 0x7D0F00):
        found = verdicts(machine, argument)
        opened |= {number for number in found if found[number] == ALLOW}
    assert opened == set(golden["allowed"].values()) | set(golden["by_argument"].values())


@pytest.mark.parametrize("machine", GOLDEN)
def test_table_and_golden_list_have_the_same_names(machine: str) -> None:
    golden = GOLDEN[machine]
    assert ARCHITECTURES[machine].numbers == golden["allowed"] | golden["by_argument"] | golden["not_implemented"]


FATAL = [("rt_sigreturn", 15), ("exit", 60), ("exit_group", 231)]
PROBES = (335, 336)
"""uretprobe and uprobe: the kernel lets them past every filter, and refuses them anywhere but in a probe of its own."""

on_this_machine = pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine != "x86_64", reason="the numbers are those of x86-64"
)


@on_this_machine
def test_the_kernel_itself_answers_every_number_so(start: Any, broker: Any) -> None:
    """Each call is made, with arguments that no call can use. Those that end a process have their own tests."""
    golden, fatal = GOLDEN["x86_64"], {number for _, number in FATAL}
    numbers = [number for number in EVERY_NUMBER if number not in fatal and number not in PROBES]
    answered = dict(start(SWEEP).call("m:sweep", [numbers], broker=broker))
    passed = {number for number in numbers if answered[number] not in (errno.EPERM, errno.ENOSYS)}
    assert passed | fatal == set(golden["allowed"].values())
    assert {n for n in numbers if answered[n] == errno.ENOSYS} == set(golden["not_implemented"].values())


@on_this_machine
@pytest.mark.parametrize(("name", "number"), FATAL)
def test_what_ends_a_process_may_do_so(start: Any, broker: Any, name: str, number: int) -> None:
    assert GOLDEN["x86_64"]["allowed"][name] == number
    with pytest.raises(WorkerLost):
        start(SWEEP).call("m:one", [number], broker=broker)


@on_this_machine
@pytest.mark.parametrize("number", PROBES)
def test_a_probes_own_call_gives_nothing(start: Any, broker: Any, number: int) -> None:
    worker = start(SWEEP)
    try:
        answer = worker.call("m:one", [number], broker=broker)
    except WorkerLost as ended:
        answer = str(ended)
    assert answer in (errno.EPERM, errno.ENXIO) or "SIGILL" in str(answer)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_threads_pass_the_filter_and_processes_do_not(machine: str) -> None:
    architecture = ARCHITECTURES[machine]
    code, clone = seccomp.program(architecture, PID), architecture.numbers["clone"]
    assert run_filter(code, clone, architecture.audit, (0x3D0F00,)) == ALLOW
    for flags in (17, 0x4000 | 17, 0x10000000 | 17, 0x3D0F00 | 0x10000000):
        assert run_filter(code, clone, architecture.audit, (flags,)) == REFUSE
    assert run_filter(code, architecture.numbers["clone3"], architecture.audit) == NOT_IMPLEMENTED


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_a_futex_waits_and_wakes_and_inherits_no_priority(machine: str) -> None:
    architecture = ARCHITECTURES[machine]
    code, futex = seccomp.program(architecture, PID), architecture.numbers["futex"]
    for flags in (0, 128, 256, 384):
        operations = {n for n in range(128) if run_filter(code, futex, architecture.audit, (0, n | flags)) == ALLOW}
        assert operations == {0, 1, 3, 4, 5, 9, 10}


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize(("name", "index"), [("sendto", 3), ("recvfrom", 3), ("recvmsg", 2)])
def test_nothing_is_sent_or_received_out_of_band(machine: str, name: str, index: int) -> None:
    architecture = ARCHITECTURES[machine]
    code, number = seccomp.program(architecture, PID), architecture.numbers[name]
    given = [(*(0,) * index, flags) for flags in (0, 0x4000, 0x40, 0x40000000, 1, 0x4001)]
    assert [run_filter(code, number, architecture.audit, each) for each in given] == [ALLOW] * 4 + [REFUSE] * 2


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_a_file_cannot_be_cut_through_a_descriptor_that_only_reads(machine: str) -> None:
    architecture = ARCHITECTURES[machine]
    code, openat = seccomp.program(architecture, PID), architecture.numbers["openat"]
    tried = (0, 0o1000, 0o1001, 0o1102, 0o20200002)
    verdicts = [run_filter(code, openat, architecture.audit, (0, 0, flags)) for flags in tried]
    assert verdicts == [ALLOW, REFUSE, ALLOW, ALLOW, REFUSE]


def test_a_foreign_architecture_and_x32_are_killed() -> None:
    code = seccomp.program(ARCHITECTURES["x86_64"], 42)
    assert run_filter(code, 0, 0x40000003) == KILL
    assert run_filter(code, 0x40000000 + 39, 0xC000003E) == KILL


def test_a_signal_reaches_only_the_worker_itself() -> None:
    architecture = ARCHITECTURES["x86_64"]
    code = seccomp.program(architecture, PID)
    assert run_filter(code, 234, architecture.audit, (42, 42, 6)) == ALLOW
    assert run_filter(code, 234, architecture.audit, (41, 41, 6)) == REFUSE


def test_the_numbers_of_this_machine_are_the_kernels() -> None:
    header = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
    if not header.exists() or os.uname().machine != "x86_64":
        pytest.skip("no kernel headers of this architecture here")
    kernel = {
        line.split()[1].removeprefix("__NR_"): int(line.split()[2])
        for line in header.read_text().splitlines()
        if line.startswith("#define __NR_")
    }
    ours = ARCHITECTURES["x86_64"].numbers
    assert {name: kernel[name] for name in ours} == ours
    assert {name: kernel[name] for name in FENCES["x86_64"] if name in kernel}.items() <= FENCES["x86_64"].items()


@pytest.mark.parametrize("machine", FENCES)
def test_what_starts_others_makes_no_socket_that_has_a_path_and_no_namespace(machine: str) -> None:
    code, numbers, audit = seccomp.fence_program(machine), FENCES[machine], ARCHITECTURES[machine].audit

    def verdict(name: str, *arguments: int) -> int:
        return run_filter(code, numbers[name], audit, arguments)

    unix, internet, internet_6, netlink, packets = 1, 2, 10, 16, 17
    assert [verdict("socket", family) for family in (internet, internet_6, netlink)] == [ALLOW] * 3
    assert [verdict("socket", family) for family in (unix, packets, unix | 1 << 32)] == [REFUSE] * 3
    stream, datagrams, raw, close_on_exec = 1, 2, 3, 0o2000000
    assert verdict("socketpair", unix, stream | close_on_exec) == ALLOW
    assert [verdict("socketpair", unix, kind | close_on_exec) for kind in (datagrams, raw)] == [REFUSE] * 2
    assert [verdict("clone", flags) for flags in (0x3D0F00, 17, 0x10000000)] == [ALLOW, ALLOW, REFUSE]
    by_argument = {"socket", "socketpair", "clone"}
    missing = {name for name in numbers if verdict(name) == NOT_IMPLEMENTED}
    assert missing == {"clone3", "io_uring_setup", "io_uring_enter", "io_uring_register"}
    assert {name for name in numbers if verdict(name) == REFUSE} - by_argument == set(numbers) - missing - by_argument
    assert {run_filter(code, number, audit) for number in set(range(1024)) - set(numbers.values())} == {ALLOW}
    assert run_filter(code, 0, 0x40000003) == run_filter(code, 0x40000000 + 41, audit) == KILL
