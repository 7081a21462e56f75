"""Every error has a code of its own, says what happened and what to do next, and is documented."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
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
    "Mapping[str, dict[str, str]]": {"acme.demo 1.0.0": {"storage": "to keep things"}},
    "Mapping[str, tuple[str, ...]]": {"acme.demo": ("it has no service 'add' any more",)},
    "tuple[ManifestProblem, ...]": (errors.ManifestProblem("plugin.id", "x", "an id", ("y",)),),
    "tuple[PluginFrame, ...]": (errors.PluginFrame("demo.py", 3, "run", "x = 1"),),
}


def _concrete(root: type[AutomatosxError] = AutomatosxError) -> Iterator[type[AutomatosxError]]:
    for child in root.__subclasses__():
        if child.code != "error":
            yield child
        yield from _concrete(child)


ALL = sorted(set(_concrete()), key=lambda kind: kind.__name__)


def _sample(kind: type[AutomatosxError]) -> AutomatosxError:
    types = {name: text for base in kind.__mro__ for name, text in vars(base).get("__annotations__", {}).items()}
    return kind(**{name: _SAMPLES[types[name]] for name in kind.fields() if not hasattr(kind, name)})


def test_an_error_is_made_by_position_or_by_name_and_by_nothing_else() -> None:
    error = errors.InvalidVersion("1.0", 3, reason="two numbers")
    assert (error.text, error.position, error.reason) == ("1.0", 3, "two numbers")
    assert repr(error) == "InvalidVersion(text='1.0', position=3, reason='two numbers')"
    assert errors.UnknownPlugin("acme.demo").nearest == ()
    for wrong in (("1.0",), ("1.0", 3, "x", "y")):
        with pytest.raises(TypeError):
            errors.InvalidVersion(*wrong)
    with pytest.raises(TypeError):
        errors.InvalidVersion("1.0", 3, why="x")  # type: ignore[call-arg]


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


def test_every_error_of_every_file_is_there_by_name() -> None:
    files = [import_module(f"automatosx_nb.errors.{each.name}") for each in iter_modules(errors.__path__)]
    defined = {
        name for file in files for name, each in vars(file).items() if getattr(each, "__module__", "") == file.__name__
    }
    assert {name for name in defined if name[0].isupper()} == set(errors.__all__) <= set(dir(errors))
    assert {getattr(errors, name).__module__ for name in errors.__all__} == {file.__name__ for file in files}


def test_a_name_that_is_no_error_is_not_there() -> None:
    assert not hasattr(errors, "NoSuchError")
