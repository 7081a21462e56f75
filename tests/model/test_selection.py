"""What a user types for a variable: a closed grammar, and nothing of it runs."""

from __future__ import annotations

import keyword
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb.errors import InvalidSelection
from automatosx_nb.model.selection import MAX_LENGTH, Selection


def keys(text: str) -> list[Any]:
    return [step.key for step in Selection.parse(text).steps]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("df", []),
        ("_", []),
        ('df["a"]', ["a"]),
        ('df[["a", "b"]]', [["a", "b"]]),
        ("df.loc[0:5, ['a']]", ["loc", (slice(0, 5), ["a"])]),
        ("x[-1][+2][1.5][True][None][b'k']", [-1, 2, 1.5, True, None, b"k"]),
        ("x[::2]", [slice(None, None, 2)]),
        ("x[('a', 1)]", [("a", 1)]),
        ("x[[('a', 1), ('b', 2)]]", [[("a", 1), ("b", 2)]]),
        ("x['it\\'s']", ["it's"]),
        ("x['\\d']", ["\\d"]),
        ("x.größe['ä'].y", ["größe", "ä", "y"]),
        ("  x [ 'a' ] ", ["a"]),
        ("Out[5]", [5]),
    ],
)
def test_a_name_and_its_parts_are_read(text: str, expected: list[Any]) -> None:
    assert keys(text) == expected


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("", 0, "empty"),
        ("5", 0, "does not begin with a variable's name"),
        ("'df'", 0, "does not begin"),
        ("None", 0, "does not begin"),
        ("[df]", 0, "does not begin"),
        ("df.head()", 0, "a call"),
        ("f(x)['a']", 0, "a call"),
        ("df[cols]", 3, "not a variable"),
        ("df[x > 1]", 3, "a comparison"),
        ("df[1 + 1]", 3, "an operation"),
        ("df[f'{x}']", 3, "f-string"),
        ("df[*x]", 3, "nothing is unpacked"),
        ("df[[[1]]]", 4, "a key is"),
        ("df[{'a'}]", 3, "a key is"),
        ("df[...]", 3, "a key is"),
        ("df[1j]", 3, "a key is"),
        ("df[-True]", 3, "a key is"),
        ("df[lambda: 1]", 3, "a key is"),
        ("ä.ö._x", 4, "private"),
        ("df.__class__", 3, "private"),
        ("df['ä'][y]", 8, "not a variable"),
        ("df[", 3, "Python cannot read it"),
        ("a b", 2, "Python cannot read it"),
        ("a;b", 1, "Python cannot read it"),
        ("a = b", 2, "Python cannot read it"),
        ("class", 0, "Python cannot read it"),
        ("a\n[0]", 1, "cannot be seen"),
        ("a\0", 1, "cannot be seen"),
        ("x" * (MAX_LENGTH + 1) + "[", MAX_LENGTH, "longer than"),
    ],
)
def test_anything_else_is_refused_at_its_place(text: str, position: int, says: str) -> None:
    with pytest.raises(InvalidSelection) as caught:
        Selection.parse(text)
    assert says in caught.value.reason
    if "Python cannot" not in says:
        assert caught.value.position == position
    assert "assign anything else to a name" in caught.value.next_step()
    assert str(caught.value)


names = st.from_regex(r"[a-zA-Zäß][a-z0-9_é]{0,6}", fullmatch=True).filter(lambda name: not keyword.iskeyword(name))
texts = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=6)
literals = st.one_of(
    texts, st.integers(-999, 999), st.booleans(), st.none(), st.binary(max_size=3), st.floats(0, 9, width=16)
)
ends = st.none() | st.integers(-9, 9)
parts = st.one_of(literals, st.lists(literals, max_size=3), st.builds(slice, ends, ends, ends))
indexes = st.one_of(parts, st.lists(parts, min_size=1, max_size=3).map(tuple))


def written(key: Any) -> str:
    """A key as Python writes it."""
    if isinstance(key, slice):
        return ":".join("" if end is None else repr(end) for end in (key.start, key.stop, key.step))
    if isinstance(key, tuple):
        return ", ".join(map(written, key)) + ","
    return repr(key)


@given(
    names, st.lists(st.one_of(names.map(lambda name: (True, name)), indexes.map(lambda key: (False, key))), max_size=4)
)
def test_what_was_written_is_what_is_read(name: str, steps: list[tuple[bool, Any]]) -> None:
    text = name + "".join(f".{key}" if attribute else f"[{written(key)}]" for attribute, key in steps)
    if len(text) > MAX_LENGTH or not text.isprintable():
        return
    read = Selection.parse(text)
    assert (read.name, [(step.attribute, step.key) for step in read.steps]) == (name, steps)
    assert not read.steps or read.steps[-1].text == text


@given(st.one_of(st.text(max_size=40), st.text("ab.[]()'\":,-+*{}=; \\", max_size=40)))
def test_any_text_is_read_or_refused(text: str) -> None:
    read = parsed(text)
    if isinstance(read, InvalidSelection):
        assert 0 <= read.position <= len(text)
    else:
        assert read.name.isidentifier()
        assert not any(step.attribute and step.key.startswith("_") for step in read.steps)


def parsed(text: str) -> Selection | InvalidSelection:
    try:
        return Selection.parse(text)
    except InvalidSelection as error:
        return error


@pytest.mark.parametrize("text", ["a" + "[0]" * 330, "a" + ".b" * 490, "a[" * 300, "(" * 900, "a[" + "-" * 900 + "1]"])
def test_depth_ends_in_an_answer(text: str) -> None:
    read = parsed(text)
    assert read.reason if isinstance(read, InvalidSelection) else read.name == "a"
