"""What a saved notebook shows where no kernel and no widget state is: a plain table."""

from __future__ import annotations

from html import escape
from typing import Any

_CELL = "text-align:left;vertical-align:top"


def text(first: dict[str, Any]) -> str:
    """:param first: what the panel begins with."""
    if "fault" in first:
        return f"<marketplace panel: {first['fault']['problem']}>"
    page = first["page"]
    installed = [f"{i['name']} {i['installed']}" for i in page["items"] if i["installed"]]
    have = f", installed: {', '.join(installed)}" if installed else ""
    return f"<marketplace panel: {page['total']} plugins{have}>"


def table(first: dict[str, Any]) -> str:
    """HTML with the plugins of the first page and what is installed; no script, no style sheet."""
    page = first["page"]
    head = "".join(f'<th scope="col" style="{_CELL}">{t}</th>' for t in ("Plugin", "Version", "Installed", "Summary"))
    rows = "".join(_row(item) for item in page["items"])
    shown, total = len(page["items"]), page["total"]
    more = f" The first {shown} are shown." if shown < total else ""
    found = escape(first["fault"]["problem"]) if "fault" in first else f"{total} plugins when this cell ran.{more}"
    note = f"Plugin marketplace: {found} Run the cell to use the panel."
    return (
        f'<table><caption style="{_CELL}">{note}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    )


def _row(item: dict[str, Any]) -> str:
    have = f"✓ {item['installed']}" if item["installed"] else "–"
    cells = (item["version"], have, item["summary"])
    rest = "".join(f'<td style="{_CELL}">{escape(cell)}</td>' for cell in cells)
    return f'<tr><th scope="row" style="{_CELL}">{escape(item["id"])}</th>{rest}</tr>'
