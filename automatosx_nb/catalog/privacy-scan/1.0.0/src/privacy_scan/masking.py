"""Columns in which something else stands in place of values, or of what was found within texts."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from .detectors import Detector
from .scan import Scan
from .stand_ins import REDACT, mapped, stand_in
from .values import as_text, plain


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
    replace = stand_in(findings[0].kind if findings else "", how, salt)
    return replace(texts) if how == REDACT else mapped(texts, replace)


def texts_of(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """As :func:`values.as_text`; what is none of these as Arrow writes it."""
    texts = as_text(column)
    return plain(column).cast(pa.large_string()) if texts is None else texts


def within(findings: list, how: str, salt: bytes) -> Callable:
    """What becomes of texts in which something was found: the rest of them stays."""

    def change(texts: pa.Array) -> pa.Array:
        for finding in findings:
            texts = replaced(texts, finding.detector, stand_in(finding.kind, how, salt))
        return texts

    return change


def replaced(texts: pa.Array, detector: Detector, replace: Callable) -> pa.Array:
    """All that ``detector`` finds in ``texts`` is replaced at once."""
    shaped = pc.match_substring_regex(texts, detector.pattern)
    pattern = re.compile(detector.pattern)
    parted = [parts(text, pattern, detector.check) for text in texts.filter(shaped).to_pylist()]
    instead = iter(replace(pa.array([match for each in parted for match in each[1::2]], pa.large_string())).to_pylist())
    written = ["".join([next(instead) if at % 2 else part for at, part in enumerate(each)]) for each in parted]
    return pc.replace_with_mask(texts, shaped, pa.array(written, pa.large_string()))


def parts(text: str, pattern: re.Pattern, check: Callable) -> list:
    """What stands before, between and behind what was found, and what was found: the second, the fourth, and so on."""
    found, at = [], 0
    for match in pattern.finditer(text):
        end = check(match.group())
        if end:
            found += [text[at : match.start()], match.group()[:end]]
            at = match.start() + end
    return [*found, text[at:]]
