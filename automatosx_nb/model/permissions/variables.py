"""``variables:read|write[:<glob>]``: the notebook's variables without being handed them; ``*`` is any run of signs.

Names that begin with an underscore, and IPython's own, are in no glob.
"""

from __future__ import annotations

import re
import unicodedata

from automatosx_nb.model.permissions.kind import PermissionKind, Risk

_FEW = 3
"""A glob without so many known signs in a row names next to everything."""


def _covers(granted: str, asked: str) -> bool:
    (held, pattern), (wanted, names) = _split(granted), _split(asked)
    return held == wanted and matches(pattern, names)


def _split(scope: str) -> tuple[str, str]:
    mode, _, glob = scope.partition(":")
    return mode, glob or "*"


def matches(glob: str, text: str) -> bool:
    """Whether ``glob`` matches ``text``. A ``*`` of ``text`` stands for a sign of its own.

    So the answer for two globs is whether the first matches every name that the second does: only a ``*`` takes in
    a sign that the first does not know.
    """
    at = index = 0
    star, retry = -1, 0
    while index < len(text):
        if at < len(glob) and glob[at] == "*":
            star, retry = at, index
            at += 1
        elif at < len(glob) and glob[at] == text[index]:
            at, index = at + 1, index + 1
        elif star >= 0:
            retry += 1
            at, index = star + 1, retry
        else:
            return False
    return glob[at:].strip("*") == ""


def _normal(scope: str) -> str:
    mode, glob = _split(scope)
    glob = re.sub(r"\*+", "*", unicodedata.normalize("NFKC", glob))
    return mode if glob == "*" else f"{mode}:{glob}"


def _risk(scope: str) -> Risk:
    _, glob = _split(scope)
    if "*" not in glob:
        return Risk.MEDIUM
    return Risk.HIGH if max(map(len, glob.split("*"))) < _FEW else Risk.MEDIUM


def _shown(scope: str) -> str:
    mode, glob = _split(scope)
    which = "every variable of the notebook" if glob == "*" else f"the notebook's variables named {glob}"
    return f"{'Read' if mode == 'read' else 'Replace and add'} {which}"


KIND = PermissionKind(
    "variables",
    Risk.HIGH,
    "{scope}, whenever it runs, without being handed them.",
    re.compile(r"(?:read|write)(?::(?=.{1,100}$)(?:[^\W\d_]|\*)[\w*]*)?"),
    "read or write, and a name or a pattern: variables:read:train_*",
    covers=_covers,
    normal=_normal,
    risk_of=_risk,
    shown=_shown,
)
