"""Permissions: ``kind[:scope]``, a file a kind. What a plugin asks for, how risky that is, and when a grant covers it.

A new kind is one file with its ``KIND`` and one entry of :data:`KINDS`.
"""

from automatosx_nb.model.permissions.display import TYPE_NAME
from automatosx_nb.model.permissions.kind import PermissionKind, Risk
from automatosx_nb.model.permissions.permission import (
    KINDS,
    Permission,
    PermissionDiff,
    diff,
    is_granted,
    not_covered,
)
from automatosx_nb.model.permissions.storage import storage_bytes
from automatosx_nb.model.permissions.wording import WordedPermission, permission_line, worded

__all__ = [
    "KINDS",
    "TYPE_NAME",
    "Permission",
    "PermissionDiff",
    "PermissionKind",
    "Risk",
    "WordedPermission",
    "diff",
    "is_granted",
    "not_covered",
    "permission_line",
    "storage_bytes",
    "worded",
]
