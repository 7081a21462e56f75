"""What search knows of a plugin, and the document that the index makes of it."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import tantivy

from automatosx_nb.model.moderation import damped_mean
from automatosx_nb.model.names import publisher_of, short_name
from automatosx_nb.registry.search import facets, filters
from automatosx_nb.registry.search.quality import quality, weight
from automatosx_nb.registry.search.text import FIELDS, WHOLE
from automatosx_nb.registry.words import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automatosx_nb.model.release import PluginSummary

MAX_README = 20_000
"""Characters that search looks into: what a plugin is for, its README says in its beginning."""
_LETTERS = 6


@dataclass(frozen=True, slots=True)
class Entry:
    """A plugin as search knows it. ``revision`` orders by when its shown release was published."""

    summary: PluginSummary
    readme: str
    revision: int
    documented: bool = False
    """Its documentation notebooks were executed, and did not fail."""
    counted: int = 0
    """Of the downloads in ``summary``, those that this process counted."""


def schema() -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("number", fast=True)
    builder.add_float_field("quality", fast=True)
    for sort in ("downloads", "rating", "updated"):
        builder.add_unsigned_field(sort, fast=True)
    for field in ("id", WHOLE, filters.HAS):
        builder.add_text_field(field, tokenizer_name="raw", index_option="basic")
    for field in facets.Values._fields:
        builder.add_unsigned_field(field, fast=True)
    builder.add_text_field("sorted_name", tokenizer_name="raw", index_option="basic", fast=True)
    for field, weights in FIELDS.items():
        builder.add_text_field(field, tokenizer_name="en_stem" if weights.stem else "whitespace", index_option="basic")
    return builder.build()


def document(number: int, entry: Entry, values: facets.Values) -> Any:
    summary = entry.summary
    made = tantivy.Document()
    made.add_unsigned("number", number)
    made.add_text("id", summary.id)
    _add_sorts(made, entry)
    _add_words(made, entry)
    for token in filters.tokens(summary):
        made.add_text(filters.HAS, token)
    for field, value in values._asdict().items():
        made.add_unsigned(field, value)
    return made


def _add_sorts(made: Any, entry: Entry) -> None:
    """Whole numbers by which tantivy orders: the beginning of the name is in them, so that few are the same."""
    summary = entry.summary
    name = _letters(short_name(summary.id))
    made.add_float("quality", weight(quality(summary, documented=entry.documented) * _nudge(summary.id)))
    made.add_unsigned("downloads", min(summary.downloads, 2**32 - 1) << 30 | name)
    stars = 0 if summary.rating is None else round(damped_mean(summary.rating, summary.ratings) * 1000)
    made.add_unsigned("rating", stars << 50 | min(summary.ratings, 2**20 - 1) << 30 | name)
    made.add_unsigned("updated", entry.revision)
    made.add_text("sorted_name", sorted_name(summary.id))


def _add_words(made: Any, entry: Entry) -> None:
    name = words(short_name(entry.summary.id))
    whole = words(entry.summary.id)
    for spelling in {" ".join(whole), " ".join(name), "".join(name)}:
        made.add_text(WHOLE, spelling)
    plain = {place: " ".join(words(text)) for place, text in _places(entry).items()}
    for field, weights in FIELDS.items():
        made.add_text(field, " ".join([plain[place] for place in weights.places]))


def _places(entry: Entry) -> Mapping[str, str]:
    summary = entry.summary
    return {
        "name": short_name(summary.id),
        "keyword": " ".join(summary.keywords),
        "publisher": publisher_of(summary.id),
        "category": " ".join(summary.categories),
        "summary": summary.summary,
        "readme": entry.readme[:MAX_README],
    }


def sorted_name(plugin: str) -> str:
    """By short name, then by publisher; no two plugins have the same."""
    return f"{short_name(plugin)} {publisher_of(plugin)}"


def _letters(name: str) -> int:
    """The name's first letters in 30 bits, the larger the earlier in the alphabet."""
    packed = 0
    for letter in name[:_LETTERS].ljust(_LETTERS):
        packed = packed << 5 | (31 - max(0, min(26, ord(letter) - ord("a") + 1)))
    return packed


def _nudge(plugin: str) -> float:
    """A factor of one per mille at most, its own for each plugin: so that hardly two score the same, and the best of
    a hundred thousand are found without looking at all of them."""
    return 1 + zlib.crc32(plugin.encode()) / 2**32 / 1000
