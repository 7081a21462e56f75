"""Line charts: one value for each place on the x axis, and where these are too many their mean, with the least and the most."""

import pyarrow as pa
import pyarrow.compute as pc

from . import svg
from .frame import Chart, Frame, Look, axes, framed
from .groups import groups_of
from .points import by_words, shares
from .request import Request, axis_of, ends, kept

STEPS = 300
"""Places on the x axis, where there are more than twice as many."""
DASHES = ("", "6 3", "2 3", "8 3 2 3")


def lines(request: Request, look: Look) -> Chart:
    mask, notes = kept(request, (("x", request.x), ("y", request.y)))
    groups = groups_of(request.by, request.rows)
    table = pa.table(
        {"x": request.x.values.filter(mask), "y": request.y.values.filter(mask), "g": groups.places.filter(mask)}
    )
    x_axis = axis_of(request, "x", request.x, *ends(table.column("x")), loose=False)
    merged = table.group_by(["g", "x"], use_threads=False).aggregate([("y", request.stat)])
    merged = merged.rename_columns(["g", "x", "y"])
    if merged.num_rows < table.num_rows:
        notes += (f"Rows that share a value of {request.x.name} are one point: their {request.stat}.",)
    binned = merged.num_rows > 2 * STEPS * len(groups.names)
    if binned:
        merged = in_steps(merged, x_axis)
        notes += (f"{request.x.name} in {STEPS} steps: the line is the mean, the band goes from the least to the most.",)
    low, high = ends(merged.column("y"))
    if binned:
        low, high = ends(merged.column("least"))[0], ends(merged.column("most"))[1]
    frame, keys, height = framed(look, x_axis, axis_of(request, "y", request.y, low, high), groups.names, [])
    name = request.y.name if request.stat == "mean" else f"{request.stat} of {request.y.name}"
    parts = keys + axes(frame, request.x.name, name)
    for place in range(len(groups.names)):
        parts += one(frame, look, place, merged.filter(pc.equal(merged.column("g"), place)))
    if groups.left_out:
        notes += (f"{groups.left_out:,} smaller groups of {request.by.name} are drawn together.",)
    alt = f"{name} over {request.x.name}" + by_words(request, groups)
    return Chart(svg.picture(look.width, height, parts, alt), alt, notes)


def in_steps(merged: pa.Table, axis: object) -> pa.Table:
    cells = shares(axis, merged.column("x"), STEPS)
    found = merged.append_column("cell", cells).group_by(["g", "cell"], use_threads=False)
    named = found.aggregate([("x", "mean"), ("y", "mean"), ("y", "min"), ("y", "max")])
    return named.rename_columns(["g", "cell", "x", "y", "least", "most"])


def one(frame: Frame, look: Look, place: int, rows: pa.Table) -> list:
    """A group's line, over its band; a single point is a mark."""
    rows = rows.sort_by("x")
    colour = look.colour(place)
    xs = [frame.across(x) for x in rows.column("x").to_pylist()]
    ys = [frame.up(y) for y in rows.column("y").to_pylist()]
    parts = []
    if "least" in rows.column_names and len(xs) > 1:
        upper = [f"{x:.5g} {frame.up(y):.4g}" for x, y in zip(xs, rows.column("most").to_pylist(), strict=True)]
        lower = [f"{x:.5g} {frame.up(y):.4g}" for x, y in zip(xs, rows.column("least").to_pylist(), strict=True)]
        parts.append(f'<path d="M{"L".join(upper)}L{"L".join(reversed(lower))}z" fill="{colour}" fill-opacity=".22"/>')
    if len(xs) == 1:
        return [f'<path d="{svg.marks([(xs[0], ys[0])], place, 3.5)}" fill="{colour}"/>']
    path = "L".join(f"{x:.5g} {y:.4g}" for x, y in zip(xs, ys, strict=True))
    dash = f' stroke-dasharray="{DASHES[place % 4]}"' if place % 4 else ""
    style = f'fill="none" stroke="{colour}" stroke-width="1.8" stroke-linejoin="round"{dash}'
    return [*parts, f'<path d="M{path}" {style}/>'] if xs else []
