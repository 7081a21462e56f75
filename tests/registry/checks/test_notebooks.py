"""Documentation is executed before it is published, where nothing of it gets out."""

from __future__ import annotations

import json
import os
import socket
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from automatosx_nb import package
from automatosx_nb.model.publishing import PublishPolicy
from automatosx_nb.registry.checks.companions import companions
from automatosx_nb.registry.checks.notebooks import CHECK
from automatosx_nb.registry.checks.submission import Finding, Submission
from automatosx_nb.registry.service import EmbeddedRegistry
from automatosx_nb.sandbox.limits import Limits

Folder = Callable[..., Path]
NO_PRIVILEGES = """
import ctypes
for line in open("/proc/self/status"):
    assert not line.startswith("Cap") or int(line.split()[1], 16) == 0, line
assert ctypes.CDLL(None).unshare(0x10000000) == -1, "a user namespace of its own would bring them back"
"""
LIMITED = "from automatosx_nb.config import load_settings\nassert load_settings().limits.wall_s == 41.5"
SOURCE = "from automatosx_nb.sdk import ui\n\n\ndef run():\n    return ui.text('it says so')\n"


def notebook(*cells: str) -> str:
    made: list[dict[str, Any]] = [
        {"cell_type": "code", "execution_count": None, "id": f"c{n}", "metadata": {}, "outputs": [], "source": [cell]}
        for n, cell in enumerate(cells)
    ]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return json.dumps({"cells": made, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}, indent=1)


@pytest.fixture
def submit(plugin_folder: Folder, tmp_path: Path) -> Callable[..., Submission]:
    """``submit(*cells)``: a plugin whose documentation has these cells."""
    numbers = iter(range(100))

    def made(*cells: str, policy: PublishPolicy | None = None, **more: Any) -> Submission:
        folder = plugin_folder(tmp_path / str(next(numbers)), source=SOURCE, **more)
        (folder / "docs").mkdir()
        (folder / "docs" / "tour.ipynb").write_text(notebook(*cells))
        manifest = folder / "plugin.toml"
        manifest.write_text(manifest.read_text().replace("main =", 'docs = ["docs/tour.ipynb"]\nmain ='))
        data = package.build(folder)
        return Submission(package.read(data), policy=policy or PublishPolicy())

    return made


def found(submission: Submission, absent: Callable[[str], object]) -> list[Finding]:
    findings = list(CHECK.find(submission))
    if any(
        "not allowed here" in each.message or "Landlock" in each.message or "filter" in each.message
        for each in findings
    ):
        absent(f"kernels cannot be confined here: {findings[0].message}")
    return findings


def test_documentation_that_runs_uses_the_plugin_and_what_it_requires_and_reaches_nothing(
    submit: Callable[..., Submission], absent: Callable[[str], object], plugin_folder: Folder, tmp_path: Path
) -> None:
    required = plugin_folder(tmp_path / "required", "acme.tables", "2.1.0", source=SOURCE)
    manifest = required / "plugin.toml"
    manifest.write_text(manifest.read_text().replace('name = "doctor"', 'name = "tables"'))
    secret = tmp_path / "secret.txt"
    secret.write_text("a secret of whoever publishes")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        submission = submit(
            "%load_ext automatosx_nb",
            "%doctor\n%tables",
            f"open({str(secret)!r})",
            f"import socket; socket.create_connection(('127.0.0.1', {port}), 1)",
            f"{NO_PRIVILEGES}\n{LIMITED}",
            "import os; assert not [n for n in os.environ if 'TOKEN' in n or 'SECRET' in n]; os.environ['HOME']",
            f"assert not os.path.exists('/proc/{os.getpid()}/environ'); open('/etc/shadow')",
            "1 / 0",
            needs={"acme.tables": "^2"},
        )
        limits = Limits(wall_s=41.5)
        findings = found(replace(submission, companions=(package.build(required),), limits=limits), absent)
    said = {each.line: each.message for each in findings}
    assert [each.file for each in findings] == ["docs/tour.ipynb"] * 4, findings
    told = list(said.values())
    assert told[0].startswith("code cell 3 does not run: ")
    assert "Permission" in told[0]
    assert "Connection refused" in told[1]
    assert told[2].startswith("code cell 7 does not run: ")
    assert "Permission" in told[2]
    assert told[3] == "code cell 8 does not run: ZeroDivisionError: division by zero"


def test_documentation_reaches_no_unix_socket_though_it_has_a_path(
    submit: Callable[..., Submission], absent: Callable[[str], object]
) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, socket.socket(socket.AF_UNIX) as listening:
        path = f"{folder}/outside"
        listening.bind(path)
        listening.listen()
        listening.settimeout(0.1)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiving:
            receiving.bind(path + "-datagrams")
            receiving.settimeout(0.1)
            findings = found(
                submit(
                    "import os, socket",
                    f"socket.socket(socket.AF_UNIX).connect({path!r})",
                    "pair = socket.socketpair(); pair[0].send(b'x'); assert pair[1].recv(1) == b'x'",
                    f"socket.socketpair(type=socket.SOCK_DGRAM)[0].sendto(b'x', {path + '-datagrams'!r})",
                    "import subprocess; assert subprocess.run(['unshare', '-r', 'true']).returncode",
                    "os.unshare(os.CLONE_NEWUSER)" if hasattr(os, "unshare") else "raise PermissionError",
                ),
                absent,
            )
            with pytest.raises(TimeoutError):
                receiving.recv(1)
        with pytest.raises(TimeoutError):
            listening.accept()
    assert [each.message.split(":")[0] for each in findings] == [
        f"code cell {number} does not run" for number in (2, 4, 6)
    ], findings
    assert all("not permitted" in findings[at].message for at in (0, 1)), findings


def test_documentation_reads_nothing_of_the_working_directory_and_no_configuration(
    submit: Callable[..., Submission],
    absent: Callable[[str], object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "server").mkdir()
    (tmp_path / "server" / "configuration.py").write_text("TOKEN = 'a secret of the server'")
    monkeypatch.chdir(tmp_path / "server")
    monkeypatch.syspath_prepend(str(tmp_path / "server"))  # as 'python -m' has it
    checkout = Path(package.__file__).parents[2]
    findings = found(
        submit(
            f"open({str(tmp_path / 'server' / 'configuration.py')!r})",
            "import configuration",
            f"import os; os.listdir({str(checkout)!r} if not {str(checkout)!r}.endswith('-packages') else '/root')",
            f"os.listdir({str(Path(sys.prefix) / 'etc')!r})",
            "import automatosx_nb, IPython, zmq, sqlite3, ssl, zoneinfo; zoneinfo.ZoneInfo('Europe/Vienna')",
        ),
        absent,
    )
    said = [each.message for each in findings]
    assert len(said) == 4, findings
    assert "Permission denied" in said[0]
    assert "No module named 'configuration'" in said[1]
    assert "Permission denied" in said[2]
    assert "Permission denied" in said[3] or "No such file" in said[3]


def test_documentation_that_takes_too_long_is_ended(
    submit: Callable[..., Submission], absent: Callable[[str], object]
) -> None:
    policy = PublishPolicy(notebooks_s=0.5)
    (finding,) = found(submit("while True: pass", policy=policy), absent)
    assert finding.message == "the documentation was not through after 0.5 s: make it shorter"


@pytest.mark.parametrize(
    ("policy", "more", "reason"),
    [
        (PublishPolicy(run_notebooks=False), {}, "this registry executes none"),
    ],
)
def test_what_is_not_executed_says_why(
    submit: Callable[..., Submission], policy: PublishPolicy, more: dict[str, object], reason: str
) -> None:
    (finding,) = CHECK.find(submit("1 / 0", policy=policy, **more))
    assert (finding.severity, finding.file) == ("warning", "docs/tour.ipynb")
    assert reason in finding.message


def test_what_a_plugin_requires_comes_along_in_the_versions_that_fit(
    registry: EmbeddedRegistry, plugin_folder: Folder, tmp_path: Path
) -> None:
    def published(plugin: str, version: str, **more: Any) -> bytes:
        data = package.build(plugin_folder(tmp_path / f"{plugin}-{version}", plugin, version, **more))
        registry.publish(data)
        return data

    base = published("acme.base", "1.4.0")
    published("acme.base", "2.0.0")
    tables = published("acme.tables", "2.1.0", needs={"acme.base": "^1"})

    def needed(wish: dict[str, str]) -> tuple[bytes, ...] | None:
        made = package.read(package.build(plugin_folder(tmp_path / repr(wish), "acme.top", needs=wish)))
        with registry._database.read() as connection:
            return companions(connection, registry._blobs, made.manifest)

    assert needed({"acme.tables": "^2"}) == (base, tables), "each after what it requires"
    assert needed({}) == ()
    assert needed({"acme.tables": "^3"}) is None
    assert needed({"acme.nothing": "*"}) is None


def test_what_is_not_at_hand_is_why_nothing_is_executed(submit: Callable[..., Submission]) -> None:
    (finding,) = CHECK.find(replace(submit("1 / 0"), companions=None))
    assert finding.severity == "warning"
    assert "no release that fits" in finding.message


def test_a_plugin_without_documentation_has_nothing_to_execute(plugin_folder: Folder, tmp_path: Path) -> None:
    plain = Submission(package.read(package.build(plugin_folder(tmp_path / "plain"))))
    assert not CHECK.applies(plain)
