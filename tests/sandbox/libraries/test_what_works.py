"""What authors write with numpy, pandas, polars and pyarrow works, here and in a worker."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from automatosx_nb.model.libraries import GRANTABLE_MODULES
from automatosx_nb.testing import run_in_sandbox
from tests.sandbox.libraries.running import FRAME, IMPORTS, run

SNIPPETS = Path(__file__).parents[2] / "data" / "snippets"


def snippets(file: str) -> dict[str, dict[str, str]]:
    return tomllib.loads((SNIPPETS / file).read_text("utf-8"))


PANDAS, OTHERS = snippets("pandas.toml"), snippets("libraries.toml")


@pytest.mark.parametrize("snippet", PANDAS.values(), ids=PANDAS)
def test_pandas_as_authors_write_it(snippet: dict[str, str]) -> None:
    assert run(FRAME + snippet["source"]) == ast.literal_eval(snippet["returns"])


@pytest.mark.parametrize("snippet", OTHERS.values(), ids=OTHERS)
def test_numpy_polars_and_pyarrow_as_authors_write_them(snippet: dict[str, str]) -> None:
    assert run(snippet["source"]) == ast.literal_eval(snippet["returns"])


def test_info_prints_where_plugin_code_prints() -> None:
    printed: list[str] = []
    run("pd.DataFrame({'a': [1]}).info()", printed)
    assert "1 entries" in "".join(printed)


CROSSING: dict[str, tuple[str, dict[str, list[Any]]]] = {
    "a frame of pandas": (
        "return table.to_pandas().groupby('k', as_index=False).v.sum()",
        {"k": ["a", "b"], "v": [4, 2]},
    ),
    "a series of pandas": ("return table.to_pandas().set_index('k').v", {"k": ["a", "b", "a"], "v": [1, 2, 3]}),
    "a frame of polars": ("return table.to_polars().filter(pl.col('v') > 1).select('v')", {"v": [2, 3]}),
    "a series of polars": ("return table.to_polars()['v'] * 2", {"v": [2, 4, 6]}),
    "a series without a name": ("return pl.Series([1])", {"value": [1]}),
    "a table of pyarrow": ("return table.to_arrow().select(['v'])", {"v": [1, 2, 3]}),
    "a record batch": ("return table.to_arrow().to_batches()[0]", {"k": ["a", "b", "a"], "v": [1, 2, 3]}),
    "a column of pyarrow": ("return table.to_arrow()['v']", {"value": [1, 2, 3]}),
}


@pytest.mark.parametrize(("body", "expected"), CROSSING.values(), ids=CROSSING)
def test_a_handler_may_return_a_frame_of_any_library(body: str, expected: dict[str, list[Any]]) -> None:
    table = pd.DataFrame({"k": ["a", "b", "a"], "v": [1, 2, 3]})
    source = f"{IMPORTS}def attack(table):\n    {body}\n"
    outcome = run_in_sandbox(source, args=[table], modules=GRANTABLE_MODULES)
    assert outcome.error is None
    assert isinstance(outcome.value, pa.Table)
    assert outcome.value.to_pydict() == expected


def test_numbers_of_numpy_arrive_as_pythons_own() -> None:
    source = (
        "import numpy as np\nfrom automatosx_nb.sdk import ui\ndef attack():\n    a = np.arange(4)\n"
        "    ui.metric('sum', a.sum()); ui.table(['n'], [[n] for n in a])\n"
        "    texts = np.str_('x'), np.float32(0.5)\n"
        "    return {'sum': a.sum(), 'mean': a.mean(), 'any': a.any(), 'all': [a.max(), texts]}"
    )
    outcome = run_in_sandbox(source, modules=["numpy"])
    assert outcome.value == {"sum": 6, "mean": 1.5, "any": True, "all": [3, ["x", 0.5]]}
    assert [type(value) for value in outcome.value.values()] == [int, float, bool, list]


def test_an_array_of_numpy_is_refused_by_its_name() -> None:
    outcome = run_in_sandbox("import numpy as np\ndef attack(): return [np.arange(3)]", modules=["numpy"])
    assert outcome.status == "raised"
    assert "a ndarray" in str(outcome.error)


@pytest.mark.parametrize("library", GRANTABLE_MODULES)
def test_a_library_that_was_not_granted_is_refused_with_the_line_to_write(library: str) -> None:
    outcome = run_in_sandbox(f"import {library}\ndef attack(): return 1")
    assert outcome.status == "refused"
    assert f'"modules:{library}" = ' in str(outcome.error)
