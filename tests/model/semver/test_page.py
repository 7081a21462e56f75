"""What docs/versions.md says is so: every example, and every row of its tables."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from automatosx_nb.model import semver
from automatosx_nb.model.semver import InvalidIncrement, InvalidRange, Range, Version, increment, loose_range

PAGE = (Path(__file__).parents[3] / "docs" / "versions.md").read_text(encoding="utf-8")


def rows(head: str) -> list[list[str]]:
    """The cells of a table, what stands in backticks without them."""
    table = PAGE[PAGE.index(head) :].split("\n\n", 1)[0].splitlines()[2:]
    cells = [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table]
    return [[cell.removeprefix("`").removesuffix("`") for cell in row] for row in cells]


def test_every_example_does_what_it_shows() -> None:
    unfenced = re.sub(r"^```.*$", "", PAGE, flags=re.MULTILINE)
    examples = doctest.DocTestParser().get_doctest(unfenced, {}, "versions.md", None, 0)
    runner = doctest.DocTestRunner()
    said: list[str] = []
    result = runner.run(examples, out=said.append)
    assert (result.failed, "".join(said)) == (0, "")
    assert result.attempted > 25


@pytest.mark.parametrize(("written", "means", "words"), rows("| you write"))
def test_a_range_means_what_the_page_says(written: str, means: str, words: str) -> None:
    assert Range.parse(written).canonical == means


@pytest.mark.parametrize(("typed", "meant"), rows("| you type"))
def test_what_is_typed_is_read_as_the_page_says(typed: str, meant: str) -> None:
    assert loose_range(typed) == Range.parse(meant)


@pytest.mark.parametrize(("step", "release", "prerelease"), rows("| step"))
def test_a_step_leads_to_what_the_page_says(step: str, release: str, prerelease: str) -> None:
    for version, wanted in (("1.2.3", release), ("1.3.0-rc.1", prerelease)):
        if wanted == "–":
            with pytest.raises(InvalidIncrement):
                increment(Version.parse(version), step)  # type: ignore[arg-type]
        else:
            assert str(increment(Version.parse(version), step)) == wanted  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["==1.2", "> =1.2", "~=1.2", "^=1.2", "1.x.3", "latest"])
def test_what_the_page_calls_refused_is_refused(text: str) -> None:
    assert f"`{text}`" in PAGE
    with pytest.raises(InvalidRange):
        Range.parse(text)


def test_the_page_names_every_public_name_but_errors_and_limits() -> None:
    names = [name for name in semver.__all__ if not name.startswith("Invalid") and name != "MAX_LENGTH"]
    assert [name for name in names if name not in PAGE] == []
