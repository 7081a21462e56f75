"""Display nodes: their plain form, their immutability, and what they say about wrong arguments."""

from __future__ import annotations

from typing import Any

import pytest

from automatosx_nb.sdk import ui

PNG = b"\x89PNG\r\n\x1a\n...."


def test_a_tree_names_its_nodes_and_holds_plain_values() -> None:
    node = ui.stack(
        ui.heading("H", level=3),
        ui.row(ui.metric("rows", 3, note="n"), ui.png(PNG, "a dot")),
        ui.table(["a", "b"], [(1, ui.svg("<svg/>", "a bar")), [None, True]], caption="c"),
        ui.markdown("*x*"),
        ui.text("t"),
    )
    assert node.tree() == {
        "node": "stack",
        "children": [
            {"node": "heading", "text": "H", "level": 3},
            {
                "node": "row",
                "children": [
                    {"node": "metric", "label": "rows", "value": 3, "note": "n"},
                    {"node": "png", "data": PNG, "alt": "a dot"},
                ],
            },
            {
                "node": "table",
                "columns": ["a", "b"],
                "rows": [[1, {"node": "svg", "source": "<svg/>", "alt": "a bar"}], [None, True]],
                "caption": "c",
            },
            {"node": "markdown", "text": "*x*"},
            {"node": "text", "text": "t"},
        ],
    }


def test_a_node_is_immutable_and_its_tree_is_a_copy() -> None:
    node = ui.table(["a"], [[1]])
    node.tree()["rows"][0][0] = 9
    assert node.tree()["rows"] == [[1]]
    with pytest.raises(AttributeError, match="immutable"):
        node.kind = "text"  # type: ignore[misc]
    with pytest.raises(AttributeError, match="immutable"):
        del node.kind


def wrong(value: Any) -> Any:
    """``value``, where a type checker would refuse it."""
    return value


WRONG: dict[str, tuple[Any, str]] = {
    "text of a number": (lambda: ui.text(wrong(3)), "ui.text: text is a str, not int"),
    "a level that is none": (lambda: ui.heading("x", 9), "level is 1, 2, 3 or 4, not 9"),
    "a row that is too short": (lambda: ui.table(["a", "b"], [[1]]), "row 0 has 1 cells where there are 2 columns"),
    "a row that is no row": (lambda: ui.table(["a"], ["x"]), "row 0 is a list or tuple"),
    "a cell that is no cell": (lambda: ui.table(["a"], [[wrong({})]]), "a cell of row 0 is a dict"),
    "a column that is no name": (lambda: ui.table([wrong(1)], []), "a column is a str"),
    "svg that is none": (lambda: ui.svg("<p>", "x"), "has to be an SVG document"),
    "a picture without words": (lambda: ui.svg("<svg/>", " "), "alt says in words"),
    "png that is none": (lambda: ui.png(b"GIF8", "x"), "the bytes of a PNG file"),
    "a metric of a list": (lambda: ui.metric("x", wrong([])), "value is a str, int or float, not list"),
    "a stack of text": (lambda: ui.stack(wrong("x")), r"takes nodes, not str; ui.text"),
}


@pytest.mark.parametrize(("make", "text"), WRONG.values(), ids=WRONG)
def test_a_wrong_argument_is_named(make: Any, text: str) -> None:
    with pytest.raises((TypeError, ValueError), match=text):
        make()


def test_numbers_of_numpy_are_shown_as_pythons_own() -> None:
    import numpy as np

    cells: list[Any] = [np.int64(1), np.float64(0.5), np.bool_(True)]
    tree = ui.table(["n", "x", "ok"], [cells]).tree()
    assert [type(cell) for cell in tree["rows"][0]] == [int, float, bool]
    assert type(ui.metric("sum", np.int64(3)).tree()["value"]) is int  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="not ndarray"):
        ui.metric("sum", np.arange(2))  # type: ignore[arg-type]


def test_a_form_has_controls_that_are_plain() -> None:
    controls = [
        ui.text_field("note", "Note", "none", help="h"),
        ui.number("rows", value=3, minimum=0, step=1),
        ui.slider("share", 0.0, 1.0, 0.5),
        ui.checkbox("all", value=True),
        ui.select("kind", ["a", "b"], value="b"),
        ui.pick("table", "Table"),
    ]
    tree = ui.form("chart", *controls, title="Charts").tree()
    assert {name: tree[name] for name in ("node", "command", "submit", "title")} == {
        "node": "form",
        "command": "chart",
        "submit": "Run",
        "title": "Charts",
    }
    named = {each["name"]: each for each in tree["controls"]}
    assert named["note"] == {"node": "text_field", "name": "note", "label": "Note", "help": "h", "value": "none"}
    assert (named["rows"]["minimum"], named["rows"]["maximum"], named["rows"]["value"]) == (0, None, 3)
    assert (named["share"]["minimum"], named["share"]["maximum"], named["share"]["value"]) == (0.0, 1.0, 0.5)
    assert named["all"]["value"] is True
    assert (named["kind"]["choices"], named["kind"]["value"]) == (["a", "b"], "b")
    assert named["table"] == {"node": "pick", "name": "table", "label": "Table", "help": ""}


def test_a_button_carries_values() -> None:
    assert ui.button("More", "chart", {"rows": 3, "all": False}).tree() == {
        "node": "button",
        "label": "More",
        "command": "chart",
        "values": {"rows": 3, "all": False},
    }
    assert ui.button("More", "chart").tree()["values"] == {}


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: ui.form("c", ui.text("t")), "ui.form takes controls .*, not ui.text"),
        (lambda: ui.form("c", "t"), "ui.form takes controls .*, not str"),  # type: ignore[arg-type]
        (lambda: ui.button("l", "c", {"x": None}), "the value 'x' is a str, int, float or bool, not NoneType"),  # type: ignore[dict-item]
        (lambda: ui.checkbox("c", value=1), "ui.checkbox: value is a bool, not int"),  # type: ignore[arg-type]
        (lambda: ui.number("n", value="1"), "ui.number: value is an int or a float, not str"),  # type: ignore[arg-type]
        (lambda: ui.number("n", step=True), "ui.number: step is an int or a float, not bool"),
        (lambda: ui.slider("s", 1, 1), "ui.slider: 1 is not below 1"),
        (lambda: ui.select("s", []), "ui.select: no choice"),
        (lambda: ui.select("s", ["a"], value="b"), "ui.select: 'b' is none of its 1 choices"),
        (lambda: ui.metric("m", None), "ui.metric: value is a str, int or float, not NoneType"),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_control_says_what_it_takes(make: Any, said: str) -> None:
    with pytest.raises((TypeError, ValueError), match=said):
        make()


def test_a_node_says_its_kind_and_loses_nothing() -> None:
    node = ui.text("t")
    assert (repr(node), node.kind) == ("<ui.text>", "text")
    with pytest.raises(AttributeError, match="make another one instead of deleting '_kind'"):
        del node._kind


def test_a_picture_has_a_size_that_can_be_shown() -> None:
    with pytest.raises(ValueError, match=f"are more than a picture's {ui.MAX_IMAGE_BYTES}"):
        ui.png(PNG + bytes(ui.MAX_IMAGE_BYTES), "large")
