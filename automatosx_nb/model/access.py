"""Members of publishers, holders of roles, and tokens: what a registry says of who may act in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from automatosx_nb.errors import InvalidAccessRequest
from automatosx_nb.model.identity import OWNER, Role, Scope

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_NAME = 128
LONGEST_DAYS = 366
TOKEN_PREFIX = "axp_"  # noqa: S105 - what every token begins with, so that scanners of secrets know one
_TOKEN = re.compile(r"axp_[A-Za-z0-9_-]{43}")
"""256 random bits in base64url (RFC 4648, section 5), without padding."""


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who publishes under a publisher's name; times are RFC 3339, UTC, here and below."""

    user: str
    owner: bool
    added: str


@dataclass(frozen=True, slots=True)
class Publisher:
    name: str
    verified: bool
    members: tuple[Member, ...]
    """By their names."""


@dataclass(frozen=True, slots=True)
class RoleHolder:
    user: str
    role: Role
    added: str


@dataclass(frozen=True, slots=True)
class Token:
    """All of a token but its secret."""

    id: str
    user: str
    name: str
    scopes: tuple[Scope, ...]
    created: str
    expires: str
    revoked: str | None = None
    used: str | None = None
    """The hour in which it was last used; None: never."""


@dataclass(frozen=True, slots=True)
class NewToken:
    """``secret`` is shown this once, and kept nowhere."""

    token: Token
    secret: str


def user_name(text: str) -> str:
    """:raises InvalidAccessRequest: no user has such a name."""
    _plain(text, "user")
    if text == OWNER:
        raise InvalidAccessRequest("user", repr(text), "another name: this one stands for whoever has the folder")
    return text


def token_name(text: str) -> str:
    """What its user calls a token.

    :raises InvalidAccessRequest:
    """
    return _plain(text, "name")


def lifetime(days: int) -> int:
    """:raises InvalidAccessRequest:"""
    if not 1 <= days <= LONGEST_DAYS:
        raise InvalidAccessRequest("lifetime", f"{days} days", f"1 to {LONGEST_DAYS} days")
    return days


def scopes_of(names: Iterable[str]) -> tuple[Scope, ...]:
    """In the order of :class:`Scope`, each once.

    :raises InvalidAccessRequest: one is no scope, or there is none.
    """
    given = set(names)
    unknown = sorted(given - {*Scope})
    if unknown or not given:
        raise InvalidAccessRequest("scopes", repr(", ".join(unknown)), f"some of {', '.join(Scope)}")
    return tuple(scope for scope in Scope if scope in given)


def role_of(name: str) -> Role:
    """:raises InvalidAccessRequest:"""
    if name not in {*Role}:
        raise InvalidAccessRequest("role", repr(name), f"one of {', '.join(Role)}")
    return Role(name)


def looks_like_token(text: str) -> bool:
    return _TOKEN.fullmatch(text) is not None


def _plain(text: str, part: str) -> str:
    if not 0 < len(text) <= LONGEST_NAME or text != text.strip() or not text.isprintable():
        raise InvalidAccessRequest(part, repr(text[:LONGEST_NAME]), f"1 to {LONGEST_NAME} characters that can be seen")
    return text
