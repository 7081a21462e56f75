"""A typed line as words."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb.errors import UsageError
from automatosx_nb.host import words
from automatosx_nb.host.words import split_line


def test_a_windows_path_keeps_its_backslashes_there(monkeypatch: pytest.MonkeyPatch) -> None:
    line = r"pack C:\plugins\mine -o 'C:\my out'"
    assert split_line(line, "")[1:] == ["C:pluginsmine", "-o", r"C:\my out"]
    monkeypatch.setattr(words, "BACKSLASH_ESCAPES", False)
    assert split_line(line, "")[1:] == [r"C:\plugins\mine", "-o", r"C:\my out"]


def test_quotes_signs_and_other_alphabets_are_kept_as_typed() -> None:
    line = "install 'a.b@>=1.0 <2' --grant x#y \"zwei Wörter\""
    assert split_line(line, "") == ["install", "a.b@>=1.0 <2", "--grant", "x#y", "zwei Wörter"]
    assert split_line("  ", "") == []
    assert split_line("a ''", "") == ["a", ""]


@pytest.mark.parametrize(
    "typed",
    [
        'df[["a", "b"]]',
        "df[['a','b']]",
        "df[ 'a' ]",
        "df.loc[0:5, ['a b', \"c's\"]]",
        r"df['it\'s']",
        "df['a]']['[']",
        "a.b.c[0].d['x y'][1:2]",
        "größe['ä ö']",
        "Out[5]",
        "df.query('a > 3')",
        "f(x, [1, 2], {'a': 1})",
        '--table=df["a b"]',
    ],
)
def test_what_stands_in_brackets_behind_a_name_is_one_word_as_it_was_typed(typed: str) -> None:
    assert split_line(f"{typed} --strict", "") == [typed, "--strict"]
    assert split_line(f"  first {typed}", "") == ["first", typed]
    assert split_line(f"{typed} {typed}\t'x y'", "") == [typed, typed, "x y"]


def test_a_whole_selection_may_be_quoted_as_in_a_shell() -> None:
    assert split_line("""'df[["a", "b"]]' "df['c d']" x""", "") == ['df[["a", "b"]]', "df['c d']", "x"]


@pytest.mark.parametrize("line", ["a[ b", "a] b", "[a b]", "a [b c]", "--x=[a-z] b", "a(] b", "a['x b"[:2] + " b"])
def test_brackets_that_do_not_close_or_follow_no_name_are_only_signs(line: str) -> None:
    assert split_line(line, "") == shlex.split(line)


@pytest.mark.parametrize("line", ["a['x b", "'open", 'x "open', "a[0] 'open"])
def test_a_quote_that_is_not_closed_is_said(line: str) -> None:
    with pytest.raises(UsageError, match="no closing quotation"):
        split_line(line, "%x")


@given(st.text(alphabet="ab=- \t'\"\\#$é]})", max_size=30))
def test_without_an_opening_bracket_a_line_is_what_a_shell_makes_of_it(line: str) -> None:
    try:
        expected = shlex.split(line)
    except ValueError:
        with pytest.raises(UsageError):
            split_line(line, "")
    else:
        assert split_line(line, "") == expected


@given(st.text(alphabet="ab.[]()'\"{} \\-=", max_size=40))
def test_any_line_is_split_or_refused(line: str) -> None:
    try:
        found = split_line(line, "")
    except UsageError:
        return
    assert len("".join(found)) <= len(line)
