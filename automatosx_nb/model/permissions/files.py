"""``files:read|write:<glob>``: files beneath the notebook's folder.

A glob is a relative path. ``*`` in a segment is any text in it, a segment ``**`` any number of segments. Neither
matches a segment that begins with a dot: what is hidden is granted by its exact name, or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache, lru_cache, partial
from operator import call

from automatosx_nb.model.permissions.kind import PermissionKind, Risk

ACTIONS = ("read", "write")
MAX_SEGMENTS = 32
MAX_STARS = 16
"""Stars of one glob: what matching costs grows with them."""
MAX_PATH_CHARS = 1024
_SEGMENT = r"[^/\\:?\[\]{}\x00-\x1f\x7f]+"
_SCOPE = re.compile(rf"(?:read|write):{_SEGMENT}(?:/{_SEGMENT})*")
_FORBIDDEN = re.compile(r"[\\:\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
"""Also the characters that one file system leaves out when it compares names: a ``.git`` that begins with no dot."""


def path_segments(path: str) -> tuple[str, ...]:
    """The segments of a relative path.

    :raises ValueError: it is absolute, leaves its folder, or is none on some system.
    """
    segments = tuple(path.split("/"))
    if len(path) > MAX_PATH_CHARS or len(segments) > MAX_SEGMENTS:
        raise ValueError(f"a path has at most {MAX_PATH_CHARS} characters and {MAX_SEGMENTS} parts")
    if any(segment in ("", ".", "..") for segment in segments):
        raise ValueError("a path leads from the notebook's folder downwards, as in data/trees.csv")
    if _FORBIDDEN.search(path):
        raise ValueError("a path has no backslashes, colons or control characters")
    return segments


def is_plain_name(name: str) -> bool:
    """Whether a name can be a segment of a path here; others are out of reach."""
    return "*" not in name and _FORBIDDEN.search(name) is None


def glob_segments(glob: str) -> tuple[str, ...]:
    """The segments of a glob in its normal form: ``**`` once, and behind the segments ``*`` beside it.

    :raises ValueError: as :func:`path_segments`, or a hidden segment has a star.
    """
    segments = path_segments(glob)
    if any(segment.startswith(".") and "*" in segment for segment in segments):
        raise ValueError("a hidden file is named exactly: no '*' where a name begins with a dot")
    if glob.count("*") > MAX_STARS:
        raise ValueError(f"a glob has at most {MAX_STARS} stars")
    found: list[str] = []
    for segment in segments:
        one = segment if segment == "**" else re.sub(r"\*+", "*", segment)
        if one == "**" and found[-1:] == ["**"]:
            continue
        if one == "*" and found[-1:] == ["**"]:
            found.insert(-1, one)
        else:
            found.append(one)
    return tuple(found)


def glob_covers(granted: Sequence[str], asked: Sequence[str]) -> bool:
    """Whether every path that ``asked`` matches is one that ``granted`` does; both are normal.

    A star of ``asked`` counts as a letter, or a segment, that only a star of ``granted`` matches: sound, for
    whatever stands in its place is matched by that star, too.
    """

    @cache
    def match(g: int, a: int) -> bool:
        if g == len(granted):
            return a == len(asked)
        if granted[g] == "**":
            absorbs = a < len(asked) and not asked[a].startswith(".")
            return match(g + 1, a) or (absorbs and match(g, a + 1))
        return a < len(asked) and _covers_segment(granted[g], asked[a]) and match(g + 1, a + 1)

    return match(0, 0)


def _covers_segment(granted: str, asked: str) -> bool:
    if "*" not in granted or asked == "**" or asked.startswith("."):
        return granted == asked
    first, *middle, last = granted.split("*")
    if len(asked) < len(first) + len(last) or not (asked.startswith(first) and asked.endswith(last)):
        return False
    at, end = len(first), len(asked) - len(last)
    for piece in middle:
        at = asked.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True


@lru_cache(maxsize=512)
def _parsed(scope: str) -> tuple[str, tuple[str, ...]]:
    action, _, glob = scope.partition(":")
    return action, glob_segments(glob)


def _segment_matcher(granted: str) -> Callable[[str], bool]:
    """As :func:`_covers_segment`, of segments without a star."""
    if "*" not in granted:
        return granted.__eq__
    if granted == "*":
        return lambda segment: segment[:1] != "."
    return partial(_covers_segment, granted)


@lru_cache(maxsize=512)
def _held(scope: str) -> tuple[str, Callable[[Sequence[str]], bool]]:
    """What a scope without a star that it covers begins with, and what its path then fits."""
    action, pattern = _parsed(scope)
    return f"{action}:", _matcher(pattern)


def _matcher(pattern: tuple[str, ...]) -> Callable[[Sequence[str]], bool]:
    """As :func:`glob_covers`, of paths without a star, which is what a call asks for."""
    if pattern.count("**") > 1:
        return partial(glob_covers, pattern)
    if "**" not in pattern:
        matchers = tuple(map(_segment_matcher, pattern))
        return lambda path: len(path) == len(matchers) and all(map(call, matchers, path))
    at = pattern.index("**")
    head, tail = pattern[:at], pattern[at + 1 :]

    def match(path: Sequence[str]) -> bool:
        end = len(path) - len(tail)
        return (
            at <= end
            and all(map(_covers_segment, head, path))
            and all(map(_covers_segment, tail, path[end:]))
            and not any(segment.startswith(".") for segment in path[at:end])
        )

    return match


def _covers(granted: str, asked: str) -> bool:
    if "*" in asked:
        (held, pattern), (needed, glob) = _parsed(granted), _parsed(asked)
        return held == needed and glob_covers(pattern, glob)
    begin, matches = _held(granted)
    return asked.startswith(begin) and matches(asked[len(begin) :].split("/"))


def _normal(scope: str) -> str:
    action, segments = _parsed(scope)
    return f"{action}:{'/'.join(segments)}"


def _risk(scope: str) -> Risk:
    action, segments = _parsed(scope)
    wide = segments[0] == "**" or any(segment.startswith(".") for segment in segments)
    return Risk.HIGH if action == "write" or wide else Risk.MEDIUM


def _shown(scope: str) -> str:
    action, segments = _parsed(scope)
    verb = "Read" if action == "read" else "Write or replace"
    return f"{verb} {'/'.join(segments)}"


KIND = PermissionKind(
    "files",
    Risk.MEDIUM,
    "{scope} in the notebook's folder.",
    _SCOPE,
    "read:<glob> or write:<glob>, as in read:data/*.csv",
    covers=_covers,
    normal=_normal,
    risk_of=_risk,
    shown=_shown,
)
