from __future__ import annotations

from typing import Any

import pytest

from automatosx_nb.model.generation import InstalledPlugin
from automatosx_nb.model.plan import Plan, PlannedChange, pip_line
from automatosx_nb.widgets.views import permission
from automatosx_nb.widgets.wording import calls, outcome


def installed(plugin: str, *magics: dict[str, Any]) -> InstalledPlugin:
    return InstalledPlugin(plugin, "1.0.0", "0" * 64, "*", (), "s", "", {"magics": list(magics)})


def plan(*changes: PlannedChange) -> Plan:
    return Plan(0, "", changes, {}, {})


@pytest.mark.parametrize(
    ("magic", "call"),
    [
        ({"name": "ledger", "args": []}, "%ledger"),
        ({"name": "profile", "args": [{"name": "table", "type": "variable"}]}, "%profile your_table"),
        ({"name": "see", "args": [{"name": "--strict", "type": "flag"}]}, "%see"),
        ({"name": "as", "args": [{"name": "form", "type": "choice", "choices": ["long", "wide"]}]}, "%as long"),
        ({"name": "top", "args": [{"name": "count", "type": "integer"}]}, "%top <count>"),
        ({"name": "top", "args": [{"name": "count", "type": "integer", "required": False}]}, "%top"),
        ({"name": "sql", "args": [], "cell": True}, "%%sql"),
    ],
)
def test_a_call_shows_what_has_to_be_typed(magic: dict[str, Any], call: str) -> None:
    assert calls(installed("acme.one", magic)) == [call]


def test_commands_are_shown_where_there_is_no_magic() -> None:
    commands = [{"name": "choose", "args": [{"name": "table", "type": "variable"}]}]
    contributes = {"commands": commands, "magics": [{"name": "chart", "args": []}]}
    both = InstalledPlugin("acme.one", "1.0.0", "0" * 64, "*", (), "s", "", contributes)
    alone = InstalledPlugin("acme.one", "1.0.0", "0" * 64, "*", (), "s", "", {"commands": commands})
    assert calls(both) == ["%chart"]
    assert calls(alone) == ["%ax run acme.one choose your_table"]


def test_the_outcome_names_dependencies_after_the_plugin() -> None:
    changes = (
        PlannedChange("acme.base", "add", None, "2.0.0", "acme.top 1.0.0 requires ^2"),
        PlannedChange("acme.top", "add", None, "1.0.0", "you asked for it"),
    )
    assert outcome("install", "acme.top", plan(*changes), []) == "top 1.0.0 installed, base 2.0.0 installed."


def test_the_outcome_of_no_change_says_so() -> None:
    assert outcome("update", "acme.top", plan(), []) == "top is as it was: there was nothing to do."


def test_packages_become_one_line_to_run() -> None:
    assert pip_line(["pandas>=2", "pyarrow>=17"]) == "%pip install 'pandas>=2' 'pyarrow>=17'"
    assert pip_line([]) == ""


def test_a_permission_of_a_later_version_is_shown_as_unknown_risk() -> None:
    assert permission("teleport:mars", "To get there.")["risk"] == "unknown"
