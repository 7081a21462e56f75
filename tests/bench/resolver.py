"""How long a resolution takes, beside plain resolvelib and uv: ``python tests/bench/resolver.py [FOLDER [NAME]]``.

FOLDER has cases as in tests/data/resolver, and may have ``large/purescript-registry.json.gz`` with its scenarios.
Without it: ``../shared/conformance/resolver`` beside the checkout where that is there, else tests/data/resolver and a
registry that is made up.

Times are milliseconds, the least of several runs. ``ms``, of the processor: from requirements and an index that is read
already to a resolution that is checked. ``wall``: the same, by the clock; ``fresh``: by the clock too, with reading
every version and range that is met from its text. resolvelib has the simplest provider that works (candidates newest
first, the plugin with the fewest first), one run, and only so many seconds. uv (where it is installed) solves the same
graph from a folder of wheels, its cache warm; the figure is its own, and reading what the cache knows is part of it.
``behind`` is how many newer versions there are than those chosen, of what was asked for and of everything chosen: ours,
then resolvelib's and uv's.
"""

from __future__ import annotations

import gzip
import json
import re
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory, mkdtemp
from time import perf_counter, process_time
from typing import Any, NamedTuple

from resolvelib import AbstractProvider, BaseReporter, Resolver
from resolvelib.resolvers import ResolutionImpossible

from automatosx_nb.errors import ResolutionConflict
from automatosx_nb.model.candidates import Candidate, Candidates, Requirement
from automatosx_nb.model.resolution import resolve
from automatosx_nb.model.rules import Rules
from automatosx_nb.model.semver import Range, Version
from automatosx_nb.testing.index import MemoryIndex
from tests.bench.uv_graphs import NotWritable, Wheels, uv_path

ROOT = Path(__file__).parents[2]
LARGE = ("purescript", "made-up")
RUNS = 7
PATIENCE_S = 10
"""Seconds for one run of plain resolvelib."""
SHOWN_MS = 10
"""Cases that take longer have their own line; each scenario has one."""


class Case(NamedTuple):
    name: str
    requirements: Mapping[str, str]
    installed: Mapping[str, Version]
    registry: MemoryIndex
    data: Mapping[str, Any]
    """The index as plain data, and ``env``."""


class Plain(AbstractProvider[Requirement, Candidate, str]):
    """Candidates newest first; the plugin with the fewest candidates first."""

    def __init__(self, candidates: Candidates) -> None:
        self._candidates = candidates

    def identify(self, requirement_or_candidate: Requirement | Candidate) -> str:
        return requirement_or_candidate.plugin

    def get_preference(self, identifier: str, *_: Any, **known: Any) -> int:
        return sum(1 for _ in known["candidates"][identifier])

    def find_matches(
        self,
        identifier: str,
        requirements: Mapping[str, Iterator[Requirement]],
        incompatibilities: Mapping[str, Iterator[Candidate]],
    ) -> Iterable[Candidate]:
        wanted, out = list(requirements[identifier]), set(incompatibilities[identifier])
        return [
            candidate
            for candidate in self._candidates.usable(identifier)
            if candidate not in out and all(candidate.version in each.range for each in wanted)
        ]

    def is_satisfied_by(self, requirement: Requirement, candidate: Candidate) -> bool:
        return candidate.version in requirement.range

    def get_dependencies(self, candidate: Candidate) -> Iterable[Requirement]:
        return [each for each in candidate.requirements() if not each.optional]


def plain(case: Case) -> tuple[str, str]:
    """Its time or how it failed, and how far it is behind."""
    wishes = {plugin: Range.parse(text) for plugin, text in case.requirements.items()}
    pins = {plugin: pin for plugin, wish in wishes.items() if (pin := wish.pin)}
    rules = Rules(pins, case.installed, engine=case.registry.engine, python=case.registry.python)
    resolver = Resolver(Plain(Candidates(case.registry, rules)), BaseReporter[Requirement, Candidate, str]())
    roots = [Requirement(plugin, wish) for plugin, wish in wishes.items()]
    signal.signal(signal.SIGPROF, _over)
    signal.setitimer(signal.ITIMER_PROF, PATIENCE_S)
    started, skipped = process_time(), ""
    try:
        found = resolver.resolve(roots, max_rounds=1_000_000).mapping
        skipped = behind(case, {plugin: candidate.version for plugin, candidate in found.items()})
    except ResolutionImpossible:
        skipped = "conflict"
    except TimeoutError:
        return f"> {PATIENCE_S} s", ""
    except RecursionError:
        return "recursion", ""
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return f"{1e3 * (process_time() - started):.1f}", skipped


def _over(*_: object) -> None:
    raise TimeoutError


def cases(folder: Path) -> Iterator[Case]:
    large = folder / "large" / "purescript-registry.json.gz"
    registry, name = (read(large), "purescript") if large.exists() else (made_up(), "made-up")
    index = loaded(registry)
    for scenario in registry["scenarios"]:
        yield Case(f"{name}/{scenario['name']}", scenario["requirements"], {}, index, registry)
    for path in sorted([*folder.glob("*/*.json"), *folder.glob("*/*.json.gz")]):
        if path != large:
            case = read(path)
            installed = {plugin: Version.parse(text) for plugin, text in (case.get("locked") or {}).items()}
            name = path.relative_to(folder).as_posix().partition(".json")[0]
            yield Case(name, case["requirements"], installed, loaded(case), case)


def made_up(size: int = 600) -> dict[str, Any]:
    """A registry of ``size`` plugins, later ones requiring earlier ones, as registries grow; always the same one."""
    random = Random(7)
    index: dict[str, list[dict[str, Any]]] = {}
    for number in range(size):
        majors = random.randint(1, 4)
        versions = [(major, minor) for major in range(1, majors + 1) for minor in range(random.randint(1, 4))]
        known = random.sample(range(number), min(number, random.randint(0, 6)))
        index[f"p{number}"] = [
            {
                "version": f"{major}.{minor}.0",
                "deps": {
                    f"p{on}": f"^{1 + (len({v['version'][0] for v in index[f'p{on}']}) - 1) * major // majors}.0.0"
                    for on in known
                },
            }
            for major, minor in versions
        ]
    scenarios = [
        {"name": f"{count}-wishes", "requirements": {f"p{n}": "*" for n in random.sample(range(size), count)}}
        for count in (20, 60, 200)
    ]
    return {"index": index, "scenarios": scenarios}


def read(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    found: dict[str, Any] = json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)
    return found


def loaded(case: Mapping[str, Any]) -> MemoryIndex:
    index = MemoryIndex(case["index"], env=case.get("env"))
    for plugin in case["index"]:
        index.releases(plugin)
    return index


def least_ms(action: Callable[[], object], clock: Callable[[], float] = process_time) -> float:
    times = []
    for _ in range(RUNS):
        started = clock()
        action()
        times.append(clock() - started)
    return 1e3 * min(times)


def fresh(case: Case) -> None:
    """From the index as plain data."""
    attempt(case._replace(registry=MemoryIndex(case.data["index"], env=case.data.get("env"))))


class Uv:
    """uv on the graphs of cases, each graph written once."""

    def __init__(self, folder: Path) -> None:
        self._uv = uv_path()
        self._folder = folder
        self._written: tuple[Mapping[str, Any], Wheels] | None = None
        """The last graph: cases of one graph follow each other."""

    def __call__(self, case: Case) -> tuple[str, str]:
        """Its time, and how far it is behind."""
        if self._uv is None:
            return "no uv", ""
        try:
            took = self._of(case).compile(self._uv, case.requirements)
        except NotWritable:
            return "–", ""
        if took is None:
            return "> 60 s", ""
        if took.found is None:
            return str(took), "conflict"
        plugins = {re.sub(r"[-_.]+", "-", plugin).lower(): plugin for plugin in case.data["index"]}
        return str(took), behind(case, {plugins[n]: Version.parse(text) for n, text in took.found.items()})

    def _of(self, case: Case) -> Wheels:
        if self._written is None or self._written[0] is not case.data:
            folder = Path(mkdtemp(dir=self._folder))
            self._written = case.data, Wheels(case.data["index"], (case.data.get("env") or {}).get("engine"), folder)
        return self._written[1]


def behind(case: Case, selected: Mapping[str, Version]) -> str:
    newer = {
        plugin: sum(release.version > version for release in case.registry.releases(plugin))
        for plugin, version in selected.items()
    }
    return f"{sum(newer[plugin] for plugin in case.requirements)}/{sum(newer.values())}"


def line(*words: str) -> None:
    name, *others = words
    sys.stdout.write(f"{name:<44}{''.join(f'{word:>10}' for word in others)}\n")


def attempt(case: Case) -> dict[str, Version] | None:
    try:
        return resolve(case.requirements, case.registry, installed=case.installed, cycles="allow").selected
    except ResolutionConflict:
        return None


def main(folder: Path, name: str = "") -> None:
    """:param name: only cases with it in their names."""
    line("case", "chosen", "ms", "wall", "fresh", "behind", "resolvelib", "behind", "uv", "behind")
    measured: list[float] = []
    with TemporaryDirectory() as wheels:
        uv = Uv(Path(wheels))
        for case in (case for case in cases(folder) if name in case.name):
            selected, ours = attempt(case), least_ms(partial(attempt, case))
            measured.append(ours)
            if ours > SHOWN_MS or case.name.startswith(LARGE):
                chosen, skipped = ("conflict", "") if selected is None else (str(len(selected)), behind(case, selected))
                walls = (least_ms(partial(attempt, case), perf_counter), least_ms(partial(fresh, case), perf_counter))
                line(case.name, chosen, f"{ours:.1f}", *(f"{ms:.1f}" for ms in walls), skipped, *plain(case), *uv(case))
    measured.sort()
    line(f"all {len(measured)}: the median", "", f"{measured[len(measured) // 2]:.2f}")
    line("the slowest", "", f"{measured[-1]:.1f}")


if __name__ == "__main__":
    shared = ROOT.parent / "shared" / "conformance" / "resolver"
    given = Path(sys.argv[1]) if len(sys.argv) > 1 else shared if shared.exists() else ROOT / "tests/data/resolver"
    main(given, *sys.argv[2:3])
