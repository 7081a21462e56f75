"""Nobody publishes what opens something of theirs: known forms of keys and tokens, and names that say what is there.

A known form is an error. What is only named so (``password = "…"``) is a warning, and only where the text looks drawn
by lot: words, placeholders and examples do not. A finding never repeats what was found.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from automatosx_nb.model.access import TOKEN_PREFIX
from automatosx_nb.registry.checks.submission import Check, Finding, Opened

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 20
"""Findings of one artifact that are told."""
_SHOWN = 4
_LOT = 3.0
"""Bits a character, from which on a text of some length may be drawn by lot (Shannon's entropy of its own letters)."""
_NAMED_LOT = 3.6


class _Form(NamedTuple):
    """``within``: texts without which the pattern cannot match; looking for those is quick."""

    what: str
    within: tuple[str, ...]
    pattern: re.Pattern[str]


def _form(what: str, pattern: str, *within: str) -> _Form:
    return _Form(what, within, re.compile(pattern))


_END = r"(?![A-Za-z0-9_-])"
_START = r"(?<![A-Za-z0-9_-])"
FORMS: tuple[_Form, ...] = (
    _form("a private key", r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----", "PRIVATE KEY"),
    _form("an access key of AWS", rf"{_START}(?:AKIA|ASIA)([A-Z0-9]{{16}}){_END}", "AKIA", "ASIA"),
    _form(
        "a token of GitHub", rf"{_START}gh[pousr]_([A-Za-z0-9]{{36,}}){_END}", "ghp_", "gho_", "ghu_", "ghs_", "ghr_"
    ),
    _form("a token of GitHub", rf"{_START}github_pat_([A-Za-z0-9_]{{60,}}){_END}", "github_pat_"),
    _form("a token of GitLab", rf"{_START}glpat-([A-Za-z0-9_-]{{20,}}){_END}", "glpat-"),
    _form("a token of Slack", rf"{_START}xox[abeprs]-([A-Za-z0-9-]{{20,}}){_END}", "xox"),
    _form("a webhook of Slack", r"hooks\.slack\.com/services/(T\w+/B\w+/\w{16,})", "hooks.slack.com"),
    _form("an API key of Google", rf"{_START}AIza([A-Za-z0-9_-]{{35}}){_END}", "AIza"),
    _form("a live key of Stripe", rf"{_START}[rs]k_live_([A-Za-z0-9]{{16,}}){_END}", "k_live_"),
    _form("a token of PyPI", rf"{_START}pypi-(AgEIcHlwaS5vcmc[A-Za-z0-9_-]{{40,}}){_END}", "pypi-AgEIcHlwaS5vcmc"),
    _form("a token of npm", rf"{_START}npm_([A-Za-z0-9]{{36}}){_END}", "npm_"),
    _form("a key of Anthropic", rf"{_START}sk-ant-([A-Za-z0-9_-]{{32,}}){_END}", "sk-ant-"),
    _form("a key of OpenAI", rf"{_START}sk-(?!ant-)(?:proj-|svcacct-)?([A-Za-z0-9_-]{{40,}}){_END}", "sk-"),
    _form("a token of Hugging Face", rf"{_START}hf_([A-Za-z0-9]{{34}}){_END}", "hf_"),
    _form("a key of SendGrid", rf"{_START}SG\.([\w-]{{22}}\.[\w-]{{43}}){_END}", "SG."),
    _form("a JSON Web Token", rf"{_START}eyJ[\w-]{{10,}}\.eyJ[\w-]{{10,}}\.([\w-]{{20,}}){_END}", ".eyJ"),
    _form("a token of a plugin registry", rf"{_START}{TOKEN_PREFIX}(\w{{20,}}){_END}", TOKEN_PREFIX),
    _form("a password in an address", r"[a-z][a-z0-9+.-]+://[^\s/:@'\"<>{}$]+:([^\s/:@'\"<>{}$]{8,})@[\w.-]", "://"),
)
_NAMED = re.compile(
    r"""(?ix) (?: password | passwd | secret | token | api[_-]?key | access[_-]?key | private[_-]?key | credentials? )
    \w{0,20} ["']? \s{0,9} (?: : \s? [\w\[\], |]{1,20} = | [:=] ) \s{0,9} ["'] ( [^"'\s\\]{16,200} ) ["']"""
)
_PLACEHOLDER = re.compile(
    r"(?i)example|sample|dummy|placeholder|changeme|your|xxxx|\*\*\*|\.\.\.|…|0{6}|1234567|abcdef"
)


def secrets_in(text: str) -> Iterator[tuple[int, bool, str]]:
    """Where, whether its form is a known one, and what it is with the first characters of it; in order of place."""
    found: dict[int, tuple[bool, str]] = {}
    for form in FORMS:
        if any(each in text for each in form.within):
            for match in form.pattern.finditer(text):
                drawn = match[match.lastindex or 0]
                if form.what == "a private key" or _is_drawn(drawn, _LOT):
                    found.setdefault(match.start(), (True, f"{form.what} ({match[0][:_SHOWN]}…)"))
    for match in _NAMED.finditer(text):
        inside = any(match.start() <= place < match.end() for place in found)
        if not inside and _is_drawn(match[1], _NAMED_LOT) and _is_mixed(match[1]):
            name = re.split(r"\W", match[0], maxsplit=1)[0]
            found[match.start()] = (False, f"what may be a secret, named {name!r}")
    for place in sorted(found):
        yield place, *found[place]


def _is_drawn(text: str, least: float) -> bool:
    """Whether its letters look drawn by lot, and it says nowhere that it is an example."""
    return _PLACEHOLDER.search(text) is None and _entropy(text) >= least


def _is_mixed(text: str) -> bool:
    """Words, paths and names of things are letters with marks between; what is drawn has digits among its letters."""
    digits = sum(character.isdigit() for character in text)
    return digits >= 2 and any(character.isalpha() for character in text) and not re.search(r"[/ .(){}<>]", text)


def _entropy(text: str) -> float:
    """Bits a character, of the characters' own frequencies."""
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())


def find(submission: Opened) -> Iterator[Finding]:
    found = (finding for path, content in submission.package.files.items() for finding in _in_file(path, content))
    yield from islice(found, MOST)


def _in_file(path: str, content: bytes) -> Iterator[Finding]:
    if b"\0" in content[:4096]:
        return
    text = content.decode("utf-8", "replace")
    for place, known, what in secrets_in(text):
        line = text.count("\n", 0, place) + 1
        if known:
            yield Finding(
                "error", f"holds {what}: revoke it, for others may have it by now, and take it out", path, line
            )
        else:
            yield Finding(
                "warning", f"holds {what}: ask for it by 'secrets:…' instead, or call it an example", path, line
            )


CHECK = Check("secrets", "Nothing in it looks like a key or a password.", find)
