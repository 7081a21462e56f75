"""Calls to real workers: results, failures, questions, output, interrupts and limits."""

from __future__ import annotations

import os
import re
import signal
import threading
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from automatosx_nb.errors import (
    CallInterrupted,
    LimitExceeded,
    PermissionDenied,
    PluginFailed,
    PluginRefused,
    ProtocolViolation,
    QuotaExceeded,
    SandboxUnavailable,
    UnknownHandler,
    UntransferableValue,
    WorkerLost,
)
from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sandbox.supervisor import Program, Sandbox
from automatosx_nb.sandbox.values import DisplayTree

SPIN = "import itertools\ndef spin():\n    return sum(itertools.repeat(1))\ndef two():\n    return 2\n"
ASKING = """
from automatosx_nb.sdk import _wire
def spin():
    while True:
        pass
def ask(*args):
    return _wire.ask("storage", "get", *args)
def ask_then_spin():
    _wire.ask("storage", "ready")
    spin()
def caught():
    try:
        return _wire.ask("storage", "get")
    except Exception as error:
        return [type(error).__name__, str(error)]
"""


def test_arguments_and_results_keep_their_types(start: Any, broker: Any) -> None:
    worker = start("def echo(*args, **kw):\n    return [list(args), kw]\n")
    sent = [None, True, 2**64 - 1, -0.5, "é\u0000", [1, {"a": []}]]
    assert worker.call("m:echo", sent, {"k": {"x": 1}}, broker=broker) == [sent, {"k": {"x": 1}}]
    assert worker.call("m:echo", broker=broker) == [[], {}]


def test_bytes_displays_and_tables_come_back_as_such(start: Any, broker: Any) -> None:
    worker = start(
        "from automatosx_nb.sdk import ui, tables\n"
        "def data():\n    return b'\\0'\n"
        "def shown():\n    return ui.text('hi')\n"
        "def table(t):\n    return t\n"
        "def made():\n    return tables.Table.from_columns({'a': [1, None]})\n"
    )
    assert worker.call("m:data", broker=broker) == b"\0"
    shown = worker.call("m:shown", broker=broker)
    assert isinstance(shown, DisplayTree)
    assert shown.root["node"] == "text"
    table = worker.call("m:table", [pd.DataFrame({"a": [1, 2], "s": ["x", None]})], broker=broker)
    assert isinstance(table, pa.Table)
    assert table.to_pydict() == {"a": [1, 2], "s": ["x", None]}
    assert worker.call("m:made", broker=broker).to_pydict() == {"a": [1, None]}


def test_a_table_that_is_passed_on_unchanged_does_not_travel_back(start: Any, broker: Any) -> None:
    """The host gets the very table that it handed over; one that the plugin made of it comes with all its bytes."""
    worker = start(
        "from automatosx_nb.sdk import _wire, tables\n"
        "def pass_on(a, b, *, c):\n"
        "    made = tables.Table.from_columns({'x': b.column('x')})\n"
        "    for table in (c, b, a, made):\n        _wire.ask('services', 'call', table)\n"
    )
    first, second = pa.table({"x": [1]}), pa.table({"x": [2]})
    third = pd.DataFrame({"x": [3]})
    worker.call("m:pass_on", [first, second], {"c": third}, broker=broker)
    got = [args[0] for _, _, args in broker.asked]
    assert (got[1] is second, got[2] is first) == (True, True)
    assert got[0].to_pydict() == {"x": [3]}
    assert got[3] is not second
    assert got[3].equals(second)


def test_a_table_of_an_earlier_call_travels_as_any_other(start: Any, broker: Any) -> None:
    worker = start(
        "from automatosx_nb.sdk import _wire\nkept = []\n"
        "def keep(table):\n    kept.append(table)\n"
        "def send(other):\n    _wire.ask('services', 'call', kept[0])\n"
    )
    worker.call("m:keep", [pa.table({"x": [1]})], broker=broker)
    worker.call("m:send", [pa.table({"x": [2]})], broker=broker)
    assert broker.asked[0][2][0].to_pydict() == {"x": [1]}


def test_state_of_a_plugin_lives_from_call_to_call(start: Any, broker: Any) -> None:
    worker = start("seen = []\ndef add(x):\n    seen.append(x)\n    return len(seen)\n")
    assert [worker.call("m:add", [1], broker=broker) for _ in range(3)] == [1, 2, 3]


def test_an_error_carries_the_plugins_own_lines_and_the_worker_goes_on(start: Any, broker: Any) -> None:
    worker = start("def inner():\n    return 1 / 0\n\ndef outer():\n    return inner()\n")
    with pytest.raises(PluginFailed) as caught:
        worker.call("m:outer", broker=broker)
    assert caught.value.type_name == "ZeroDivisionError"
    lines = [(frame.file, frame.line, frame.function, frame.text) for frame in caught.value.frames]
    assert lines == [("m.py", 5, "outer", "return inner()"), ("m.py", 2, "inner", "return 1 / 0")]
    assert worker.alive


@pytest.mark.parametrize(
    "body",
    [
        "raise SystemExit(3)",
        "raise GeneratorExit",
        "raise type('Odd', (BaseException,), {'__str__': lambda self: 1 / 0})()",
        "raise type('Long', (Exception,), {})('x' * 10**7)",
        "raise ValueError('\\ud800')",
        "return m()",
    ],
)
def test_whatever_a_handler_raises_is_an_error_and_no_end(start: Any, broker: Any, body: str) -> None:
    worker = start(f"def m():\n    {body}\ndef two():\n    return 2\n")
    with pytest.raises(PluginFailed) as caught:
        worker.call("m:m", broker=broker)
    assert len(caught.value.message) <= 10_000
    assert worker.call("m:two", broker=broker) == 2


def test_a_result_that_cannot_cross_is_named_and_the_worker_goes_on(start: Any, broker: Any) -> None:
    worker = start("def m(n):\n    return {'a': [{1}, 10 ** 5000, m][n]}\ndef two():\n    return 2\n")
    for index, kind in enumerate(("set", "int", "function")):
        with pytest.raises(UntransferableValue, match=rf"the result of m:m\['a'\] is a {kind}"):
            worker.call("m:m", [index], broker=broker)
    assert worker.call("m:two", broker=broker) == 2


def test_a_result_over_the_frame_limit_is_refused_by_its_own_worker(start: Any, broker: Any) -> None:
    worker = start("def m(n):\n    return 'x' * n\n", limits=Limits(frame_mb=1))
    with pytest.raises(UntransferableValue, match="frame-mb"):
        worker.call("m:m", [2 << 20], broker=broker)
    assert worker.call("m:m", [2], broker=broker) == "xx"


def test_a_result_that_grows_too_long_as_json_is_refused_by_its_own_worker(start: Any, broker: Any) -> None:
    worker = start("def m(n):\n    return chr(1) * n\n", limits=Limits(frame_mb=1))
    with pytest.raises(UntransferableValue, match=r"as JSON text.*frame-mb"):
        worker.call("m:m", [1000 << 10], broker=broker)
    assert worker.call("m:m", [2], broker=broker) == "\1\1"


def test_running_out_of_descriptors_names_the_limit(start: Any, broker: Any) -> None:
    source = "import os\nkept = []\ndef m():\n    while True:\n        kept.append(os.dup(0))\n"
    worker = start(source, limits=Limits(open_files=32), without=["language"])
    with pytest.raises(LimitExceeded, match=r"its limit open_files \(32\)") as caught:
        worker.call("m:m", broker=broker)
    assert "c.SandboxLimits.open_files = 64" in str(caught.value)
    assert not worker.alive


def test_an_argument_that_cannot_cross_reaches_no_worker(start: Any, broker: Any) -> None:
    worker = start("def m(x):\n    return x\n")
    with pytest.raises(UntransferableValue, match=r"argument 1 of m:m\['a'\] is a set"):
        worker.call("m:m", [{"a": {1}}], broker=broker)
    with pytest.raises(UntransferableValue, match="the argument 'x' of m:m"):
        worker.call("m:m", [], {"x": object()}, broker=broker)
    assert worker.call("m:m", [1], broker=broker) == 1


# --- loading --------------------------------------------------------------------------------------------------


def test_a_missing_handler_is_found_at_the_start(start: Any) -> None:
    with pytest.raises(UnknownHandler, match="m:nope"):
        start("def m():\n    pass\n", handlers=["m:nope"])


def test_a_module_that_raises_fails_the_start_with_its_line(start: Any) -> None:
    with pytest.raises(PluginFailed) as caught:
        start("x = 1\ny = x / 0\ndef m():\n    pass\n", handlers=["m:m"])
    assert [(frame.file, frame.line) for frame in caught.value.frames] == [("m.py", 2)]


def test_source_that_the_policy_refuses_does_not_start(start: Any) -> None:
    with pytest.raises(PluginRefused) as caught:
        start("def m():\n    return ().__class__\n", handlers=["m:m"], language=True)
    assert (caught.value.file, caught.value.line) == ("m.py", 2)


def test_a_module_that_does_not_end_is_stopped_at_start_s(start: Any) -> None:
    with pytest.raises(LimitExceeded) as caught:
        start("while True:\n    pass\n", handlers=["m:m"], limits=Limits(start_s=0.5))
    assert caught.value.limit == "start_s"


# --- questions and output -------------------------------------------------------------------------------------


def test_questions_are_answered_during_a_call(start: Any, broker: Any) -> None:
    worker = start(ASKING)
    broker.reply = lambda capability, method, args: [capability, method, args]
    assert worker.call("m:ask", ["k", {"v": 1.5}, b"\1"], broker=broker) == ["storage", "get", ["k", {"v": 1.5}, b"\1"]]


def test_a_denied_question_is_permission_denied_at_both_ends(start: Any, broker: Any) -> None:
    def deny(*_: object) -> object:
        raise PermissionDenied("acme.test", "storage")

    worker, broker.reply = start(ASKING), deny
    assert worker.call("m:caught", broker=broker)[0] == "PermissionDenied"
    with pytest.raises(PermissionDenied) as caught:
        worker.call("m:ask", broker=broker)
    assert caught.value.permission == "storage"


def test_a_question_that_fails_can_be_caught_by_the_plugin(start: Any, broker: Any) -> None:
    def fail(*_: object) -> object:
        raise QuotaExceeded("storage of acme.test", "1 MiB", "2 MiB")

    worker, broker.reply = start(ASKING), fail
    name, text = worker.call("m:caught", broker=broker)
    assert name == "CapabilityFailed"
    assert "2 MiB" in text


def test_an_error_of_ours_in_the_broker_passes_through_and_leaves_a_worker_that_answers(
    start: Any, broker: Any
) -> None:
    worker = start(ASKING + "def two():\n    return 2\n")
    broker.reply = lambda *_: 1 / 0
    with pytest.raises(ZeroDivisionError):
        worker.call("m:ask", broker=broker)
    assert worker.call("m:two", broker=broker) == 2


def test_an_error_in_showing_output_leaves_a_worker_that_answers(start: Any, broker: Any) -> None:
    def fail(stream: str, text: str) -> None:
        raise QuotaExceeded("the notebook", "1 MiB", "2 MiB")

    worker, broker.output = start("def m(n):\n    print(n)\n    return n\n"), fail
    with pytest.raises(QuotaExceeded):
        worker.call("m:m", [1], broker=broker)
    del broker.output
    assert worker.call("m:m", [2], broker=broker) == 2


def test_a_call_too_large_to_be_sent_leaves_a_worker_that_answers(start: Any, broker: Any) -> None:
    worker = start("def m(n):\n    return len(n)\n", limits=Limits(frame_mb=1))
    with pytest.raises(UntransferableValue, match="hand large data over as a table"):
        worker.call("m:m", ["x" * (2 << 20)], broker=broker)
    assert worker.call("m:m", ["xx"], broker=broker) == 2


def test_what_is_printed_arrives_in_order_before_the_result(start: Any, broker: Any) -> None:
    worker = start("def m():\n    for i in range(5):\n        print(i, '\\ud800')\n    return 1\n")
    assert worker.call("m:m", broker=broker) == 1
    assert "".join(broker.printed) == "".join(f"{i} ?\n" for i in range(5))


def test_endless_output_is_cut_and_says_so(start: Any, broker: Any) -> None:
    worker = start(
        "def m():\n    for i in range(1000):\n        print('x' * 1000)\n    return 1\n", limits=Limits(output_kb=4)
    )
    assert worker.call("m:m", broker=broker) == 1
    text = "".join(broker.printed)
    assert len(text) < 4 * 1024 + 100
    assert "the limit output-kb" in text
    assert worker.call("m:m", broker=broker) == 1, "every call may print anew"


# --- interrupts -----------------------------------------------------------------------------------------------


def test_interrupting_ends_the_call_and_keeps_the_worker(start: Any, broker: Any) -> None:
    worker = start(ASKING + "def two():\n    return 2\n")
    broker.reply = lambda *_: threading.Thread(target=worker.interrupt).start()
    with pytest.raises(CallInterrupted):
        worker.call("m:ask_then_spin", broker=broker)
    assert worker.call("m:two", broker=broker) == 2


def test_interrupting_a_call_that_hears_no_signal_kills_its_worker(start: Any, broker: Any) -> None:
    worker = start(
        "from automatosx_nb.sdk import _wire\nimport itertools, signal\n"
        "def m():\n    signal.signal(2, signal.SIG_IGN)\n    _wire.ask('a', 'b')\n    sum(itertools.repeat(1))\n"
    )
    broker.reply = lambda *_: threading.Thread(target=worker.interrupt).start()
    with pytest.raises(CallInterrupted):
        worker.call("m:m", broker=broker)
    assert not worker.alive
    with pytest.raises(WorkerLost):
        worker.call("m:m", broker=broker)


def test_interrupting_between_calls_changes_nothing(start: Any, broker: Any) -> None:
    worker = start("def two():\n    return 2\n")
    for _ in range(20):
        worker.interrupt()
        os.kill(worker.pid, signal.SIGINT)
        assert worker.call("m:two", broker=broker) == 2


def test_ctrl_c_in_the_calling_thread_leaves_a_worker_that_answers(start: Any, broker: Any) -> None:
    worker = start(ASKING + "def two():\n    return 2\n")

    def press(*_: object) -> object:
        raise KeyboardInterrupt

    broker.reply = press
    with pytest.raises(KeyboardInterrupt):
        worker.call("m:ask", broker=broker)
    assert worker.call("m:two", broker=broker) == 2


def test_a_table_that_nobody_waits_for_any_more_is_passed_over(start: Any, broker: Any) -> None:
    worker = start(
        "from automatosx_nb.sdk import _wire, tables\n"
        "def m():\n    try:\n        _wire.ask('storage', 'get')\n    except Exception:\n"
        "        return tables.Table.from_columns({'a': list(range(50_000))})\n"
        "def two():\n    return 2\n"
    )
    assert worker.call("m:m", broker=broker) is None

    def press(*_: object) -> object:
        raise KeyboardInterrupt

    broker.reply = press
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            worker.call("m:m", broker=broker)
        assert worker.call("m:two", broker=broker) == 2


def test_a_signal_to_the_host_during_a_call_ends_it(start: Any, broker: Any) -> None:
    worker = start(ASKING)
    main = threading.main_thread().ident
    assert main is not None
    broker.reply = lambda *_: threading.Thread(target=signal.pthread_kill, args=(main, signal.SIGINT)).start()
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            worker.call("m:ask_then_spin", broker=broker)
    finally:
        signal.signal(signal.SIGINT, previous)
    broker.reply = lambda *_: 3
    assert not worker.alive or worker.call("m:ask", broker=broker) == 3


def test_stopping_from_another_thread_ends_the_call(start: Any, broker: Any) -> None:
    worker = start(ASKING)
    broker.reply = lambda *_: threading.Thread(target=worker.stop).start()
    with pytest.raises(WorkerLost, match="SIGKILL"):
        worker.call("m:ask_then_spin", broker=broker)


# --- limits ---------------------------------------------------------------------------------------------------


def test_a_call_in_a_c_loop_is_stopped_at_its_wall_time(start: Any, broker: Any) -> None:
    worker = start(SPIN)
    with pytest.raises(LimitExceeded, match=r"wall_s \(0.3 s\)") as caught:
        worker.call("m:spin", broker=broker, wall_s=0.3)
    assert caught.value.limit == "wall_s"
    assert re.search(r"it had used 0\.[3-9]\d* s", str(caught.value))
    assert not worker.alive
    assert worker.usage().cpu_s > 0


def test_a_worker_is_stopped_at_its_cpu_time(start: Any, broker: Any) -> None:
    worker = start(SPIN, limits=Limits(cpu_s=1))
    with pytest.raises(LimitExceeded) as caught:
        worker.call("m:spin", broker=broker)
    assert caught.value.limit == "cpu_s"


@pytest.mark.parametrize(
    "body", ["return 'a' * 10 ** 11", "x = []\n    while True:\n        x.append(bytearray(10 ** 6))"]
)
def test_a_worker_is_stopped_at_its_memory(start: Any, broker: Any, body: str) -> None:
    worker = start(f"def m():\n    {body}\n", limits=Limits(memory_mb=256))
    with pytest.raises(LimitExceeded) as caught:
        worker.call("m:m", broker=broker)
    assert caught.value.limit == "memory_mb"


def test_the_hosts_own_time_does_not_count(start: Any, broker: Any) -> None:
    worker = start(ASKING)
    held = threading.Event()
    broker.reply = lambda *_: held.wait(0.6)
    assert worker.call("m:ask", broker=broker, wall_s=0.4) is False


def test_output_frames_beyond_the_limit_are_the_end_of_a_worker(start: Any, broker: Any) -> None:
    worker = start(
        "import os, msgspec\nfrom automatosx_nb.sandbox import protocol, codec\n"
        "def m():\n    frame = codec.encode(protocol.Output('stdout', 'x' * 60000), max_bytes=1 << 20)\n"
        "    while True:\n        os.write(3, frame)\n",
        limits=Limits(output_kb=64),
    )
    with pytest.raises((LimitExceeded, ProtocolViolation)):
        worker.call("m:m", broker=broker)
    assert not worker.alive


@pytest.mark.parametrize(
    "raw",
    [
        "b'\\xff\\xff\\xff\\x7f\\0'",
        "b'\\5\\0\\0\\0\\0\\xdd\\xff\\xff\\xff\\xff'",
        "codec.encode(protocol.Result(99, protocol.Json(1)), max_bytes=999)",
        "codec.encode(protocol.Loaded(), max_bytes=999)",
        "codec.encode(protocol.Hello(1, {}), max_bytes=999)",
        "b'\\1\\0\\0\\0\\5x'",
    ],
)
def test_smuggled_frames_end_the_worker_and_nothing_else(start: Any, broker: Any, raw: str) -> None:
    worker = start(
        "import os\nfrom automatosx_nb.sandbox import protocol, codec\n"
        f"def m():\n    os.write(3, {raw})\n    return 1\n"
    )
    with pytest.raises(ProtocolViolation):
        worker.call("m:m", broker=broker)
    assert not worker.alive


def test_a_worker_that_dies_says_how(start: Any, broker: Any) -> None:
    for body, status in (("os._exit(3)", "exit status 3"), ("os.abort()", "signal SIGABRT")):
        worker = start(f"import os\ndef m():\n    {body}\n")
        with pytest.raises(WorkerLost, match=status):
            worker.call("m:m", broker=broker)


def test_a_worker_that_died_between_calls_is_lost_at_the_next(start: Any, broker: Any) -> None:
    worker = start("def two():\n    return 2\n")
    os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(WorkerLost, match="SIGKILL"):
        worker.call("m:two", broker=broker)


def test_usage_grows_with_work(start: Any, broker: Any) -> None:
    worker = start("def m():\n    return sum(range(5_000_000)) and None\n")
    before = worker.usage()
    worker.call("m:m", broker=broker)
    after = worker.usage()
    assert after.cpu_s > before.cpu_s
    assert after.rss_mb > 1


def test_where_there_is_no_temporary_folder_no_plugin_starts_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with Sandbox() as sandbox, pytest.raises(SandboxUnavailable, match="No such file or directory"):
        sandbox.layers()


def test_a_required_layer_that_is_missing_keeps_plugins_from_starting() -> None:
    with (
        Sandbox(required=["landlock", "no-such-layer"]) as sandbox,
        pytest.raises(SandboxUnavailable, match="no-such-layer"),
    ):
        sandbox.start(Program("acme.test", "1.0.0", {}, ()))
