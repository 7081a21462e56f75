"""One permission: read, compared, shown; and what two sets of them differ in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from automatosx_nb.errors import InvalidPermission
from automatosx_nb.model.permissions import (
    display,
    events,
    files,
    modules,
    network,
    secrets,
    services,
    storage,
    variables,
)
from automatosx_nb.model.permissions.kind import PermissionKind, Risk
from automatosx_nb.model.spelling import nearest

_MODULES = (modules, storage, events, display, network, files, secrets, variables, services)
KINDS: Mapping[str, PermissionKind] = {module.KIND.name: module.KIND for module in _MODULES}

MAX_TEXT = 2000
"""Characters of a permission as it is written."""


@dataclass(frozen=True, slots=True, order=True)
class Permission:
    """A permission in its normal form; ``str()`` gives its text."""

    kind: str
    scope: str = ""

    @classmethod
    def parse(cls, text: str) -> Permission:
        """:raises InvalidPermission: for an unknown kind or a scope that the kind does not take."""
        if len(text) > MAX_TEXT:
            raise InvalidPermission(f"{text[:60]}…", f"it has more than {MAX_TEXT:,} characters")
        name, colon, scope = text.strip().partition(":")
        kind = KINDS.get(name)
        if kind is None:
            raise InvalidPermission(text, f"there is no kind {name!r}", nearest(name, KINDS))
        if kind.scope is None:
            if colon:
                raise InvalidPermission(text, f"{name!r} takes no scope", (name,))
        elif not (kind.scope.fullmatch(scope) or (kind.scope_optional and not colon)):
            raise InvalidPermission(text, f"the scope of {name!r} is {kind.scope_hint}")
        try:
            return cls(name, kind.normal(scope))
        except ValueError as error:
            raise InvalidPermission(text, str(error)) from error

    def __str__(self) -> str:
        return f"{self.kind}:{self.scope}" if self.scope else self.kind

    @property
    def risk(self) -> Risk:
        kind = KINDS[self.kind]
        return kind.risk if kind.risk_of is None else kind.risk_of(self.scope)

    @property
    def sentence(self) -> str:
        """What granting this allows, for a person."""
        kind = KINDS[self.kind]
        return kind.sentence.format(scope=kind.shown(self.scope))

    def covers(self, other: Permission) -> bool:
        """Whether holding this one is enough where ``other`` is needed."""
        return self.kind == other.kind and KINDS[self.kind].covers(self.scope, other.scope)


def is_granted(needed: Permission, granted: Iterable[Permission]) -> bool:
    return any(permission.covers(needed) for permission in granted)


def not_covered(asked: Iterable[str], granted: Iterable[str]) -> tuple[str, ...]:
    """Those of ``asked`` that no one of ``granted`` covers, in the order of ``asked``."""
    held = [Permission.parse(text) for text in granted]
    return tuple(text for text in asked if not is_granted(Permission.parse(text), held))


Pair = tuple[Permission, Permission]
"""An old permission, and the new one that has come of it."""


@dataclass(frozen=True, slots=True)
class PermissionDiff:
    """What became of a set of permissions. A permission that stays is in no part of it."""

    added: tuple[Permission, ...] = ()
    """Nothing of before covers it, nor does it cover anything that is gone."""
    widened: tuple[Pair, ...] = ()
    """The new one covers the old one, and more than anything of before."""
    narrowed: tuple[Pair, ...] = ()
    """The old one covers the new one, and more."""
    implied: tuple[Permission, ...] = ()
    """New in writing only: one that stays covers it."""
    removed: tuple[Permission, ...] = ()
    """Gone, and nothing has come of it."""

    def apply(self, old: Iterable[Permission]) -> frozenset[Permission]:
        """The new set, from the old one."""
        pairs = (*self.widened, *self.narrowed)
        gone = {*self.removed, *(before for before, _ in pairs)}
        come = {*self.added, *self.implied, *(after for _, after in pairs)}
        return frozenset({*old} - gone | come)


def diff(old: Iterable[Permission], new: Iterable[Permission]) -> PermissionDiff:
    """How ``new`` differs from ``old``."""
    before, after = {*old}, {*new}
    gone, stays = sorted(before - after), before & after
    implied = [one for one in sorted(after - before) if is_granted(one, stays)]
    come = sorted(after - before - {*implied})
    narrowed = [(one, other) for other in come for one in gone if one.covers(other)]
    wider = [other for other in come if not is_granted(other, gone)]
    widened = [(one, other) for other in wider for one in gone if other.covers(one)]
    paired = {permission for pair in (*narrowed, *widened) for permission in pair}
    return PermissionDiff(
        added=tuple(one for one in come if one not in paired),
        widened=tuple(widened),
        narrowed=tuple(narrowed),
        implied=tuple(implied),
        removed=tuple(one for one in gone if one not in paired),
    )
