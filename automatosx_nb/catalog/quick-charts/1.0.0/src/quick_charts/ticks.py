"""Where an axis has its marks, and what stands at them."""

import datetime
import math
from dataclasses import dataclass

NUMBER, LOG, TIME = "number", "log", "time"
EPOCH = datetime.datetime(1970, 1, 1)
DAY = 86_400.0
STEPS = (
    *(1, 2, 5, 10, 15, 30),
    *(60 * each for each in (1, 2, 5, 10, 15, 30)),
    *(3_600 * each for each in (1, 2, 3, 6, 12)),
    *(int(DAY) * each for each in (1, 2, 7, 14)),
)
"""Seconds between the marks of a time axis, up to two weeks; months and years have no one length."""
MONTH_STEPS = (1, 2, 3, 6)


@dataclass(frozen=True)
class Axis:
    """``marks`` are (value, text). Values lie from ``low`` to ``high``, on a log axis above 0; times are seconds since 1970."""

    kind: str
    low: float
    high: float
    marks: tuple

    def at(self, value: float) -> float:
        """0 at ``low``, 1 at ``high``."""
        if self.kind == LOG:
            return math.log(value / self.low) / math.log(self.high / self.low)
        scale = max(abs(self.low), abs(self.high), 1e-300)
        return (value / scale - self.low / scale) / (self.high / scale - self.low / scale)


def nice(span: float, *, rounded: bool) -> float:
    """A number of 1, 2, 5 or 10 by a power of ten near ``span`` (above 0), or the next one above.

    P. Heckbert, Nice Numbers for Graph Labels, Graphics Gems (1990), page 61.
    """
    power = 10.0 ** math.floor(math.log10(span))
    part = span / power
    limits = (1.5, 3, 7) if rounded else (1 + 1e-9, 2 + 1e-9, 5 + 1e-9)
    return next((each for limit, each in zip(limits, (1, 2, 5), strict=True) if part < limit), 10) * power


def linear(low: float, high: float, wanted: int = 6, *, loose: bool = True, whole: bool = False) -> Axis:
    """Heckbert's loose labels: from a mark below ``low`` to one above ``high``; not loose, the ends are as they are.

    ``whole``: no mark stands between two whole numbers.
    """
    low, high = apart(low, high)
    step = nice((high - low) / (wanted - 1), rounded=True)
    step = max(1.0, step) if whole else step
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    marks = [place * step for place in range(first, last + 1)]
    if loose:
        low, high = marks[0], marks[-1]
    shown = [mark for mark in marks if low - step * 1e-6 <= mark <= high + step * 1e-6]
    return Axis(NUMBER, low, high, tuple((mark, number(mark, step)) for mark in shown))


def apart(low: float, high: float) -> tuple:
    """The same, or ends around them where they are one but for rounding."""
    if high - low > 1e-12 * max(abs(low), abs(high)):
        return low, high
    room = abs(low) / 2 or 1.0
    return low - room, high + room


def logarithmic(low: float, high: float) -> Axis:
    """At powers of ten, with 2 and 5 between where these are few; every so many where they are many."""
    first, last = math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9)
    last = max(last, first + 1)
    every = max(1, math.ceil((last - first) / 7))
    factors = (1, 2, 5) if last - first <= 2 else (1,)
    marks = [factor * 10.0**power for power in range(first, last + 1, every) for factor in factors]
    low, high = 10.0**first, 10.0**last
    return Axis(LOG, low, high, tuple((mark, number(mark, mark)) for mark in marks if mark <= high * 1.000001))


def times(low: float, high: float, wanted: int = 7) -> Axis:
    """At seconds, minutes, hours, days, months or years as a calendar has them, all in UTC; ``low`` and ``high`` stay."""
    if high <= low:
        low, high = low - DAY / 2, high + DAY / 2
    raw = (high - low) / (wanted - 1)
    step = next((each for each in STEPS if each >= raw), 0)
    if step:
        first = math.ceil(low / step) * step
        marks = [first + place * step for place in range(int((high - first) // step) + 1)]
        return Axis(TIME, low, high, tuple((mark, moment(mark, step)) for mark in marks))
    return Axis(TIME, low, high, tuple(by_months(low, high, raw / (30.44 * DAY))))


def by_months(low: float, high: float, raw: float) -> list:
    """The first of a month, or of a year."""
    step = next((each for each in MONTH_STEPS if each >= raw), 0)
    if not step:
        step = 12 * max(1, round(nice(raw / 12, rounded=True)))
    start = when(low)
    place = (start.year * 12 + start.month - 1) // step * step
    marks = []
    while place < 9999 * 12 and len(marks) < 100:
        mark = (datetime.datetime(max(1, place // 12), place % 12 + 1, 1) - EPOCH).total_seconds()
        if mark > high:
            break
        if mark >= low:
            marks.append((mark, str(place // 12) if step >= 12 else f"{place // 12}-{place % 12 + 1:02}"))
        place += step
    return marks


def when(seconds: float) -> datetime.datetime:
    return EPOCH + datetime.timedelta(seconds=seconds)


def moment(seconds: float, step: float) -> str:
    """No finer than the step between two."""
    found = when(seconds)
    if step >= DAY:
        return f"{found:%Y-%m-%d}"
    if found.hour == found.minute == found.second == 0:
        return f"{found:%m-%d}"
    return f"{found:%H:%M}" if step >= 60 else f"{found:%H:%M:%S}"


def number(value: float, step: float) -> str:
    """To as many places as ``step`` has; powers of ten where that is long, with a real minus."""
    size = max(abs(value), step)
    if size >= 1e7 or size < 1e-4:
        text = f"{value:.6g}" if value else "0"
        text = f"{value:.1e}".replace(".0e", "e") if value and "e" not in text else text
        return text.replace("e+0", "e").replace("e+", "e").replace("e-0", "e-").replace("-", "−")
    places = max(0, -math.floor(math.log10(step) + 1e-9))
    return f"{value + 0.0:,.{places}f}".replace("-", "−")
