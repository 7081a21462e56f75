from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb.errors import InvalidSearch
from automatosx_nb.model.surroundings import MAX_TEXT, Surroundings

TEXT = "automatosx==1.2.0,python==3.12.4,platform==linux,numpy==2.0.1,pandas==2.2.3"


def test_an_environment_is_the_same_after_it_was_written() -> None:
    here = Surroundings.parse(TEXT)
    assert here == Surroundings("1.2.0", "3.12.4", "linux", (("numpy", "2.0.1"), ("pandas", "2.2.3")))
    assert str(here) == TEXT
    assert Surroundings.parse(str(here)) == here


@given(st.dictionaries(st.from_regex(r"[a-z][a-z0-9-]{0,8}[a-z0-9]", fullmatch=True), st.integers(0, 99), max_size=9))
def test_any_packages_survive_being_written(packages: dict[str, int]) -> None:
    for reserved in ("automatosx", "python", "platform"):
        packages.pop(reserved, None)
    here = Surroundings.parse(",".join(f"{name}=={version}" for name, version in packages.items()))
    assert Surroundings.parse(str(here)) == here


def test_names_of_packages_are_folded_as_pip_folds_them() -> None:
    assert Surroundings.parse("Ruamel.YAML==0.18").packages == (("ruamel-yaml", "0.18"),)


@pytest.mark.parametrize(
    "text",
    [
        "pandas",
        "pandas=2",
        "==2",
        "pandas==",
        "pandas==x",
        "python==three",
        "automatosx==1",
        "numpy==1,numpy==2",
        "a==1," * MAX_TEXT,
    ],
)
def test_what_is_no_environment_says_what_would_be(text: str) -> None:
    with pytest.raises(InvalidSearch) as caught:
        Surroundings.parse(text)
    assert caught.value.part == "compatible"


@given(st.text(max_size=80))
def test_no_text_raises_anything_else(text: str) -> None:
    with suppress(InvalidSearch):
        Surroundings.parse(text)


@pytest.mark.parametrize(
    ("said", "requirement", "holds"),
    [
        ("pandas==2.2.3", "pandas>=2", True),
        ("pandas==1.5", "pandas>=2", False),
        ("numpy==2.0", "pandas>=2", False),
        ("pandas==3.0rc1", "pandas>=2", True),
        ("", "pandas>=2", True),
        ("python==3.12.1", "pandas>=2", True),
        ("numpy==2,python==3.12.1", "tomli; python_version < '3.11'", True),
        ("numpy==2,python==3.10.1", "tomli; python_version < '3.11'", False),
        ("numpy==2,platform==windows", "uvloop; sys_platform != 'win32'", True),
        ("numpy==2,platform==linux", "uvloop; sys_platform != 'win32'", False),
        ("numpy==2", "no requirement at all", False),
    ],
)
def test_a_requirement_is_asked_of_what_was_said(said: str, requirement: str, holds: bool) -> None:
    assert Surroundings.parse(said).has_package(requirement) is holds


def test_runtime_python_and_system_are_asked_only_where_they_were_said() -> None:
    here, nothing = Surroundings.parse(TEXT), Surroundings()
    assert here.has_engine("^1.0")
    assert not here.has_engine("^2.0")
    assert not here.has_engine("no range")
    assert here.has_python(">=3.11")
    assert not here.has_python(">=3.13")
    assert here.is_platform(())
    assert here.is_platform(("linux", "macos"))
    assert not here.is_platform(("windows",))
    assert nothing.has_engine("^2.0")
    assert nothing.has_python(">=3.13")
    assert nothing.is_platform(("windows",))
