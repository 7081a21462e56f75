"""Plugins that use the network, files, secrets, settings and storage: real workers behind a real kernel's host."""

from __future__ import annotations

import getpass
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from automatosx_nb import app, cli, magics
from automatosx_nb.errors import (
    InvalidSetting,
    PermissionDenied,
    SecretNotSet,
    SettingLocked,
    UnknownSetting,
    UsageError,
)

if TYPE_CHECKING:
    from tests.conftest import MakePlugin

Run = Callable[..., Any]
SECRET = "s3cr3t-token"

SETTINGS = """
[contributes.settings.max-rows]
type = "integer"
default = 10
minimum = 1
description = "Rows to look at."
[contributes.settings.label]
type = "string"
default = "none"
"""


@pytest.fixture
def work(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The notebook's folder, in which the kernel starts."""
    folder = tmp_path / "work"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "a.csv").write_text("x,y\n1,2\n")
    (folder / ".env").write_text("KEY=hidden")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def install(work: Path, shell: Any, make_plugin: MakePlugin) -> Callable[..., Run]:
    """Publish and install a plugin whose handler is ``body``, with these permissions, and give what calls it."""

    def install(
        body: str, *permissions: str, extra: str = "", version: str = "1.0.0", optional: tuple[str, ...] = ()
    ) -> Run:
        lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
        used = [name for name in ("files", "http", "secrets", "settings", "storage") if f"{name}." in body]
        imports = f"from automatosx_nb.sdk import {', '.join(used)}\n" if used else ""
        source = f"{imports}\n\ndef run(text=''):\n{lines}\n"
        wished = "[permissions.optional]\n" + "".join(f'"{each}" = "Perhaps."\n' for each in optional)
        folder = make_plugin(
            version=version,
            source=source,
            args='{name = "text", type = "string"}',
            permissions=dict.fromkeys(permissions, "For the test."),
            extra=extra + (wished if optional else ""),
        )
        app.current().publish(folder)
        app.current().install("acme.demo", version, grant=permissions)
        magics.load(shell)
        return lambda line="x": shell.run_line_magic("demo", line)

    return install


def test_files_are_read_written_and_listed_beneath_the_notebooks_folder(
    install: Callable[..., Run], work: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = install(
        """
files.write_text("out/b.txt", files.read_text("data/a.csv").upper())
return [files.list("data/*"), files.exists("data/a.csv"), files.exists("data/b.csv")]
""",
        "files:read:data/*",
        "files:write:out/*",
    )
    monkeypatch.chdir(tmp_path)  # what a cell changes to later is not the notebook's folder
    assert run() == [["data/a.csv"], True, False]
    assert (work / "out" / "b.txt").read_text() == "X,Y\n1,2\n"


@pytest.mark.parametrize(
    ("call", "needed"),
    [
        ('files.read_text(".env")', "files:read:.env"),
        ('files.write_text("data/a.csv", "")', "files:write:data/a.csv"),
        ('files.list("**")', "files:read:**"),
        ('http.get("https://example.org/v1")', "network:example.org/v1:GET"),
        ('secrets.get("other")', "secrets:other"),
        ('storage.put("a", 1)', "storage"),
    ],
)
def test_what_was_not_granted_is_an_error_in_the_plugin_that_names_the_permission(
    install: Callable[..., Run], call: str, needed: str
) -> None:
    run = install(
        f"""
try:
    {call}
except Exception as error:
    return [error.code, error.permission, str(error)]
""",
        "files:read:*",
        optional=(needed,),
    )
    code, permission, text = run()
    assert (code, permission) == ("permission-denied", needed)
    assert f'"{needed}" = "why"' in text
    assert "%ax info acme.demo" in text


def test_a_denial_that_the_plugin_does_not_catch_is_the_users_to_read(install: Callable[..., Run]) -> None:
    run = install('return files.read_text("x.csv")', "files:read:data/*", optional=("files:read:x.csv",))
    with pytest.raises(PermissionDenied, match=r"files:read:x\.csv"):
        run()


@pytest.mark.parametrize(
    "path",
    [
        ".jupyter/automatosx_config.py",
        ".ipython/profile_default/startup/x.py",
        ".local/share/jupyter/kernels/mine/kernel.json",
        ".automatosx/config.toml",
    ],
)
def test_what_jupyter_runs_and_what_decides_about_plugins_is_closed_in_a_home_folder(
    install: Callable[..., Run], work: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    for variable in ("JUPYTER_NO_CONFIG", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR", "XDG_DATA_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(work))
    run = install(
        f"""
try:
    files.write_text("{path}", "import os")
except Exception as error:
    return [error.type_name, str(error)]
""",
        f"files:write:{path}",
    )
    name, text = run()
    assert name == "FileRefused"
    assert "the marketplace keeps its own files there, or Jupyter what it runs" in text
    assert not (work / path).exists()


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "data/../../x", "data//a.csv", "C:/x", "a\\\\b", "data/*"])
def test_a_path_that_leaves_the_folder_is_an_error_before_anything_is_opened(
    install: Callable[..., Run], path: str
) -> None:
    run = install(
        f"""
try:
    return files.read_text("{path}")
except Exception as error:
    return [error.code, error.type_name]
""",
        "files:read:**",
    )
    assert run() == ["capability-failed", "FileRefused"]


class Echo(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        answer = b'{"got": ' + body + b', "token": "' + self.headers["authorization"].encode() + b'"}'
        self.send_response(201)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        """Silent."""


@pytest.fixture
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield int(server.server_address[1])
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_secret_goes_to_a_service_and_is_seen_nowhere_else(
    install: Callable[..., Run],
    port: int,
    shell: Any,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AUTOMATOSX_SECRETS_PASSPHRASE", "correct horse")
    run = install(
        f"""
try:
    token = secrets.get("api-token")
except Exception as error:
    return [error.type_name, str(error)]
answer = http.post("http://localhost:{port}/v1", json=[1], headers={{"Authorization": "Bearer " + token}})
return [answer.status, answer.ok, answer.json()["got"], answer.json()["token"] == "Bearer {SECRET}"]
""",
        f"network:localhost:{port}/v1:POST",
        "secrets:api-token",
    )
    assert "%ax secrets set acme.demo api-token" in run()[1]
    monkeypatch.setattr(getpass, "getpass", lambda prompt, *_: SECRET)
    shell.run_line_magic("ax", "secrets set acme.demo api-tokn")
    assert "It asks for api-token; did you mean that?" in capsys.readouterr().out
    shell.run_line_magic("ax", "secrets remove acme.demo api-tokn")
    shell.run_line_magic("ax", "secrets set acme.demo api-token")
    assert run() == [201, True, [1], True]
    shell.run_line_magic("ax", "secrets list")
    shown = capsys.readouterr().out
    assert "kept encrypted in the profile" in shown
    assert "acme.demo  api-token" in shown
    lying = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert SECRET.encode() not in lying
    assert SECRET not in shown
    shell.run_line_magic("ax", "secrets remove acme.demo api-token")
    with pytest.raises(SecretNotSet):
        shell.run_line_magic("ax", "secrets remove acme.demo api-token")


def test_a_secret_is_piped_in_where_nobody_can_be_asked(
    install: Callable[..., Run],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AUTOMATOSX_SECRETS_PASSPHRASE", "correct horse")
    install('return "ran"')
    (tmp_path / "typed").write_text(f"{SECRET}\n")
    with (tmp_path / "typed").open() as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        assert cli.main(["secrets", "set", "acme.demo", "token", "--stdin"]) == 0
        assert cli.main(["secrets", "set", "acme.demo", "token"]) == 2
    shown = capsys.readouterr()
    assert "was not granted 'secrets:token'" in shown.out
    assert "It asks for no secret: it gets this one only where you name it" in shown.out
    assert "pipe it in, with --stdin" in shown.err
    assert SECRET not in shown.out + shown.err
    assert app.current().secrets.get("acme.demo", "token") == SECRET


def test_a_setting_is_its_default_then_what_the_user_set_then_the_environments(
    install: Callable[..., Run], shell: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = install('return [settings.get("max-rows"), settings.get("label")]', extra=SETTINGS)
    assert run() == [10, "none"]
    shell.run_line_magic("ax", "settings acme.demo max-rows 20")
    shell.run_line_magic("ax", "settings acme.demo label 'a b'")
    assert run() == [20, "a b"]
    monkeypatch.setenv("AUTOMATOSX_SETTING_ACME_DEMO__MAX_ROWS", "30")
    assert run() == [30, "a b"]
    monkeypatch.setenv("AUTOMATOSX_SETTING_ACME_DEMO__MAX_ROWS", "none")
    assert run() == [20, "a b"]
    capsys.readouterr()
    shell.run_line_magic("ax", "settings acme.demo")
    shown = capsys.readouterr().out
    assert "max-rows  20" in shown
    assert "from the environment does not count" in shown
    shell.run_line_magic("ax", "settings acme.demo --unset max-rows")
    monkeypatch.delenv("AUTOMATOSX_SETTING_ACME_DEMO__MAX_ROWS")
    assert run() == [10, "a b"]
    with pytest.raises(InvalidSetting, match="it is 0, and has to be at least 1"):
        shell.run_line_magic("ax", "settings acme.demo max-rows 0")
    with pytest.raises(UnknownSetting, match="max-rows"):
        shell.run_line_magic("ax", "settings acme.demo max-row 5")
    with pytest.raises(UsageError):
        shell.run_line_magic("ax", "settings acme.demo max-rows --unset label")
    assert cli.main(["settings", "acme.demo", "max-rows", "--json"]) == 0
    assert '"origin": "default"' in capsys.readouterr().out


def test_an_update_keeps_the_settings_that_still_fit_and_says_which_do_not(
    install: Callable[..., Run], shell: Any, capsys: pytest.CaptureFixture[str], make_plugin: MakePlugin
) -> None:
    run = install('return [settings.get("max-rows"), settings.get("label")]', extra=SETTINGS)
    for line in ("max-rows 20", "label kept"):
        shell.run_line_magic("ax", f"settings acme.demo {line}")
    newer = SETTINGS.replace("minimum = 1", "minimum = 50").replace("default = 10", "default = 100")
    source = "from automatosx_nb.sdk import settings\n\n\ndef run(text):\n"
    source += "    return [settings.get('max-rows'), settings.get('label')]\n"
    app.current().publish(
        make_plugin(version="2.0.0", source=source, args='{name = "text", type = "string"}', extra=newer)
    )
    capsys.readouterr()
    shell.run_line_magic("ax", "install acme.demo@2.0.0")
    assert "'max-rows' from the user does not count (it is 20, and has to be at least 50): 100 holds." in (
        capsys.readouterr().out
    )
    assert run() == [100, "kept"]
    shell.run_line_magic("ax", "rollback")
    assert run() == [20, "kept"]


def test_a_setting_that_is_not_declared_is_an_error_in_the_plugin(install: Callable[..., Run]) -> None:
    run = install(
        """
try:
    return settings.get("max-row")
except Exception as error:
    return [error.type_name, str(error)]
""",
        extra=SETTINGS,
    )
    kind, text = run()
    assert kind == "UnknownSetting"
    assert "max-rows" in text


def test_storage_has_the_size_that_was_granted(install: Callable[..., Run]) -> None:
    run = install(
        """
used, allowed = storage.usage()
try:
    storage.put("large", b"x" * 300_000)
except Exception as error:
    return [allowed, error.type_name]
""",
        "storage:256KiB",
    )
    assert run() == [256 << 10, "QuotaExceeded"]


def admin(work: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> Path:
    """A system-wide file of configuration."""
    folder = work.parent / "etc"
    folder.mkdir(exist_ok=True)
    monkeypatch.setattr("jupyter_core.paths.SYSTEM_CONFIG_PATH", [str(folder)])
    monkeypatch.delenv("JUPYTER_NO_CONFIG", raising=False)
    path = folder / "automatosx_config.py"
    path.write_text(text)
    return path


def test_each_layer_of_a_setting_reaches_the_running_worker(
    install: Callable[..., Run], shell: Any, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = install('return settings.get("max-rows")', extra=SETTINGS)
    said = [run()]
    admin(work, monkeypatch, "c.PluginSettings.preset = {'acme.demo': {'max-rows': 20}}")
    said.append(run())
    shell.run_line_magic("ax", "settings acme.demo max-rows 30")
    said.append(run())
    (work / ".automatosx").mkdir()
    (work / ".automatosx" / "config.toml").write_text('[PluginSettings.preset."acme.demo"]\nmax-rows = 40\n')
    said.append(run())
    monkeypatch.setenv("AUTOMATOSX_CONFIG", '{"PluginSettings": {"preset": {"acme.demo": {"max-rows": 50}}}}')
    app.current()._read = None  # a process's own environment is read once
    said.append(run())
    monkeypatch.setenv("AUTOMATOSX_SETTING_ACME_DEMO__MAX_ROWS", "60")
    said.append(run())
    assert said == [10, 20, 30, 40, 50, 60]


def test_a_locked_setting_says_where_and_stays(
    install: Callable[..., Run], shell: Any, work: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    run = install('return settings.get("max-rows")', extra=SETTINGS)
    shell.run_line_magic("ax", "settings acme.demo max-rows 30")
    preset = "c.PluginSettings.preset = {'acme.demo': {'max-rows': 20, 'rows': 1}}\n"
    path = admin(work, monkeypatch, f"{preset}c.PluginSettings.locked = ['acme.demo']\n")
    monkeypatch.setenv("AUTOMATOSX_SETTING_ACME_DEMO__MAX_ROWS", "60")
    assert run() == 20
    with pytest.raises(SettingLocked) as caught:
        shell.run_line_magic("ax", "settings acme.demo max-rows 40")
    assert caught.value.where == f"{path}, line 2"
    capsys.readouterr()
    shell.run_line_magic("ax", "settings acme.demo")
    told = capsys.readouterr().out
    assert "max-rows 20 admin, locked 10 Rows to look at." in " ".join(told.split())
    assert told.count(f"does not count ({path}, line 2 locks it): 20 holds.") == 2
    assert f"acme.demo has no setting 'rows', which {path}, line 1 presets." in told
    shell.run_line_magic("ax", "settings acme.demo max-rows")
    told = capsys.readouterr().out
    assert told.startswith(f"max-rows = 20 (admin, locked: {path}, line 1)\nRows to look at.\n")
    assert "default 10." in told


CHANGED = "marketplace.plugin.setting-changed"
LISTENS = f"""
[[contributes.subscriptions]]
topic = "{CHANGED}"
handler = "demo:on_change"
[permissions.optional]
"events:subscribe:{CHANGED}" = "Reads its settings again."
"""
LISTENER = """
from automatosx_nb.sdk import settings, storage


def run(text=''):
    return [settings.get("max-rows"), storage.get("told")]


def on_change(event):
    storage.put("told", [event.type, event.data])
"""


def test_a_changed_setting_is_told_to_who_listens_by_its_name_alone(shell: Any, make_plugin: MakePlugin) -> None:
    granted = ("storage", f"events:subscribe:{CHANGED}")
    folder = make_plugin(source=LISTENER, permissions={"storage": "Keeps it."}, extra=SETTINGS + LISTENS)
    app.current().publish(folder)
    app.current().install("acme.demo", grant=granted)
    magics.load(shell)
    assert shell.run_line_magic("demo", "") == [10, None]
    shell.run_line_magic("ax", "settings acme.demo max-rows 30")
    data = {"plugin": "acme.demo", "version": "1.0.0", "settings": ["max-rows"]}
    assert shell.run_line_magic("demo", "") == [30, [CHANGED, data]]
    app.current().profile.settings.put("acme.demo", "label", "by another kernel")
    shell.run_cell("1")
    assert shell.run_line_magic("demo", "")[1][1]["settings"] == ["label"]
    shell.run_line_magic("ax", "settings acme.demo label by-me")
    app.current().profile.settings.put("acme.demo", "label", "by-me")
    shell.run_line_magic("ax", "settings acme.demo --unset max-rows")
    assert shell.run_line_magic("demo", "") == [10, [CHANGED, data]]
    written = app.current().audit.read(kinds=["setting-changed"])
    names = [(entry.plugin, entry.detail["settings"], entry.detail["surface"]) for entry in written]
    assert names == [("acme.demo", [name], "notebook") for name in ("max-rows", "label", "max-rows")]
