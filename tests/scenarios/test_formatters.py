"""Formatters of plugins: what a cell shows of a type's values, by a standing grant that is looked at each time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from automatosx_nb import app, magics
from automatosx_nb.model.flags import Flag

if TYPE_CHECKING:
    from tests.conftest import MakePlugin

LISTS, FRAMES = "display:builtins.list", "display:pandas.DataFrame"
SOURCE = """
from automatosx_nb.sdk import ui


def run():
    return "ran"


def of_list(values):
    if not values:
        raise ValueError("nothing in it")
    if values == [0]:
        return "no display"
    return ui.text(f"MARK: {len(values)} values, <b>{values[0]}</b>")


def of_frame(table):
    return ui.text(f"{table.num_rows} rows of {', '.join(table.column_names)}")
"""


def formatter(kind: str, handler: str) -> str:
    return f'[[contributes.formatters]]\ntype = "{kind}"\nhandler = "demo:{handler}"\n'


EXTRA = formatter("builtins.list", "of_list") + formatter("pandas.DataFrame", "of_frame")
ASKED = {LISTS: "Draws lists.", FRAMES: "Draws tables.", "modules:pyarrow": "Reads tables."}


@pytest.fixture
def install(shell: Any, make_plugin: MakePlugin) -> Callable[..., None]:
    def install(plugin: str = "acme.demo", mark: str = "MARK") -> None:
        folder = make_plugin(
            plugin,
            source=SOURCE.replace("MARK", mark),
            magic=plugin.partition(".")[2],
            permissions={"modules:pyarrow": ASKED["modules:pyarrow"]},
            extra=EXTRA + f'[permissions.optional]\n"{LISTS}" = "Draws lists."\n"{FRAMES}" = "Draws tables."\n',
        )
        app.current().publish(folder)
        app.current().install(plugin, grant=["modules:pyarrow", LISTS, FRAMES])
        magics.load(shell)

    return install


def shown(shell: Any, value: object) -> str:
    """What a notebook shows: HTML where there is any. IPython has a text of its own for lists, which stays."""
    data, _ = shell.display_formatter.format(value)
    return str(data.get("text/html", data["text/plain"]))


def test_a_granted_formatter_draws_the_values_of_its_type_and_no_other(
    shell: Any, install: Callable[..., None]
) -> None:
    install()
    data, metadata = shell.display_formatter.format([7, 8])
    assert "MARK: 2 values, &lt;b&gt;7&lt;/b&gt;" in data["text/html"]
    assert "demo 1.0.0 · ran confined" in data["text/html"]
    assert metadata["automatosx"]["plugin"] == "acme.demo@1.0.0"
    assert shown(shell, (7, 8)) == "(7, 8)"
    frame = pa.table({"a": [1, 2], "b": [3, 4]}).to_pandas()
    assert "2 rows of a, b" in shown(shell, frame)
    assert "2 rows of a, b" in shell.display_formatter.format(frame)[0]["text/plain"]


def test_without_the_grant_a_value_is_shown_as_ever_and_a_revoke_counts_at_once(
    shell: Any, install: Callable[..., None]
) -> None:
    install()
    app.current().revoke("acme.demo", LISTS)
    assert shown(shell, [7]) == "[7]"
    app.current().grant("acme.demo", LISTS)
    assert "MARK: 1 values" in shown(shell, [7])
    show = shell.display_formatter.mimebundle_formatter.lookup_by_type("builtins.list")
    app.current().profile.flags.put([Flag("acme.demo", "1.0.0", "quarantined", "it lies", disables=True)])
    assert shown(shell, [7]) == "[7]"
    app.current().profile.flags.put([])
    assert "MARK: 1 values" in shown(shell, [7])
    app.Marketplace().revoke("acme.demo", LISTS)  # another process: this kernel has not followed yet
    assert show([7]) is None
    shell.run_line_magic("ax", "remove acme.demo")
    assert shown(shell, [7]) == "[7]"
    with pytest.raises(KeyError):
        shell.display_formatter.mimebundle_formatter.lookup_by_type("builtins.list")
    (seen,) = [each.detail for each in app.current().audit.read() if each.kind == "capability-calls"]
    assert (seen["capability"], seen["method"], seen["permission"], seen["calls"]) == ("display", "format", LISTS, 2)


def test_a_formatter_that_fails_leaves_the_value_as_it_is_and_the_log_says_why(
    shell: Any, install: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    install()
    assert shown(shell, []) == "[]"
    assert shown(shell, [0]) == "[0]"
    assert shown(shell, [object]) == "[object]"
    assert capsys.readouterr() == ("", "")
    session = magics.load(shell)
    lines = [line.text for line in session.host.activation.runners()["acme.demo"].log.lines]
    assert all(line.startswith("demo:of_list: a builtins.list is shown as without it: ") for line in lines)
    told = ["nothing in it", "it returned no display", "type"]
    assert [text in line for text, line in zip(told, lines, strict=True)] == [True, True, True]


def test_a_later_formatter_hides_an_earlier_one_until_it_goes(shell: Any, install: Callable[..., None]) -> None:
    own = shell.display_formatter.mimebundle_formatter
    own.for_type(list, lambda value: {"text/html": "the user's"})
    install()
    install("acme.other", mark="OTHER")
    assert "OTHER: 1 values" in shown(shell, [7])
    app.current().remove("acme.demo")
    assert "OTHER: 1 values" in shown(shell, [7])
    app.current().remove("acme.other")
    assert shown(shell, [7]) == "the user's"
