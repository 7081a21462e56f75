"""No plugin's id can be taken for another's.

Ids are ASCII, so of the confusable characters of Unicode (UTS #39) those within it count: the digits that are letters
to an eye, and pairs of letters that are one. What is one letter of typing away from another publisher's plugin is told
apart: it forbids nothing, unless that publisher is verified.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from automatosx_nb.model.names import fold
from automatosx_nb.registry.checks.submission import Check, Finding, Submission

if TYPE_CHECKING:
    from collections.abc import Iterator

_ALIKE = str.maketrans({"-": "", "0": "o", "1": "l"})
_CONFUSED = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("i", "l"), ("5", "s"), ("2", "z"), ("8", "b"))
_TYPED = "abcdefghijklmnopqrstuvwxyz23456789"
"""What is left of the alphabet of ids in a skeleton."""
LOOKS_LIKE = "looks like"
ONE_AWAY = "is one letter away from"
HIDDEN = ""
"""In place of the id of a plugin that whoever publishes may not see."""


def skeleton(plugin: str) -> str:
    """The id as an eye sees it: folded, without hyphens, ``0`` as ``o`` and ``1`` as ``l``."""
    return fold(plugin).translate(_ALIKE)


def neighbours(plugin: str) -> dict[str, str]:
    """Skeletons that are not this id's own, and what they are to it.

    There are some 70 a letter, to be looked up; so what that takes does not grow with the plugins that there are.
    """
    own = skeleton(plugin)
    found = dict.fromkeys(_typed(own), ONE_AWAY) | dict.fromkeys(_confused(own), LOOKS_LIKE)
    found.pop(own, None)
    return found


def refusal(plugin: str, other: str) -> str:
    return f"the id {plugin!r} looks like {_named(other)}, which is taken: choose another 'id'"


def _named(plugin: str) -> str:
    return "another plugin" if plugin == HIDDEN else repr(plugin)


def _confused(text: str) -> Iterator[str]:
    """With one place, and with every place, written as what it looks like."""
    for pair in _CONFUSED:
        for old, new in (pair, pair[::-1]):
            yield text.replace(old, new)
            at = text.find(old)
            while at >= 0:
                yield text[:at] + new + text[at + len(old) :]
                at = text.find(old, at + 1)


def _typed(text: str) -> Iterator[str]:
    """With one letter more, fewer or another, or two of them exchanged (Damerau's four errors of typing)."""
    for at in range(len(text) + 1):
        before, after = text[:at], text[at:]
        if after:
            yield before + after[1:]
            yield from (before + letter + after[1:] for letter in _TYPED)
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
        yield from (before + letter + after for letter in _TYPED)


def _find(submission: Submission) -> Iterator[Finding]:
    plugin = submission.package.manifest.id
    if submission.look_alike is not None:
        yield Finding("error", refusal(plugin, submission.look_alike), "plugin.toml")
    for near in submission.near:
        if near.how == LOOKS_LIKE:
            yield Finding("error", refusal(plugin, near.id), "plugin.toml")
        elif near.verified:
            sentence = f"the id {plugin!r} {near.how} {_named(near.id)} of a verified publisher: choose another 'id'"
            yield Finding("error", sentence, "plugin.toml")
        elif near.id != HIDDEN:  # a warning helps nobody who cannot look at what it is about
            sentence = f"the id {plugin!r} {near.how} {near.id!r}: whoever mistypes gets the other one"
            yield Finding("warning", sentence, "plugin.toml")


CHECK = Check("look-alike", "No other plugin's id looks the same.", _find)
