"""A permission as a person reads it."""

from __future__ import annotations

from dataclasses import dataclass

from automatosx_nb.errors import InvalidPermission
from automatosx_nb.model.permissions.permission import KINDS, Permission
from automatosx_nb.model.printable import printable


@dataclass(frozen=True, slots=True)
class WordedPermission:
    """What a permission allows, how risky that is (a word, not only a colour), and the author's reason."""

    permission: str
    sentence: str
    risk: str
    """A :class:`Risk`'s value, or ``unknown``."""
    reason: str
    standing: bool
    """As :attr:`PermissionKind.standing`."""


def worded(text: str, reason: str = "") -> WordedPermission:
    """Also of one that this version does not know."""
    try:
        known = Permission.parse(text)
    except InvalidPermission:
        sentence = "This version of automatosx_nb does not know what this allows."
        return WordedPermission(text, sentence, "unknown", reason, standing=False)
    return WordedPermission(text, known.sentence, known.risk.value, reason, KINDS[known.kind].standing)


def permission_line(text: str, reason: str) -> str:
    """``reason`` is the author's."""
    permission = Permission.parse(text)
    return printable(f"{text} ({permission.risk} risk): {permission.sentence} “{reason}”")
