"""Values in place of which something else stands: nothing of them, a code, or a part."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from . import detectors as known
from .scan import Finding, Scan
from .values import as_text, plain, year_of

REDACT, HASH, PARTIAL = "redact", "hash", "partial"


@dataclass(frozen=True)
class Masked:
    """What was done to one column; ``inside``: to what was found in its texts, and not to these as a whole."""

    column: str
    what: str
    inside: bool


def plan(scan: Scan) -> dict:
    """Column → the findings that say what is masked there: the one that fills it, or all that stand within."""
    found = {}
    for finding in scan.findings:
        before = found.get(finding.column, [])
        if not finding.inside:
            found[finding.column] = [finding]
        elif all(each.inside for each in before):
            found[finding.column] = [*before, finding]
    return found


def mask_table(table: pa.Table, wanted: dict, how: str, salt: bytes) -> tuple:
    """``(table, [Masked])``; ``wanted`` is as :func:`plan` has it, with no findings for what is masked unseen."""
    done = []
    for place, name in enumerate(table.column_names):
        if name in wanted:
            findings = wanted[name]
            column = mask_column(table.column(place), findings, how, salt)
            table = table.set_column(place, name, column)
            what = ", ".join(finding.what for finding in findings) or "everything"
            done.append(Masked(name, what, bool(findings) and findings[0].inside))
    return table, done


def mask_column(column: pa.ChunkedArray, findings: list, how: str, salt: bytes) -> pa.Array:
    """A column of text: what is missing stays so, and equal values become equal ones."""
    texts = texts_of(column)
    if findings and findings[0].inside:
        return mapped(texts, within(findings, how, salt))
    kind = findings[0].kind if findings else ""
    if how == REDACT:
        return pc.if_else(pc.is_valid(texts), pa.scalar(redacted(kind), pa.large_string()), None)
    return mapped(texts, one(kind, how, salt))


def texts_of(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """As :func:`values.as_text`; what is none of these as Arrow writes it."""
    texts = as_text(column)
    return plain(column).cast(pa.large_string()) if texts is None else texts


def mapped(texts: pa.ChunkedArray, change: Callable) -> pa.Array:
    """``change`` is called once for each distinct value."""
    encoded = texts.combine_chunks().dictionary_encode()
    values = encoded.dictionary.to_pylist()
    return pa.array([change(value) for value in values], pa.large_string()).take(encoded.indices)


def one(kind: str, how: str, salt: bytes) -> Callable:
    """What becomes of one value of a kind."""
    if how == HASH:
        return lambda text: code(text, salt)
    if how == PARTIAL:
        return lambda text: partial(kind, text)
    return lambda text: redacted(kind)


def within(findings: list, how: str, salt: bytes) -> Callable:
    """What becomes of a text in which something was found: the rest of it stays."""
    steps = [(re.compile(each.detector.pattern), each.detector.check, one(each.kind, how, salt)) for each in findings]

    def change(text: str) -> str:
        for pattern, check, replace in steps:
            text = pattern.sub(lambda match: replaced(match.group(), check(match.group()), replace), text)
        return text

    return change


def replaced(match: str, end: int, replace: Callable) -> str:
    return replace(match[:end]) + match[end:] if end else match


def redacted(kind: str) -> str:
    return f"[{kind or 'redacted'}]"


def code(text: str, salt: bytes) -> str:
    """64 bits of keyed BLAKE2b (RFC 7693): equal where the values are equal, and nobody computes it without the salt."""
    return hashlib.blake2b(text.encode(), key=salt, digest_size=8).hexdigest()


def partial(kind: str, text: str) -> str:
    """Enough to tell one from another by eye, and to see what it was."""
    text = text.strip()
    match kind:
        case known.EMAIL if "@" in text:
            return f"{text[0]}***@{text.rpartition('@')[2]}"
        case known.IP if "." in text:
            return ".".join([*text.split(".")[:3], "0"])
        case known.IP:
            return ":".join(text.split(":")[:3]) + "::"
        case known.BIRTH_DATE:
            return str(year_of(text) or "[birth-date]")
        case known.NAME:
            return " ".join(f"{word[0]}." for word in text.split())
        case known.ADDRESS:
            return redacted(kind)
        case known.IBAN:
            return text[:2] + stars(text[2:], 4)
        case known.CARD | known.PHONE | known.NATIONAL_ID:
            return stars(text, {known.CARD: 4, known.PHONE: 2, known.NATIONAL_ID: 2}[kind])
    return text[:1] + "***"


def stars(text: str, shown: int) -> str:
    """Letters and digits as stars but for the last ``shown``; blanks and marks stay."""
    at = len(text)
    while at and shown:
        at -= 1
        shown -= text[at].isalnum()
    return re.sub(r"[^\W_]", "*", text[:at]) + text[at:]


def example(finding: Finding) -> str:
    """Both of a finding's examples, masked so that a report can be shown around."""
    return ", ".join(partial(finding.kind, text) for text in finding.examples)
