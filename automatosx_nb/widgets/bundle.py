"""The front end as one script: anywidget takes one module, and the sources are several."""

from __future__ import annotations

import re
from importlib.resources import files

PARTS = {
    "panel": (
        "dom",
        "link",
        "wording",
        "dialog",
        "fields",
        "cards",
        "details",
        "history",
        "consent",
        "installed",
        "options",
        "panel",
    ),
    "activity": ("dom", "link", "wording", "dialog", "activity"),
    "forms": ("dom", "link", "wording", "dialog", "fields", "forms"),
}
"""Widget → modules of ``static/``, each after those that it imports from; top-level names are unique among all."""
_IMPORT = re.compile(r"^import \{[^}]*\} from \"\./[a-z]+\.js\";\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:const|let|function|class) )", re.MULTILINE)


def read(name: str) -> str:
    return files("automatosx_nb.widgets").joinpath("static", name).read_text(encoding="utf-8")


def script(widget: str) -> str:
    """All modules of one widget joined: imports of each other dropped, only the last one's ``export default`` kept."""
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", read(f"{part}.js"))) for part in PARTS[widget])


def style() -> str:
    return read("panel.css")
