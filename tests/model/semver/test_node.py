"""Random versions, ranges and steps, answered by node-semver itself.

Where ``node`` finds its package: ``npm install semver@7.8.5``, and NODE_PATH at that ``node_modules``.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, get_args

import pytest

from automatosx_nb.model.semver import InvalidIncrement, Range, Version, coerce, difference, increment
from automatosx_nb.model.semver.steps import Increment

if TYPE_CHECKING:
    from tests.conftest import Absent

Node = Callable[[list[list[Any]]], list[Any]]
COUNT = 4000
ASK = """
const semver = require('semver')
const ask = ([name, ...args]) => { const found = semver[name](...args); return found && found.raw || found }
console.log(JSON.stringify(JSON.parse(require('fs').readFileSync(0)).map(ask)))
"""

chance = random.Random(20)


@pytest.fixture(scope="module")
def node(absent: Absent) -> Node:
    """node-semver's answers to questions, each a function's name and its arguments."""
    program = shutil.which("node")
    if program is None or subprocess.run([program, "-e", "require('semver')"], capture_output=True).returncode:
        absent("node finds no package semver: npm install semver@7.8.5, and NODE_PATH at that node_modules")

    def answers(questions: list[list[Any]]) -> list[Any]:
        asked = subprocess.run(
            [program, "-e", ASK], input=json.dumps(questions), capture_output=True, text=True, check=True
        )
        found: list[Any] = json.loads(asked.stdout)
        return found

    return answers


def number() -> str:
    return chance.choice(["0", "0", "1", "1", "2", "3", "10"])


def version() -> str:
    names = ["0", "1", "2", "alpha", "rc", "a", "-", "a-b", "1a", "01a", "x", "10"]
    before = ".".join(chance.choice(names) for _ in range(chance.choice((0, 0, 0, 1, 1, 2, 3))))
    build = chance.choice(("", "", "", "+b", "+b.1", "+01"))
    return f"{number()}.{number()}.{number()}{'-' if before else ''}{before}{build}"


def partial() -> str:
    x = chance.choice("xX*")
    parts = [x, number(), f"{number()}.{number()}", f"{number()}.{x}", f"{number()}.{number()}.{x}-a"]
    return version() if chance.random() < 0.4 else chance.choice(parts)


def side() -> str:
    if chance.random() < 0.2:
        return f"{partial()} - {partial()}"
    operators = ["", "", "^", "~", "~>", ">", ">=", "<", "<=", "=", ">= ", "^ "]
    return " ".join(chance.choice(operators) + partial() for _ in range(chance.choice((0, 1, 1, 1, 2, 2, 3))))


def wish() -> tuple[str, bool]:
    return chance.choice(("||", " || ")).join(side() for _ in range(chance.choice((1, 1, 2, 3)))), chance.random() < 0.4


def npm_forgets_a_prerelease(written: Range) -> bool:
    """See ``grammar.alternatives``."""
    return written.canonical.startswith("*||")


def test_the_same_versions_are_in_a_range_and_it_is_written_the_same(node: Node) -> None:
    wishes = [(*wish(), version()) for _ in range(COUNT)]
    options = [{"includePrerelease": prereleases} for _, prereleases, _ in wishes]
    inside = node([["satisfies", v, text, o] for (text, _, v), o in zip(wishes, options, strict=True)])
    written = node([["validRange", text, o] for (text, *_), o in zip(wishes, options, strict=True)])
    for (text, prereleases, v), theirs, canonical in zip(wishes, inside, written, strict=True):
        ours = Range.parse(text, prereleases)
        if not npm_forgets_a_prerelease(ours):
            assert (text, v, Version.parse(v) in ours) == (text, v, theirs)
            assert (text, ours.canonical) == (text, "||".join(one or "*" for one in canonical.split("||")))


def test_versions_have_the_same_order(node: Node) -> None:
    pairs = [(version(), version()) for _ in range(COUNT)]
    for (a, b), theirs in zip(pairs, node([["compareBuild", a, b] for a, b in pairs]), strict=True):
        one, other = Version.parse(a).total_key, Version.parse(b).total_key
        assert (a, b, (one > other) - (one < other)) == (a, b, theirs)


def test_versions_differ_in_the_same_part(node: Node) -> None:
    pairs = [(version(), version()) for _ in range(COUNT)]
    for (a, b), theirs in zip(pairs, node([["diff", a, b] for a, b in pairs]), strict=True):
        assert (a, b, difference(Version.parse(a), Version.parse(b))) == (a, b, theirs)


def test_steps_lead_to_the_same_versions(node: Node) -> None:
    steps = [step for kind in get_args(Increment) for step in (get_args(kind) or (kind,))]
    names = ["", "alpha", "rc", "a.b", "1", "0", "a.1", "_"]
    bases = ["0", "1", False]
    asked = [["inc", version(), *map(chance.choice, (steps, names, bases))] for _ in range(COUNT)]
    for (_, text, step, name, base), theirs in zip(asked, node(asked), strict=True):
        try:
            ours = str(increment(Version.parse(text), step, name, None if base is False else int(base)))  # type: ignore[arg-type]
        except InvalidIncrement:
            ours = None
        assert (text, step, name, base, ours) == (text, step, name, base, theirs)


def test_the_same_versions_are_found_in_texts(node: Node) -> None:
    around = ["", "v", "x ", "/", " 7", ".", "-", "1.2 "]
    asked: list[list[Any]] = [
        [
            "coerce",
            chance.choice(around) + version() + chance.choice(around) + chance.choice(("", version())),
            {"rtl": chance.random() < 0.5, "includePrerelease": chance.random() < 0.5},
        ]
        for _ in range(COUNT)
    ]
    for (_, text, options), theirs in zip(asked, node(asked), strict=True):
        found = coerce(text, prereleases=options["includePrerelease"], rightmost=options["rtl"])
        assert (text, options, found and str(found)) == (text, options, theirs)
