"""Which releases promise not to break each other."""

from __future__ import annotations

import pytest

from automatosx_nb.model.release_lines import last_of_line
from automatosx_nb.model.semver import Version


@pytest.mark.parametrize(
    ("version", "published", "last"),
    [
        ("1.2.0", ["1.0.0", "1.1.0", "2.0.0"], "1.1.0"),
        ("2.0.0", ["1.0.0", "1.9.0"], None),
        ("1.0.1", ["1.1.0", "1.0.0"], "1.0.0"),
        ("0.3.0", ["0.2.9"], None),
        ("0.2.1", ["0.2.0", "0.1.0"], "0.2.0"),
        ("1.1.0", ["1.1.0-rc.1", "1.0.0"], "1.0.0"),
        ("1.1.0-rc.1", ["1.0.0"], None),
        ("1.0.0", [], None),
    ],
)
def test_a_release_is_held_against_the_last_one_of_its_line(
    version: str, published: list[str], last: str | None
) -> None:
    found = last_of_line(Version.parse(version), map(Version.parse, published))
    assert (None if found is None else str(found)) == last
