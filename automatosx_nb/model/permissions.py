"""Permissions: ``kind[:scope]``. What a plugin asks for, how risky that is, and when a grant covers it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from automatosx_nb.errors import InvalidPermission
from automatosx_nb.model.spelling import nearest


class Risk(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


GRANTABLE_MODULES = ("pyarrow",)
"""Modules outside the standard library that a plugin can be granted; each has a facade in ``sandbox/facades``."""


TYPE_NAME = r"[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)+"
"""A type by its module and name, as in ``pandas.DataFrame``."""


def _same(granted: str, asked: str) -> bool:
    return granted == asked


def _topic_covers(granted: str, asked: str) -> bool:
    """``*`` matches one segment, ``**`` the rest."""
    pattern, topic = granted.split("."), asked.split(".")
    for index, segment in enumerate(pattern):
        if segment == "**":
            return len(topic) > index
        if index >= len(topic) or topic[index] == "**":
            return False
        if segment != "*" and segment != topic[index]:
            return False
    return len(pattern) == len(topic)


@dataclass(frozen=True, slots=True)
class PermissionKind:
    """One kind: what its scope looks like, its risk, the sentence that a person reads, and its covering rule."""

    name: str
    risk: Risk
    sentence: str
    """What granting allows, with ``{scope}`` where the scope goes."""
    scope: re.Pattern[str] | None = None
    """What a scope has to match; None: the kind takes no scope."""
    scope_hint: str = ""
    covers: Callable[[str, str], bool] = _same


KINDS: Mapping[str, PermissionKind] = {
    kind.name: kind
    for kind in (
        PermissionKind(
            "modules",
            Risk.LOW,
            "Use the library {scope} inside its own confined process.",
            re.compile("|".join(GRANTABLE_MODULES)),
            f"one of {', '.join(GRANTABLE_MODULES)}",
        ),
        PermissionKind("storage", Risk.LOW, "Keep data of its own on this computer, and read it back."),
        PermissionKind(
            "events",
            Risk.MEDIUM,
            "Be told about {scope}.",
            re.compile(r"subscribe:(kernel|marketplace)(\.([a-z0-9-]+|\*))*(\.\*\*)?"),
            "subscribe:<topic>, as in subscribe:kernel.cell.finished",
            _topic_covers,
        ),
        PermissionKind(
            "display",
            Risk.HIGH,
            "See every {scope} that a cell shows, and draw it in its own way.",
            re.compile(TYPE_NAME),
            "a type, as in display:pandas.DataFrame",
        ),
    )
}


@dataclass(frozen=True, slots=True, order=True)
class Permission:
    """A permission in its normal form; ``str()`` gives the text back."""

    kind: str
    scope: str = ""

    @classmethod
    def parse(cls, text: str) -> Permission:
        """:raises InvalidPermission: for an unknown kind or a scope that the kind does not take."""
        name, colon, scope = text.strip().partition(":")
        kind = KINDS.get(name)
        if kind is None:
            raise InvalidPermission(text, f"there is no kind {name!r}", nearest(name, KINDS))
        if kind.scope is None:
            if colon:
                raise InvalidPermission(text, f"{name!r} takes no scope", (name,))
        elif not kind.scope.fullmatch(scope):
            raise InvalidPermission(text, f"the scope of {name!r} is {kind.scope_hint}")
        return cls(name, scope)

    def __str__(self) -> str:
        return f"{self.kind}:{self.scope}" if self.scope else self.kind

    @property
    def risk(self) -> Risk:
        return KINDS[self.kind].risk

    @property
    def sentence(self) -> str:
        """What granting this allows, for a person."""
        return KINDS[self.kind].sentence.format(scope=self.scope.removeprefix("subscribe:"))

    def covers(self, other: Permission) -> bool:
        """Whether holding this one is enough where ``other`` is needed."""
        return self.kind == other.kind and KINDS[self.kind].covers(self.scope, other.scope)


def is_granted(needed: Permission, granted: Iterable[Permission]) -> bool:
    return any(permission.covers(needed) for permission in granted)


def not_covered(asked: Iterable[str], granted: Iterable[str]) -> tuple[str, ...]:
    """Those of ``asked`` that no one of ``granted`` covers, in the order of ``asked``."""
    held = [Permission.parse(text) for text in granted]
    return tuple(text for text in asked if not is_granted(Permission.parse(text), held))
