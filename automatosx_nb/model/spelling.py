"""Nearest spellings, for every error that says "did you mean"."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches

from automatosx_nb.model.names import fold

MAX_WORD = 500
"""Characters; nobody misspelt what is longer, and comparing it takes seconds."""


def nearest(word: str, known: Iterable[str], *, most: int = 3) -> tuple[str, ...]:
    """The names in ``known`` closest to ``word``, best first, at most ``most``.

    A name that ends in ``.word`` (the user left the publisher out) comes before those that are merely alike; where one
    differs in capitals and separators only, it is what was meant, and the only one. Of two dotted names the last parts
    have to be alike: a publisher has many plugins. Nothing is like a word of more than :data:`MAX_WORD` characters.
    """
    if len(word) > MAX_WORD:
        return ()
    names = sorted(known)
    folded = fold(word)
    same = tuple(name for name in names if name != word and fold(name) == folded)
    if same:
        return same[:most]
    lowered = word.lower()
    suffixed = [name for name in names if name.lower().rpartition(".")[2] == lowered and name != word]
    own = lowered.rpartition(".")[2]
    whole = get_close_matches(lowered, names, n=most, cutoff=0.6)
    alike = [name for name in whole if SequenceMatcher(None, own, name.rpartition(".")[2].lower()).ratio() >= 0.5]
    short = {name.rpartition(".")[2]: name for name in names}
    alike += [short[hit] for hit in get_close_matches(own, short, n=most, cutoff=0.7)]
    return tuple(dict.fromkeys(suffixed + alike))[:most]
