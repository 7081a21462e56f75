"""``python outer.py KIND COMMAND…``: run a command behind the outer walls of a place where people run kernels.

Started as root. The filter is of x86-64, and refuses what Docker's documentation says that its default profile
refuses a container without extra capabilities; containerd's, Kubernetes' RuntimeDefault, hardly differs.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys

LIKE_DOCKER = {
    "acct": 163, "add_key": 248, "bpf": 321, "clock_adjtime": 305, "clock_settime": 227, "create_module": 174,
    "delete_module": 176, "finit_module": 313, "fsconfig": 431, "fsmount": 432, "fsopen": 430, "fspick": 433,
    "init_module": 175, "io_uring_enter": 426, "io_uring_register": 427, "io_uring_setup": 425, "ioperm": 173,
    "iopl": 172, "kcmp": 312, "kexec_file_load": 320, "kexec_load": 246, "keyctl": 250, "lookup_dcookie": 212,
    "mount": 165, "mount_setattr": 442, "move_mount": 429, "move_pages": 279, "nfsservctl": 180,
    "open_by_handle_at": 304, "open_tree": 428, "perf_event_open": 298, "pivot_root": 155, "process_vm_readv": 310,
    "process_vm_writev": 311, "ptrace": 101, "quotactl": 179, "quotactl_fd": 443, "reboot": 169, "request_key": 249,
    "setns": 308, "settimeofday": 164, "swapoff": 168, "swapon": 167, "syslog": 103, "umount2": 166, "unshare": 272,
    "uselib": 134, "userfaultfd": 323, "ustat": 136, "vhangup": 153,
}  # fmt: skip
LANDLOCK = {"landlock_create_ruleset": 444, "landlock_add_rule": 445, "landlock_restrict_self": 446}
SECCOMP = {"seccomp": 317}
KINDS = {
    "bare": ({}, {}),
    "docker": (LIKE_DOCKER, {}),
    "kernel-without-landlock": (LIKE_DOCKER, LANDLOCK),
    "kernel-without-seccomp": (LIKE_DOCKER, SECCOMP),
    "kernel-without-either": (LIKE_DOCKER, LANDLOCK | SECCOMP),
}
"""What each place refuses with EPERM, and what it does not know: ENOSYS."""

DOCKERS_CAPABILITIES = 0xA80425FB
_CLONE, _CLONE3, _NEW_NAMESPACES = 56, 435, 0x7E020000
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000


def program(refused: dict[str, int], unknown: dict[str, int]) -> bytes:
    code = [(0x20, 0, 0, 0)]
    for numbers, error in ((refused, errno.EPERM), (unknown, errno.ENOSYS)):
        for number in numbers.values():
            code += [(0x15, 0, 1, number), (0x06, 0, 0, _ERRNO | error)]
    if refused:
        code += [(0x15, 0, 1, _CLONE3), (0x06, 0, 0, _ERRNO | errno.ENOSYS)]
        code += [(0x15, 0, 3, _CLONE), (0x20, 0, 0, 16), (0x45, 0, 1, _NEW_NAMESPACES), (0x06, 0, 0, _ERRNO | 1)]
    return b"".join(struct.pack("<HBBI", *each) for each in [*code, (0x06, 0, 0, _ALLOW)])


def confine(kind: str) -> None:
    """Put the filter on this process, for which it needs CAP_SYS_ADMIN or no_new_privs."""
    raw = program(*KINDS[kind])
    buffer = ctypes.create_string_buffer(raw, len(raw))
    header = ctypes.create_string_buffer(struct.pack("<HxxxxxxQ", len(raw) // 8, ctypes.addressof(buffer)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(22, 2, header, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "the outer filter could not be put on")


def keep_capabilities(wanted: int) -> None:
    """Of root's capabilities, those that a container has, also after an exec."""
    libc = ctypes.CDLL(None, use_errno=True)
    for number in range(64):
        if not wanted >> number & 1:
            libc.prctl(24, number, 0, 0, 0)  # PR_CAPBSET_DROP


if __name__ == "__main__":
    keep_capabilities(DOCKERS_CAPABILITIES | 1 << 21)
    confine(sys.argv[1])
    keep_capabilities(DOCKERS_CAPABILITIES)
    os.execvp(sys.argv[2], sys.argv[2:])
