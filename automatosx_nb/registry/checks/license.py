"""The licence is one that the registry takes, and its text is there where nobody else has it.

That it is an SPDX expression is known before. Of alternatives (``OR``) one is enough, of what holds together (``AND``)
all are needed; an exception (``WITH``) only adds to what its licence allows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from automatosx_nb.registry.checks.submission import Check, Finding, Submission

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_WORD = re.compile(r"\(|\)|[^\s()]+")


def satisfies(expression: str, allowed: Collection[str]) -> bool:
    """Whether somebody who takes only ``allowed`` identifiers can take a valid SPDX ``expression``."""
    words = _WORD.findall(expression)[::-1]

    def either() -> bool:
        found = both()
        while words and words[-1] == "OR":
            words.pop()
            found = both() or found
        return found

    def both() -> bool:
        found = one()
        while words and words[-1] == "AND":
            words.pop()
            found = one() and found
        return found

    def one() -> bool:
        word = words.pop()
        if word == "(":
            found = either()
            words.pop()
            return found
        if words and words[-1] == "WITH":
            del words[-2:]
        return word in allowed

    return either()


def _find(submission: Submission) -> Iterator[Finding]:
    package, allowed = submission.package, submission.policy.licenses
    expression = package.manifest.license
    if allowed and not satisfies(expression, allowed):
        named = ", ".join(sorted(allowed))
        yield Finding("error", f"the licence {expression!r} is not taken here; these are: {named}", "plugin.toml")
    if "LicenseRef-" in expression and not any(path.startswith("LICENSE") for path in package.files):
        sentence = f"the licence {expression!r} is one of your own: put its text into a file LICENSE"
        yield Finding("warning", sentence, "plugin.toml")


CHECK = Check("license", "Its licence is taken here.", _find)
