"""Histograms, the groups of each bin on top of each other."""

import math

import pyarrow as pa
import pyarrow.compute as pc

from . import svg
from .columns import TIME
from .frame import Chart, Look, axes, framed
from .groups import groups_of
from .points import by_words, shares
from .request import Request, axis_of, ends, kept
from .ticks import LOG, Axis, apart, linear, nice

FEWEST, MOST = 5, 80


def histogram(request: Request, look: Look) -> Chart:
    mask, notes = kept(request, (("x", request.x),))
    groups = groups_of(request.by, request.rows)
    values, places = request.x.values.filter(mask), groups.places.filter(mask)
    edges = edges_of(request, values)
    cells = pa.table({"b": binned(values, edges, request), "g": places})
    found = cells.group_by(["b", "g"], use_threads=False).aggregate([([], "count_all")])
    heights = [[0] * len(groups.names) for _ in range(len(edges) - 1)]
    for row in found.rename_columns(["b", "g", "n"]).to_pylist():
        heights[row["b"]][row["g"]] = row["n"]
    x_axis = axis_of(request, "x", request.x, edges[0], edges[-1], loose=False)
    frame, keys, height = framed(look, x_axis, linear(0.0, max(map(sum, heights)), whole=True), groups.names, [])
    parts = keys + axes(frame, request.x.name, "rows")
    for place, counts in enumerate(heights):
        left, right = frame.across(edges[place]), frame.across(edges[place + 1])
        base = 0
        for group, count in enumerate(counts):
            if count:
                top, bottom = frame.up(base + count), frame.up(base)
                gap = 0.6 if right - left > 3 else 0.0
                wide, high = right - left - gap, max(bottom - top, 0.5)
                parts.append(svg.rect(left + gap / 2, top, wide, high, look.colour(group)))
                base += count
    if groups.left_out:
        notes += (f"{groups.left_out:,} smaller groups of {request.by.name} are drawn together.",)
    peak = max(range(len(heights)), key=lambda place: sum(heights[place]))
    alt = f"distribution of {request.x.name}, {len(edges) - 1} bins, most in bin {peak + 1}" + by_words(request, groups)
    return Chart(svg.picture(look.width, height, parts, alt), alt, notes)


def edges_of(request: Request, values: pa.ChunkedArray) -> list:
    """Bins of one width (on a log axis of one ratio), at round numbers unless somebody said how many."""
    low, high = ends(values)
    if request.is_log("x") and request.x.kind != TIME:
        axis, bins = axis_of(request, "x", request.x, low, high), request.bins or 30
        ratio = (axis.high / axis.low) ** (1 / bins)
        return [axis.low * ratio**place for place in range(bins)] + [axis.high]
    if apart(low, high) != (low, high):
        return list(apart(low, high))
    if request.bins:
        return [low + (high - low) * place / request.bins for place in range(request.bins)] + [high]
    step = nice((high - low) / wanted(values, low, high) / 1.5, rounded=True)
    if request.x.whole:
        step = max(1.0, step)
    if request.x.whole and step < 3:
        low, high = low - 0.5, high + 0.5
        return [low + step * place for place in range(math.ceil((high - low) / step - 1e-9) + 1)]
    first = math.floor(low / step + 1e-9)
    count = max(1, math.ceil(high / step - 1e-9) - first)
    if (first + count) * step <= high and request.x.whole:
        count += 1
    return [(first + place) * step for place in range(count + 1)]


def wanted(values: pa.ChunkedArray, low: float, high: float) -> int:
    """How many bins: D. Freedman and P. Diaconis (1981), a width of twice the interquartile range by the cube root of n."""
    q1, q3 = pc.quantile(values, q=[0.25, 0.75]).to_pylist()
    width = 2 * (q3 - q1) / len(values) ** (1 / 3)
    if width * MOST <= high - low:
        return MOST if width > 0 else 30
    return max(FEWEST, math.ceil((high - low) / width))


def binned(values: pa.ChunkedArray, edges: list, request: Request) -> pa.ChunkedArray:
    kind = LOG if request.is_log("x") and request.x.kind != TIME else ""
    return shares(Axis(kind, edges[0], edges[-1], ()), values, len(edges) - 1)
