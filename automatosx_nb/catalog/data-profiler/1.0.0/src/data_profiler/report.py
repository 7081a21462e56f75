"""A profile as something to look at."""

import math

from automatosx_nb.sdk import ui

from . import kinds, pictures, svg
from .alerts import GOOD_TO_KNOW, SERIOUS, WORTH_A_LOOK, Alert, alerts_of
from .columns import Column
from .profile import Profile
from .words import count_of, cut, example, percent, size

NAME_WIDTH = 40
MOST_ALERTS = 40


def report(profile: Profile) -> ui.Node:
    parts = [overview(profile)]
    for section in (findings, numbers, categories, times, others, correlations):
        part = section(profile)
        if part is not None:
            parts.append(part)
    return ui.stack(*parts)


def overview(profile: Profile) -> ui.Node:
    share = profile.missing / profile.cells if profile.cells else 0.0
    if profile.duplicates is None:
        duplicates = ui.metric("Duplicate rows", "unknown", "some columns are nested")
    else:
        repeated = profile.duplicates / profile.rows if profile.rows else 0.0
        duplicates = ui.metric("Duplicate rows", profile.duplicates, percent(repeated))
    return ui.row(
        ui.metric("Rows", profile.rows),
        ui.metric("Columns", len(profile.columns), kinds_note(profile)),
        ui.metric("Missing cells", profile.missing, percent(share)),
        duplicates,
        ui.metric("Memory", size(profile.memory)),
    )


def kinds_note(profile: Profile) -> str:
    counts = [
        (len(profile.of_kind(kinds.NUMBER)), "numeric"),
        (len(profile.of_kind(kinds.TEXT, kinds.BOOLEAN)), "categorical"),
        (len(profile.of_kind(kinds.TIME)), "time"),
    ]
    return ", ".join(f"{count} {word}" for count, word in counts if count)


def section(title: str, *parts: ui.Node) -> ui.Node:
    return ui.stack(ui.heading(title, level=3), *parts)


def findings(profile: Profile) -> ui.Node:
    found = alerts_of(profile)
    if not found:
        return section("Findings", ui.text("Nothing stands out."))
    rows = [[mark(alert), subject(alert), alert.finding] for alert in found]
    more = f"the first {MOST_ALERTS} of {len(found)}" if len(found) > MOST_ALERTS else ""
    return section("Findings", ui.table(["", "Column", "Finding"], rows[:MOST_ALERTS], more))


def subject(alert: Alert) -> str:
    return cut(alert.column, NAME_WIDTH) if alert.column else "(table)"


def mark(alert: Alert) -> ui.Node:
    fill, word = {
        SERIOUS: ("#d0453a", "serious"),
        WORTH_A_LOOK: (svg.AMBER, "worth a look"),
        GOOD_TO_KNOW: (svg.BLUE, "good to know"),
    }[alert.level]
    shapes = {
        SERIOUS: f'<path d="M6 1l5.5 10H.5z" fill="{fill}"/>',
        WORTH_A_LOOK: f'<rect x="1.5" y="1.5" width="9" height="9" fill="{fill}" rx="1"/>',
        GOOD_TO_KNOW: f'<circle cx="6" cy="6" r="4.5" fill="{fill}"/>',
    }
    return ui.svg(svg.picture(12, 12, [shapes[alert.level]], word), word)


def title(column: Column) -> ui.Node:
    return ui.stack(ui.text(cut(column.name, NAME_WIDTH)), kind_badge(column.type))


def kind_badge(type_name: str) -> ui.Node:
    words = cut(type_name, 26)
    wide = 6.4 * len(words) + 4
    return ui.svg(svg.picture(wide, 13, [svg.text(0, 10, words)], words), words)


def missing(column: Column) -> ui.Node | None:
    share = column.missing_share
    return ui.svg(pictures.share_bar(share), percent(share)) if column.missing else None


def examples(column: Column) -> str:
    return ", ".join(example(value) for value in column.examples)


def numbers(profile: Profile) -> ui.Node | None:
    found = profile.of_kind(kinds.NUMBER)
    if not found:
        return None
    heads = [
        "Column",
        "Distribution",
        "Missing",
        "Distinct",
        "Min",
        "Q1",
        "Median",
        "Mean",
        "Q3",
        "Max",
        "Std",
    ]
    rows = [number_row(column) for column in found]
    return section("Numbers", ui.table([*heads, "Zeros", "Outliers", "Examples"], rows))


def number_row(column: Column) -> list:
    head = [title(column), None, missing(column), column.distinct]
    stats = column.numbers
    if stats is None:
        return [*head, None, None, None, None, None, None, None, None, None, examples(column)]
    label = pictures.range_label(stats)
    head[1] = ui.svg(pictures.distribution(stats), label)
    middle = (stats.minimum, stats.q1, stats.median, stats.mean, stats.q3, stats.maximum, stats.deviation)
    return [*head, *[short(value) for value in middle], stats.zeros, stats.outliers, examples(column)]


def short(value: int | float | None) -> int | float | None:
    """``value`` to four digits, or to the unit where that is more; whole numbers stay as they are."""
    if not isinstance(value, float) or not math.isfinite(value):
        return value
    return float(f"{value:.4g}") if abs(value) < 1000 else float(round(value))


def categories(profile: Profile) -> ui.Node | None:
    found = profile.of_kind(kinds.TEXT, kinds.BOOLEAN)
    if not found:
        return None
    rows = [category_row(column) for column in found]
    heads = ["Column", "Most frequent", "Missing", "Distinct", "Length", "Examples"]
    return section("Categories and text", ui.table(heads, rows))


def category_row(column: Column) -> list:
    found = column.categories
    picture = None
    if found.top and (found.top[0][1] > 1 or found.distinct == len(found.top)):
        label = pictures.frequencies_label(found, column.present)
        picture = ui.svg(pictures.frequencies(found, column.present), label)
    elif found.top:
        picture = "every value is different"
    length = None
    if found.shortest is not None:
        length = f"{found.shortest:,}" if found.shortest == found.longest else f"{found.shortest:,}–{found.longest:,}"
    shown = "" if found.distinct == len(found.top) else examples(column)
    return [title(column), picture, missing(column), column.distinct, length, shown]


def times(profile: Profile) -> ui.Node | None:
    found = profile.of_kind(kinds.TIME)
    if not found:
        return None
    rows = [time_row(column) for column in found]
    heads = ["Column", "Distribution", "Missing", "Distinct", "Earliest", "Latest", "Examples"]
    return section("Dates and times", ui.table(heads, rows))


def time_row(column: Column) -> list:
    head = [title(column), None, missing(column), column.distinct]
    span = column.times
    if span is None:
        return [*head, None, None, ""]
    head[1] = ui.svg(pictures.timeline(span.histogram), f"{span.earliest} to {span.latest}")
    return [*head, span.earliest, span.latest, ", ".join(text.split(".")[0] for text in column.examples)]


def others(profile: Profile) -> ui.Node | None:
    found = profile.of_kind(kinds.OTHER, kinds.EMPTY)
    if not found:
        return None
    rows = [[title(column), missing(column), other_note(column)] for column in found]
    return section("Not profiled", ui.table(["Column", "Missing", "Why"], rows))


def other_note(column: Column) -> str:
    return "no values at all" if column.kind == kinds.EMPTY else f"not profiled: {column.type}"


def correlations(profile: Profile) -> ui.Node | None:
    found = profile.correlations
    if found is None:
        return None
    notes = ["Pearson, each pair over the rows where both have a value."]
    if found.rows < profile.rows:
        notes.append(f"From {found.rows:,} evenly spaced rows.")
    if found.left_out:
        notes.append(f"{count_of(found.left_out, 'further numeric column')} not shown.")
    picture = ui.svg(pictures.heat_map(found), pictures.heat_label(found))
    return section("Correlations", picture, ui.text(" ".join(notes)))
