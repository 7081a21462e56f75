"""docs/lockfile.md is held against the code: its example is a lock to the byte, its keys and commands are all there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from subprocess import run

import pytest

from automatosx_nb.commands.verbs import find, parser_of
from automatosx_nb.model.lockfile import parse, render
from automatosx_nb.model.reader import Table

DOCUMENT = (Path(__file__).parents[2] / "docs" / "lockfile.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)


def test_the_example_is_a_lock_as_it_is_written() -> None:
    (example,) = blocks("toml")
    assert render(parse(example)) == example


def test_the_grants_digest_can_be_computed_as_it_says() -> None:
    (example,) = blocks("toml")
    (command,) = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("printf")]
    done = run(["sh", "-c", command], capture_output=True, text=True, check=True)
    digest = f"sha256:{done.stdout.split()[0]}"
    assert parse(example).grants_digest == digest
    assert f"--grants-digest {digest}\n" in DOCUMENT


def test_the_keys_that_have_a_row_are_those_that_the_reader_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    known: set[str] = set()
    finish = Table.finish

    def remember(table: Table) -> None:
        known.update(table._known)
        finish(table)

    monkeypatch.setattr(Table, "finish", remember)
    (example,) = blocks("toml")
    parse(example)
    assert set(re.findall(r"^\| `([a-z0-9-]+)` \|", DOCUMENT, re.MULTILINE)) == known


def test_every_command_can_be_typed() -> None:
    lines = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("jupyter automatosx ")]
    assert len(lines) >= 6
    for line in lines:
        verb, *words = shlex.split(line, comments=True)[2:]
        parser_of(find(verb, "jupyter automatosx"), "jupyter automatosx").parse_args(words)
