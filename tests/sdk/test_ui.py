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
