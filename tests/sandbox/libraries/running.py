"""Plugin code that uses numpy, pandas, polars and pyarrow under the policy, called in this process."""

from __future__ import annotations

from typing import Any

from automatosx_nb.model.libraries import GRANTABLE_MODULES
from automatosx_nb.sandbox.modules import PluginModules

IMPORTS = "import io, numpy as np, pandas as pd, polars as pl, pyarrow as pa, pyarrow.compute as pc\n"
FRAME = 'df = pd.DataFrame({"k": ["a", "b", "a"], "price": [1.0, 2.0, 3.0], "n": [1, 2, 3]})\n'


def load(source: str, printed: list[str] | None = None) -> PluginModules:
    write = ([] if printed is None else printed).append
    return PluginModules("acme.test", {"m.py": (IMPORTS + source).encode()}, granted=GRANTABLE_MODULES, write=write)


def run(body: str, printed: list[str] | None = None) -> Any:
    """What the body of a function returns."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return load(f"def h():\n{lines}", printed).handler("m:h")()
