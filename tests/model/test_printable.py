"""What a plugin's text may not do to the terminal that shows it."""

from __future__ import annotations

import pytest

from automatosx_nb.model.printable import printable, printable_output

HOSTILE = [
    "\x1b]52;c;cm0gLXJmIH4=\x07", "\x1b[2J\x1b[H", "\x9b31m", "a\bb", "a\x00b", "\x1b]0;title\x07", "a\u202eb",
    "\u2066a", "a\u2028b", "\ud800", "a\x85b", "\x1bP$q\x1b\\",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("made", [printable, printable_output])
def test_no_control_passes(text: str, made: object) -> None:
    shown = made(text)  # type: ignore[operator]
    assert "�" in shown
    assert not set(shown) & set("\x1b\x07\x9b\b\x00\u202e\u2066\u2028\ud800\x85")


def test_words_of_every_language_and_line_ends_pass() -> None:
    text = "é 漢字 עברית\n👩‍👩‍👧 naïve"
    assert printable(text) == printable_output(text) == text


def test_output_keeps_its_colours_and_its_progress_bar_and_other_texts_do_not() -> None:
    text = "\x1b[1;31mred\x1b[0m\t50 %\r"
    assert printable_output(text) == text
    assert printable(text) == "�[1;31mred�[0m 50 %�"
