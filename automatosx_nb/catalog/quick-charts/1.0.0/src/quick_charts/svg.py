"""Scalable pictures, as text.

They stand in a page as images, which cannot know whether it is light or dark: what is drawn here has a contrast of at
least 3 to 1 against white and JupyterLab's dark grey (#212121).
"""

GREY = "#777f88"
FONT = "system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif"
PALETTES = {
    "balanced": ("#2b7bba", "#d1600f", "#0f9168", "#b5649c", "#8a7500", "#6f6fd6", "#c8503f", "#4f8a8b"),
    "okabe-ito": ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#999999", "#B8AD00"),
    "grey": ("#5d646c", "#8f97a0", "#747b84", "#a3abb4", "#666d75", "#99a1aa", "#7d858e", "#858d96"),
}
"""``okabe-ito`` is M. Okabe's and K. Ito's (Color Universal Design, 2008) with a yellow that is seen on white."""
SHAPES = 4


def picture(width: float, height: float, parts: list, label: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" role="img" font-family="{FONT}" font-size="11">'
        f"<title>{escape(label)}</title>{''.join(parts)}</svg>"
    )


def rect(x: float, y: float, width: float, height: float, fill: str, extra: str = "") -> str:
    return f'<rect x="{x:.5g}" y="{y:.5g}" width="{width:.4g}" height="{height:.4g}" fill="{fill}"{extra}/>'


def line(x1: float, y1: float, x2: float, y2: float, stroke: str, extra: str = "") -> str:
    return f'<path d="M{x1:.5g} {y1:.5g}L{x2:.5g} {y2:.5g}" stroke="{stroke}"{extra}/>'


def text(x: float, y: float, words: str, anchor: str = "start", extra: str = "") -> str:
    return f'<text x="{x:.5g}" y="{y:.5g}" fill="{GREY}" text-anchor="{anchor}"{extra}>{escape(words)}</text>'


def marks(points: list, place: int, radius: float = 2.6) -> str:
    """The points of one group as one path; its shape tells the group as its colour does."""
    r = radius
    shapes = (
        f"m{-r:g} 0a{r:g} {r:g} 0 1 0 {2 * r:g} 0a{r:g} {r:g} 0 1 0 {-2 * r:g} 0z",
        f"m{-r:g} {-r:g}h{2 * r:g}v{2 * r:g}h{-2 * r:g}z",
        f"m0 {-1.25 * r:g}l{1.2 * r:g} {2.2 * r:g}h{-2.4 * r:g}z",
        f"m0 {-1.35 * r:g}l{1.35 * r:g} {1.35 * r:g}l{-1.35 * r:g} {1.35 * r:g}l{-1.35 * r:g} {-1.35 * r:g}z",
    )
    return "".join(f"M{x:.4g} {y:.4g}{shapes[place % SHAPES]}" for x, y in points)


def escape(words: str) -> str:
    """``words`` for XML, which has no place for most control characters."""
    kept = "".join(c if ord(c) >= 32 and ord(c) not in (0xFFFE, 0xFFFF) else "\ufffd" for c in words)
    return kept.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def width(words: str) -> float:
    """About how wide ``words`` are at 11 pixels; characters of East Asia are twice as wide."""
    return sum(11.0 if ord(character) >= 0x1100 else 6.1 for character in words)


def cut(words: str, most: int) -> str:
    line = " ".join(words.split()) or repr(words)
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"
