"""What a form's front end may ask, as types: a message that is not exactly one of these is refused."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from automatosx_nb.host.display.forms import MAX_CONTROLS, MAX_VALUE
from automatosx_nb.widgets.requests import Token, token_of

__all__ = ["Cancel", "Ping", "Request", "Submit", "Suggest", "parse", "token_of"]

Name: TypeAlias = Annotated[str, Meta(max_length=64)]
Text: TypeAlias = Annotated[str, Meta(max_length=MAX_VALUE)]


class _Request(msgspec.Struct, tag_field="do", forbid_unknown_fields=True, frozen=True):
    request: Token


class Ping(_Request, tag="ping", frozen=True):
    """Are you there, and is the plugin?"""


class Submit(_Request, tag="submit", frozen=True):
    """Call the command of form number ``form`` with ``values``, by the names of its fields.

    ``serial`` is that of the forms that somebody saw: what was typed into one never goes to another's command.
    """

    form: int
    serial: int
    values: Annotated[dict[Name, Text | float | int | bool | None], Meta(max_length=MAX_CONTROLS)] = {}


class Cancel(_Request, tag="cancel", frozen=True):
    """End the call that is under way."""


class Suggest(_Request, tag="suggest", frozen=True):
    """What could be named in a field of this type."""

    type: Literal["variable", "file:read", "file:write", "secret"]


Request: TypeAlias = Ping | Submit | Cancel | Suggest


def parse(content: object) -> Request:
    """:raises msgspec.ValidationError: saying which field is wrong."""
    request: Request = msgspec.convert(content, type=Request)
    return request
