"""Scalable pictures, as text.

They stand in a page as images, which cannot know whether it is light or dark: mid-tones, with a contrast of at least
3 to 1 against white and JupyterLab's dark grey.
"""

from .scan import HIGH, LOW, MEDIUM

RED, AMBER, BLUE, GREY = "#d0453a", "#c9781c", "#3d85c6", "#777f88"
FONT = "system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif"


def picture(width: float, height: float, inside: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" role="img" font-family="{FONT}" font-size="11">{inside}</svg>'
    )


def share_bar(share: float, words: str) -> str:
    """A share of 0–1 as a bar with its percentage."""
    return picture(
        92,
        15,
        f'<rect y="4" width="40" height="7" rx="2" fill="{GREY}" fill-opacity=".25"/>'
        f'<rect y="4" width="{max(1.5, 40 * share):.3g}" height="7" rx="2" fill="{BLUE}"/>'
        f'<text x="46" y="11.5" fill="{GREY}">{words}</text>',
    )


def mark(confidence: str) -> str:
    """A shape and a colour for how sure it is: neither alone tells it."""
    shapes = {
        HIGH: f'<path d="M6 1l5.5 10H.5z" fill="{RED}"/>',
        MEDIUM: f'<rect x="1.5" y="1.5" width="9" height="9" rx="1" fill="{AMBER}"/>',
        LOW: f'<circle cx="6" cy="6" r="4.5" fill="{BLUE}"/>',
    }
    return picture(12, 12, shapes[confidence])
