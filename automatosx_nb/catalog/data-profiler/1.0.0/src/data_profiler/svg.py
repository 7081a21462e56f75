"""Scalable pictures, as text.

They stand in a page as images: they cannot know whether it is light or dark. So the colours here are mid-tones
with a contrast of at least 3 to 1 against white and JupyterLab's dark grey; words have about 4 to 1 on both.
"""

BLUE = "#3d85c6"
AMBER = "#c9781c"
GREY = "#777f88"
FONT = "system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif"


def picture(width: float, height: float, parts: list, label: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" role="img" font-family="{FONT}" font-size="11">'
        f"<title>{escape(label)}</title>{''.join(parts)}</svg>"
    )


def rect(x: float, y: float, width: float, height: float, fill: str, extra: str = "") -> str:
    return f'<rect x="{x:.4g}" y="{y:.4g}" width="{width:.4g}" height="{height:.4g}" fill="{fill}"{extra}/>'


def line(x1: float, y1: float, x2: float, y2: float, stroke: str, width: float = 1) -> str:
    return f'<path d="M{x1:.4g} {y1:.4g}L{x2:.4g} {y2:.4g}" stroke="{stroke}" stroke-width="{width:g}"/>'


def text(x: float, y: float, words: str, fill: str = GREY, anchor: str = "start", extra: str = "") -> str:
    return f'<text x="{x:.4g}" y="{y:.4g}" fill="{fill}" text-anchor="{anchor}"{extra}>{escape(words)}</text>'


def escape(words: str) -> str:
    """``words`` for XML, which has no place for most control characters."""
    kept = "".join(c if ord(c) >= 32 and ord(c) not in (0xFFFE, 0xFFFF) else "\ufffd" for c in words)
    return kept.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
