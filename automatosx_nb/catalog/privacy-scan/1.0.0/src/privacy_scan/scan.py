"""What of a table is personal data, and how sure that is."""

import re
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from . import detectors as known
from .detectors import Detector
from .values import TEXT, TIME, Values, evenly, plausible_birth, values_of

HIGH, MEDIUM, LOW = "high", "medium", "low"
ORDER = {HIGH: 0, MEDIUM: 1, LOW: 2}
ALWAYS = 0.8
"""Of the values that have the shape, this share has to be right, where chance makes right ones, too."""
OFTEN = 0.3
"""Of numbers in texts that have a card's shape, the share of cards; of numbers drawn by lot it is one in forty."""
FILLED = 0.5
"""A column is taken as a whole from this share of its values on."""
IN_NUMBERS = (known.CARD, known.PHONE, known.NATIONAL_ID)


@dataclass(frozen=True)
class Finding:
    column: str
    kind: str
    what: str
    share: float
    """Of the values that are present (0–1)."""
    count: int
    """Values in the sample."""
    inside: bool
    """They stand within longer texts, or are few: they do not fill the column."""
    confidence: str
    evidence: str
    examples: tuple = ()
    """Two at most, as they are: nothing to be shown."""
    detector: Detector | None = None


@dataclass(frozen=True)
class Scan:
    rows: int
    looked_at: int
    columns: int
    findings: tuple


@dataclass
class Tally:
    """What one detector came upon in one column."""

    shaped: int = 0
    right: int = 0
    whole: int = 0
    distinct: int = 0
    examples: tuple = ()

    def add(self, example: str, count: int, *, alone: bool) -> None:
        self.right += count
        self.whole += count if alone else 0
        self.distinct += 1
        if len(self.examples) < 2:
            self.examples = (*self.examples, example)


def scan_table(table: pa.Table, kinds: list, rows: int) -> Scan:
    """Looks for ``kinds`` in at most ``rows`` rows, evenly spaced."""
    sample = evenly(table, rows)
    found = []
    for name, column in zip(sample.column_names, sample.columns, strict=True):
        values = values_of(column)
        if values is not None and len(values.texts):
            found.extend(scan_column(name, values, kinds))
    found.sort(key=lambda finding: (ORDER[finding.confidence], -finding.share))
    return Scan(table.num_rows, sample.num_rows, table.num_columns, tuple(found))


def scan_column(name: str, values: Values, kinds: list) -> list:
    """The best reading of what fills the values; where nothing does, everything that stands within them."""
    hinted = known.kinds_hinted(name) & set(kinds)
    if known.BIRTH_DATE in hinted:
        birth = births(name, values)
        if birth is not None:
            return [birth]
    if values.kind == TIME:
        return []
    found = []
    for detector in known.DETECTORS:
        if detector.kind in kinds and (values.kind == TEXT or detector.kind in IN_NUMBERS):
            finding = judged(name, values, detector, hint=detector.kind in hinted)
            if finding is not None:
                found.append(finding)
    filling = [finding for finding in found if not finding.inside]
    best = sorted(filling, key=lambda finding: (ORDER[finding.confidence], -finding.share))[:1]
    within = [finding for finding in found if finding.inside]
    return best or within or by_name(name, values, hinted)


def judged(name: str, values: Values, detector: Detector, *, hint: bool) -> Finding | None:
    """None: nothing that is more than chance."""
    wide = hint and bool(detector.hinted)
    pattern = detector.hinted if wide else detector.pattern
    check = detector.hinted_check if wide else detector.check
    tally = tallied(values, pattern, check)
    if not tally.right or (values.kind != TEXT and detector.kind == known.PHONE and not hint):
        return None
    mostly = tally.right >= ALWAYS * tally.shaped
    proven = detector.strong or hint or (mostly and tally.distinct >= 5)
    if not proven and not (detector.kind == known.CARD and values.kind == TEXT and tally.right >= OFTEN * tally.shaped):
        return None
    share = tally.right / values.present
    inside = tally.whole < tally.right / 2 or share < FILLED
    if hint and share >= ALWAYS or detector.strong and mostly and tally.distinct >= 3:
        confidence = HIGH
    else:
        confidence = MEDIUM if mostly and proven else LOW
    proof = "check digits" if detector.kind in (known.IBAN, known.CARD, known.NATIONAL_ID) else "form"
    evidence = f"{proof} of {tally.right:,} of {tally.shaped:,}" + (", and the column's name" if hint else "")
    return Finding(
        name,
        detector.kind,
        detector.what,
        share,
        tally.right,
        inside,
        confidence,
        evidence,
        tally.examples,
        replace(detector, pattern=pattern, check=check),
    )


def tallied(values: Values, pattern: str, check: object) -> Tally:
    tally = Tally()
    matching = pc.match_substring_regex(values.texts, pattern)
    texts = values.texts.filter(matching).to_pylist()
    counts = values.counts.filter(matching).to_pylist()
    compiled = re.compile(pattern)
    for text, count in zip(texts, counts, strict=True):
        tally.shaped += count
        for match in compiled.finditer(text):
            end = check(match.group())
            if end:
                tally.add(match.group()[:end], count, alone=end == len(text))
                break
    return tally


def births(name: str, values: Values) -> Finding | None:
    """A column that is named so, with dates that people who live can have."""
    pairs = zip(values.texts.to_pylist(), values.counts.to_pylist(), strict=True)
    fitting = [(text, count) for text, count in pairs if plausible_birth(text)]
    count = sum(count for text, count in fitting)
    share = count / values.present
    if share < 0.5:
        return None
    confidence = HIGH if share >= ALWAYS else MEDIUM
    evidence = f"the column's name, and {count:,} of {values.present:,} are dates of the last 120 years"
    examples = tuple(text for text, count in fitting[:2])
    return Finding(name, known.BIRTH_DATE, "date of birth", share, count, False, confidence, evidence, examples)


def by_name(name: str, values: Values, hinted: set) -> list:
    if values.kind != TEXT:
        return []
    return [
        Finding(
            name, each.kind, each.what, 1.0, values.present, False, LOW, "the column's name alone",
            tuple(values.texts.slice(0, 2).to_pylist()), each,
        )
        for each in known.BY_NAME
        if each.kind in hinted
    ]
