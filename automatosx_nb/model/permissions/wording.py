"""A permission as a person reads it."""

from __future__ import annotations

from automatosx_nb.model.permissions.permission import Permission
from automatosx_nb.model.printable import printable


def permission_line(text: str, reason: str) -> str:
    """``reason`` is the author's."""
    permission = Permission.parse(text)
    return printable(f"{text} ({permission.risk} risk): {permission.sentence} “{reason}”")
