"""Forms in a display: what a worker may send, how they stand where nobody can use them, and what is filled in."""

from __future__ import annotations

from typing import Any

import pytest

from automatosx_nb.errors import FieldRefused, ProtocolViolation
from automatosx_nb.host.display import Rendered, render
from automatosx_nb.host.display.forms import HANDED_OVER, MAX_CONTROLS, MAX_FORMS, MAX_LABEL, MAX_VALUE
from automatosx_nb.host.filling import filled
from automatosx_nb.host.handover import Handover
from automatosx_nb.model.contributions.arguments import DESIGNATED
from automatosx_nb.sdk import ui


def argument(name: str, kind: str, **rest: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "choices": [], "default": None, "required": False, "help": ""} | rest


CHECK: dict[str, Any] = {
    "name": "check",
    "title": "Check a table",
    "handler": "demo:check",
    "args": [
        argument("table", "variable", required=True, help="What to look at."),
        argument("--max-rows", "integer", default=100),
        argument("--ratio", "number"),
        argument("--level", "choice", choices=["quick", "thorough"], default="quick"),
        argument("--title", "string"),
        argument("--strict", "flag"),
    ],
}
SAVE: dict[str, Any] = {
    "name": "save",
    "title": "Save",
    "handler": "demo:save",
    "args": [argument("path", "file:write")],
}
ABOUT: dict[str, Any] = {
    "name": "about",
    "title": "About",
    "handler": "demo:about",
    "args": [argument("--level", "string")],
}
COMMANDS = {each["name"]: each for each in (CHECK, SAVE, ABOUT)}


def shown(node: ui.Node) -> Rendered:
    return render(node.tree(), plugin="acme.demo", version="1.0.0", commands=COMMANDS)


def refusal(tree: Any) -> str:
    with pytest.raises(ProtocolViolation) as caught:
        render(tree, plugin="acme.demo", version="1.0.0", commands=COMMANDS)
    return caught.value.reason


def test_a_form_without_controls_has_one_for_each_argument_as_the_manifest_says() -> None:
    (form,) = shown(ui.form("check")).forms
    assert (form.command, form.title, form.submit) == ("check", "Check a table", "Run")
    assert [(each.name, each.control, each.value) for each in form.fields] == [
        ("table", "pick", None),
        ("max_rows", "number", 100),
        ("ratio", "number", None),
        ("level", "select", "quick"),
        ("title", "text_field", None),
        ("strict", "checkbox", None),
    ]
    assert form.fields[0].required
    assert form.fields[0].help == "Names a variable, which is handed over. What to look at."
    assert form.fields[3].choices == ("quick", "thorough")


@pytest.mark.parametrize("kind", DESIGNATED)
def test_a_control_that_hands_something_over_says_so_whatever_its_author_calls_it(kind: str) -> None:
    login = {"name": "login", "title": "Hi", "handler": "demo:run", "args": [argument("who", kind)]}
    tree = ui.form("login", ui.pick("who", "Your first name", help="Any text.")).tree()
    made = render(tree, plugin="acme.demo", version="1.0.0", commands={"login": login})
    assert isinstance(made, Rendered)
    (field, *_) = made.forms[0].fields
    assert field.help == f"{HANDED_OVER[kind]} Any text."
    assert HANDED_OVER[kind] in made._repr_mimebundle_()[0]["text/html"]


def test_a_form_that_writes_a_file_asks_before_one_is_replaced() -> None:
    (form,) = shown(ui.form("save")).forms
    assert [(each.name, each.type) for each in form.fields] == [("path", "file:write"), ("--overwrite", "flag")]


def test_a_control_overrides_what_the_manifest_shows_and_no_more() -> None:
    (form,) = shown(ui.form("check", ui.pick("table"), ui.slider("--max-rows", 1, 9, 5, label="Rows"))).forms
    slider = form.fields[1]
    assert (slider.name, slider.type, slider.control, slider.label) == ("max_rows", "integer", "slider", "Rows")
    assert (slider.value, slider.minimum, slider.maximum) == (5, 1, 9)


@pytest.mark.parametrize(
    ("node", "reason"),
    [
        (ui.form("steal"), "calls the command 'steal', and the manifest declares check, save, about"),
        (ui.button("x", "demo:check"), "calls the command 'demo:check'"),
        (ui.form("about", ui.text_field("other")), "has 'other', and the command 'about' takes level"),
        (ui.form("about", ui.text_field("level"), ui.text_field("--level")), "two controls for one argument"),
        (ui.form("about", ui.pick("level")), "'level' is a string, for which there is text_field or select, not pick"),
        (ui.form("check", ui.text_field("table")), "'table' is a variable, for which there is pick"),
        (ui.form("check", ui.number("max_rows")), "has nothing for 'table', which the command requires"),
        (ui.form("check", ui.pick("table"), ui.select("level", ["slow"])), "more than the manifest's choices"),
        (ui.button("x", "check", {"table": "df"}), "a plugin does not choose what is handed over to it"),
        (ui.button("x", "save", {"path": "a.csv"}), "a plugin does not choose what is handed over to it"),
        (ui.button("x", "check"), "has nothing for 'table'"),
        (ui.form("about", submit="x" * (MAX_LABEL + 1)), f"more than {MAX_LABEL} characters"),
        (ui.form("about", ui.text_field("level", value="x" * (MAX_VALUE + 1))), f"more than {MAX_VALUE} characters"),
        (ui.table(["a"], [[ui.button("x", "about")]]), "a table's cell holds a form or a button"),
        (ui.stack(*[ui.button("x", "about")] * (MAX_FORMS + 1)), f"more than {MAX_FORMS} forms"),
        (ui.form("about", *[ui.text_field("level")] * (MAX_CONTROLS + 1)), f"more than {MAX_CONTROLS} controls"),
        (ui.form("check", ui.pick("table"), ui.number("ratio", value=float("inf"))), "no finite number"),
    ],
)
def test_what_the_manifest_does_not_declare_is_refused(node: ui.Node, reason: str) -> None:
    assert reason in refusal(node.tree())


@pytest.mark.parametrize(
    "control",
    [
        "text",
        {"node": "text", "text": "x"},
        {"node": "pick", "name": "table", "label": "", "help": "", "list": "x"},
        {"node": "pick", "name": "table", "label": ""},
        {"node": ["pick"], "name": "table", "label": "", "help": ""},
    ],
)
def test_a_control_is_exactly_one_of_those_that_there_are(control: Any) -> None:
    assert "malformed" in refusal(ui.form("check").tree() | {"controls": [control]})


def test_a_control_outside_of_a_form_is_no_display() -> None:
    assert "there is no node 'pick'" in refusal(ui.pick("table").tree())


def test_without_a_kernel_a_form_reads_as_it_stands_with_nothing_of_the_plugins_as_markup() -> None:
    form = ui.form("check", ui.pick("table", "<b>Table</b>"), ui.slider("max_rows", 10, 1000, 100), submit="<i>Go</i>")
    display = shown(ui.stack(ui.heading("H"), form, ui.row(ui.button("Again", "about"))))
    assert "<b>" not in display.html
    assert "<i>" not in display.html
    assert "&lt;b&gt;Table&lt;/b&gt;" in display.html
    assert "100 (10 to 1,000)" in display.html
    assert "“Again” works while the kernel runs: run this cell again." in display.html
    assert "  <b>Table</b>: (variable)\n  Max rows: 100 (10 to 1,000)\n" in display.text
    assert display.rest is not None
    assert display.rest.text == "H\n-\n\ndemo 1.0.0 · ran confined"
    assert display.rest.forms == ()


def test_a_display_of_forms_alone_leaves_nothing_else() -> None:
    assert shown(ui.row(ui.button("Again", "about"))).rest is None
    assert shown(ui.text("no form")).forms == ()


def values(**given: Any) -> tuple[list[Any], dict[str, Any]]:
    with Handover("acme.demo", {"df": [1, 2]}) as handover:
        found = filled(CHECK, given, handover)
    return found.args, found.kwargs


def test_what_was_filled_in_arrives_as_the_manifest_types_it() -> None:
    args, kwargs = values(table=" df[0] ", max_rows=5.0, ratio=0.5, level="thorough", title="", strict=True)
    assert args == [1]
    assert kwargs == {"max_rows": 5, "ratio": 0.5, "level": "thorough", "title": "", "strict": True}
    assert isinstance(kwargs["max_rows"], int)


def test_what_was_left_empty_is_the_default() -> None:
    assert values(table="df", max_rows=None)[1] == {
        "max_rows": 100,
        "ratio": None,
        "level": "quick",
        "title": None,
        "strict": False,
    }


@pytest.mark.parametrize(
    ("given", "field", "reason"),
    [
        ({}, "table", "it is required"),
        ({"table": ""}, "table", "it is required"),
        ({"table": "fd"}, "table", "there is no variable 'fd'"),
        ({"table": "df.__class__"}, "table", "df.__class__"),
        ({"table": 3}, "table", "it is a text"),
        ({"table": "df", "max_rows": "5"}, "max_rows", "it is a number"),
        ({"table": "df", "max_rows": 5.5}, "max_rows", "a whole number"),
        ({"table": "df", "max_rows": True}, "max_rows", "it is a number"),
        ({"table": "df", "ratio": float("nan")}, "ratio", "it is a number"),
        ({"table": "df", "level": "slow"}, "level", "one of quick, thorough"),
        ({"table": "df", "title": "x" * (MAX_VALUE + 1)}, "title", "more than 10,000"),
        ({"table": "df", "strict": "yes"}, "strict", "yes or no"),
        ({"table": "df", "other": 1}, "other", "takes nothing of this name"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_field_whatever_the_front_end_let_through(
    given: dict[str, Any], field: str, reason: str
) -> None:
    with pytest.raises(FieldRefused) as caught:
        values(**given)
    assert caught.value.field == field
    assert reason in caught.value.reason
