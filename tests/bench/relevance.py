"""How well search finds what was meant: ``python tests/bench/relevance.py [--each]``.

The searches, entries and judgements of ``relevance/`` (see its README). nDCG@10 (Järvelin and Kekäläinen, 2002, with
gain 2^grade − 1) and how many searches find nothing, of all and of each kind. Nothing but the texts is known of the
entries: no downloads, no ratings. Exits with 1 under the bounds.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections import defaultdict
from pathlib import Path
from statistics import mean
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from automatosx_nb.model.release import PluginSummary, SearchQuery
from automatosx_nb.registry.search import Entry, SearchIndex

FOLDER = Path(__file__).resolve().parent / "relevance"
NDCG, NOTHING = 0.75, 0.03


class Judged(NamedTuple):
    text: str
    kind: str
    grades: dict[str, int]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--each", action="store_true", help="say what each search found")
    options = parser.parse_args()
    index, scores = filled(), defaultdict(list)
    nothing = 0
    for judged in judgements():
        found = [each.id.partition(".")[2] for each in index.search(SearchQuery(judged.text, size=10)).items]
        score = ndcg([judged.grades.get(name, 0) for name in found], list(judged.grades.values()))
        scores[judged.kind].append(score)
        nothing += not found
        if options.each:
            print(f"{score:.2f} {judged.text:28} {' '.join(f'{n}:{judged.grades.get(n, 0)}' for n in found)}")
    every = [score for some in scores.values() for score in some]
    for kind, some in sorted(scores.items()):
        print(f"{kind:8} {len(some):3} searches, nDCG@10 {mean(some):.3f}")
    print(f"all      {len(every):3} searches, nDCG@10 {mean(every):.3f}, nothing found {nothing / len(every):.1%}")
    return 0 if mean(every) >= NDCG and nothing / len(every) <= NOTHING else 1


def filled() -> SearchIndex:
    index = SearchIndex()
    lines = (FOLDER / "entries.tsv").read_text("utf-8").splitlines()
    entries = [entry(n, *line.split("\t")) for n, line in enumerate(lines, 1)]
    index.update(entries, revision=len(entries))
    return index


def entry(number: int, name: str, description: str) -> Entry:
    summary = PluginSummary(
        id=f"debian.{name}",
        version="1.0.0",
        summary=description,
        categories=("productivity",),
        keywords=(),
        license="MIT",
        verified=False,
        downloads=0,
        permissions={},
        updated="2026-01-01T00:00:00Z",
    )
    return Entry(summary, "", number)


def judgements() -> list[Judged]:
    lines = (FOLDER / "judgements.txt").read_text("utf-8").splitlines()
    parts = (line.split(" | ") for line in lines if not line.startswith("#"))
    return [Judged(text, kind, grades(said)) for text, kind, said in parts]


def grades(said: str) -> dict[str, int]:
    return {name: int(grade) for name, grade in (pair.split(":") for pair in said.split())}


def ndcg(found: list[int], ideal: list[int]) -> float:
    return gain(found) / gain(sorted(ideal, reverse=True))


def gain(grades: list[int]) -> float:
    return math.fsum((2**grade - 1) / math.log2(place + 1) for place, grade in enumerate(grades[:10], 1))


if __name__ == "__main__":
    sys.exit(main())
