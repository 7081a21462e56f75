"""Texts as words: the same folding for what is indexed and for what is typed."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

import tantivy

_WORD = re.compile(r"[^\W_]+")
MAX_LENGTH = 40
"""Characters; what is longer is cut, in the index and in the query alike."""


def words(text: str) -> list[str]:
    """``text``'s words in order: case and accents folded, split at everything that is no letter or digit."""
    folded = text.casefold()
    if not folded.isascii():
        folded = "".join(c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(c))
    return [word[:MAX_LENGTH] for word in _WORD.findall(folded)]


def stem(word: str) -> str:
    """The word's English stem (Snowball), so that 'profiling' and 'profiler' meet; as tantivy's ``en_stem`` does."""
    return next(iter(_stemmer().analyze(word)), word)


@cache
def _stemmer() -> Any:
    whitespace = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
    return whitespace.filter(tantivy.Filter.stemmer("english")).build()
