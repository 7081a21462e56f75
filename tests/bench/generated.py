"""A registry of as many plugins as wanted, written straight into its tables: ``fill(folder, number)``.

Words follow Zipf's law, as in any language: some hundred of the field, and made-up ones that are rare, so that the
commonest is in a fifth of the READMEs. The same number gives the same registry.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import insert, update

from automatosx_nb.model.manifest import CATEGORIES
from automatosx_nb.registry import schema
from automatosx_nb.registry.service import EmbeddedRegistry

FIELD = (Path(__file__).parent / "words.txt").read_text("utf-8").split()
PERMISSIONS = {
    "storage": "Keeps what it found between sessions.",
    "network:api.example.org": "Looks up what it does not know.",
    "variables:read": "Reads the tables of the notebook.",
    "files:read:data": "Reads what lies in the folder data.",
    "modules:pandas": "Works on the tables that it is handed.",
}
SIZE = 20_480
"""Bytes of an artifact."""
_BATCH = 5_000
_WHEN = "2026-01-01T00:00:00Z"
_SYLLABLES = tuple(a + b for a in "bcdfgklmnprstvxz" for b in "aeiou")


class Words:
    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        made_up = ["".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4))) for _ in range(30_000)]
        self._words = [*FIELD, *made_up]
        weights = [1 / (rank + 60) for rank in range(len(self._words))]
        self._sums = [0.0]
        for weight in weights:
            self._sums.append(self._sums[-1] + weight)
        del self._sums[0]

    def some(self, number: int) -> list[str]:
        return self._chance.choices(self._words, cum_weights=self._sums, k=number)


def fill(folder: Path, number: int) -> list[str]:
    """The ids, as they are published under ``folder``. The first hundred have artifacts, of :data:`SIZE` bytes."""
    chance = random.Random(number)
    words = Words(chance)
    publishers = [f"{''.join(chance.choices(_SYLLABLES, k=3))}{each}" for each in range(max(2, number // 12))]
    ids = [f"{chance.choice(publishers)}.{'-'.join(words.some(2))}-{each}" for each in range(number)]
    with EmbeddedRegistry(folder) as registry:
        database = registry._database
        with database.write() as connection:
            rows = [
                {"key": key, "name": name, "verified": chance.random() < 0.2, "created": _WHEN}
                for key, name in enumerate(publishers, 1)
            ]
            connection.execute(insert(schema.publishers), rows)
        keys = {name: key for key, name in enumerate(publishers, 1)}
        for start in range(0, number, _BATCH):
            with database.write() as connection:
                _insert(connection, ids[start : start + _BATCH], start, keys, words, chance, folder)
        with database.write() as connection:
            connection.execute(update(schema.sequence).values(value=number))
    return ids


def _insert(
    connection: Any, ids: list[str], start: int, keys: dict[str, int], words: Words, chance: random.Random, folder: Path
) -> None:
    plugins, releases, permissions, artifacts, downloads = [], [], [], [], []
    for key, plugin in enumerate(ids, start + 1):
        data = random.Random(key).randbytes(SIZE) if key <= 100 else b""
        digest = hashlib.sha256(data or str(key).encode()).hexdigest()
        if data:
            _store(folder / "blobs", digest, data)
        plugins.append(
            {
                "key": key,
                "publisher": keys[plugin.partition(".")[0]],
                "id": plugin,
                "skeleton": plugin,
                "created": _WHEN,
                "revision": key,
            }
        )
        artifacts.append({"sha256": digest, "size": SIZE})
        releases.append(_release(key, digest, words, chance))
        asked = chance.sample(sorted(PERMISSIONS), chance.choice((0, 0, 1, 2)))
        permissions += [
            {"release": key, "permission": each, "position": n, "reason": PERMISSIONS[each], "optional": False}
            for n, each in enumerate(asked)
        ]
        downloads.append({"release": key, "day": "2026-01-01", "count": int(10 ** chance.uniform(0, 5))})
    tables = (schema.plugins, schema.artifacts, schema.releases, schema.permissions, schema.downloads)
    for table, rows in zip(tables, (plugins, artifacts, releases, permissions, downloads), strict=True):
        connection.execute(insert(table), rows)


def _release(key: int, digest: str, words: Words, chance: random.Random) -> dict[str, Any]:
    return {
        "key": key,
        "plugin": key,
        "version": "1.0.0",
        "precedence": "1.0.0",
        "stage": "stable" if chance.random() < 0.9 else "beta",
        "published": f"20{chance.randint(20, 26)}-0{chance.randint(1, 9)}-01T00:00:00Z",
        "revision": key,
        "artifact": digest,
        "summary": " ".join(words.some(9)).capitalize() + ".",
        "license": "MIT",
        "authors": ["Ada"],
        "categories": chance.sample(CATEGORIES, chance.choice((1, 1, 2))),
        "keywords": words.some(4),
        "engine": "^1.0",
        "python": ">=3.11",
        "packages": ["pandas>=2"] if chance.random() < 0.3 else [],
        "platforms": [],
        "contributions": {"magics": ["run"]},
        "readme": "# Read me\n\n" + " ".join(words.some(90)) + ".\n",
        "changelog": "## 1.0.0\n\nFirst.\n",
    }


def _store(blobs: Path, digest: str, data: bytes) -> None:
    """As ``registry.blobs`` lays them out."""
    path = blobs / "sha256" / digest[:2] / digest
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def queries(number: int, seed: int = 7) -> Iterator[str]:
    """What people type: one to three words of the field, some of them begun, some misspelt; hardly one twice."""
    chance = random.Random(seed)
    words = Words(random.Random(seed))
    for _ in range(number):
        typed = words.some(chance.choice((1, 1, 2, 2, 3)))
        last = typed[-1]
        kind = chance.random()
        if kind < 0.2 and len(last) > 4:
            typed[-1] = last[: chance.randint(3, len(last) - 1)]
        elif kind < 0.35 and len(last) > 4:
            at = chance.randint(1, len(last) - 2)
            typed[-1] = last[:at] + last[at + 1] + last[at] + last[at + 2 :]
        yield " ".join(typed)
