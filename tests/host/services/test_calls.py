"""Plugins that call each other's services: real workers, every wall between them."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from automatosx_nb.errors import CallInterrupted, InvalidRequest, PermissionDenied, PluginFailed, WorkerLost
from automatosx_nb.host.jobs import Job
from automatosx_nb.host.services.kernel import NotebookCaller
from automatosx_nb.sandbox.limits import Limits
from tests.host.services.conftest import BYTES, TABLE, House, service

ALL = "services:call:acme.tables/*"
SUM = service(
    "add", {"a": {"type": "integer"}, "b": {"type": "integer", "minimum": 0}}, {"type": "integer"}, required=("a",)
)
CALL = """
def run():
    return services.get("acme.tables", "^1").add(a=2, b=3)
"""
CATCH = """
def run(name, request=None, version="*", timeout=None):
    try:
        provider = services.get("acme.tables", version, timeout=timeout)
        return getattr(provider, name)(**(request or {}))
    except services.ServiceError as error:
        return [type(error).__name__, error.code, str(error)]
"""


def consumer(house: House, source: str = CATCH, plugin: str = "acme.user", *grants: str) -> None:
    house.add(plugin, source, grants=grants or (ALL,))


def test_a_service_is_called_as_a_method_and_its_provider_starts_with_the_first_call(house: House) -> None:
    house.add("acme.tables", "def add(a, b=0):\n    return a + b\n", SUM)
    consumer(house, CALL)
    assert house.starts == []
    assert [house.call("acme.user"), house.call("acme.user")] == [5, 5]
    assert house.starts == ["acme.user", "acme.tables"]


def test_a_call_without_the_permission_is_refused_each_time_and_names_it(house: House) -> None:
    house.add("acme.tables", "def add(a, b=0):\n    return a + b\n", SUM)
    consumer(house, CALL, "acme.user", "services:call:acme.tables/other")
    for _ in range(2):
        with pytest.raises(PermissionDenied) as denied:
            house.call("acme.user")
        assert denied.value.permission == "services:call:acme.tables/add"
    assert "acme.tables" not in house.starts


def test_whether_a_plugin_is_installed_is_not_told_to_one_that_may_not_call_it(house: House) -> None:
    consumer(house, CALL, "acme.user", "services:call:acme.others/*")
    with pytest.raises(PermissionDenied, match=r"services:call:acme\.tables/\*"):
        house.call("acme.user")


def test_a_grant_of_every_service_of_one_plugin_is_none_of_another(house: House) -> None:
    for plugin in ("acme.tables", "acme.tables-2"):
        house.add(plugin, "def add(a, b=0):\n    return a + b\n", SUM)
    source = CALL.replace("acme.tables", "acme.tables-2")
    consumer(house, source)
    with pytest.raises(PermissionDenied, match=r"acme\.tables-2"):
        house.call("acme.user")


@pytest.mark.parametrize(
    ("request_", "fault"),
    [
        ({}, "the request needs a"),
        ({"a": "2"}, "the request.a is '2', and has to be of the type integer"),
        ({"a": 1, "b": -1}, "the request.b is -1, and has to be at least 0"),
        ({"a": 1, "c": 1}, "the request has 'c', and may have only a, b"),
    ],
)
def test_a_request_that_does_not_fit_is_refused_before_the_provider_is_woken(
    house: House, request_: dict[str, Any], fault: str
) -> None:
    house.add("acme.tables", "def add(a, b=0):\n    return a + b\n", SUM)
    consumer(house)
    name, code, text = house.call("acme.user", "run", "add", request_)
    assert (name, code) == ("InvalidServiceRequest", "invalid-service-request")
    assert fault in text
    assert house.starts == ["acme.user"]


@pytest.mark.parametrize("reply", ["'5'", "None", "b'5'", "{'a': 5}", "tables.Table.from_columns({'a': [5]})"])
def test_a_reply_that_does_not_fit_never_reaches_the_caller(house: House, reply: str) -> None:
    house.add("acme.tables", f"def add(a, b=0):\n    return {reply}\n", SUM)
    consumer(house)
    name, code, text = house.call("acme.user", "run", "add", {"a": 1})
    assert (name, code) == ("InvalidServiceReply", "invalid-service-reply")
    assert "returned what it does not promise" in text


def test_tables_and_bytes_cross_where_the_schema_says_so(house: House) -> None:
    source = """
    def head(table, rows):
        return tables.Table.from_columns({name: table.column(name)[:rows] for name in table.column_names})

    def size(data):
        return len(data)

    def raw(times):
        return b"x" * times
    """
    house.add(
        "acme.tables",
        source,
        service("head", {"table": TABLE, "rows": {"type": "integer"}}, TABLE),
        service("size", {"data": BYTES}, {"type": "integer"}),
        service("raw", {"times": {"type": "integer"}}, BYTES),
        grants=("modules:pyarrow",),
    )
    calling = """
    def run(table):
        found = services.get("acme.tables")
        short = found.head(table=table, rows=2)
        return [short.column("mass"), short.num_rows, found.size(data=b"abc"), found.raw(times=3)]
    """
    consumer(house, calling, "acme.user", ALL, "modules:pyarrow")
    given = pa.table({"mass": [3750, 3800, 3250], "kind": ["a", "b", None]})
    assert house.call("acme.user", "run", given) == [[3750, 3800], 2, 3, b"xxx"]


@pytest.mark.parametrize(
    ("value", "said"),
    [("b'x'", "head: table is bytes"), ("3", "table is an int"), ("[1]", "table is a list")],
)
def test_what_is_no_table_is_refused_where_a_table_has_to_be(house: House, value: str, said: str) -> None:
    house.add("acme.tables", "def head(table):\n    return 1\n", service("head", {"table": TABLE}))
    calling = f"""
    def run():
        try:
            return services.get("acme.tables").head(table={value})
        except services.InvalidServiceRequest as error:
            return error.fault
    """
    consumer(house, calling)
    assert said.removeprefix("head: ") in house.call("acme.user")


def test_a_provider_that_raises_is_an_error_that_the_caller_can_catch(house: House) -> None:
    house.add("acme.tables", "def add(a, b=0):\n    raise ValueError('no such column')\n", SUM)
    consumer(house)
    name, code, text = house.call("acme.user", "run", "add", {"a": 1})
    assert (name, code) == ("ServiceFailed", "service-failed")
    assert "no such column (ValueError)" in text


def test_what_a_provider_is_not_granted_is_no_permission_of_the_callers(house: House) -> None:
    source = """
    def add(a, b=0):
        return services.get("acme.third").other()
    """
    house.add("acme.tables", source, SUM)
    consumer(house)
    name, _, text = house.call("acme.user", "run", "add", {"a": 1})
    assert name == "ServiceFailed"
    assert "services:call:acme.third/*" in text
    assert "permission-denied" in text


def test_an_error_that_the_caller_does_not_catch_is_told_to_the_person_with_its_name(house: House) -> None:
    consumer(house, CALL)
    with pytest.raises(PluginFailed, match=r"ServiceMissing: the services of acme\.tables cannot be called"):
        house.call("acme.user")


@pytest.mark.parametrize(
    ("name", "version", "error", "said"),
    [
        ("add", "^2", "ServiceNotInRange", "offered as add 1.0.0, and ^2 is wanted"),
        ("add", "^1", "", ""),
        ("add", ">=1.0.0 <2", "", ""),
    ],
)
def test_the_range_is_held_against_the_version_of_the_service(
    house: House, name: str, version: str, error: str, said: str
) -> None:
    house.add("acme.tables", "def add(a, b=0):\n    return a + b\n", SUM)
    consumer(house)
    found = house.call("acme.user", "run", name, {"a": 2}, version)
    assert found == 2 if not error else (found[0] == error and said in found[2])


def test_only_those_services_are_methods_that_are_in_the_range(house: House) -> None:
    newer = service("mean", {"a": {"type": "integer"}}, version="2.1.0")
    house.add("acme.tables", "def add(a, b=0):\n    return a\n\ndef mean(a):\n    return a\n", SUM, newer)
    calling = """
    def run():
        try:
            return services.get("acme.tables", "^2").add(a=1)
        except AttributeError as error:
            return [str(error), str(services.get("acme.tables"))]
    """
    consumer(house, calling)
    assert house.call("acme.user") == [
        "acme.tables offers no service 'add': it offers mean",
        "<Provider acme.tables: add, mean>",
    ]


def test_a_service_with_a_name_of_no_end_is_asked_of_nobody_and_told_to_nobody(house: House) -> None:
    consumer(house, "def run():\n    return 1\n", "acme.user", ALL)
    broker = house.active["acme.user"]._broker
    with pytest.raises(InvalidRequest):
        broker.ask("services", "call", ["acme.tables", "*", "x" * 1_000_000, None, []])
    assert house.events == []


def test_a_missing_provider_is_told_as_an_event_and_no_other_plugin_is_named(house: House) -> None:
    house.add("acme.tables", "def add(a, b=0):\n    return a + b\n", SUM)
    source = CATCH.replace('"acme.tables"', '"acme.tabels"')
    consumer(house, source, "acme.user", "services:call:acme.tabels/*")
    name, code, text = house.call("acme.user", "run", "add")
    assert (name, code) == ("ServiceMissing", "service-missing")
    assert "no such plugin is installed" in text
    assert "acme.tables" not in text
    (event,) = house.events
    assert event.type == "marketplace.service.failed"
    assert event.data == {
        "plugin": "acme.user", "version": "1.0.0", "provider": "acme.tabels", "service": "", "error": "service-missing",
    }  # fmt: skip
    (entry,) = house.audit.read(kinds=["service-failed"])
    assert (entry.plugin, entry.detail["provider"], entry.detail["service"]) == ("acme.user", "acme.tabels", "(other)")


def test_a_provider_that_is_removed_is_missing_at_the_next_call(house: House) -> None:
    removed = house.add("acme.tables", "def add(a, b=0):\n    return a + b\n", SUM)
    consumer(house)
    assert house.call("acme.user", "run", "add", {"a": 2}) == 2
    del house.active["acme.tables"]
    removed.stop()
    assert house.call("acme.user", "run", "add", {"a": 2})[0] == "ServiceMissing"


def test_a_provider_whose_worker_keeps_dying_is_suspended_and_the_caller_is_told_for_how_long(house: House) -> None:
    source = """
    def add(a, b=0):
        data = "x"
        while True:
            data = data + data
    """
    house.add("acme.tables", source, SUM, limits=Limits(memory_mb=256))
    consumer(house)
    found = [house.call("acme.user", "run", "add", {"a": 1}) for _ in range(6)]
    assert [name for name, _, _ in found] == ["ServiceFailed"] * 5 + ["ServiceSuspended"]
    assert "%ax resume acme.tables" in found[-1][2]
    assert [event.type for event in house.events].count("marketplace.service.failed") == 6


# --- who waits for whom ---------------------------------------------------------------------------------------


def chain(house: House, *plugins: str, last: str = "return []") -> None:
    """Each calls the next one, and says who it is."""
    for plugin, following in zip(plugins, [*plugins[1:], ""], strict=True):
        body = f"return ['{plugin}', *services.get('{following}').go()]" if following else last
        grants = (f"services:call:{following}/*",) if following else ("services:call:acme.a/*",)
        house.add(plugin, f"def go():\n    {body}\n", service("go"), grants=grants)


def test_a_circle_is_refused_before_it_deadlocks_and_named(house: House) -> None:
    chain(house, "acme.a", "acme.b", "acme.c", last="return services.get('acme.a').go()")
    with pytest.raises(PluginFailed) as failed:
        house.call("acme.a", "go")
    assert "ServiceCycle" in failed.value.message
    assert "acme.c → acme.a → acme.b → acme.c" in failed.value.message


def test_a_plugin_that_calls_itself_is_refused(house: House) -> None:
    chain(house, "acme.a", last="return services.get('acme.a').go()")
    with pytest.raises(PluginFailed, match=r"acme\.a → acme\.a"):
        house.call("acme.a", "go")


def test_a_plugin_that_caught_a_circle_goes_on(house: House) -> None:
    caught = """
    def go():
        try:
            return services.get("acme.a").go()
        except services.ServiceCycle as error:
            return list(error.cycle)
    """
    house.add(
        "acme.a",
        "def go():\n    return services.get('acme.b').go()\n",
        service("go"),
        grants=("services:call:acme.b/*",),
    )
    house.add("acme.b", caught, service("go"), grants=("services:call:acme.a/*",))
    assert [house.call("acme.a", "go") for _ in range(2)] == [["acme.b", "acme.a", "acme.b"]] * 2


def test_chains_end_at_the_depth_that_policy_sets(house: House) -> None:
    chain(house, *(f"acme.{letter}" for letter in "abcd"))
    assert house.call("acme.a", "go") == ["acme.a", "acme.b", "acme.c"]
    house.policy = replace(house.policy, depth=2)
    with pytest.raises(PluginFailed, match=r"acme\.a → acme\.b → acme\.c call each other already"):
        house.call("acme.a", "go")


def test_no_more_calls_wait_for_one_provider_than_policy_lets(house: House) -> None:
    house.policy = replace(house.policy, in_flight=2)
    house.add("acme.tables", SPIN, SUM)
    for number in range(3):
        consumer(house, CATCH, f"acme.user-{number}")
    first = house.start("acme.user-0", "run", "add", {"a": 1}, "*", 20)
    house.wait_for("spinning")
    second = house.start("acme.user-1", "run", "add", {"a": 1}, "*", 20)
    until(lambda: sum(house.calls._in_flight.values()) == 2)
    name, _, text = house.call("acme.user-2", "run", "add", {"a": 1})
    assert (name, "2 calls to answer already" in text) == ("ServiceBusy", True)
    house.active["acme.tables"].stop()
    assert {first.result()[0], second.result()[0]} <= {"ServiceFailed", "ServiceMissing"}


SPIN = """
def add(a, b=0):
    log.info("spinning")
    while True:
        pass
"""


def until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread is about to do."""
    tick = threading.Event()
    for _ in range(3000):
        if condition():
            return
        tick.wait(0.01)
    raise AssertionError("it never came to that")


def test_a_call_ends_at_the_callers_deadline_and_its_provider_is_interrupted_and_goes_on(house: House) -> None:
    source = """
    def add(a, b=0):
        while a > 1:
            pass
        return a
    """
    provider = house.add("acme.tables", source, SUM)
    consumer(house)
    assert house.call("acme.user", "run", "add", {"a": 1}) == 1
    worker = provider.worker
    name, code, text = house.call("acme.user", "run", "add", {"a": 2}, "*", 0.2)
    assert (name, code) == ("ServiceTimeout", "service-timeout")
    assert "within 0.2 s" in text
    assert house.call("acme.user", "run", "add", {"a": 1}) == 1
    assert provider.worker is worker


def test_policy_caps_what_a_caller_may_wait(house: House) -> None:
    house.policy = replace(house.policy, deadline_s=0.2)
    house.add("acme.tables", SPIN, SUM)
    consumer(house)
    assert "within 0.2 s" in house.call("acme.user", "run", "add", {"a": 1}, "*", 3600)[2]


def test_what_a_provider_calls_itself_has_to_be_done_within_the_outer_deadline(house: House) -> None:
    house.add("acme.deep", "def go():\n    while True:\n        pass\n", service("go"))
    passing = """
    def add(a, b=0):
        try:
            return services.get("acme.deep").go()
        except services.ServiceTimeout:
            log.info("the inner one was out of time")
            raise
    """
    house.add("acme.tables", passing, SUM, grants=("services:call:acme.deep/*",))
    consumer(house)
    assert house.call("acme.user", "run", "add", {"a": 1}, "*", 0.3)[0] in ("ServiceTimeout", "ServiceFailed")


def test_the_time_in_a_provider_is_none_of_the_callers_own(house: House) -> None:
    source = """
    import time

    def add(a, b=0):
        until = time.monotonic() + 0.9
        while time.monotonic() < until:
            pass
        return a
    """
    house.add("acme.tables", source, SUM)
    house.add("acme.user", CATCH, grants=(ALL,), limits=Limits(wall_s=0.4))
    assert house.call("acme.user", "run", "add", {"a": 7}) == 7


# --- interrupted, killed, replaced ----------------------------------------------------------------------------


def test_interrupting_the_caller_interrupts_the_provider_and_both_go_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = """
    def add(a, b=0):
        log.info("at it")
        while a > 1:
            pass
        return a
    """
    provider = house.add("acme.tables", source, SUM)
    consumer(house)
    assert house.call("acme.user", "run", "add", {"a": 1}) == 1
    workers = provider.worker, house.active["acme.user"].worker
    job = house.start("acme.user", "run", "add", {"a": 2})
    until(lambda: provider.running is not None)
    running = house.active["acme.user"].running
    assert isinstance(running, Job)
    house.active["acme.user"]._cancel(running)
    with pytest.raises(CallInterrupted):
        job.result()
    until(lambda: provider.running is None)
    assert house.call("acme.user", "run", "add", {"a": 1}) == 1
    assert (provider.worker, house.active["acme.user"].worker) == workers


def test_a_caller_that_is_killed_takes_its_call_with_it(house: House) -> None:
    provider = house.add("acme.tables", SPIN, SUM)
    consumer(house)
    job = house.start("acme.user", "run", "add", {"a": 1})
    house.wait_for("spinning")
    caller = house.active["acme.user"].worker
    assert caller is not None
    os.kill(caller.pid, signal.SIGKILL)
    with pytest.raises(WorkerLost):
        job.result()
    until(lambda: provider.running is None)


def test_a_new_release_takes_new_calls_while_the_old_one_ends_what_it_has(house: House) -> None:
    source = """
    def add(a, b=0):
        try:
            return services.get("acme.gate").wait() if a > 1 else {answer}
        except services.ServiceError:
            return {answer}
    """
    waiting = "def wait():\n    log.info('waiting')\n    while True:\n        pass\n"
    gate = house.add("acme.gate", waiting, service("wait"))
    old = house.add("acme.tables", source.format(answer=10), SUM, grants=("services:call:acme.gate/*",))
    consumer(house)
    consumer(house, CATCH, "acme.other")
    job = house.start("acme.user", "run", "add", {"a": 2})
    house.wait_for("waiting")
    house.add("acme.tables", source.format(answer=20), SUM, release="2")
    old.retire()
    assert house.call("acme.other", "run", "add", {"a": 1}) == 20
    gate.stop()
    assert job.result() == 10
    until(lambda: old.worker is None)


def test_a_provider_without_calls_ends_at_once_when_it_is_replaced(house: House) -> None:
    old = house.add("acme.tables", "def add(a, b=0):\n    return a\n", SUM)
    consumer(house)
    assert house.call("acme.user", "run", "add", {"a": 1}) == 1
    house.add("acme.tables", "def add(a, b=0):\n    return -a\n", SUM, release="2")
    old.retire()
    assert old.worker is None or old.worker.ended
    assert house.call("acme.user", "run", "add", {"a": 1}) == -1


# --- what it costs, and who is told ---------------------------------------------------------------------------


def test_a_caller_is_throttled(house: House) -> None:
    house.add("acme.tables", "def add(a, b=0):\n    return a\n", SUM)
    calling = """
    def run():
        found = services.get("acme.tables")
        try:
            for number in range(5000):
                found.add(a=1)
        except Exception as error:
            return [number, error.type_name]
    """
    consumer(house, calling)
    number, name = house.call("acme.user")
    assert name == "CallsTooFast"
    assert number >= 900


def test_calls_are_audited_with_the_permission_that_allowed_them(house: House) -> None:
    house.add("acme.tables", "def add(a, b=0):\n    return a\n", SUM)
    consumer(house, CALL.replace("b=3", "b=0"))
    house.call("acme.user")
    house.active["acme.user"]._incidents.calls.flush()
    found = [entry.detail for entry in house.audit.read(plugin="acme.user") if entry.kind == "capability-calls"]
    assert {"capability": "services", "method": "call", "permission": ALL, "calls": 1} in found


def test_what_a_provider_prints_goes_to_its_log_and_not_into_the_callers_cell(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    provider = house.add("acme.tables", "def add(a, b=0):\n    print('for the log')\n    return a\n", SUM)
    consumer(house, CALL)
    house.call("acme.user")
    house.wait_for("for the log")
    assert capsys.readouterr().out == ""
    assert [line.text.strip() for line in provider.log.lines] == ["for the log"]


def test_positional_arguments_and_what_cannot_cross_are_errors_in_the_caller(house: House) -> None:
    house.add("acme.tables", "def add(a, b=0):\n    return a\n", SUM)
    calling = """
    def run(value):
        found, said = services.get("acme.tables"), []
        for call in (lambda: found.add(1), lambda: found.add(a={1})):
            try:
                call()
            except Exception as error:
                said.append(type(error).__name__)
        return said
    """
    consumer(house, calling)
    assert house.call("acme.user", "run", 1) == ["TypeError", "UntransferableValue"]


def test_a_notebook_calls_services_itself_and_needs_no_permission(house: House) -> None:
    house.add("acme.tables", "def add(a, b=0):\n    return a + b\n", SUM)
    assert house.calls.call(NotebookCaller(house.limits), "acme.tables", "^1", "add", {"a": 1, "b": 1}) == 2


def test_interrupting_the_notebook_interrupts_what_it_called(house: House) -> None:
    provider = house.add("acme.tables", SPIN, SUM)

    def interrupt() -> None:
        house.wait_for("spinning")
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(CallInterrupted, match="the notebook"):
        house.calls.call(NotebookCaller(house.limits), "acme.tables", "^1", "add", {"a": 1})
    until(lambda: provider.running is None)


def test_a_provider_does_not_see_a_library_object_through_the_proxy(house: House) -> None:
    """The proxy answers for its services only: no name by which a library would take hold of it."""
    house.add("acme.tables", "def add(a, b=0):\n    return a\n", SUM)
    calling = """
    def run():
        found, said = services.get("acme.tables"), []
        for name in ("__array_interface__", "_names", "shape", "_plugin"):
            try:
                said.append(str(getattr(found, name)))
            except Exception as error:
                said.append(type(error).__name__)
        return said
    """
    consumer(house, calling)
    assert house.call("acme.user") == ["AttributeError"] * 4
