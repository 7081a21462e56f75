"""What the panel's front end may ask, as types: a message that is not exactly one of these is refused."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta

from automatosx_nb.model.consent import GrantScope

Token: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64)]
PluginId: TypeAlias = Annotated[str, Meta(min_length=1, max_length=128)]
MaybeId: TypeAlias = Annotated[str, Meta(max_length=128)]
Line: TypeAlias = Annotated[str, Meta(max_length=200)]


Action: TypeAlias = Literal["install", "update", "remove", "rollback", "undo", "pin", "unpin", "grant", "revoke"]


class _Request(msgspec.Struct, tag_field="do", forbid_unknown_fields=True, frozen=True):
    request: Token
    """Chosen by the view that asks; the answer repeats it as ``re``."""


class Ping(_Request, tag="ping", frozen=True):
    """Are you there, and is anything changed?"""


class Search(_Request, tag="search", frozen=True):
    text: Line = ""
    category: Line | None = None
    sort: Literal["relevance", "downloads", "updated", "name"] = "relevance"
    cursor: Annotated[str, Meta(max_length=1000)] | None = None


class Details(_Request, tag="details", frozen=True):
    id: PluginId


class Screenshots(_Request, tag="screenshots", frozen=True):
    """What a release shows of itself: the pictures, too, for a front end fetches nothing."""

    id: PluginId
    version: Line


class Installed(_Request, tag="installed", frozen=True):
    """What is installed, and the history."""


class Outdated(_Request, tag="outdated", frozen=True):
    """Installed plugins with an update, with newer versions that are held back, or with flags; asks the registry."""


class Preview(_Request, tag="preview", frozen=True):
    """What an action would change. ``id`` is for all but ``rollback`` and ``undo``; ``update`` without it is for all.

    ``wish``, a range or a version, is for ``install``, and a version for ``pin``. ``to`` is a generation, for
    ``rollback``: without it, the one before the last change. ``permissions`` are for ``grant`` and ``revoke``.
    """

    action: Action
    id: MaybeId = ""
    wish: Line = ""
    to: Annotated[int, Meta(ge=0)] | None = None
    permissions: Annotated[tuple[Line, ...], Meta(max_length=200)] = ()


class Run(_Request, tag="run", frozen=True):
    """Carry out what a preview showed; ``preview`` is its fingerprint."""

    action: Action
    preview: Token
    id: MaybeId = ""
    wish: Line = ""
    to: Annotated[int, Meta(ge=0)] | None = None
    permissions: Annotated[tuple[Line, ...], Meta(max_length=200)] = ()
    scope: GrantScope = "profile"
    """For how long a ``grant`` holds, or what is granted with an ``install`` or an ``update``."""
    grant: Annotated[tuple[Line, ...], Meta(max_length=200)] = ()
    note: Line = ""
    """Why, for ``pin``."""


class Stop(_Request, tag="stop", frozen=True):
    """Stop the change that is under way, which then changes nothing; the answer says whether one was."""


class KeepGeneration(_Request, tag="keep_generation", frozen=True):
    """Have no policy prune a generation, with a note why."""

    number: Annotated[int, Meta(ge=0)]
    note: Line = ""


class LetGo(_Request, tag="let_go", frozen=True):
    """Such a generation goes when it is old enough."""

    number: Annotated[int, Meta(ge=0)]


class Settings(_Request, tag="settings", frozen=True):
    """What an installed plugin can be told, and what it was."""

    id: PluginId


class Set(_Request, tag="set", frozen=True):
    """Set one setting to a JSON value."""

    id: PluginId
    name: Line
    value: str | float | int | bool | list[Any] | None


class Unset(_Request, tag="unset", frozen=True):
    """Back to what counts without what the user set."""

    id: PluginId
    name: Line


class Secrets(_Request, tag="secrets", frozen=True):
    """Which secrets there are, and could be; no answer has a value."""

    id: PluginId


class Keep(_Request, tag="keep", frozen=True):
    """Keep a secret, in place of what was there."""

    id: PluginId
    name: Line
    value: Annotated[str, Meta(max_length=1 << 16)]


class Forget(_Request, tag="forget", frozen=True):
    id: PluginId
    name: Line


class Open(_Request, tag="open", frozen=True):
    """Show a panel that an installed plugin contributes, below this one."""

    id: PluginId
    name: Line


OptionRequest: TypeAlias = Settings | Set | Unset | Secrets | Keep | Forget
Request: TypeAlias = (
    Ping
    | Search
    | Details
    | Screenshots
    | Installed
    | Outdated
    | Preview
    | Run
    | Stop
    | KeepGeneration
    | LetGo
    | Open
    | OptionRequest
)


def parse(content: object) -> Request:
    """:raises msgspec.ValidationError: saying which field is wrong."""
    request: Request = msgspec.convert(content, type=Request)
    return request


def token_of(content: object) -> str | None:
    """The request's name, also of a message that is wrong otherwise, so that its sender hears of it."""
    token = content.get("request") if isinstance(content, dict) else None
    return token if isinstance(token, str) and 0 < len(token) <= 64 else None
