"""Plugin ids: ``publisher.name``, and the folding under which two ids count as the same.

The grammar is ``[a-z0-9]+(-[a-z0-9]+)*`` on both sides of one dot. Folding follows PEP 503 (runs of ``-``, ``_``
and ``.`` are one separator), applied to each side, so that ``Acme.CSV__Doctor`` cannot pass beside ``acme.csv-doctor``.
"""

from __future__ import annotations

import re

from automatosx_nb.errors import InvalidPluginId

MAX_LENGTH = 128
OWN_PUBLISHER = "automatosx"
COMMUNITY_PUBLISHERS = frozenset({"lantern", "meadow"})
"""Whose plugins come with an installation although nobody vouches for who they are, as for most publishers."""
BUNDLED_PUBLISHERS = frozenset({OWN_PUBLISHER, *COMMUNITY_PUBLISHERS})
"""Whose plugins come with an installation: names that no user of a registry takes by publishing first."""
_PART = r"[a-z0-9]+(?:-[a-z0-9]+)*"
ID_PATTERN = rf"{_PART}\.{_PART}"
_ID = re.compile(ID_PATTERN)
_SEPARATORS = re.compile(r"[-_]+")
_EDGE = re.compile(r"[\s_-]*")


def parse_plugin_id(text: str) -> str:
    """``text`` itself, when it is a plugin id in its canonical spelling.

    :raises InvalidPluginId: with the canonical spelling as its suggestion where folding yields one.
    """
    if len(text) > MAX_LENGTH:
        raise InvalidPluginId(text[:MAX_LENGTH] + "…", f"it is longer than {MAX_LENGTH} characters")
    if _ID.fullmatch(text):
        return text
    folded = fold(text)
    suggestion = folded if _ID.fullmatch(folded) else None
    reason = "it needs exactly one dot" if text.count(".") != 1 else "only a-z, 0-9 and single hyphens are allowed"
    raise InvalidPluginId(text, reason, suggestion)


def is_plugin_id(text: str) -> bool:
    return len(text) <= MAX_LENGTH and _ID.fullmatch(text) is not None


def fold(text: str) -> str:
    """The form under which ids are compared: lower case, every run of separators one hyphen, none at the ends."""
    inner = _without_edge(_without_edge(text.lower())[::-1])[::-1]
    return ".".join(_SEPARATORS.sub("-", part).strip("-") for part in inner.split("."))


def _without_edge(text: str) -> str:
    """Without the blanks and separators that it begins with, in whatever order: else folding again would go on."""
    return _EDGE.sub("", text, count=1)


def publisher_of(plugin_id: str) -> str:
    return plugin_id.partition(".")[0]


def short_name(plugin_id: str) -> str:
    return plugin_id.rpartition(".")[2]
