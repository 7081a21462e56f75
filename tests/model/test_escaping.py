"""How long texts become, held against what writes them."""

from __future__ import annotations

import html
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb.model.escaping import MOST, html_size, json_size

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(TEXTS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=20)


@given(TEXTS)
def test_a_text_is_never_longer_as_json_than_it_says(text: str) -> None:
    assert len(json.dumps(text, ensure_ascii=False).encode()) - 2 <= json_size(text) <= MOST * len(text.encode())


@given(TEXTS)
def test_a_text_is_never_longer_as_html_in_json_than_it_says(text: str) -> None:
    assert len(json.dumps(html.escape(text), ensure_ascii=False).encode()) - 2 <= html_size(text)


@given(VALUES)
def test_every_text_of_a_value_is_counted_its_keys_included(value: Any) -> None:
    punctuation = 4 * (1 + len(json.dumps(value)))
    assert len(json.dumps(value, ensure_ascii=False).encode()) <= json_size(value) + punctuation
    assert json_size([value, {"": value}]) == 2 * json_size(value)


def test_plain_text_is_as_long_as_it_is() -> None:
    assert json_size("a" * 1000) == html_size("a" * 1000) == 1000
    assert json_size("\x01") == html_size("<") == 6
