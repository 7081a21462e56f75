"""Every error has a code of its own, says what happened and what to do next, and is documented."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from automatosx_nb import errors
from automatosx_nb.errors import AutomatosxError, PlatformError, UserError

DOCS = Path(__file__).parent.parent / "docs" / "errors.md"
_SAMPLES: dict[str, Any] = {
    "str": "sample",
    "int": 3,
    "float": 1.5,
    "str | None": "sample",
    "bool": True,
    "tuple[str, ...]": ("one", "two"),
    "tuple[int, ...]": (1, 2),
    "dict[str, str]": {"storage": "to keep things"},
    "tuple[ManifestProblem, ...]": (errors.ManifestProblem("plugin.id", "x", "an id", ("y",)),),
    "tuple[PluginFrame, ...]": (errors.PluginFrame("demo.py", 3, "run", "x = 1"),),
}


def _concrete(root: type[AutomatosxError] = AutomatosxError) -> Iterator[type[AutomatosxError]]:
    for child in root.__subclasses__():
        if is_dataclass(child):
            yield child
        yield from _concrete(child)


ALL = sorted(set(_concrete()), key=lambda kind: kind.__name__)


def _sample(kind: type[AutomatosxError]) -> AutomatosxError:
    assert is_dataclass(kind)
    values = {f.name: _SAMPLES[str(f.type)] for f in fields(kind) if f.default is MISSING}
    made = kind(**values)
    assert isinstance(made, AutomatosxError)
    return made


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_an_error_says_what_happened_and_what_to_do(kind: type[AutomatosxError]) -> None:
    error = _sample(kind)
    assert error.problem().strip()
    assert error.next_step().strip().endswith((".", "?", "…", ")", "]", "sample"))
    assert str(error) == f"{error.problem()}\n{error.next_step()}"
    assert isinstance(error, UserError | PlatformError)


def test_codes_are_unique() -> None:
    codes = [kind.code for kind in ALL]
    assert len(set(codes)) == len(codes)
    assert "error" not in codes


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_an_error_is_documented(kind: type[AutomatosxError]) -> None:
    assert f"## {kind.__name__}" in DOCS.read_text(encoding="utf-8")
    assert f"`{kind.code}`" in DOCS.read_text(encoding="utf-8")
