"""What is added to a shell leaves it in any order, and what the user put there in between stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automatosx_nb import magics
from automatosx_nb.magics.frontend import layered_formatters, layered_magics

if TYPE_CHECKING:
    from tests.conftest import MakePlugin


def test_two_magics_of_one_name_leave_in_any_order(shell: Any) -> None:
    """No plan lets two plugins add one name, but a profile that was written elsewhere may hold it."""
    layers = layered_magics(shell)
    shell.register_magic_function(lambda line: "the user's own", "line", "demo")
    remove_one = layers.add(("line", "demo"), lambda line: "one")
    remove_two = layers.add(("line", "demo"), lambda line: "two")
    remove_one()
    assert shell.run_line_magic("demo", "") == "two"
    remove_two()
    assert shell.run_line_magic("demo", "") == "the user's own"


def test_a_magic_that_hid_nothing_leaves_nothing(shell: Any) -> None:
    before = dict(shell.magics_manager.magics["cell"])
    layered_magics(shell).add(("cell", "demo"), lambda line, cell: cell)()
    assert shell.magics_manager.magics["cell"] == before


def test_two_formatters_of_one_type_leave_in_any_order_and_what_the_user_registered_meanwhile_stays(shell: Any) -> None:
    shown = shell.display_formatter.mimebundle_formatter
    layers = layered_formatters(shell)
    remove_one = layers.add("fractions.Fraction", lambda value: {"text/plain": "one"})
    remove_two = layers.add("fractions.Fraction", lambda value: {"text/plain": "two"})
    remove_one()
    assert shown.lookup_by_type("fractions.Fraction")(None) == {"text/plain": "two"}
    shown.for_type_by_name("fractions", "Fraction", lambda value: {"text/plain": "the user's own"})
    remove_two()
    assert shown.lookup_by_type("fractions.Fraction")(None) == {"text/plain": "the user's own"}
    remove_three = layers.add("fractions.Fraction", lambda value: {"text/plain": "three"})
    remove_three()
    assert shown.lookup_by_type("fractions.Fraction")(None) == {"text/plain": "the user's own"}


def test_the_question_mark_shows_a_magics_usage_and_arguments(shell: Any, make_plugin: MakePlugin) -> None:
    market = magics.load(shell).market
    table = '{name = "table", type = "variable", help = "What to look at."}'
    args = f'{table}, {{name = "--top", type = "integer", default = 3}}'
    market.publish(make_plugin(source="def run(table, top):\n    return top\n", args=args))
    market.install("acme.demo")
    shown = shell.magics_manager.magics["line"]["demo"].__doc__
    assert "%demo TABLE [--top INTEGER]" in shown
    assert "What to look at." in shown
    assert "acme.demo 1.0.0" in shown


def test_a_table_that_a_plugin_returned_moves_nothing_around_it(shell: Any, make_plugin: MakePlugin) -> None:
    market = magics.load(shell).market
    source = "from automatosx_nb.sdk import tables\n\n\ndef run():\n"
    source += "    return tables.Table.from_columns({'\\x1b[2Ja': ['\\x1b]52;c;ZXZpbA==\\x07\\u202ex']})\n"
    market.publish(make_plugin(source=source, permissions={"modules:pyarrow": "To make a table."}))
    market.install("acme.demo", grant=["modules:pyarrow"])
    table = shell.run_line_magic("demo", "")
    assert table.column_names == ["\x1b[2Ja"]
    shown = shell.display_formatter.format(table)[0]["text/plain"]
    assert "ZXZpbA==" in shown
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    magics.unload(shell)
    assert "\x1b" in shell.display_formatter.format(table)[0]["text/plain"]
