"""What stands in place of a value: nothing of it, a code, or a part. Whole arrays of values are worked out at once."""

import hashlib
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from . import detectors as known
from .scan import Finding
from .values import year_of

REDACT, HASH, PARTIAL = "redact", "hash", "partial"
BLANK = r"\t-\r\x1c-\x20\x{85}\p{Z}"
"""Within a class of RE2: what Python parts words at."""
ASIDE = r"\p{Z}\p{P}\p{S}\p{M}\p{Cc}\p{Cf}"
"""Within a class of RE2: what is no letter and no digit. A character that RE2 does not know is hidden as these are."""
SHOWN = {known.CARD: 4, known.PHONE: 2, known.NATIONAL_ID: 2}
"""Letters and digits at a number's end."""


def stand_in(kind: str, how: str, salt: bytes) -> Callable:
    """What becomes of an array, or a chunked one, of texts of a kind."""
    if how == HASH:
        return lambda texts: codes(texts, salt)
    if how == PARTIAL:
        return lambda texts: partial(kind, texts)
    return lambda texts: redacted(kind, texts)


def mapped(texts: pa.Array, change: Callable) -> pa.Array:
    """``change`` is given each distinct value once, all of them in one array."""
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    encoded = texts.dictionary_encode()
    return change(encoded.dictionary).take(encoded.indices)


def redacted(kind: str, texts: pa.Array) -> pa.Array:
    return pc.if_else(pc.is_valid(texts), pa.scalar(f"[{kind or 'redacted'}]", pa.large_string()), None)


def codes(texts: pa.Array, salt: bytes) -> pa.Array:
    return pa.array([code(text, salt) for text in texts.to_pylist()], pa.large_string())


def code(text: str, salt: bytes) -> str:
    """64 bits of keyed BLAKE2b (RFC 7693): equal where the values are equal, and nobody computes it without the salt."""
    return hashlib.blake2b(text.encode(), key=salt, digest_size=8).hexdigest()


def partial(kind: str, texts: pa.Array) -> pa.Array:
    """Enough of each to tell one from another by eye, and to see what it was."""
    texts = pc.utf8_trim_whitespace(texts)
    match kind:
        case known.EMAIL:
            named = joined(begin(texts, 1), "***@", rewritten(texts, "^.*@", ""))
            return pc.if_else(pc.match_substring(texts, "@"), named, joined(begin(texts, 1), "***"))
        case known.IP:
            four = rewritten(texts, r"^((?:[^.]*\.){0,2}[^.]*).*$", r"\1.0")
            six = rewritten(texts, "^((?:[^:]*:){0,2}[^:]*).*$", r"\1::")
            return pc.if_else(pc.match_substring(texts, "."), four, six)
        case known.BIRTH_DATE:
            return mapped(rewritten(texts, "[ T].*$", ""), years)
        case known.NAME:
            initials = rewritten(texts, f"([^{BLANK}])[^{BLANK}]*", r"\1.")
            return rewritten(initials, f"[{BLANK}]+", " ")
        case known.ADDRESS:
            return redacted(kind, texts)
        case known.IBAN:
            return joined(begin(texts, 2), stars(pc.utf8_slice_codeunits(texts, 2), 4))
        case known.CARD | known.PHONE | known.NATIONAL_ID:
            return stars(texts, SHOWN[kind])
    return joined(begin(texts, 1), "***")


def begin(texts: pa.Array, count: int) -> pa.Array:
    return pc.utf8_slice_codeunits(texts, 0, count)


def joined(*parts: pa.Array | str) -> pa.Array:
    """Texts put together, one by one; a part that is a ``str`` is the same in all of them."""
    texts = [pa.scalar(part, pa.large_string()) if isinstance(part, str) else part for part in (*parts, "")]
    return pc.binary_join_element_wise(*texts)


def rewritten(texts: pa.Array, pattern: str, by: str) -> pa.Array:
    """``.`` is a line's end, too."""
    return pc.replace_substring_regex(texts, f"(?s){pattern}", by)


def years(texts: pa.Array) -> pa.Array:
    return pa.array([str(year_of(text) or "[birth-date]") for text in texts.to_pylist()], pa.large_string())


def stars(texts: pa.Array, shown: int) -> pa.Array:
    """Letters and digits as stars but for the last ``shown``; blanks and marks stay.

    RE2 is ten times as fast where it need not tell all the letters of the world from marks.
    """
    foreign = pc.invert(pc.string_is_ascii(texts))
    plain = starred(texts, shown, "0-9A-Za-z", "^0-9A-Za-z")
    return pc.replace_with_mask(plain, foreign, starred(texts.filter(foreign), shown, f"^{ASIDE}", ASIDE))


def starred(texts: pa.Array, shown: int, word: str, aside: str) -> pa.Array:
    """``word`` and ``aside``: the classes of letters and digits, and of all else."""
    parts = pc.extract_regex(texts, f"(?s)^(?P<hidden>.*)(?P<shown>(?:[{word}][{aside}]*){{{shown}}})$")
    hidden = pc.struct_field(parts, [0])
    for run in (4, 2, 1):  # several at once are replaced in the time of one
        hidden = rewritten(hidden, f"[{word}]{{{run}}}", "*" * run)
    return pc.coalesce(joined(hidden, pc.struct_field(parts, [1])), texts)


def example(finding: Finding) -> str:
    """Both of a finding's examples, masked so that a report can be shown around."""
    return ", ".join(partial(finding.kind, pa.array(finding.examples, pa.large_string())).to_pylist())
