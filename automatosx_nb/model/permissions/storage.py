"""``storage[:<size>]``: data of the plugin's own, kept with the profile."""

from __future__ import annotations

import re

from automatosx_nb.model.permissions.kind import PermissionKind, Risk

DEFAULT = 64 << 20
"""Bytes, where no size is named."""
MOST = 64 << 30
_UNITS = {"GiB": 1 << 30, "MiB": 1 << 20, "KiB": 1 << 10}


def storage_bytes(scope: str) -> int:
    """The size that a scope stands for."""
    return int(scope[:-3]) * _UNITS[scope[-3:]] if scope else DEFAULT


def size_text(size: int) -> str:
    """In the largest unit of which it is a whole number; ``size`` is one of KiB at least."""
    unit = next(name for name, count in _UNITS.items() if size % count == 0)
    return f"{size // _UNITS[unit]}{unit}"


def _normal(scope: str) -> str:
    size = storage_bytes(scope)
    if size > MOST:
        raise ValueError(f"storage is at most {size_text(MOST)}")
    return "" if size == DEFAULT else size_text(size)


KIND = PermissionKind(
    "storage",
    Risk.LOW,
    "Keep up to {scope} of its own data on this computer, and read it back.",
    re.compile(r"[1-9][0-9]{0,8}(?:KiB|MiB|GiB)"),
    "a size in KiB, MiB or GiB, as in storage:256MiB",
    scope_optional=True,
    covers=lambda granted, asked: storage_bytes(granted) >= storage_bytes(asked),
    normal=_normal,
    shown=lambda scope: re.sub(r"(?=[KMG]iB)", " ", scope or size_text(DEFAULT)),
)
