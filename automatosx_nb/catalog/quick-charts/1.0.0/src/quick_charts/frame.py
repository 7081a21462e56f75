"""What stands around the data of every chart: axes, their names, a legend."""

from dataclasses import dataclass

from . import svg
from .ticks import Axis

LEGEND_LINE = 18


@dataclass(frozen=True)
class Look:
    """Pixels of the whole picture, and the colours of groups."""

    width: int = 720
    height: int = 420
    palette: str = "balanced"

    def colour(self, place: int) -> str:
        colours = svg.PALETTES[self.palette]
        return colours[place % len(colours)]


@dataclass(frozen=True)
class Frame:
    """The area of the data, in pixels; ``x`` and ``y`` are its axes, None where names of categories stand."""

    left: float
    top: float
    right: float
    bottom: float
    x: Axis | None
    y: Axis | None

    def across(self, value: float) -> float:
        return self.left + (self.right - self.left) * self.x.at(value)

    def up(self, value: float) -> float:
        return self.bottom - (self.bottom - self.top) * self.y.at(value)


@dataclass(frozen=True)
class Chart:
    """``alt`` says in words what it shows, ``notes`` what it does not."""

    source: str
    alt: str
    notes: tuple = ()


def framed(look: Look, x: Axis | None, y: Axis | None, legend: list, names: list, height: float = 0) -> tuple:
    """``(Frame, parts of the legend, height)``; ``names`` are categories beside the area."""
    keys, lines = legend_parts(look, legend)
    labels = [svg.width(words) for _value, words in y.marks] if y else [svg.width(name) for name in names]
    left = 30 + max(labels, default=0)
    top = 12 + lines * LEGEND_LINE
    height = height or look.height
    return Frame(left, top, look.width - 22, height - 44, x, y), keys, height


def legend_parts(look: Look, legend: list) -> tuple:
    """``(parts, lines)``: a mark and a name for each group, in as many lines as they need."""
    if len(legend) < 2:
        return [], 0
    parts, x, row = [], 8.0, 0
    for place, name in enumerate(legend):
        words = svg.cut(name, 28)
        wide = svg.width(words) + 30
        if x + wide > look.width and x > 8:
            x, row = 8.0, row + 1
        y = 12 + row * LEGEND_LINE
        parts.append(f'<path d="{svg.marks([(x + 6, y)], place, 4)}" fill="{look.colour(place)}"/>')
        parts.append(svg.text(x + 15, y + 4, words))
        x += wide
    return parts, row + 1


def axes(frame: Frame, x_name: str, y_name: str) -> list:
    """Grid lines behind the data, marks and names."""
    faint = ' stroke-opacity=".25"'
    parts = []
    used = -1e9
    for value, words in frame.x.marks if frame.x else ():
        at = frame.across(value)
        parts.append(svg.line(at, frame.top, at, frame.bottom, svg.GREY, faint))
        if at - svg.width(words) / 2 > used:
            parts.append(svg.text(at, frame.bottom + 15, words, "middle"))
            used = at + svg.width(words) / 2 + 6
    for value, words in frame.y.marks if frame.y else ():
        at = frame.up(value)
        parts.append(svg.line(frame.left, at, frame.right, at, svg.GREY, faint))
        parts.append(svg.text(frame.left - 6, at + 4, words, "end"))
    middle, height = (frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2
    bold = ' font-weight="600"'
    parts.append(svg.text(middle, frame.bottom + 34, svg.cut(x_name, 70), "middle", bold))
    turned = f'{bold} transform="rotate(-90 12 {height:.5g})"'
    parts.append(svg.text(12, height, svg.cut(y_name, 44), "middle", turned))
    return parts
