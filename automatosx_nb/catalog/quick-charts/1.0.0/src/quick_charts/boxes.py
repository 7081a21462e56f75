"""Box plots, lying: quartiles, the furthest values within 1.5 interquartile ranges (J. Tukey), and what lies beyond."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from . import svg
from .frame import Chart, Look, axes, framed
from .groups import Groups, groups_of
from .request import Request, axis_of, ends, kept

MOST = 20
DRAWN = 60
"""Values beyond the whiskers that are drawn, of each box."""
BAND = 34


@dataclass(frozen=True)
class Box:
    low: float
    q1: float
    median: float
    q3: float
    high: float
    count: int
    beyond: list
    """Those that are drawn."""
    further: int
    """Those that are not."""


def boxes(request: Request, look: Look) -> Chart:
    mask, notes = kept(request, (("x" if request.log == "x" else "y", request.y),))
    by = request.x or request.by
    groups = groups_of(by, request.rows, MOST)
    values, places = request.y.values.filter(mask), groups.places.filter(mask)
    found = [box_of(values.filter(pc.equal(places, place))) for place in range(len(groups.names))]
    shown = [(name, box) for name, box in zip(groups.names, found, strict=True) if box is not None]
    if by is not None and by.kind == "category":
        shown.sort(key=lambda pair: -pair[1].median)
    names = [f"{svg.cut(name, 24)} ({box.count:,})" if by else "" for name, box in shown]
    axis = axis_of(request, "y" if request.log == "y" else "x", request.y, *ends(values))
    frame, _keys, height = framed(look, axis, None, [], names, 70 + BAND * max(2, len(shown)))
    parts = axes(frame, request.y.name, by.name if by else "")
    for row, (_name, box) in enumerate(shown):
        middle = frame.top + (frame.bottom - frame.top) * (row + 0.5) / len(shown)
        parts += drawn(frame, look, box, middle)
        parts.append(svg.text(frame.left - 6, middle + 4, names[row], "end"))
    further = sum(box.further for _name, box in shown)
    if further:
        notes += (f"{further:,} more values beyond the whiskers are not drawn.",)
    if groups.left_out:
        notes += (f"{groups.left_out:,} smaller groups of {by.name} are drawn together.",)
    medians = ", ".join(f"{svg.cut(name, 24) or request.y.name} {box.median:.4g}" for name, box in shown)
    alt = f"box plots of {request.y.name}, medians: {medians}"
    return Chart(svg.picture(look.width, height, parts, alt), alt, notes)


def box_of(values: pa.ChunkedArray) -> Box | None:
    """None without values."""
    if not len(values):
        return None
    q1, median, q3 = pc.quantile(values, q=[0.25, 0.5, 0.75]).to_pylist()
    reach = 1.5 * (q3 - q1)
    inside = pc.and_kleene(pc.greater_equal(values, q1 - reach), pc.less_equal(values, q3 + reach))
    low, high = ends(values.filter(inside))
    beyond = pc.unique(values.filter(pc.invert(inside)))
    beyond = beyond.take(pc.sort_indices(beyond)).to_pylist()
    drawn = beyond if len(beyond) <= DRAWN else [*beyond[: DRAWN // 2], *beyond[-DRAWN // 2 :]]
    return Box(low, q1, median, q3, high, len(values), drawn, len(beyond) - len(drawn))


def drawn(frame: object, look: Look, box: Box, y: float) -> list:
    colour, half = look.colour(0), 9
    left, right = frame.across(box.q1), frame.across(box.q3)
    low, high, middle = frame.across(box.low), frame.across(box.high), frame.across(box.median)
    points = [(frame.across(value), y) for value in box.beyond]
    return [
        svg.line(low, y, high, y, svg.GREY),
        svg.line(low, y - 4, low, y + 4, svg.GREY),
        svg.line(high, y - 4, high, y + 4, svg.GREY),
        svg.rect(left, y - half, max(right - left, 1.5), 2 * half, colour, ' rx="1.5"'),
        svg.line(middle, y - half - 2, middle, y + half + 2, look.colour(1), ' stroke-width="2.5"'),
        f'<path d="{svg.marks(points, 0, 2)}" fill="none" stroke="{colour}"/>' if points else "",
    ]
