"""Whatever a page has somebody type is taken by the verb's own parser: its options, its choices, how many words."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from itertools import chain, product
from pathlib import Path

import pytest

from automatosx_nb.commands.verbs import all_verbs, parser_of
from automatosx_nb.errors import UsageError
from automatosx_nb.host.arguments import HelpAsked

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md")])
NOTEBOOKS = sorted(ROOT.glob("notebooks/**/*.ipynb"))

FENCED = re.compile(r"^ *```.*?\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
SAID = r"(?:jupyter automatosx|%ax)"
TYPED = re.compile(rf"^(?:\$ |!|- |ExecStart=)?(?:\w+=\S+ )*(?:\S*/)?{SAID} +(.+)$")
NO_VERBS = ("version", "help", "<verb>")
STANDS_FOR = {"N": "1", "M": "2", "NUMBER": "3", "STARS": "5", "S": "low"}
STANDS_FOR |= {"ACTION": "topics", "KIND": "broken", "ROLE": "reviewer", "SCOPE": "read"}
"""What a synopsis writes → something of its type, where that is not any text."""


def in_blocks(text: str) -> Iterator[str]:
    """Lines to be typed as they stand; what follows two spaces is a remark, and what follows a ``|`` not ours."""
    for block in FENCED.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            if found := TYPED.match(line.strip()):
                yield re.split(r"\s{2,}", found[1])[0]


def in_prose(text: str) -> Iterator[str]:
    """What stands in code within a sentence or a table: with its prefix, or a verb with more behind it."""
    verbs = "|".join(all_verbs())
    for code in re.findall(r"`([^`]+)`", FENCED.sub("", text)):
        if found := re.match(rf"{SAID} (.+)|((?:{verbs}) (?![|,=]).+)", " ".join(code.split())):
            yield (found[1] or found[2]).replace("\\|", "|")


def without_details(page: str) -> str:
    """A row of a table of verbs has, behind its first cell, actions without their verb."""
    return re.sub(r"^(\| `[^`]+` \|).*$", r"\1", page, flags=re.MULTILINE)


def spelled_out(synopsis: str) -> Iterator[str]:
    """``history [N [M]]``: with and without; ``key new|list``: each of them. From the inside out."""
    if inner := re.search(r"\[([^\[\]]*)\]", synopsis):
        for middle in ("", inner[1]):
            yield from spelled_out(synopsis[: inner.start()] + middle + synopsis[inner.end() :])
    else:
        yield from (" ".join(words) for words in product(*(word.split("|") for word in synopsis.split(" "))))


def misses(typed: str, *, whole: bool) -> str:
    """What the verb's parser has against it; '' for nothing. Where it is not ``whole``, values may be left out."""
    words = [STANDS_FOR.get(word, word) for word in shlex.split(typed, comments=whole) if word not in ("…", "...")]
    ours = [*words, "|"][: next(at for at, word in enumerate([*words, "|"]) if re.match(r"\d?[<>|&;]", word))]
    if not ours or ours[0] in NO_VERBS:
        return ""
    if ours[0] not in all_verbs():
        return f"{typed}: no verb"
    try:
        parser_of(all_verbs()[ours[0]], "%ax").parse_anywhere(ours[1:])
    except HelpAsked:
        return ""
    except UsageError as error:
        left_out = re.search(
            r"following arguments are required|expected one argument|expected at least one", str(error)
        )
        return "" if left_out and not whole else f"{typed}: {str(error).splitlines()[0]}"
    return ""


def wrong_in(text: str) -> list[str]:
    mentioned = chain.from_iterable(map(spelled_out, in_prose(text)))
    found = [misses(line, whole=True) for line in in_blocks(text)]
    return [*filter(None, [*found, *(misses(line, whole=False) for line in mentioned)])]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_of_a_page_is_one_that_its_verb_takes(path: Path) -> None:
    assert wrong_in(without_details(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_every_command_of_a_notebook_is_one_that_its_verb_takes(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    fences = [
        ("```\n{}\n```" if cell["cell_type"] == "code" else "{}").format("".join(cell["source"])) for cell in cells
    ]
    assert wrong_in("\n".join(fences)) == []


def test_hundreds_of_commands_are_found() -> None:
    text = "\n".join(without_details(path.read_text(encoding="utf-8")) for path in PAGES)
    assert len([*in_blocks(text)]) > 50
    assert len([*in_prose(text)]) > 250


@pytest.mark.parametrize(
    "page",
    [
        "```sh\njupyter automatosx lits\n```",
        "```sh\nX=1 .venv/bin/jupyter automatosx update --everything && true\n```",
        "```console\n$ jupyter automatosx install\n```",
        "```python\n%ax history first\n```",
        "Type `%ax remove a.b c.d`.",
        "| `rollback [--too N]` |",
        "| `key new\\|lst` |",
        "It is `search --riks low` then.",
    ],
)
def test_a_command_that_no_verb_takes_is_noticed(page: str) -> None:
    assert len(wrong_in(page)) == 1


@pytest.mark.parametrize(
    "page",
    [
        "```sh\njupyter automatosx list --json | jq . # all\n```",
        "```text\n%ax rollback --to 12    makes generation 12 current again\n```",
        "```text\nThis is generation 1; jupyter automatosx rollbakc takes it back.\n```",
        "| `history [N [M]]` |",
        "`pin --generation N --note …` and `%ax logs`",
    ],
)
def test_a_synopsis_a_remark_and_a_mention_are_none(page: str) -> None:
    assert wrong_in(page) == []
