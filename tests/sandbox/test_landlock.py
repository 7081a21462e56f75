"""Landlock by the kernel's ABI: every right that an ABI has is handled, and none that it does not have."""

from __future__ import annotations

import os
import sys

import pytest

from automatosx_nb.sandbox.confine import landlock

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Landlock is Linux's")

ABIS = [
    (1, 0x1FFF, 0, 0),
    (2, 0x3FFF, 0, 0),  # rename and link between folders
    (3, 0x7FFF, 0, 0),  # truncate
    (4, 0x7FFF, 3, 0),  # bind and connect TCP
    (5, 0xFFFF, 3, 0),  # ioctl on devices
    (6, 0xFFFF, 3, 3),  # abstract sockets, signals
    (7, 0xFFFF, 3, 3),  # adds what is logged, and no right
]
"""The rights of each ABI: of files, of TCP, of scope (linux/landlock.h, Documentation/userspace-api/landlock.rst)."""


@pytest.mark.parametrize(("version", "files", "tcp", "scoped"), ABIS)
def test_every_right_of_an_abi_is_handled(version: int, files: int, tcp: int, scoped: int) -> None:
    assert landlock.handled(version) == (files, tcp, scoped)


@pytest.mark.parametrize("version", [version for version, *_ in ABIS])
def test_the_kernel_takes_the_rules_of_every_abi_up_to_its_own(version: int) -> None:
    own = landlock.abi()
    if own == 0:
        pytest.skip("this kernel has no Landlock")
    if version <= own or landlock.handled(version) == landlock.handled(own):
        os.close(landlock.create(version))
    else:
        with pytest.raises(OSError, match=r"Invalid argument|Argument list too long"):
            landlock.create(version)


def test_a_kernel_without_landlock_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "abi", lambda: 0)
    assert "Linux 5.13" in landlock.restrict(landlock.rules([], "/nowhere"))
