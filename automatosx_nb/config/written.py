"""Traits for what is written in a small language of its own: each says what it does not understand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from traitlets import List, TraitError, Unicode

from automatosx_nb.errors import (
    InvalidDuration,
    InvalidPermission,
    InvalidPluginId,
    InvalidRange,
    InvalidTopic,
)
from automatosx_nb.model.bridging import SERVER
from automatosx_nb.model.consent import PermissionRule
from automatosx_nb.model.events.topics import check_pattern
from automatosx_nb.model.policy import Pattern, parse_duration
from automatosx_nb.model.settings import lock_pattern


class Written(List):  # type: ignore[type-arg]
    """Texts of some small language, each refused where it cannot be read."""

    parse: Callable[[str], object]
    hint: str

    def validate(self, obj: Any, value: Any) -> Any:
        for text in super().validate(obj, value) or ():
            try:
                type(self).parse(text)
            except (InvalidPermission, InvalidPluginId, InvalidRange, InvalidTopic) as error:
                raise UnreadableRule(self.name or "", text, f"{error.problem()} {self.hint}") from error
        return value


class UnreadableRule(TraitError):
    """One text of a list cannot be read; it is kept, so that its line can be found."""

    def __init__(self, setting: str, text: str, reason: str) -> None:
        super().__init__(f"{setting} has {text!r}: {reason}")
        self.setting = setting
        self.text = text


class Patterns(Written):
    """Patterns of releases."""

    parse = staticmethod(Pattern.parse)
    hint = "Write 'publisher.name', 'publisher.name@range' or 'publisher.*'."


class Rules(Written):
    """Rules about permissions."""

    parse = staticmethod(PermissionRule.parse)
    hint = "Write 'storage', 'network:*' or '*', and 'storage for acme.*' for some plugins only."


class Locks(Written):
    """Settings of plugins."""

    parse = staticmethod(lock_pattern)
    hint = "Write 'publisher.name', 'publisher.name.setting' or '*'."


class Topics(Written):
    """Patterns of topics."""

    parse = staticmethod(check_pattern)
    hint = "Write 'kernel.cell.failed', 'plugin.acme.*.finding' or 'plugin.acme.**'."


def _of_a_server(text: str) -> str:
    """:raises InvalidTopic:"""
    if not text.startswith(SERVER):
        raise InvalidTopic(text, f"what a server tells is under {SERVER!r}")
    return check_pattern(text)


class ServerTopics(Written):
    """Patterns of topics of what a server tells."""

    parse = staticmethod(_of_a_server)
    hint = "Write 'server.events.jupyter.org.jupyter-server.contents-service.v1', or 'server.**' for all of them."


class Duration(Unicode):  # type: ignore[type-arg]
    """A whole number and its unit."""

    def validate(self, obj: Any, value: Any) -> Any:
        try:
            parse_duration(super().validate(obj, value))
        except InvalidDuration as error:
            raise TraitError(f"{self.name}: {error.problem()} {error.next_step()}") from error
        return value
