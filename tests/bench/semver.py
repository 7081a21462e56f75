"""How fast versions and ranges are read, compared and tested, beside others: ``python tests/bench/semver.py [FILE]``.

FILE is JSON with ``versions`` and ``simple_ranges`` (comparators with blanks between them). Without it:
``../shared/conformance/semver/bench-input.json`` beside the checkout where there is one, else an input of its shape.

The others are packaging, semver and semantic_version, those that are installed, and node-semver where ``node`` finds it
(``npm install semver``, and NODE_PATH at that ``node_modules``). All get what all of them can read, in one run, turn by
turn, each task several times in a turn. Figures are thousands of operations a second, of the best turn; ``ahead`` is
ours by the fastest other one in Python, ``behind`` is node-semver's by ours. node-semver's cache of ranges is switched
off: no one else has one.
"""

from __future__ import annotations

import gc
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

# This file has the name of one of the packages that it measures.
sys.path = [entry for entry in sys.path if Path(entry).resolve() != Path(__file__).resolve().parent]

from automatosx_nb.model.semver import Range, Version  # noqa: E402

ROOT = Path(__file__).parents[2]
TURNS = 15
TIMES = 5
"""How often a task is done in one turn: caches are warm, as in a resolution."""
TESTED = 100
"""Versions that each range is tested with."""


class Peer(NamedTuple):
    """How one implementation does it; None: it does not."""

    version: Callable[[str], Any]
    range: Callable[[str], Any] | None = None
    test: Callable[[Any, Any], bool] | None = None
    """Whether a version is in a range, both parsed."""
    key: Callable[[Any], Any] | None = None
    """What a version is ordered by, for who compares many."""


def ours() -> Peer:
    return Peer(Version.parse, Range.parse, lambda version, wanted: version in wanted, lambda version: version.key)


def packaging() -> Peer:
    specifiers, version = import_module("packaging.specifiers"), import_module("packaging.version")

    def wanted(text: str) -> Any:
        return specifiers.SpecifierSet(pep_440(text))

    return Peer(version.Version, wanted, lambda version, wanted: wanted.contains(version))


def semver() -> Peer:
    return Peer(import_module("semver").Version.parse)


def semantic_version() -> Peer:
    package = import_module("semantic_version")
    return Peer(package.Version, package.NpmSpec, lambda version, wanted: wanted.match(version))


PEERS = {"ours": ours, "packaging": packaging, "semver": semver, "semantic_version": semantic_version}


def pep_440(text: str) -> str:
    """``>=1.0.0 <2.0.0`` and ``1.0.0`` as packaging writes them."""
    return ",".join(term if term[0] in "<>=" else f"=={term}" for term in text.split())


# --- what is measured ---

THE_SAME = {"compare their keys": "compare two"}
"""What only we do → what it is held against."""

Task = Callable[[], object]


def tasks(peer: Peer, texts: Sequence[str], range_texts: Sequence[str]) -> Iterator[tuple[str, int, Task]]:
    """The name of each, its operations, and what does them all once."""
    parse, parse_range, test = peer.version, peer.range, peer.test
    versions = [parse(text) for text in texts]
    pairs = list(zip(versions, versions[1:] + versions[:1], strict=True))
    yield "parse a version", len(texts), lambda: [parse(text) for text in texts]
    yield "compare two", len(pairs), lambda: [a < b for a, b in pairs]
    if peer.key is not None:
        keys = [(peer.key(a), peer.key(b)) for a, b in pairs]
        yield "compare their keys", len(keys), lambda: [a < b for a, b in keys]
    if parse_range is None or test is None:
        return
    few, ranges = versions[:TESTED], [parse_range(text) for text in range_texts]
    both = list(zip(versions, range_texts, strict=False))
    yield "parse a range", len(range_texts), lambda: [parse_range(text) for text in range_texts]
    yield "parse a range, test once", len(both), lambda: [test(version, parse_range(text)) for version, text in both]
    yield "test a version", len(few) * len(ranges), lambda: [test(each, wanted) for wanted in ranges for each in few]


NODE = """
require('semver/internal/lrucache').prototype.get = () => undefined
const semver = require('semver'), { SemVer, Range } = semver
const { texts, ranges: rangeTexts, turns, times, tested } = JSON.parse(require('fs').readFileSync(0))
const versions = texts.map(t => new SemVer(t)), ranges = rangeTexts.map(t => new Range(t))
const few = versions.slice(0, tested), n = versions.length, m = ranges.length
let kept = 0
const tasks = {
  'parse a version': [n, () => { for (const t of texts) kept += new SemVer(t).major }],
  'compare two': [n, () => { for (let i = 0; i < n; i++) kept += versions[i].compare(versions[(i + 1) % n]) < 0 }],
  'parse a range': [m, () => { for (const t of rangeTexts) kept += new Range(t).set.length }],
  'parse a range, test once': [m, () => rangeTexts.forEach((t, i) => { kept += new Range(t).test(versions[i]) })],
  'test a version': [m * few.length, () => { for (const r of ranges) for (const v of few) kept += r.test(v) }],
}
const rates = {}
for (let turn = 0; turn < turns; turn++) for (const [name, [count, run]] of Object.entries(tasks)) {
  const start = process.hrtime.bigint()
  for (let i = 0; i < times; i++) run()
  rates[name] = Math.max(rates[name] || 0, times * count / Number(process.hrtime.bigint() - start) * 1e9)
}
console.log(JSON.stringify(rates))
"""


def node_rates(texts: Sequence[str], ranges: Sequence[str]) -> dict[str, float]:
    """Empty where there is no node-semver."""
    node = shutil.which("node")
    given = json.dumps({"texts": texts, "ranges": ranges, "turns": TURNS, "times": TIMES, "tested": TESTED})
    done = node and subprocess.run([node, "-e", NODE], input=given, capture_output=True, text=True, check=False)
    if not done or done.returncode:
        sys.stdout.write("node-semver is missing: npm install semver, and set NODE_PATH to that node_modules\n")
        return {}
    found: dict[str, float] = json.loads(done.stdout)
    return found


def rates(peers: dict[str, Peer], texts: Sequence[str], ranges: Sequence[str]) -> dict[str, dict[str, float]]:
    """Task → peer → operations a second of process time."""
    found: dict[str, dict[str, float]] = {}
    work = [(name, *task) for name, peer in peers.items() for task in tasks(peer, texts, ranges)]
    gc.disable()  # as timeit does
    for _ in range(TURNS):
        for name, task, count, run in work:
            started = process_time()
            for _ in range(TIMES):
                run()
            rate = TIMES * count / (process_time() - started)
            row = found.setdefault(task, {})
            row[name] = max(rate, row.get(name, 0))
    return found


# --- what it is measured on ---


def read(path: Path | None) -> tuple[list[str], list[str]]:
    if path is not None:
        given = json.loads(path.read_text("utf-8"))
        return given["versions"], given["simple_ranges"]
    numbers = random.Random(1)
    made = [tuple(numbers.choice((0, 1, 2, 3, 10, 75)) for _ in range(3)) for _ in range(4000)]
    versions = [f"{a}.{b}.{c}{numbers.choice(('', '', '', f'-alpha.{b}', f'-rc{c}'))}" for a, b, c in made]
    shapes = (">={0}.{1}.{2}", ">={0}.{1}.0 <{3}.0.0", "{0}.{1}.{2}")
    return versions, [numbers.choice(shapes).format(a, b, c, a + 1) for a, b, c in made[:400]]


def readable(texts: Sequence[str], readers: Sequence[Callable[[str], Any] | None]) -> list[str]:
    def reads(text: str) -> bool:
        try:
            return all(read(text) is not None for read in readers if read is not None)
        except ValueError:
            return False

    return [text for text in texts if reads(text)]


def found_peers() -> dict[str, Peer]:
    peers = {}
    for name, make in PEERS.items():
        try:
            peers[name] = make()
        except ImportError:
            sys.stdout.write(f"{name} is missing: pip install {name}\n")
    return peers


def line(*words: str) -> None:
    name, *others = words
    sys.stdout.write(f"{name:<26}{''.join(f'{word:>17}' for word in others)}\n")


def main(path: Path | None) -> None:
    peers = found_peers()
    versions, ranges = read(path)
    versions = readable(versions, [peer.version for peer in peers.values()])
    ranges = readable(ranges, [peer.range for peer in peers.values()])
    sys.stdout.write(f"{len(versions)} versions, {len(ranges)} ranges; thousands a second\n")
    node = node_rates(versions, ranges)
    line("", *peers, "node-semver", "ahead", "behind")
    found = rates(peers, versions, ranges)
    for task, row in found.items():
        cells = [f"{row[name] / 1e3:.0f}" if name in row else "" for name in peers]
        others = [rate for name, rate in found.get(THE_SAME.get(task, task), {}).items() if name != "ours"]
        ahead = f"{row['ours'] / max(others):.2f}" if others else ""
        rate = node.get(THE_SAME.get(task, task))
        theirs, behind = (f"{rate / 1e3:.0f}", f"{rate / row['ours']:.2f}") if rate else ("", "")
        line(task, *cells, theirs, ahead, behind)


if __name__ == "__main__":
    shared = ROOT.parent / "shared" / "conformance" / "semver" / "bench-input.json"
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else shared if shared.exists() else None)
