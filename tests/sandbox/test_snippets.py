"""Modern Python as plugin authors write it: it works as in Python, or is refused with what to write instead."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from automatosx_nb.errors import PluginRefused
from automatosx_nb.sandbox.modules import PluginModules

SNIPPETS = Path(__file__).parents[1] / "data" / "snippets"
MODERN: dict[str, dict[str, str]] = tomllib.loads((SNIPPETS / "modern.toml").read_text("utf-8"))
REFUSED: dict[str, dict[str, Any]] = tomllib.loads((SNIPPETS / "refused.toml").read_text("utf-8"))


def modules(source: str, *, language: bool = True) -> PluginModules:
    sources = {"m.py": source.encode()}
    return PluginModules("acme.test", sources, granted=(), write=lambda text: None, language=language)


@pytest.mark.parametrize("snippet", MODERN.values(), ids=MODERN)
def test_modern_python_works_as_it_does_anywhere(snippet: dict[str, str]) -> None:
    assert repr(modules(snippet["source"]).handler("m:h")()) == snippet["returns"]
    assert repr(modules(snippet["source"], language=False).handler("m:h")()) == snippet["returns"]


@pytest.mark.parametrize("snippet", REFUSED.values(), ids=REFUSED)
def test_what_is_refused_says_where_what_and_what_instead(snippet: dict[str, Any]) -> None:
    with pytest.raises(PluginRefused) as caught:
        modules(snippet["source"]).handler("m:h")
    found = caught.value
    assert (found.file, found.line, found.refused) == ("m.py", snippet["line"], snippet["refused"])
    assert found.instead == snippet["instead"]
