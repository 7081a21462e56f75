"""``automatosx.frames``: what a table is made of, for a plugin that was granted no library to look into it.

Only what the columns say of themselves. Conversions are not here: a ``tables.Table`` becomes a frame of pandas or
polars inside the worker, where the library is granted, without crossing twice; and reading files of foreign formats on
a plugin's behalf would put their parsers, in C++, before bytes that a plugin chose, outside of its walls.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automatosx_nb.host.services.core.service import Client, CoreService, core_service
from automatosx_nb.model.schemas import TABLE

MOST_COLUMNS = 5000
"""Described; the rest is counted."""


def _describe(client: Client, request: Mapping[str, Any]) -> object:
    import pyarrow as pa

    given = request["table"]
    table = given if isinstance(given, pa.Table) else pa.RecordBatchReader.from_stream(given).read_all()
    columns = [
        {"name": field.name, "type": str(field.type)[:200], "missing": column.null_count}
        for field, column in zip(table.schema, table.columns[:MOST_COLUMNS], strict=False)
    ]
    return {"rows": table.num_rows, "columns": table.num_columns, "bytes": table.nbytes, "of_columns": columns}


def services_of() -> tuple[CoreService, ...]:
    count = {"type": "integer", "minimum": 0}
    column = {
        "type": "object",
        "required": ["name", "type", "missing"],
        "properties": {"name": {"type": "string"}, "type": {"type": "string"}, "missing": count},
    }
    return (
        core_service(
            "describe",
            "1.0.0",
            "Rows, bytes, and of each column its name, its Arrow type and how many values are missing.",
            {"table": {"type": "string", "contentMediaType": TABLE}},
            {
                "type": "object",
                "required": ["rows", "columns", "bytes", "of_columns"],
                "properties": {
                    **dict.fromkeys(("rows", "columns", "bytes"), count),
                    "of_columns": {"type": "array", "items": column},
                },
            },
            _describe,
            required=("table",),
        ),
    )
