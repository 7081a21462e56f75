"""Scatter plots: each point, or where these are too many how many lie in each square."""

import math

import pyarrow as pa
import pyarrow.compute as pc

from . import svg
from .frame import Chart, Frame, Look, axes, framed
from .groups import Groups, groups_of
from .request import Request, axis_of, ends, kept
from .ticks import LOG

DRAWN = 4000
"""Points that are drawn one by one."""
CELL = 7
"""Pixels of a square."""
LEVELS = 6


def scatter(request: Request, look: Look) -> Chart:
    mask, notes = kept(request, (("x", request.x), ("y", request.y)))
    groups = groups_of(request.by, request.rows)
    xs, ys = request.x.values.filter(mask), request.y.values.filter(mask)
    places = groups.places.filter(mask)
    frame, keys, height = framed(
        look, axis_of(request, "x", request.x, *ends(xs)), axis_of(request, "y", request.y, *ends(ys)), groups.names, []
    )
    parts = keys + axes(frame, request.x.name, request.y.name)
    if len(xs) <= DRAWN:
        parts += dots(frame, look, groups, xs.to_pylist(), ys.to_pylist(), places.to_pylist())
    else:
        parts += squares(frame, look, groups, xs, ys, places)
        notes += (f"{len(xs):,} points, counted in squares: the stronger the colour, the more there are.",)
    if groups.left_out:
        notes += (f"{groups.left_out:,} smaller groups of {request.by.name} are drawn together.",)
    alt = f"{request.y.name} against {request.x.name}, {len(xs):,} points" + by_words(request, groups)
    return Chart(svg.picture(look.width, height, parts, alt), alt, notes)


def by_words(request: Request, groups: Groups) -> str:
    return f", by {request.by.name}: {', '.join(groups.names)}" if request.by else ""


def dots(frame: Frame, look: Look, groups: Groups, xs: list, ys: list, places: list) -> list:
    points = [[] for _ in groups.names]
    for x, y, place in zip(xs, ys, places, strict=True):
        points[place].append((frame.across(x), frame.up(y)))
    strength = 0.75 if len(xs) < 1000 else 0.5
    return [
        f'<path d="{svg.marks(each, place)}" fill="{look.colour(place)}" fill-opacity="{strength}"/>'
        for place, each in enumerate(points)
        if each
    ]


def squares(frame: Frame, look: Look, groups: Groups, xs: pa.Array, ys: pa.Array, places: pa.Array) -> list:
    """One path for each strength of each group, so that the picture stays small."""
    wide = max(1, int((frame.right - frame.left) / CELL))
    high = max(1, int((frame.bottom - frame.top) / CELL))
    cells = pc.add(pc.multiply(shares(frame.x, xs, wide), high), shares(frame.y, ys, high))
    step_x, step_y = (frame.right - frame.left) / wide, (frame.bottom - frame.top) / high
    size = f"h{step_x:.3g}v{-step_y:.3g}h{-step_x:.3g}z"
    parts = []
    for place in range(len(groups.names)):
        counted = pc.value_counts(cells.filter(pc.equal(places, place))).to_pylist()
        most = max((entry["counts"] for entry in counted), default=0)
        paths = {}
        for entry in counted:
            level = 1 + round((LEVELS - 1) * math.log(entry["counts"]) / math.log(most)) if most > 1 else LEVELS
            x, y = divmod(entry["values"], high)
            paths[level] = paths.get(level, "") + f"M{frame.left + x * step_x:.4g} {frame.bottom - y * step_y:.4g}{size}"
        for level, path in sorted(paths.items()):
            strength = 0.12 + 0.78 * level / LEVELS
            parts.append(f'<path d="{path}" fill="{look.colour(place)}" fill-opacity="{strength:.2f}"/>')
    return parts


def shares(axis: object, values: pa.Array, cells: int) -> pa.Array:
    """In which of so many cells from the axis's low end to its high one each value lies (int32)."""
    low, high = axis.low, axis.high
    if axis.kind == LOG:
        values, low, high = pc.ln(values), math.log(low), math.log(high)
    scale = max(abs(low), abs(high)) or 1.0
    span = high / scale - low / scale
    found = pc.multiply(pc.divide(pc.subtract(pc.divide(values, scale), low / scale), span), float(cells))
    return pc.max_element_wise(pc.min_element_wise(pc.floor(found), cells - 1.0), 0.0).cast(pa.int32())
