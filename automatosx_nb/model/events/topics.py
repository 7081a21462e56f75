"""Topics: dotted names, and patterns of them, in which ``*`` is one segment and ``**`` one or more at the end."""

from __future__ import annotations

import re

from automatosx_nb.errors import InvalidTopic

MAX_TOPIC = 200
"""Characters."""
_SEGMENT = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def matches(pattern: str, topic: str) -> bool:
    """Whether ``topic`` is one of those that ``pattern`` means."""
    wanted, segments = pattern.split("."), topic.split(".")
    for index, segment in enumerate(wanted):
        if segment == "**":
            return len(segments) > index
        if index >= len(segments) or segment not in ("*", segments[index]):
            return False
    return len(wanted) == len(segments)


def check_topic(text: str) -> str:
    """``text``, which is a topic.

    :raises InvalidTopic: it is none; a pattern is none.
    """
    return _checked(text, pattern=False)


def check_pattern(text: str) -> str:
    """``text``, which is a topic or a pattern of topics.

    :raises InvalidTopic: it is neither.
    """
    return _checked(text, pattern=True)


def _checked(text: str, *, pattern: bool) -> str:
    if not isinstance(text, str):
        raise InvalidTopic(repr(text)[:MAX_TOPIC], f"it is a text, not {type(text).__name__}")
    if len(text) > MAX_TOPIC:
        raise InvalidTopic(f"{text[:40]}…", f"it has more than {MAX_TOPIC} characters")
    segments = text.split(".")
    for index, segment in enumerate(segments):
        fault = _fault(segment, pattern=pattern, last=index == len(segments) - 1)
        if fault:
            raise InvalidTopic(text, fault)
    return text


def _fault(segment: str, *, pattern: bool, last: bool) -> str:
    if segment in ("*", "**") and not pattern:
        return f"{segment!r} stands for several topics, and an event has one"
    if segment == "**":
        return "" if last else "'**' stands at the end only"
    if segment == "*" or _SEGMENT.fullmatch(segment):
        return ""
    return f"the part {segment!r} is not small letters and digits, with single hyphens between"
