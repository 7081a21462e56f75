"""The last runs of a cell as a row of small bars; colours are mid-tones that show on light and dark alike."""

BLUE = "#3d85c6"
AMBER = "#c9781c"
HEIGHT = 18
STEP = 5


def sparkline(runs: list) -> str:
    """``runs`` are [seconds, ok], oldest first; a failed run is amber. Heights are relative to the longest."""
    longest = max([seconds for seconds, ok in runs], default=0.0) or 1.0
    bars = []
    for place, (seconds, ok) in enumerate(runs):
        height = max(1.5 if ok else 4, HEIGHT * seconds / longest)
        fill = BLUE if ok else AMBER
        size = f'width="{STEP - 1}" height="{height:.3g}"'
        bars.append(f'<rect x="{place * STEP}" y="{HEIGHT - height:.3g}" {size} fill="{fill}"/>')
    width = max(1, len(runs)) * STEP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{HEIGHT}" '
        f'viewBox="0 0 {width} {HEIGHT}">{"".join(bars)}</svg>'
    )


def spoken(runs: list) -> str:
    """The same for who cannot see it, and for a terminal."""
    levels = "▁▂▃▄▅▆▇█"
    longest = max([seconds for seconds, ok in runs], default=0.0) or 1.0
    return "".join(levels[min(7, int(8 * seconds / longest))] for seconds, ok in runs) or "no runs"
