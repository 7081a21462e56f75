"""``display:<type>``: every value of one type that a cell shows, for a formatter."""

from __future__ import annotations

import re

from automatosx_nb.model.permissions.kind import PermissionKind, Risk

TYPE_NAME = r"[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)+"
"""A type by its module and name, as in ``pandas.DataFrame``."""

KIND = PermissionKind(
    "display",
    Risk.HIGH,
    "See every {scope} that a cell shows, and draw it in its own way.",
    re.compile(TYPE_NAME),
    "a type, as in display:pandas.DataFrame",
    standing=True,
)
