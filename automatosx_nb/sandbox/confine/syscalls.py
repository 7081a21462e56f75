"""The system calls that a confined worker may make, and their numbers.

Numbers: Linux ``arch/x86/entry/syscalls/syscall_64.tbl`` and ``include/uapi/asm-generic/unistd.h`` (aarch64).
What is not here fails with EPERM. Left out on purpose, besides the obvious (exec, sockets, ptrace, signals to
others, mount, bpf, keyrings, io_uring, pidfd):

- what changes a file's mode, owner, times or attributes, or its length by path: Landlock does not see those (or not
  in every ABI);
- what makes memory or files that nobody can count: memory files, files without a name, deleting or renaming a file
  that is still open, and giving descriptors away (sendmsg).
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Architecture:
    """``audit``: the kernel's AUDIT_ARCH value; ``seccomp``: the number of seccomp(2); ``numbers``: those allowed."""

    audit: int
    seccomp: int
    numbers: dict[str, int]


_X86_64 = {
    "read": 0, "write": 1, "open": 2, "close": 3, "stat": 4, "fstat": 5, "lstat": 6, "poll": 7, "lseek": 8,
    "mmap": 9, "mprotect": 10, "munmap": 11, "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14,
    "rt_sigreturn": 15, "ioctl": 16, "pread64": 17, "pwrite64": 18, "readv": 19, "writev": 20, "access": 21,
    "select": 23, "sched_yield": 24, "mremap": 25, "madvise": 28, "dup": 32, "dup2": 33, "nanosleep": 35,
    "getpid": 39, "sendto": 44, "recvfrom": 45, "recvmsg": 47, "getsockopt": 55, "clone": 56,
    "exit": 60, "uname": 63, "fcntl": 72, "fsync": 74, "fdatasync": 75, "ftruncate": 77, "getcwd": 79,
    "readlink": 89, "gettimeofday": 96, "getrlimit": 97,
    "getrusage": 98, "sysinfo": 99, "times": 100, "getuid": 102, "getgid": 104, "geteuid": 107, "getegid": 108,
    "getppid": 110, "sigaltstack": 131, "prctl": 157, "gettid": 186, "time": 201, "futex": 202,
    "sched_getaffinity": 204, "epoll_create": 213, "getdents64": 217, "set_tid_address": 218,
    "restart_syscall": 219, "fadvise64": 221, "clock_gettime": 228, "clock_getres": 229, "clock_nanosleep": 230,
    "exit_group": 231, "epoll_wait": 232, "epoll_ctl": 233, "tgkill": 234, "openat": 257,
    "newfstatat": 262, "readlinkat": 267, "faccessat": 269, "pselect6": 270,
    "ppoll": 271, "set_robust_list": 273, "epoll_create1": 291, "dup3": 292, "pipe2": 293,
    "eventfd2": 290, "preadv": 295, "pwritev": 296, "prlimit64": 302, "getcpu": 309,
    "getrandom": 318, "membarrier": 324, "statx": 332, "rseq": 334, "clone3": 435,
    "faccessat2": 439,
}  # fmt: skip

_AARCH64 = {
    "getcwd": 17, "eventfd2": 19, "epoll_create1": 20, "epoll_ctl": 21, "dup": 23, "dup3": 24, "fcntl": 25,
    "ioctl": 29, "ftruncate": 46, "faccessat": 48,
    "openat": 56, "close": 57, "pipe2": 59, "getdents64": 61, "lseek": 62, "read": 63, "write": 64, "readv": 65,
    "writev": 66, "pread64": 67, "pwrite64": 68, "preadv": 69, "pwritev": 70, "pselect6": 72, "ppoll": 73,
    "readlinkat": 78, "newfstatat": 79, "fstat": 80, "fsync": 82, "fdatasync": 83, "exit": 93, "exit_group": 94,
    "set_tid_address": 96, "futex": 98, "set_robust_list": 99, "nanosleep": 101, "clock_gettime": 113,
    "clock_getres": 114, "clock_nanosleep": 115, "sched_getaffinity": 123, "sched_yield": 124,
    "restart_syscall": 128, "tgkill": 131, "sigaltstack": 132, "rt_sigaction": 134, "rt_sigprocmask": 135,
    "rt_sigreturn": 139, "times": 153, "uname": 160, "getrlimit": 163, "getrusage": 165, "prctl": 167,
    "getcpu": 168, "gettimeofday": 169, "getpid": 172, "getppid": 173, "getuid": 174, "geteuid": 175,
    "getgid": 176, "getegid": 177, "gettid": 178, "sysinfo": 179, "sendto": 206, "recvfrom": 207,
    "getsockopt": 209, "recvmsg": 212, "brk": 214, "munmap": 215, "mremap": 216, "clone": 220,
    "mmap": 222, "fadvise64": 223, "mprotect": 226, "madvise": 233, "prlimit64": 261,
    "getrandom": 278, "membarrier": 283, "statx": 291, "rseq": 293, "clone3": 435,
    "faccessat2": 439,
}  # fmt: skip

ARCHITECTURES = {
    "x86_64": Architecture(0xC000003E, 317, _X86_64),
    "aarch64": Architecture(0xC00000B7, 277, _AARCH64),
}

ByArgument = tuple[Literal["equal", "self"], int, tuple[int, ...]]

# clone(2) flags of a thread of glibc; musl adds the obsolete CLONE_DETACHED. Anything else would be a process.
_THREAD = 0x3D0F00
_FCNTL = (0, 1, 2, 3, 4, 1030, 1033, 1034)  # F_DUPFD F_GETFD F_SETFD F_GETFL F_SETFL F_DUPFD_CLOEXEC F_*_SEALS
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS TIOCGWINSZ FIONREAD FIONBIO FIONCLEX FIOCLEX
_PRCTL = (3, 15, 16, 23, 0x53564D41)  # PR_GET_DUMPABLE PR_SET_NAME PR_GET_NAME PR_CAPBSET_READ PR_SET_VMA

BY_ARGUMENT: dict[str, ByArgument] = {
    "clone": ("equal", 0, (_THREAD, _THREAD | 0x400000)),
    "fcntl": ("equal", 1, _FCNTL),
    "ioctl": ("equal", 1, _IOCTL),
    "prctl": ("equal", 0, _PRCTL),
    "prlimit64": ("equal", 0, (0,)),
    "tgkill": ("self", 0, ()),
}
"""Allowed only if the low 32 bits of the argument with this index are one of these, or the worker's own pid."""

WITHOUT_BITS = {"sendto": (3, 1), "recvfrom": (3, 1), "recvmsg": (2, 1)}
"""Refused if the argument with this index has one of these bits: MSG_OOB, on Unix sockets a source of kernel errors."""

_FUTEX_OPERATIONS = (0, 1, 3, 4, 5, 9, 10)  # WAIT WAKE REQUEUE CMP_REQUEUE WAKE_OP WAIT_BITSET WAKE_BITSET
MASKED = {"futex": (1, 0x7F, _FUTEX_OPERATIONS)}
"""Allowed only if these bits of the argument with this index are one of these: no futex that inherits priorities."""

NOT_IMPLEMENTED = ("clone3",)
"""Answered with ENOSYS, upon which glibc uses ``clone``, whose flags a filter can see."""

OPENING = {"open": 1, "openat": 2}
"""The index of their flags. O_TMPFILE is refused, and so is O_TRUNC without writing, which Landlock before ABI 3
(Linux 6.2) does not see."""

_NEWER = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428, "move_mount": 429,
    "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "clone3": 435, "pidfd_getfd": 438,
    "mount_setattr": 442,
}  # fmt: skip

FENCES = {
    "x86_64": {
        "socket": 41, "socketpair": 53, "clone": 56, "ptrace": 101, "pivot_root": 155, "mount": 165, "umount2": 166,
        "init_module": 175, "delete_module": 176, "kexec_load": 246, "add_key": 248, "request_key": 249,
        "keyctl": 250, "unshare": 272, "perf_event_open": 298, "setns": 308, "process_vm_readv": 310,
        "process_vm_writev": 311, "finit_module": 313, "kexec_file_load": 320, "bpf": 321, "userfaultfd": 323,
        **_NEWER,
    },
    "aarch64": {
        "umount2": 39, "mount": 40, "pivot_root": 41, "unshare": 97, "kexec_load": 104, "init_module": 105,
        "delete_module": 106, "ptrace": 117, "socket": 198, "socketpair": 199, "add_key": 217, "request_key": 218,
        "keyctl": 219, "clone": 220, "perf_event_open": 241, "setns": 268, "process_vm_readv": 270,
        "process_vm_writev": 271, "finit_module": 273, "bpf": 280, "userfaultfd": 282, "kexec_file_load": 294,
        **_NEWER,
    },
}  # fmt: skip
"""What a process that starts others (a kernel that executes documentation), and all of these, may not call. A worker
that is started in there finds no namespaces, which are an extra to it."""

FENCED = dict.fromkeys(("clone3", "io_uring_setup", "io_uring_enter", "io_uring_register"), errno.ENOSYS)
"""What these fail with; the others with EPERM. Callers know how to do without."""

SOCKET_FAMILIES = (2, 10, 16)  # AF_INET AF_INET6 AF_NETLINK
SOCKET_TYPE_MASK, SOCKET_PAIR_TYPES = 0xF, (1, 5)  # SOCK_STREAM SOCK_SEQPACKET
"""A pair of these stays connected to itself; one of datagrams could still send to any path."""

NEW_NAMESPACES = 0x7E020000  # CLONE_NEWNS NEWCGROUP NEWUTS NEWIPC NEWUSER NEWPID NEWNET
