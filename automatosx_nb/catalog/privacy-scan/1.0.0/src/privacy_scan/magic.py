"""``%privacy``, ``%mask`` and the service ``scan``."""

import difflib

import pyarrow as pa

from automatosx_nb.sdk import events, handed, permissions, settings, tables, ui

from . import masking, stand_ins
from .detectors import KINDS
from .report import report
from .salt import salt_of
from .scan import Finding, Scan, scan_table

TOPIC = "plugin.meadow.privacy-scan.finding"
ENOUGH = 50_000
"""Rows of a table in which what is to be masked is looked for, and the most that a caller of the service may ask for."""


def privacy(table: tables.Table, rows: int | None = None) -> ui.Node:
    """Handles ``%privacy TABLE [--rows N]``."""
    if not isinstance(table, tables.Table):
        return ui.text("%privacy looks at tables: a pandas, polars, pyarrow or duckdb object.")
    if rows is not None and rows < 1:
        return ui.text(f"--rows {rows}: at least one row has to be looked at.")
    found = scan_table(table.to_arrow(), settings.get("detectors"), rows or settings.get("sample-rows"))
    tell(found)
    return report(found)


def tell(found: Scan) -> None:
    """Publish what was found, where that is granted: never a value."""
    if permissions.held(f"events:publish:{TOPIC}"):
        for finding in found.findings[:64]:
            events.publish(TOPIC, said(finding))


def said(finding: Finding) -> dict:
    return {
        "column": finding.column[:500],
        "kind": finding.kind,
        "what": finding.what,
        "share": finding.share,
        "count": finding.count,
        "confidence": finding.confidence,
        "within_texts": finding.inside,
    }


def mask(
    table: tables.Table, how: str = stand_ins.REDACT, columns: str = "", salt: handed.Secret | None = None
) -> tables.Table:
    """Handles ``%mask TABLE [--how …] [--columns a,b] [--salt SECRET] [--into NAME]``.

    Raises ``ValueError`` where a column is not there, and as :func:`salt.salt_of`.
    """
    if not isinstance(table, tables.Table):
        raise ValueError("%mask masks tables: a pandas, polars, pyarrow or duckdb object")
    if salt is not None and how != stand_ins.HASH:
        raise ValueError("--salt is for --how hash")
    arrow = table.to_arrow()
    found = looked_for(arrow, named(columns, arrow) if columns else [])
    if not found:
        print("Nothing was found to mask. Name columns with --columns to mask them all the same.")
        return table
    masked, done = masking.mask_table(arrow, found, how, salt_of(salt) if how == stand_ins.HASH else b"")
    for one in done:
        print(f"{one.column}: {one.what}{' within texts' if one.inside else ''} – {how}")
    return tables.Table(masked)


def looked_for(table: pa.Table, names: list) -> dict:
    """As :func:`masking.plan`; of ``names``, which are masked as a whole, only what they are."""
    if not names:
        return masking.plan(scan_table(table, settings.get("detectors"), ENOUGH))
    found = masking.plan(scan_table(table.select(names), list(KINDS), settings.get("sample-rows")))
    return {name: [each for each in found.get(name, []) if not each.inside] for name in names}


def named(columns: str, table: pa.Table) -> list:
    """The columns of a list with commas; a name with a comma in it can be the only one.

    Raises ``ValueError`` with the nearest names.
    """
    names = [columns] if columns in table.column_names else [name.strip() for name in columns.split(",")]
    for name in names:
        if name not in table.column_names:
            near = difflib.get_close_matches(name, table.column_names, 3, 0.6) or table.column_names[:12]
            raise ValueError(f"there is no column {name!r}: did you mean {' or '.join(map(repr, near))}?")
    return names


def scan(table: tables.Table, detectors: list | None = None, rows: int = 10_000) -> dict:
    """Answers the service ``scan``."""
    found = scan_table(table.to_arrow(), detectors or list(KINDS), min(rows, ENOUGH))
    return {
        "rows": found.rows,
        "looked_at": found.looked_at,
        "findings": [said(finding) for finding in found.findings[:1000]],
    }
