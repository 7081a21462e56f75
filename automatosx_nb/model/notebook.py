"""Notebooks as the documents that they are (nbformat 4): the lock that one carries, and which plugins its cells use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from automatosx_nb.model.generation import InstalledPlugin

KEY = "automatosx"
"""Ours in the metadata of a notebook, as in those of an output."""
_MAGIC = re.compile(r"^[ \t]*(?:[\w.,()\[\] \t]+=[ \t]*)?%{1,2}([^\W\d][\w-]*)", re.MULTILINE)
"""A line that is a magic, or assigns what one returns."""


def carried_lock(document: Mapping[str, Any]) -> object:
    """What stands where a lock belongs; None: nothing does."""
    own = document["metadata"].get(KEY)
    return own.get("lock") if isinstance(own, dict) else own


def with_lock(document: Mapping[str, Any], lock: Mapping[str, Any]) -> dict[str, Any]:
    """The document that carries ``lock``; every other key stays, in its place or, as Jupyter has them, sorted."""
    before = document["metadata"]
    own = before.get(KEY)
    metadata = {**before, KEY: {**(own if isinstance(own, dict) else {}), "lock": lock}}
    if list(before) == sorted(before):
        metadata = dict(sorted(metadata.items()))
    return {**document, "metadata": metadata}


def plugins_used(document: Mapping[str, Any], installed: Iterable[InstalledPlugin]) -> set[str]:
    """Those whose magics are typed in code cells, whose ids stand in them, or who made an output that is saved.

    Whose formatters or subscriptions a notebook lives by, its text does not say.
    """
    entries = list(installed)
    magics = {magic["name"]: entry.id for entry in entries for magic in entry.contributes.get("magics", ())}
    ids = {entry.id for entry in entries}
    named = re.compile("|".join(rf"(?<![\w.-]){re.escape(each)}(?![\w-])" for each in sorted(ids)))
    used = {plugin for plugin in _displayed(document) if plugin in ids}
    for text in code_of(document):
        used |= {magics[name] for name in _MAGIC.findall(text) if name in magics}
        used |= set(named.findall(text)) & ids
    return used


def code_of(document: Mapping[str, Any]) -> Iterator[str]:
    """The text of each code cell."""
    for cell in _dicts(document["cells"]):
        source = cell.get("source", "")
        lines = source if isinstance(source, list) else [source]
        if cell.get("cell_type") == "code":
            yield "".join(line for line in lines if isinstance(line, str))


def _displayed(document: Mapping[str, Any]) -> Iterator[str]:
    """Who made an output, by its metadata."""
    for cell in _dicts(document["cells"]):
        for output in _dicts(cell.get("outputs")):
            match output.get("metadata"):
                case {"automatosx": {"plugin": str(release)}}:
                    yield release.partition("@")[0]


def _dicts(found: object) -> Iterator[dict[str, Any]]:
    yield from (each for each in found if isinstance(each, dict)) if isinstance(found, list) else ()
