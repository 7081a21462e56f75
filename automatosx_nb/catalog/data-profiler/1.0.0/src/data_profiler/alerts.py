"""What somebody should know about a table before using it, worst first."""

from dataclasses import dataclass

from .columns import Column
from .correlation import Correlations
from .kinds import EMPTY, NUMBER, TEXT, is_whole
from .profile import Profile
from .words import count_of, number, percent

SERIOUS = 0
WORTH_A_LOOK = 1
GOOD_TO_KNOW = 2

MANY_MISSING = 0.2
STRONG = 0.9
SKEWED = 2.0
FEW_ROWS = 20
"""Below this many values, being all different says nothing."""


@dataclass(frozen=True)
class Alert:
    """``column`` is empty where it is about the whole table."""

    level: int
    column: str
    finding: str


def alerts_of(profile: Profile) -> list:
    found = table_alerts(profile)
    for column in profile.columns:
        found.extend(column_alerts(column))
    if profile.correlations is not None:
        found.extend(correlation_alerts(profile.correlations))
    return sorted(found, key=lambda alert: alert.level)


def table_alerts(profile: Profile) -> list:
    found = []
    if not profile.rows:
        found.append(Alert(SERIOUS, "", "the table has no rows"))
    if profile.duplicates:
        share = percent(profile.duplicates / profile.rows)
        found.append(Alert(WORTH_A_LOOK, "", f"{count_of(profile.duplicates, 'duplicate row')} ({share})"))
    names = [column.name for column in profile.columns]
    for name in sorted({name for name in names if names.count(name) > 1}):
        found.append(Alert(SERIOUS, name, f"{names.count(name)} columns have this name"))
    return found


def column_alerts(column: Column) -> list:
    if not column.rows:
        return []
    if column.kind == EMPTY or not column.present:
        return [Alert(SERIOUS, column.name, "all values are missing")]
    found = missing_alerts(column)
    if column.distinct == 1:
        found.append(Alert(SERIOUS, column.name, "constant: every value is the same"))
        return found
    found.extend(identity_alerts(column))
    if column.kind == NUMBER and column.numbers is not None:
        found.extend(number_alerts(column))
    elif column.kind == NUMBER:
        found.append(Alert(SERIOUS, column.name, "no finite value"))
    if column.categories is not None and column.categories.blank:
        found.append(Alert(WORTH_A_LOOK, column.name, f"{count_of(column.categories.blank, 'blank text')}"))
    return found


def missing_alerts(column: Column) -> list:
    found = []
    share = column.missing_share
    if share >= MANY_MISSING:
        level = SERIOUS if share > 0.5 else WORTH_A_LOOK
        found.append(Alert(level, column.name, f"{percent(share)} missing"))
    if 0 < column.nans < column.missing:
        finding = f"missing in two ways: {column.missing - column.nans:,} null, {column.nans:,} NaN"
        found.append(Alert(WORTH_A_LOOK, column.name, finding))
    return found


def identity_alerts(column: Column) -> list:
    """Text and whole numbers only: fractions are all different by nature."""
    may_identify = column.kind == TEXT or is_whole(column.type)
    if not may_identify or column.present < FEW_ROWS or column.distinct is None:
        return []
    share = column.distinct / column.present
    if share == 1:
        return [Alert(GOOD_TO_KNOW, column.name, "every value is different: an identifier?")]
    if share >= 0.95:
        finding = f"nearly an identifier: {percent(share)} of the values are different"
        return [Alert(WORTH_A_LOOK, column.name, finding)]
    if column.kind == TEXT and column.distinct > 50:
        return [Alert(GOOD_TO_KNOW, column.name, f"high cardinality: {column.distinct:,} different values")]
    return []


def number_alerts(column: Column) -> list:
    numbers, found = column.numbers, []
    if numbers.infinite:
        found.append(Alert(SERIOUS, column.name, f"{count_of(numbers.infinite, 'infinite value')}"))
    if numbers.outliers:
        share = numbers.outliers / numbers.count
        level = WORTH_A_LOOK if share >= 0.01 else GOOD_TO_KNOW
        fences = f"{number(numbers.low_fence)} to {number(numbers.high_fence)}"
        finding = f"{count_of(numbers.outliers, 'outlier')} ({percent(share)}) outside {fences}"
        found.append(Alert(level, column.name, finding))
    if numbers.skew is not None and abs(numbers.skew) > SKEWED:
        side = "right" if numbers.skew > 0 else "left"
        found.append(Alert(GOOD_TO_KNOW, column.name, f"skewed to the {side} (skewness {numbers.skew:.1f})"))
    return found


def correlation_alerts(correlations: Correlations) -> list:
    if correlations.rows < FEW_ROWS:
        return []
    return [
        Alert(GOOD_TO_KNOW, correlations.names[i], f"correlates {value:.2f} with {correlations.names[j]}")
        for i, row in enumerate(correlations.values)
        for j, value in enumerate(row)
        if value is not None and abs(value) >= STRONG
    ]
