"""Displays: what a worker may send, and what becomes of it in a notebook and in a terminal."""

from __future__ import annotations

import base64
import json
import math
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.formatters import DisplayFormatter

from automatosx_nb.errors import ProtocolViolation
from automatosx_nb.host.display import Rendered, render
from automatosx_nb.host.display.nodes import MAX_DEPTH, MAX_NODES, MAX_TEXT
from automatosx_nb.sdk import ui

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16
SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def shown(node: ui.Node) -> Rendered:
    return render(node.tree(), plugin="acme.shapes", version="1.2.0")


def refusal(tree: Any) -> str:
    with pytest.raises(ProtocolViolation) as caught:
        render(tree, plugin="acme.shapes", version="1.2.0")
    return caught.value.reason


EVERY_NODE = ui.stack(
    ui.heading("A heading", level=3),
    ui.text("A paragraph"),
    ui.markdown("**strong** and `code`"),
    ui.row(ui.metric("Rows", 1234, "all"), ui.metric("Share", 0.25)),
    ui.table(["name", "n"], [["a", 1], [ui.svg(SVG, "a curve"), None]], caption="Two rows"),
    ui.png(PNG, "a photograph"),
)


class TestEveryNode:
    def test_the_html_shows_all_that_the_tree_says(self) -> None:
        html = shown(EVERY_NODE).html
        for part in (
            "<h3>A heading</h3>",
            "A paragraph",
            "<strong>strong</strong>",
            "1,234",
            'alt="a curve"',
            "Two rows",
            "data:image/png;base64,",
        ):
            assert part in html

    def test_the_text_reads_in_a_terminal(self) -> None:
        assert shown(EVERY_NODE).text == "\n\n".join(
            [
                "A heading\n---------",
                "A paragraph",
                "**strong** and `code`",
                "Rows: 1,234 (all)   Share: 0.25",
                "Two rows",
                "name     n\n───────  ─\na        1\na curve  –",
                "[a photograph]",
                "shapes 1.2.0 · ran confined",
            ]
        )

    def test_ipython_gets_both_forms_and_who_made_them(self) -> None:
        data, metadata = DisplayFormatter().format(shown(EVERY_NODE))  # type: ignore[no-untyped-call]
        assert set(data) == {"text/html", "text/plain"}
        assert metadata == {"automatosx": {"plugin": "acme.shapes@1.2.0"}}

    def test_the_footer_names_the_plugin_and_its_confinement(self) -> None:
        assert "shapes 1.2.0 · ran confined</div>" in shown(ui.text("x")).html


class TestHostileContent:
    def test_text_is_never_markup(self) -> None:
        evil = "<img src=x onerror=alert(1)>\"'&"
        node = ui.stack(
            ui.text(evil),
            ui.heading(evil),
            ui.metric(evil, evil, evil),
            ui.table([evil], [[evil]], evil),
            ui.svg(SVG, evil),
        )
        html = shown(node).html
        assert "<img src=x" not in html
        assert html.count("&lt;img src=x onerror=alert(1)&gt;&quot;&#x27;&amp;") == 9

    @pytest.mark.parametrize(
        "source",
        [
            "<script>alert(1)</script>",
            "[x](javascript:alert(1))",
            "![x](https://example.org/seen.png)",
            "<img src=https://example.org/seen.png>",
            "[x](data:text/html,<script>alert(1)</script>)",
            "<a href='javascript:alert(1)'>x</a>",
            "<style>*{display:none}</style>",
            "<iframe src=https://example.org></iframe>",
        ],
    )
    def test_markdown_runs_and_fetches_nothing(self, source: str) -> None:
        body = shown(ui.markdown(source)).html.partition('<div class="axd-md">')[2]
        assert not re.search(r"<(script|img|style|iframe)|href=\"(javascript|data)", body)

    def test_markdown_links_do_not_tell_where_they_were_followed_from(self) -> None:
        html = shown(ui.markdown("[docs](https://example.org)")).html
        assert '<a href="https://example.org" rel="noopener noreferrer">docs</a>' in html

    def test_a_picture_stands_in_an_image_where_its_scripts_do_not_run(self) -> None:
        html = shown(ui.svg(SVG, "curve")).html
        assert "<script" not in html
        assert f'<img src="data:image/svg+xml;base64,{base64.b64encode(SVG.encode()).decode()}" alt="curve">' in html

    def test_control_characters_do_not_reach_the_terminal(self) -> None:
        node = ui.stack(
            ui.text("\x1b[2J\rgone\u202e"), ui.table(["\x07"], [["\x1b]0;x\x07"]]), ui.metric("\x1b", "\x9b")
        )
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", shown(node).text)

    def test_the_plain_form_looks_no_further_into_a_cell_than_it_can_show(self) -> None:
        marks = "e\u0301" * 76
        ends = (shown(ui.table(["a"], [[marks + end]])).text for end in ("", "x" * 10, "\x1b" * 10_000))
        assert len(set(ends)) == 1


class TestMalformedTrees:
    @pytest.mark.parametrize(
        ("tree", "part"),
        [
            (None, "a NoneType where a display node is due"),
            ([], "a list where a display node is due"),
            ({}, "no node 'None'"),
            ({"node": ["text"]}, "no node \"['text']\""),
            ({"node": "html", "text": "<b>"}, "no node 'html'"),
            ({"node": "text"}, "has no 'text'"),
            ({"node": "text", "text": 1}, "'text' of a text node is a int"),
            ({"node": "text", "text": "x", "style": "y"}, "no field style"),
            ({"node": "heading", "text": "x", "level": 7}, "a whole number from 1 to 6"),
            ({"node": "heading", "text": "x", "level": True}, "a whole number from 1 to 6"),
            ({"node": "svg", "source": "<html>", "alt": ""}, "does not start with <svg"),
            ({"node": "svg", "source": "<svg><!DOCTYPE x></svg>", "alt": ""}, "declares a document type"),
            ({"node": "png", "data": b"GIF89a", "alt": ""}, "the bytes of a PNG file"),
            ({"node": "png", "data": "x", "alt": ""}, "the bytes of a PNG file"),
            ({"node": "metric", "label": "x", "value": [], "note": ""}, "a metric's value is a list"),
            ({"node": "table", "columns": "ab", "rows": [], "caption": ""}, "'columns' of a table node is a str"),
            ({"node": "table", "columns": [1], "rows": [], "caption": ""}, "named by a int"),
            ({"node": "table", "columns": ["a"], "rows": [[1, 2]], "caption": ""}, "a list of 1 cells"),
            ({"node": "table", "columns": ["a"], "rows": [[b"x"]], "caption": ""}, "a table's cell is a bytes"),
            ({"node": "table", "columns": ["a"], "rows": [[{"node": "x"}]], "caption": ""}, "no node 'x'"),
            ({"node": "table", "columns": ["a"] * 501, "rows": [], "caption": ""}, "501 columns"),
            ({"node": "stack", "children": {}}, "'children' of a stack node is a dict"),
            ({"node": "row", "children": ["x"]}, "a str where a display node is due"),
        ],
    )
    def test_is_refused_and_says_why(self, tree: Any, part: str) -> None:
        assert part in refusal(tree)

    def test_nesting_is_bounded(self) -> None:
        node: dict[str, Any] = {"node": "text", "text": "x"}
        for _ in range(MAX_DEPTH - 1):
            node = {"node": "stack", "children": [node]}
        assert "x" in render(node, plugin="a.b", version="1.0.0").html
        assert "nested deeper" in refusal({"node": "stack", "children": [node]})

    def test_nodes_are_counted_in_cells_as_well(self) -> None:
        rows = [[1] * 100] * (MAX_NODES // 100)
        assert "nodes and cells" in refusal({"node": "table", "columns": ["a"] * 100, "rows": rows, "caption": ""})

    def test_size_is_bounded_over_all_fields(self) -> None:
        half = {"node": "text", "text": "x" * (MAX_TEXT // 2 + 1)}
        assert "larger than" in refusal({"node": "stack", "children": [half, half]})

    @pytest.mark.parametrize("character", ['"', "&", "\x01"])
    def test_a_text_counts_as_it_stands_in_a_saved_notebook(self, character: str) -> None:
        short = {"node": "text", "text": character * (MAX_TEXT // 8)}
        saved = json.dumps(render(short, plugin="a.b", version="1.0.0").html)
        assert len(saved) < MAX_TEXT + 100_000
        assert "larger than" in refusal({"node": "text", "text": character * (MAX_TEXT // 6 + 1)})

    def test_a_drawing_is_no_text(self) -> None:
        drawing = {"node": "svg", "source": "<svg>" + "<g></g>" * (MAX_TEXT // 10) + "</svg>", "alt": ""}
        assert render(drawing, plugin="a.b", version="1.0.0").html

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=4)
                | st.dictionaries(st.sampled_from(["node", "text", "children", "rows", "columns"]), inner, max_size=4)
            ),
            max_leaves=20,
        )
    )
    def test_anything_at_all_is_rendered_or_refused(self, tree: Any) -> None:
        try:
            rendered = render(tree, plugin="a.b", version="1.0.0")
        except ProtocolViolation:
            return
        assert rendered.html.startswith('<div class="axd">')


class TestTables:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (None, "–"),
            (True, "True"),
            (1234567, "1,234,567"),
            (2.0, "2"),
            (3.14159265, "3.1416"),
            (12345.678, "12,346"),
            (0.00001234, "1.234e-05"),
            (1e300, "1e+300"),
            (math.nan, "NaN"),
            (-math.inf, "−∞"),
        ],
    )
    def test_a_value_is_written_for_people(self, value: Any, text: str) -> None:
        html = shown(ui.table(["v"], [[value]])).html
        assert f"<td>{text}</td>" in re.sub(r"<span[^>]*>|</span>|(?<=<td) [^>]*", "", html)

    def test_columns_of_numbers_stand_to_the_right_and_others_do_not(self) -> None:
        html = shown(ui.table(["n", "t"], [[1, "a"], [None, 2]])).html
        assert '<th scope="col" class="axd-n">n</th><th scope="col" style="text-align:left">t</th>' in html

    def test_a_wide_table_is_cut_into_blocks_that_repeat_the_first_column(self) -> None:
        text = shown(ui.table(["key", *(f"column {i}" for i in range(30))], [["row", *["x" * 20] * 30]])).text
        assert text.count("key  ") == text.count("row  ") > 3
        assert max(map(len, text.splitlines())) <= 110

    def test_wide_characters_take_two_columns(self) -> None:
        lines = shown(ui.table(["k", "v"], [["日本", "x"], ["ab", "y"]])).text.splitlines()
        assert lines[2:4] == ["日本  x", "ab    y"]

    def test_a_long_cell_is_cut(self) -> None:
        assert max(map(len, shown(ui.table(["k"], [["x" * 5000]])).text.splitlines())) <= 40

    def test_an_empty_table_keeps_its_head(self) -> None:
        assert "<th" in shown(ui.table(["k"], [])).html
        assert shown(ui.table([], [], "nothing")).text.startswith("nothing")
