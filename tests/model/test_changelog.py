"""What is news in a changelog."""

from __future__ import annotations

import pytest

from automatosx_nb.model.changelog import news, untitled

LOG = """\
# Changelog

## [2.0.0] - 2026-03-01

- Two.

## 1.1.0

- One point one.

### Details

- More of it.

## v1.0.0

- One.
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("1.0.0", "1.1.0", "## 1.1.0\n\n- One point one.\n\n### Details\n\n- More of it."),
        ("1.1.0", "2.0.0", "## [2.0.0] - 2026-03-01\n\n- Two."),
        ("2.0.0", "2.0.0", ""),
        ("2.0.0", "1.0.0", ""),
    ],
)
def test_only_the_sections_above_the_old_version_up_to_the_new_one(old: str, new: str, expected: str) -> None:
    assert news(LOG, old, new) == expected


def test_several_versions_are_all_news_in_the_order_of_the_file() -> None:
    text = news(LOG, "0.9.0", "2.0.0")
    assert text.index("- Two.") < text.index("- One point one.") < text.rindex("- One.")
    assert "# Changelog" not in text


def test_a_changelog_without_versions_is_shown_whole() -> None:
    assert news("Some words.\n", "1.0.0", "2.0.0") == "Some words."


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        (LOG, LOG.removeprefix("# Changelog\n")),
        ("\n# Change Log #\n## 1.0.0\n", "## 1.0.0\n"),
        ("# CHANGELOG", ""),
        ("## Changelog\n", "## Changelog\n"),
        ("# Changelog of acme.demo\n", "# Changelog of acme.demo\n"),
        ("## 1.0.0\n\n# Changelog\n", "## 1.0.0\n\n# Changelog\n"),
        ("", ""),
    ],
)
def test_a_title_that_says_nothing_more_is_left_out_below_one_that_says_it(markdown: str, shown: str) -> None:
    assert untitled(markdown) == shown
