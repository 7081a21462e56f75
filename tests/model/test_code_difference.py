from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb.model.code_difference import DifferenceCaps, file_changes, matched, unified

LINES = st.lists(st.sampled_from(["a", "b", "c", "", "d"]) | st.text("xyz", max_size=2), max_size=30)


def patched(old: list[str], diff: list[str]) -> list[str]:
    """What POSIX ``patch`` makes of ``old``."""
    new, at = [], 0
    for line in diff:
        hunk = re.fullmatch(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@", line)
        if hunk:
            start = int(hunk[1]) - (hunk[2] != "0")
            new += old[at:start]
            at = start
        elif line[0] == "+":
            new.append(line[1:])
        else:
            assert old[at] == line[1:]
            new += [line[1:]] if line[0] == " " else []
            at += 1
    return new + old[at:]


@given(LINES, LINES)
def test_a_diff_makes_the_new_text_of_the_old_one(old: list[str], new: list[str]) -> None:
    assert patched(old, list(unified(old, new))) == new


@given(LINES, LINES)
def test_matched_lines_are_the_same_and_in_order_on_both_sides(old: list[str], new: list[str]) -> None:
    pairs = matched(old, new)
    assert all(old[i] == new[j] for i, j in pairs)
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(pairs))


@given(LINES)
def test_what_is_the_same_has_no_diff(lines: list[str]) -> None:
    assert list(unified(lines, lines)) == []


def test_a_function_put_between_two_is_shown_whole() -> None:
    old = "def a():\n    return 1\n\ndef c():\n    return 1\n".splitlines()
    new = "def a():\n    return 1\n\ndef b():\n    return 1\n\ndef c():\n    return 1\n".splitlines()
    assert [line for line in unified(old, new) if line[0] == "+"] == ["+def b():", "+    return 1", "+"]


def test_manifest_and_code_come_first_and_the_same_not_at_all() -> None:
    old = {"README.md": b"one\n", "plugin.toml": b"a\n", "src/a.py": b"x\n", "gone.txt": b"x\n"}
    new = {"README.md": b"two\n", "plugin.toml": b"b\n", "src/a.py": b"x\n", "src/b.py": b"y\n"}
    found = file_changes(old, new)
    assert [(each.path, each.kind) for each in found] == [
        ("plugin.toml", "changed"),
        ("src/b.py", "added"),
        ("README.md", "changed"),
        ("gone.txt", "removed"),
    ]
    assert found[1].diff == "@@ -0,0 +1 @@\n+y"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\xff\xfe", "it is no text"),
        (b"a\0b", "it is no text"),
        (b"x\n" * 50, "it is longer than 1 KiB or 40 lines"),
        (b"x" * 2000, "it is longer than 1 KiB or 40 lines"),
    ],
)
def test_what_cannot_be_shown_says_why_and_how_large_it_is(content: bytes, why: str) -> None:
    (found,) = file_changes({}, {"a": content}, DifferenceCaps(file_kb=1, lines=40))
    assert (found.diff, found.left_out, found.new_size) == ("", why, len(content))


@pytest.mark.parametrize("caps", [DifferenceCaps(total_kb=1), DifferenceCaps(total_lines=60)])
def test_what_comes_after_too_much_is_named_without_its_diff(caps: DifferenceCaps) -> None:
    files = {f"src/{n}.py": b"twenty characters...\n" * 40 for n in range(3)}
    found = file_changes({}, files, caps)
    assert [bool(each.diff) for each in found] == [True, False, False]
    assert "already" in found[1].left_out


@pytest.mark.parametrize("hidden", ["\u202e", "\u2066", "\x1b[2K", "\x07"])
def test_lines_with_characters_that_nobody_sees_are_counted(hidden: str) -> None:
    """https://trojansource.codes"""
    (found,) = file_changes({"src/a.py": b"a = 1\n"}, {"src/a.py": f"a = 1\nb = '{hidden}'\n".encode()})
    assert found.unseen == 1
