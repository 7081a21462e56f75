"""Bar charts, lying, so that names have room: counts, or a statistic of a column for each category."""

import pyarrow as pa
import pyarrow.compute as pc

from . import svg
from .columns import CATEGORY, ChartError
from .frame import Chart, Look, axes, framed
from .groups import REST, groups_of
from .points import by_words
from .request import Request, ends
from .ticks import linear, number

MOST = 20
BAR = 15
GAP = 9
LABELLED = 3
"""With so many bars for a category at most, each says its number."""
ROOM = 0.08
"""For that number, of the longest bar."""


def bars(request: Request, look: Look) -> Chart:
    if request.log != "none":
        raise ChartError("a bar chart has no log axis: a bar's length says how much, and has to begin at 0")
    groups, categories = groups_of(request.by, request.rows), groups_of(request.x, request.rows, MOST)
    notes = ()
    stat = "count" if request.y is None else request.stat
    values = request.y.values if request.y else categories.places
    table = pa.table({"c": categories.places, "g": groups.places, "v": values})
    if request.y is not None and request.y.values.null_count:
        count = request.y.values.null_count
        notes += (f"{count:,} of {request.rows:,} rows are left out: {request.y.name} is missing or infinite.",)
        table = table.filter(pc.is_valid(table.column("v")))
    if not table.num_rows:
        raise ChartError("no row has all of the values that this chart needs")
    found = table.group_by(["c", "g"], use_threads=False).aggregate([("v", stat)]).rename_columns(["c", "g", "v"])
    order = ordered(request, found, categories.names)
    frame, keys, height = laid(request, look, found, groups.names, [categories.names[place] for place in order])
    name = "count" if stat == "count" else f"{stat} of {request.y.name}"
    parts = keys + axes(frame, name, request.x.name)
    parts += drawn(frame, look, found, order, categories.names, len(groups.names))
    if categories.left_out:
        notes += (f"{categories.left_out:,} smaller categories of {request.x.name} are {REST}.",)
    if groups.left_out:
        notes += (f"{groups.left_out:,} smaller groups of {request.by.name} are drawn together.",)
    best = categories.names[order[0]] if order else ""
    alt = f"{name} for each {request.x.name}, the first is {best}" + by_words(request, groups)
    return Chart(svg.picture(look.width, height, parts, alt), alt, notes)


def ordered(request: Request, found: pa.Table, names: list) -> list:
    """Words by their largest value, numbers and times as they are; what was put together comes last."""
    best = {}
    for row in found.to_pylist():
        best[row["c"]] = max(best.get(row["c"], row["v"]), row["v"])
    places = [place for place in range(len(names)) if place in best]
    if request.x.kind == CATEGORY:
        places.sort(key=lambda place: -best[place])
    return sorted(places, key=lambda place: names[place] == REST)


def laid(request: Request, look: Look, found: pa.Table, groups: list, names: list) -> tuple:
    low, high = ends(found.column("v"))
    room = 1 + ROOM if len(groups) <= LABELLED else 1
    x_axis = linear(min(0.0, low * room), max(0.0, high * room), whole=request.y is None)
    tall = len(names) * (BAR * len(groups) + GAP) + 60 + 18 * 3
    return framed(look, x_axis, None, groups, [svg.cut(name, 26) for name in names], max(160, tall))


def drawn(frame: object, look: Look, found: pa.Table, order: list, names: list, groups: int) -> list:
    rows = {place: row for row, place in enumerate(order)}
    band = (frame.bottom - frame.top) / max(1, len(order))
    thick = min(BAR * 1.6, (band - GAP) / groups)
    zero = frame.across(0.0)
    parts = []
    for place, row in rows.items():
        y = frame.top + band * (row + 0.5)
        parts.append(svg.text(frame.left - 6, y + 4, svg.cut(names[place], 26), "end"))
    step = frame.x.marks[1][0] - frame.x.marks[0][0]
    for entry in found.to_pylist():
        y = frame.top + band * (rows[entry["c"]] + 0.5) + thick * (entry["g"] - groups / 2)
        end = frame.across(entry["v"])
        parts.append(svg.rect(min(zero, end), y + 0.5, max(abs(end - zero), 1), thick - 1, look.colour(entry["g"]), ' rx="1"'))
        words = number(entry["v"], step / 10 if isinstance(entry["v"], float) else 1)
        if groups <= LABELLED and end + svg.width(words) + 6 < frame.right and entry["v"] >= 0:
            parts.append(svg.text(end + 4, y + thick / 2 + 4, words))
    return parts
