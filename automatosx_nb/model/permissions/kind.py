"""What every kind of permission has in common."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Risk(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


def unchanged(scope: str) -> str:
    return scope


def same(granted: str, asked: str) -> bool:
    return granted == asked


@dataclass(frozen=True, slots=True)
class PermissionKind:
    """One kind: what its scope looks like, its risk, the sentence that a person reads, and its covering rule.

    ``covers`` is a partial order over normal scopes: reflexive, transitive, and two that cover each other are one.
    """

    name: str
    risk: Risk
    sentence: str
    """What granting allows, with ``{scope}`` where the scope goes."""
    scope: re.Pattern[str] | None = None
    """What a scope has to match; None: the kind takes no scope."""
    scope_hint: str = ""
    scope_optional: bool = False
    """The kind may stand without a scope, too; ``normal`` then says what that means."""
    covers: Callable[[str, str], bool] = same
    """Whether the first of two normal scopes, granted, is enough where the second is asked for."""
    normal: Callable[[str], str] = unchanged
    """The one spelling of a scope that matches. Raises ValueError, with the reason, for one that means nothing."""
    risk_of: Callable[[str], Risk] | None = None
    """The risk of one scope, where it is not every scope's."""
    standing: bool = False
    """It counts from the start of a worker to its end, so it cannot be granted for one call."""
    shown: Callable[[str], str] = unchanged
    """A scope as the sentence names it."""
