"""The pictures of a profile."""

from . import svg
from .categories import Categories
from .correlation import Correlations
from .numeric import Histogram, Numbers
from .words import cut, number, percent, width

WIDE = 156
BARS_HEIGHT = 34


def distribution(numbers: Numbers) -> str:
    """A histogram over a box plot; what lies beyond the fences is amber."""
    parts = bars(numbers.histogram, numbers.low_fence, numbers.high_fence)
    low, high = numbers.histogram.low, numbers.histogram.high
    y = BARS_HEIGHT + 7

    def at(value: float) -> float:
        return 1 + (WIDE - 2) * position(value, low, high)

    left = at(max(numbers.minimum, numbers.low_fence))
    right = at(min(numbers.maximum, numbers.high_fence))
    box_left, box_right = at(numbers.q1), at(numbers.q3)
    parts.append(svg.line(left, y, right, y, svg.GREY))
    parts.append(svg.rect(box_left, y - 3.5, max(box_right - box_left, 1.5), 7, svg.BLUE, ' rx="1"'))
    middle = at(numbers.median)
    parts.append(svg.line(middle, y - 4.5, middle, y + 4.5, svg.AMBER, 2))
    return svg.picture(WIDE, BARS_HEIGHT + 13, parts, range_label(numbers))


def position(value: float, low: float, high: float) -> float:
    """Where ``value`` lies from ``low`` (0) to ``high`` (1); the middle where the two are one."""
    scale = max(abs(low), abs(high)) or 1.0
    span = high / scale - low / scale
    return min(1.0, max(0.0, (value / scale - low / scale) / span)) if span > 0 else 0.5


def bars(histogram: Histogram, low_fence: float, high_fence: float) -> list:
    """One bar a bin; a bin whose middle lies beyond a fence is amber. A bin with anything in it is seen."""
    bins = len(histogram.counts)
    highest = max(histogram.counts)
    step = (WIDE - 2) / bins
    parts = [svg.line(0, BARS_HEIGHT + 0.5, WIDE, BARS_HEIGHT + 0.5, svg.GREY, 0.5)]
    for place, count in enumerate(histogram.counts):
        if count:
            share = (place + 0.5) / bins
            middle = histogram.low * (1 - share) + histogram.high * share
            fill = svg.BLUE if low_fence <= middle <= high_fence else svg.AMBER
            height = max(1.5, (BARS_HEIGHT - 1) * count / highest)
            x, wide = 1 + place * step, max(step - 1, 1)
            if bins == 1:
                x, wide = WIDE / 2 - 4, 8
            parts.append(svg.rect(x, BARS_HEIGHT - height, wide, height, fill))
    return parts


def timeline(histogram: Histogram) -> str:
    parts = bars(histogram, histogram.low, histogram.high)
    return svg.picture(WIDE, BARS_HEIGHT + 1, parts, "distribution over time")


def range_label(numbers: Numbers) -> str:
    """What a reader who cannot see the histogram has to know of it."""
    histogram, counts = numbers.histogram, numbers.histogram.counts
    if numbers.minimum == numbers.maximum:
        return f"all {number(numbers.minimum)}"
    share = (counts.index(max(counts)) + 0.5) / len(counts)
    peak = histogram.low * (1 - share) + histogram.high * share
    return f"{number(numbers.minimum)} to {number(numbers.maximum)}, most near {number(peak)}"


LABEL_WIDTH = 24
"""Characters of a value that are shown, and below it the pixels that they get."""
LABEL_PIXELS = 160
BAR_PIXELS = 100


def frequencies(found: Categories, present: int) -> str:
    """The most frequent values as bars with their counts, the rest in one bar of grey."""
    rows = [(cut(value, LABEL_WIDTH), count, svg.BLUE) for value, count in found.top]
    shown = sum(count for value, count in found.top)
    if shown < present:
        rows.append((f"{found.distinct - len(found.top):,} other", present - shown, svg.GREY))
    highest = max(count for label, count, fill in rows)
    parts = []
    for place, (label, count, fill) in enumerate(rows):
        y = place * 16
        long = max(1.5, BAR_PIXELS * count / highest)
        parts.append(svg.text(LABEL_PIXELS - 6, y + 12, label, anchor="end"))
        parts.append(svg.rect(LABEL_PIXELS, y + 3, long, 11, fill, ' rx="1"'))
        parts.append(svg.text(LABEL_PIXELS + long + 5, y + 12, f"{count:,}"))
    return svg.picture(LABEL_PIXELS + BAR_PIXELS + 50, len(rows) * 16 + 2, parts, frequencies_label(found, present))


def frequencies_label(found: Categories, present: int) -> str:
    return ", ".join(f"{cut(value, 24)} {percent(count / present)}" for value, count in found.top[:5])


def share_bar(share: float) -> str:
    """A share of 0–1 as a bar with its percentage."""
    parts = [svg.rect(0, 4, 32, 7, svg.GREY, ' rx="2" fill-opacity=".25"')]
    if share:
        parts.append(svg.rect(0, 4, max(1.5, 32 * share), 7, svg.AMBER, ' rx="2"'))
    parts.append(svg.text(37, 11.5, percent(share)))
    return svg.picture(82, 15, parts, percent(share))


CELL = 36
SMALL_CELL = 18


def heat_map(found: Correlations) -> str:
    """The lower triangle: each name stands at the end of its row and on top of its column."""
    cell = CELL if len(found.names) <= 12 else SMALL_CELL
    labels = [cut(name, 30) for name in found.names]
    parts = []
    for i, row in enumerate(found.values):
        for j, value in enumerate(row):
            parts.append(heat_cell(j * cell, i * cell, cell, value))
        parts.append(svg.text(i * cell + 6, i * cell + cell / 2 + 4, labels[i], extra=' font-size="12"'))
    wide = max(i * cell + 14 + 7 * width(label) for i, label in enumerate(labels))
    return svg.picture(wide, len(labels) * cell, parts, heat_label(found))


def heat_cell(x: float, y: float, cell: float, value: float | None) -> str:
    if value is None:
        return svg.text(x + cell / 2, y + cell / 2 + 4, "·", anchor="middle")
    square = svg.rect(x + 1, y + 1, cell - 2, cell - 2, shade(value), ' rx="2"')
    if cell == SMALL_CELL:
        return square
    words = f"{round(value, 2) + 0.0:.2f}".replace("0.", ".").replace("-", "−")
    return square + svg.text(x + cell / 2, y + cell / 2 + 4, words, ink(shade(value)), "middle")


def shade(value: float) -> str:
    """From a light grey (0) to deep blue (1) or deep orange (-1)."""
    zero, end = (222, 227, 233), (28, 92, 160) if value > 0 else (176, 80, 18)
    mixed = [round(a + (b - a) * abs(value) ** 0.8) for a, b in zip(zero, end, strict=True)]
    return "#" + "".join(f"{part:02x}" for part in mixed)


def ink(colour: str) -> str:
    """White or nearly black, whichever stands out more on ``colour`` (WCAG 2's relative luminance)."""
    red, green, blue = [(int(colour[at : at + 2], 16) / 255) ** 2.2 for at in (1, 3, 5)]
    return "#fff" if 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.22 else "#101820"


def heat_label(found: Correlations) -> str:
    pairs = [
        (abs(value), f"{found.names[j]} and {found.names[i]} {value:.2f}")
        for i, row in enumerate(found.values)
        for j, value in enumerate(row)
        if value is not None
    ]
    if not pairs:
        return "no correlation is defined"
    return "strongest: " + "; ".join(words for strength, words in sorted(pairs, reverse=True)[:3])
