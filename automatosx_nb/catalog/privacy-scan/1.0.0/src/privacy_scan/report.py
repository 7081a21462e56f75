"""A scan as something to look at. No value is shown whole: reports are shared."""

from automatosx_nb.sdk import ui

from . import svg
from .stand_ins import example
from .scan import Finding, Scan

MOST = 100


def report(scan: Scan) -> ui.Node:
    columns = {finding.column for finding in scan.findings}
    kinds = {finding.kind for finding in scan.findings}
    overview = ui.row(
        ui.metric("Rows looked at", scan.looked_at, f"of {scan.rows:,}"),
        ui.metric("Columns with personal data", len(columns), f"of {scan.columns:,}"),
        ui.metric("Kinds of it", len(kinds), ", ".join(sorted(kinds))),
    )
    if not scan.findings:
        return ui.stack(
            overview,
            ui.text("Nothing was found. That is no proof: names in free text, for one, are not looked for."),
        )
    rows = [finding_row(finding) for finding in scan.findings[:MOST]]
    heads = ["", "Column", "What", "Share of values", "Values", "Confidence", "Why", "As in (masked)"]
    more = f" The first {MOST} of {len(scan.findings)} findings." if len(scan.findings) > MOST else ""
    caption = f"In {scan.looked_at:,} rows, evenly spaced.{more}" if scan.looked_at < scan.rows else more.strip()
    return ui.stack(overview, ui.table(heads, rows, caption))


def finding_row(finding: Finding) -> list:
    share = percent(finding.share)
    where = " within texts" if finding.inside else ""
    return [
        ui.svg(svg.mark(finding.confidence), finding.confidence),
        cut(finding.column),
        finding.what + where,
        ui.svg(svg.share_bar(finding.share, share.replace("<", "&lt;").replace(">", "&gt;")), share),
        finding.count,
        finding.confidence,
        finding.evidence,
        cut(example(finding), 44),
    ]


def percent(share: float) -> str:
    """``share`` is 0–1. Never ``0 %`` for something, and never ``100 %`` for less than everything."""
    if 0 < share < 0.001:
        return "< 0.1 %"
    if 0.999 < share < 1:
        return "> 99.9 %"
    return f"{share * 100:.1f} %".replace(".0 %", " %")


def cut(text: str, most: int = 40) -> str:
    line = " ".join(text.split()) or repr(text)
    return line if len(line) <= most else line[: most - 1] + "…"
