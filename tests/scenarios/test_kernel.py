"""Plugins in a real kernel, spoken to as JupyterLab does."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from automatosx_nb.app import Marketplace

if TYPE_CHECKING:
    from tests.conftest import MakePlugin

TIMEOUT_S = 60
PROFILER, LEDGER = "automatosx.data-profiler", "automatosx.cell-ledger"
LEDGER_GRANTS = ("storage", "events:subscribe:kernel.cell.finished")
SPIN = "def run():\n    print('spinning')\n    while True:\n        pass\n"


@dataclass
class Output:
    """What one cell made: its text streams, the MIME bundles it displayed, and its error if it failed."""

    text: str = ""
    displays: list[dict[str, Any]] = field(default_factory=list)
    metadata: list[dict[str, Any]] = field(default_factory=list)
    error: str | None = None
    traceback: str = ""


class Kernel:
    """A kernel of its own, and cells run in it one after the other."""

    def __init__(self) -> None:
        self.manager = KernelManager(kernel_name="python3")
        self.client: BlockingKernelClient

    def start(self) -> None:
        self.manager.start_kernel(extra_arguments=["--HistoryManager.enabled=False"])
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=TIMEOUT_S)

    def restart(self) -> None:
        self.manager.restart_kernel(now=True)
        self.client.wait_for_ready(timeout=TIMEOUT_S)

    def stop(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()

    @property
    def pid(self) -> int:
        provisioner: Any = self.manager.provisioner
        return int(provisioner.process.pid)

    def send(self, code: str) -> str:
        return str(self.client.execute(code))

    def run(self, code: str) -> Output:
        return self.collect(self.send(code))

    def collect(self, request: str, until: str | None = None) -> Output:
        """What ``request`` put out until the kernel was idle again, or until ``until`` was printed."""
        output = Output()
        while True:
            message = self.client.get_iopub_msg(timeout=TIMEOUT_S)
            if message["parent_header"].get("msg_id") != request:
                continue
            content = message["content"]
            match message["msg_type"]:
                case "stream":
                    output.text += content["text"]
                case "display_data" | "execute_result":
                    output.displays.append(content["data"])
                    output.metadata.append(content["metadata"])
                case "error":
                    output.error = content["ename"]
                    output.traceback = "\n".join(content["traceback"])
                case "status" if content["execution_state"] == "idle":
                    return output
            if until is not None and until in output.text:
                return output


@pytest.fixture
def bare_kernel(stocked_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Kernel]:
    """One without the extension."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    kernel = Kernel()
    kernel.start()
    yield kernel
    kernel.stop()


@pytest.fixture
def kernel(bare_kernel: Kernel) -> Kernel:
    loaded = bare_kernel.run("%load_ext automatosx_nb")
    assert loaded == Output()
    return bare_kernel


def processes_below(pid: int) -> set[int]:
    found: set[int] = set()
    queue = [pid]
    while queue:
        for task in Path(f"/proc/{queue.pop()}/task").glob("*/children"):
            below = {int(word) for word in task.read_text().split()}
            queue += below - found
            found |= below
    return found


def ends(pids: set[int]) -> Iterator[bool]:
    """Whether each process ends within the deadline; waits on the system's own notice of it."""
    for pid in pids:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            yield True
            continue
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        yield bool(poll.poll(TIMEOUT_S * 1000))
        os.close(descriptor)


def test_install_profile_update_and_roll_back_in_one_kernel(kernel: Kernel) -> None:
    kernel.run("import pandas as pd; df = pd.DataFrame({'a': [1, 2, None], 'b': ['x', 'y', 'y']})")
    assert "adds %profile" in kernel.run(f"%ax install {PROFILER}@1.0.0 --grant modules:pyarrow").text
    shown = kernel.run("%profile df")
    assert shown.error is None
    assert {"text/html", "text/plain"} <= set(shown.displays[0])
    assert f"{PROFILER}@1.0.0" in json.dumps(shown.metadata[0])
    updated = kernel.run("%ax update").text
    assert "1.0.0 → 1.1.0" in updated
    assert f"{PROFILER}@1.1.0" in json.dumps(kernel.run("%profile df").metadata[0])
    kernel.run("%ax rollback")
    assert f"{PROFILER}@1.0.0" in json.dumps(kernel.run("%profile df").metadata[0])
    kernel.run("%ax rollback")
    assert "`%profile` not found" in kernel.run("%profile df").text + kernel.run("%profile df").traceback


def test_what_is_installed_beside_a_panel_has_its_magics_there_where_nobody_loaded_the_extension(
    bare_kernel: Kernel,
) -> None:
    shown = bare_kernel.run("import automatosx_nb; panel = automatosx_nb.marketplace(); panel")
    assert "<marketplace panel" in shown.displays[0]["text/plain"]
    grants = ", ".join(map(repr, LEDGER_GRANTS))
    bare_kernel.run(f"from automatosx_nb.app import current; current().install({LEDGER!r}, grant=[{grants}])")
    assert "usage: %ledger" in bare_kernel.run("%ledger --help").text
    assert bare_kernel.run("%load_ext automatosx_nb") == Output()


def test_what_a_terminal_installs_is_there_in_the_next_cell(kernel: Kernel) -> None:
    command = [sys.executable, "-m", "automatosx_nb.cli", "install", PROFILER, "--grant", "modules:pyarrow"]
    subprocess.run(command, check=True, capture_output=True)
    kernel.run("import pandas as pd; df = pd.DataFrame({'a': [1, 2]})")
    assert kernel.run("%profile df").error is None


def test_a_lock_brings_its_plugins_into_a_running_kernel(kernel: Kernel, tmp_path: Path) -> None:
    kernel.run(f"import os; os.chdir({str(tmp_path)!r})")
    kernel.run(f"%ax install {PROFILER}@1.0.0 --grant modules:pyarrow")
    assert "automatosx.lock says what is installed: 1 plugin" in kernel.run("%ax lock").text
    kernel.run(f"%ax remove {PROFILER}")
    checked = kernel.run("%ax sync --check")
    assert checked.error == "OutOfSync"
    assert "%ax sync automatosx.lock" in checked.traceback
    assert "adds %profile" in kernel.run("%ax sync --grant modules:pyarrow").text
    kernel.run("import pandas as pd; df = pd.DataFrame({'a': [1, 2]})")
    assert f"{PROFILER}@1.0.0" in json.dumps(kernel.run("%profile df").metadata[0])
    assert "is what automatosx.lock says" in kernel.run("%ax sync --check").text


def test_timings_survive_a_restart_of_the_kernel(kernel: Kernel) -> None:
    kernel.run(f"%ax install {LEDGER} " + " ".join(f"--grant {grant}" for grant in LEDGER_GRANTS))
    kernel.run("remembered = sum(range(1000))")
    assert "Runs: 1 " in kernel.run("%ledger").displays[0]["text/plain"]
    kernel.run("1 / 0")
    assert "Failures: 1 " in kernel.run("%ledger").displays[0]["text/plain"], "a magic sees every event before it"
    kernel.restart()
    kernel.run("%load_ext automatosx_nb")
    after = kernel.run("%ledger")
    runs = re.search(r"Runs: (\d+) ", after.displays[0]["text/plain"])
    assert runs is not None
    assert int(runs[1]) >= 3, "the sum, the first ledger and the failure"
    assert "Failures: 1 " in after.displays[0]["text/plain"]
    assert f"{LEDGER}@1.0.0" in json.dumps(after.metadata[0])


def install(make_plugin: MakePlugin, source: str, **options: Any) -> None:
    market = Marketplace()
    market.publish(make_plugin(source=source, **options))
    market.install("acme.demo")
    market.close()


def test_interrupting_a_cell_stops_the_plugin_and_the_kernel_goes_on(kernel: Kernel, make_plugin: MakePlugin) -> None:
    install(make_plugin, SPIN)
    kernel.run("kept = 42")
    request = kernel.send("%demo")
    kernel.collect(request, until="spinning")
    kernel.manager.interrupt_kernel()
    stopped = kernel.collect(request)
    assert stopped.error == "CallInterrupted"
    assert kernel.run("print(kept)").text == "42\n"
    again = kernel.send("%demo")
    kernel.collect(again, until="spinning")
    kernel.manager.interrupt_kernel()
    assert kernel.collect(again).error == "CallInterrupted"


def test_kill_9_of_the_kernel_leaves_no_worker(kernel: Kernel, make_plugin: MakePlugin) -> None:
    install(make_plugin, SPIN)
    kernel.collect(kernel.send("%demo"), until="spinning")
    below = processes_below(kernel.pid)
    assert len(below) >= 2, "a fork server and a worker that spins"
    os.kill(kernel.pid, signal.SIGKILL)
    assert all(ends(below))


def test_a_plugin_that_raises_shows_its_own_lines_and_none_of_ours(kernel: Kernel, make_plugin: MakePlugin) -> None:
    source = "def inner(values):\n    return values['missing']\n\n\ndef run():\n    return inner({})\n"
    install(make_plugin, source)
    failed = kernel.run("%demo")
    assert failed.error == "PluginFailed"
    for line in ("KeyError", 'File "demo.py", line 6, in run', 'File "demo.py", line 2, in inner', "values['missing']"):
        assert line in failed.traceback
    assert "automatosx_nb/" not in failed.traceback
    assert "Traceback" not in failed.traceback


def test_a_call_over_its_limit_is_stopped_and_says_which(kernel: Kernel, make_plugin: MakePlugin) -> None:
    install(make_plugin, SPIN, extra="[limits]\nwall-s = 1")
    stopped = kernel.run("%demo")
    assert stopped.error == "LimitExceeded"
    assert "wall_s" in stopped.traceback
    assert kernel.run("print(1)").text == "1\n"


def test_what_a_plugin_prints_appears_in_the_cell_that_called_it(kernel: Kernel, make_plugin: MakePlugin) -> None:
    install(make_plugin, "def run():\n    print('from the plugin')\n    return {'n': 1}\n")
    output = kernel.run("%demo")
    assert output.text == "from the plugin\n"
    assert output.displays[0]["text/plain"] == "{'n': 1}"


def test_a_failing_subscriber_never_shows_in_a_cell(kernel: Kernel, make_plugin: MakePlugin) -> None:
    topic = "events:subscribe:kernel.cell.finished"
    folder = make_plugin(
        source="def run():\n    return 1\n\n\ndef on_cell(event):\n    print('noise')\n    raise ValueError('boom')\n",
        permissions={topic: "To fail."},
        extra='[[contributes.subscriptions]]\ntopic = "kernel.cell.finished"\nhandler = "demo:on_cell"\n',
    )
    market = Marketplace()
    market.publish(folder)
    market.install("acme.demo", grant=[topic])
    market.close()
    outputs = [kernel.run(f"x = {number}") for number in range(5)]
    assert outputs == [Output()] * 5
    assert kernel.run("%demo").displays[0]["text/plain"] == "1"
    lines = "[line.text for line in get_ipython()._automatosx_session.host.activation.runners()['acme.demo'].log.lines]"
    logged = kernel.run(lines).displays[0]["text/plain"]
    assert logged.count("ValueError: boom") >= 4, "all but the first, whose beginning nobody saw"
    assert "noise" in logged


def test_unloading_takes_every_magic_and_every_process_away(kernel: Kernel, make_plugin: MakePlugin) -> None:
    install(make_plugin, "def run():\n    return 1\n")
    assert kernel.run("%demo").displays[0]["text/plain"] == "1"
    below = processes_below(kernel.pid)
    kernel.run("%unload_ext automatosx_nb")
    assert "not found" in kernel.run("%demo").text + kernel.run("%demo").traceback
    assert "not found" in kernel.run("%ax list").text + kernel.run("%ax list").traceback
    workers = {pid for pid in below if pid in processes_below(kernel.pid)}
    assert len(workers) < len(below)
    kernel.run("%load_ext automatosx_nb")
    assert kernel.run("%demo").displays[0]["text/plain"] == "1"


def test_a_papermill_run_installs_and_uses_a_plugin(home: Path, tmp_path: Path) -> None:
    papermill: Any = pytest.importorskip("papermill")
    sources = (
        "%load_ext automatosx_nb",
        "rows = 3",
        f"%ax install {PROFILER} --grant modules:pyarrow",
        "import pandas as pd\ntable = pd.DataFrame({'a': range(rows)})",
        "%profile table",
    )
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [], "source": source}
        for source in sources
    ]
    cells[1]["metadata"] = {"tags": ["parameters"]}
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    given, done = tmp_path / "in.ipynb", tmp_path / "out.ipynb"
    given.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": metadata, "cells": cells}))
    papermill.execute_notebook(given, done, {"rows": 7}, progress_bar=False)
    shown = json.loads(done.read_text())["cells"][-1]["outputs"][0]["data"]["text/plain"]
    assert "Rows: 7" in "".join(shown)
