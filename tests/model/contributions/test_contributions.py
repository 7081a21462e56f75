from __future__ import annotations

import dataclasses
import json

import pytest
from IPython.core.interactiveshell import InteractiveShell

from automatosx_nb.model.contributions import (
    KINDS,
    Argument,
    Command,
    Contributions,
    EventType,
    Formatter,
    Magic,
    Panel,
    Service,
    Setting,
    Subscription,
)
from automatosx_nb.model.contributions.magics import TAKEN
from automatosx_nb.model.semver import Version

EVERYTHING = Contributions(
    magics=(
        Magic(
            "doctor",
            "csv_doctor.checks:doctor",
            "Checks one table.",
            (
                Argument("table", "variable", required=True, help="The table."),
                Argument("--depth", "choice", ("quick", "full"), "quick"),
                Argument("--max-rows", "integer", default=10),
            ),
        ),
        Magic("rules", "csv_doctor.rules:define", cell=True),
    ),
    subscriptions=(
        Subscription("kernel.cell.finished", "csv_doctor.watch:on_cell"),
        Subscription("kernel.**", "csv_doctor.watch:on_cell", "durable", "reject", 10, retained=True),
    ),
    commands=(Command("check", "Check", "csv_doctor.checks:doctor", "Checks.", (Argument("table", "variable"),)),),
    panels=(Panel("findings", "Findings", "csv_doctor.panels:findings"),),
    formatters=(Formatter("pandas.DataFrame", "csv_doctor.panels:table"),),
    services=(Service("count", Version.parse("1.2.0"), "csv_doctor.api:count", {"type": "string"}, {"type": "null"}),),
    events=(EventType("plugin.acme.csv-doctor.finding", {"type": "object"}, retained=True),),
    settings=(Setting("max-rows", {"type": "integer", "default": 3}),),
)


def test_records_are_json_with_every_field() -> None:
    records = json.loads(json.dumps(EVERYTHING.records()))
    for kind, several in EVERYTHING:
        for record, one in zip(records[kind], several, strict=True):
            assert [*record] == [field.name for field in dataclasses.fields(one)]  # type: ignore[arg-type]
    assert records["magics"][0]["args"][1]["choices"] == ["quick", "full"]


def test_a_service_is_read_back_from_its_record_unchanged() -> None:
    (record,) = json.loads(json.dumps(EVERYTHING.records()))["services"]
    assert (Service.from_record(record),) == EVERYTHING.services


def test_handlers_are_named_once_in_the_order_of_the_manifest() -> None:
    assert EVERYTHING.handlers == (
        "csv_doctor.checks:doctor",
        "csv_doctor.rules:define",
        "csv_doctor.panels:findings",
        "csv_doctor.panels:table",
        "csv_doctor.watch:on_cell",
        "csv_doctor.api:count",
    )


def test_a_summary_leaves_out_kinds_without_contributions() -> None:
    assert EVERYTHING.summary() == {
        "magics": ("doctor", "rules"),
        "commands": ("check",),
        "panels": ("findings",),
        "formatters": ("pandas.DataFrame",),
        "subscriptions": ("kernel.cell.finished", "kernel.**"),
        "services": ("count",),
        "events": ("plugin.acme.csv-doctor.finding",),
        "settings": ("max-rows",),
    }
    assert Contributions().summary() == {}


def test_every_kind_has_its_field_and_every_field_its_kind() -> None:
    assert {field.name for field in dataclasses.fields(Contributions)} == set(KINDS)


def test_a_subscription_needs_the_permission_to_hear_its_topic() -> None:
    assert Subscription("kernel.**", "a:b").needs == ("events:subscribe:kernel.**",)
    assert Magic("a", "a:b").needs == ()


def test_a_formatter_needs_the_permission_to_see_what_it_shows() -> None:
    assert Formatter("pandas.DataFrame", "a:b").needs == ("display:pandas.DataFrame",)


@pytest.mark.parametrize(
    ("name", "parameter", "positional"),
    [("table", "table", True), ("--strict", "strict", False), ("--max-rows", "max_rows", False)],
)
def test_an_argument_fills_the_parameter_that_its_name_spells(name: str, parameter: str, positional: bool) -> None:
    argument = Argument(name, "string")
    assert (argument.parameter, argument.positional) == (parameter, positional)


def test_no_magic_of_the_installed_ipython_can_be_taken() -> None:
    magics = InteractiveShell().magics_manager.magics  # type: ignore[no-untyped-call]
    spellable = {name for kind in magics.values() for name in kind if name.isidentifier() and name.islower()}
    assert spellable <= TAKEN
