"""How long a resolution takes, beside plain resolvelib in the same run: ``python tests/bench/resolver.py [FOLDER]``.

FOLDER has cases as in tests/data/resolver, and may have ``large/purescript-registry.json.gz`` with its scenarios.
Without it: ``../shared/conformance/resolver`` beside the checkout where that is there, else tests/data/resolver.

Times are milliseconds of the processor, from requirements and an index that is read already to a resolution that is
checked: the least of several runs. resolvelib has the simplest provider that works (candidates newest first, the plugin
with the fewest first), one run, and only so many seconds. ``behind`` is how many newer versions there are than those
chosen, of what was asked for and of everything chosen: ours, then resolvelib's.
"""

from __future__ import annotations

import gzip
import json
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

from resolvelib import AbstractProvider, BaseReporter, Resolver
from resolvelib.resolvers import ResolutionImpossible

from automatosx_nb.errors import ResolutionConflict
from automatosx_nb.model.candidates import Candidate, Candidates, Requirement, Rules
from automatosx_nb.model.resolution import resolve
from automatosx_nb.model.semver import Range, Version
from automatosx_nb.testing.index import MemoryIndex

ROOT = Path(__file__).parents[2]
RUNS = 5
PATIENCE_S = 10
"""Seconds for one run of plain resolvelib."""
SHOWN_MS = 10
"""Cases that take longer have their own line; each scenario has one."""


class Case(NamedTuple):
    name: str
    requirements: Mapping[str, str]
    installed: Mapping[str, Version]
    registry: MemoryIndex


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
    if large.exists():
        registry = read(large)
        index = loaded(registry)
        for scenario in registry["scenarios"]:
            yield Case(f"purescript/{scenario['name']}", scenario["requirements"], {}, index)
    for path in sorted([*folder.glob("*/*.json"), *folder.glob("*/*.json.gz")]):
        if path != large:
            case = read(path)
            installed = {plugin: Version.parse(text) for plugin, text in (case.get("locked") or {}).items()}
            name = path.relative_to(folder).as_posix().partition(".json")[0]
            yield Case(name, case["requirements"], installed, loaded(case))


def read(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    found: dict[str, Any] = json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)
    return found


def loaded(case: Mapping[str, Any]) -> MemoryIndex:
    index = MemoryIndex(case["index"], env=case.get("env"))
    for plugin in case["index"]:
        index.releases(plugin)
    return index


def least_ms(action: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        started = process_time()
        action()
        times.append(process_time() - started)
    return 1e3 * min(times)


def behind(case: Case, selected: Mapping[str, Version]) -> str:
    newer = {
        plugin: sum(release.version > version for release in case.registry.releases(plugin))
        for plugin, version in selected.items()
    }
    return f"{sum(newer[plugin] for plugin in case.requirements)}/{sum(newer.values())}"


def line(*words: str) -> None:
    name, *others = words
    sys.stdout.write(f"{name:<50}{''.join(f'{word:>11}' for word in others)}\n")


def attempt(case: Case) -> dict[str, Version] | None:
    try:
        return resolve(case.requirements, case.registry, installed=case.installed, cycles="allow").selected
    except ResolutionConflict:
        return None


def main(folder: Path) -> None:
    line("case", "chosen", "ms", "behind", "resolvelib", "behind")
    measured: list[float] = []
    for case in cases(folder):
        selected, ours = attempt(case), least_ms(partial(attempt, case))
        measured.append(ours)
        if ours > SHOWN_MS or case.name.startswith("purescript"):
            chosen, skipped = ("conflict", "") if selected is None else (str(len(selected)), behind(case, selected))
            line(case.name, chosen, f"{ours:.1f}", skipped, *plain(case))
    measured.sort()
    line(f"all {len(measured)}: the median", "", f"{measured[len(measured) // 2]:.2f}")
    line("the slowest", "", f"{measured[-1]:.1f}")


if __name__ == "__main__":
    shared = ROOT.parent / "shared" / "conformance" / "resolver"
    given = Path(sys.argv[1]) if len(sys.argv) > 1 else shared if shared.exists() else ROOT / "tests/data/resolver"
    main(given)
