"""docs/panel.md names every message there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import msgspec

from automatosx_nb.widgets import requests

PAGE = Path(__file__).parents[2] / "docs" / "panel.md"


def test_every_request_has_its_row_with_its_fields() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    kinds = {str(kind.__struct_config__.tag): kind for kind in get_args(requests.Request)}
    assert set(rows) - {"do"} == set(kinds)
    for name, kind in kinds.items():
        fields = {field.name for field in msgspec.structs.fields(kind)} - {"request"}
        if name == "run":
            fields -= {field.name for field in msgspec.structs.fields(requests.Preview)}
        assert fields <= set(re.findall(r"`(\w+)`", rows[name])), name
