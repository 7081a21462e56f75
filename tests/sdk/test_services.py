"""``sdk.services`` and ``sdk.events``, with the test in place of the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from automatosx_nb.errors import CapabilityFailed, PermissionDenied
from automatosx_nb.sdk import _wire, events, services
from automatosx_nb.testing import plugin_host
from automatosx_nb.testing.memory import PluginHost

FINDING = "plugin.automatosx.subject.finding"
SCHEMA = {"type": "object", "properties": {"rows": {"type": "integer"}}, "required": ["rows"]}


def summarise(rows: int = 0) -> dict[str, int]:
    if rows > 10:
        raise services.ServiceBusy("acme.tables", "summarise", 3)
    return {"twice": 2 * rows, "inverse": 12 // rows}


OFFERED = {"acme.tables/summarise@2.1.0": summarise, "acme.tables/old@1.0.0": summarise}


@pytest.fixture
def host() -> Iterator[PluginHost]:
    granted = ["services:call:acme.tables/summarise", f"events:publish:{FINDING}"]
    with plugin_host(granted, services=OFFERED, events={FINDING: SCHEMA}) as host:
        yield host


def test_a_service_is_a_method_of_those_in_the_range(host: PluginHost) -> None:
    tables = services.get("acme.tables", "^2")
    assert dir(tables) == ["summarise"]
    assert tables.summarise(rows=3) == {"twice": 6, "inverse": 4}
    assert repr(tables) == "<Provider acme.tables: summarise>"
    assert repr(tables.summarise) == "<service summarise of acme.tables>"
    assert host.calls[-1][:2] == ("services", "call")
    with pytest.raises(AttributeError, match=r"acme\.tables offers no service 'old': it offers summarise"):
        _ = tables.old


def test_each_service_has_a_permission_of_its_own(host: PluginHost) -> None:
    with pytest.raises(PermissionDenied) as denied:
        services.get("acme.tables", "^1").old()
    assert denied.value.permission == "services:call:acme.tables/old"
    with pytest.raises(PermissionDenied):
        services.get("acme.others")


def test_what_goes_wrong_is_an_error_of_the_services() -> None:
    granted = ["services:call:acme.tables/*", "services:call:acme.gone/*"]
    with plugin_host(granted, services=OFFERED):
        with pytest.raises(services.ServiceMissing, match="no such plugin is installed"):
            services.get("acme.gone")
        with pytest.raises(services.ServiceNotInRange, match=r"offered as summarise 2\.1\.0, old 1\.0\.0"):
            services.get("acme.tables", "^3")
        tables = services.get("acme.tables")
        with pytest.raises(services.ServiceFailed, match="ZeroDivisionError"):
            tables.summarise()
        with pytest.raises(services.ServiceBusy):
            tables.summarise(rows=11)
        with pytest.raises(services.ServiceNotInRange):
            _wire.ask("services", "call", "acme.tables", "^1", "summarise", None, [])
        with pytest.raises(services.ServiceMissing, match="it offers summarise, old"):
            _wire.ask("services", "call", "acme.tables", "*", "sumarise", None, [])


def test_wrong_arguments_are_told_before_anybody_is_asked(host: PluginHost) -> None:
    wrong: Any = 2
    with pytest.raises(TypeError, match="a plugin's id and a range are str"):
        services.get("acme.tables", wrong)
    with pytest.raises(ValueError, match="timeout is a number of seconds above 0"):
        services.get("acme.tables", timeout=0)
    assert host.calls == []
    with pytest.raises(TypeError, match=r"summarise takes keyword arguments only, as in summarise\(rows=3\)"):
        services.get("acme.tables").summarise(3)


@pytest.mark.parametrize("spelled", ["acme.tables", "acme.tables/summarise", "summarise@1.0.0", "a/b/c@1.0.0"])
def test_a_services_name_in_a_test_is_spelled_in_one_way(spelled: str) -> None:
    with (
        pytest.raises(ValueError, match=r"as in 'acme\.tables/summarise@2\.1\.0'"),
        plugin_host(services={spelled: summarise}),
    ):
        pass


def test_an_event_reaches_the_test_as_it_would_reach_others(host: PluginHost) -> None:
    events.publish(FINDING, {"rows": 3}, expires_s=60)
    (event,) = host.published
    assert (event.type, event.data, event.source) == (FINDING, {"rows": 3}, host.plugin)
    assert event.expires is not None


def test_events_are_those_that_are_declared_granted_and_as_their_schema_says(host: PluginHost) -> None:
    with pytest.raises(CapabilityFailed) as failed:
        events.publish(FINDING, {"rows": "many"})
    assert failed.value.type_name == "InvalidEvent"
    with pytest.raises(CapabilityFailed) as failed:
        events.publish(f"{FINDING}s", {"rows": 3})
    assert failed.value.type_name == "EventNotDeclared"
    topic: Any = 3
    with pytest.raises(TypeError, match="a topic is a str, not int"):
        events.publish(topic)
    with plugin_host(events={FINDING: SCHEMA}) as other, pytest.raises(PermissionDenied):
        events.publish(FINDING, {"rows": 3})
    assert (host.published, other.published) == ([], [])
