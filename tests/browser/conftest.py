"""A throw-away JupyterLab, and a page in a real browser that looks at it.

Chromium comes from the system (``apt-get install chromium``); Playwright downloads none. Where one of them is missing
the tests are skipped, and say why; under ``CI=true`` they fail instead.
"""

from __future__ import annotations

import importlib.util
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Locator, Page

LABEXTENSIONS = Path(__file__).parents[2] / "jupyter_config" / "labextensions"
START_S = 60
STOP_S = 15
KERNEL = "Python 3 (ipykernel)"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


@dataclass
class Server:
    """A running JupyterLab."""

    url: str
    token: str
    root: Path
    """The folder that it shows."""
    home: Path

    def ask(self, path: str, *, method: str = "GET") -> Any:
        """The JSON answer of the server's own REST API, as in ``ask("api/kernels")``."""
        request = urllib.request.Request(f"{self.url}/{path}", method=method)
        request.add_header("Authorization", f"token {self.token}")
        with urllib.request.urlopen(request, timeout=START_S) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def wear(self, theme: str) -> None:
        """Pages opened from now on have ``theme``, as if somebody had chosen it in the settings."""
        file = self.home / "settings/@jupyterlab/apputils-extension/themes.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"theme": theme}), encoding="utf-8")

    def add_kernel(self, name: str, environment: Mapping[str, str]) -> None:
        """A Python kernel of its own ``environment``."""
        folder = self.home / "data/kernels" / name
        folder.mkdir(parents=True)
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec = {"argv": command, "display_name": KERNEL, "language": "python", "env": dict(environment)}
        (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")


@dataclass
class Lab:
    """What one test has of the JupyterLab that all share: a folder, and a kernel with a home that is empty at first."""

    server: Server
    name: str
    """Of the folder and of the kernel."""
    home: Path
    """``AUTOMATOSX_HOME`` of its kernels."""

    @property
    def root(self) -> Path:
        return self.server.root / self.name

    def ask(self, path: str, *, method: str = "GET") -> Any:
        return self.server.ask(path, method=method)

    def write_notebook(self, name: str, *sources: str) -> str:
        """A notebook of code cells under ``root``; its name, for ``open_notebook``."""
        cells: list[dict[str, Any]] = [
            {
                "cell_type": "code",
                "id": f"c{i}",
                "metadata": {},
                "execution_count": None,
                "outputs": [],
                "source": s,
            }
            for i, s in enumerate(sources)
        ]
        return self.save_notebook(name, {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})

    def save_notebook(self, name: str, document: dict[str, Any]) -> str:
        """``document`` under ``root``, to be run by this test's kernel; its name, for ``open_notebook``."""
        spec = {"name": self.name, "display_name": KERNEL, "language": "python"}
        document["metadata"] |= {"kernelspec": spec}
        (self.root / name).write_text(json.dumps(document), encoding="utf-8")
        return name


@dataclass
class Notebook:
    """A notebook open in the page."""

    page: Page

    def cell(self, index: int) -> Locator:
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index)

    def start(self, index: int) -> Locator:
        """Run code cell ``index`` without waiting for its end."""
        editor = self.cell(index).locator(".cm-content")
        editor.click()
        editor.press("Control+Enter")  # focuses it first: an output that grew may have moved it from under the click
        return self.cell(index)

    def run(self, index: int) -> Locator:
        """Run code cell ``index``; done when its prompt is a number again, and another one than before."""
        before = self.cell(index).locator(".jp-InputPrompt").inner_text()
        from playwright.sync_api import TimeoutError as KeyDropped

        cell = self.start(index)
        try:
            self.page.wait_for_function(_BEGUN, arg=[index, before], timeout=5000)
        except KeyDropped:  # a cell that runs shows it at once
            self.start(index)
        self.page.wait_for_function(_RAN, arg=[index, before])
        return cell


_BEGUN = """([i, before]) =>
  document.querySelectorAll('.jp-Notebook .jp-Cell')[i].querySelector('.jp-InputPrompt').innerText !== before"""
_RAN = """([i, before]) => {
  const prompt = document.querySelectorAll('.jp-Notebook .jp-Cell')[i].querySelector('.jp-InputPrompt').innerText;
  return prompt !== before && /^\\[\\d+\\]:$/.test(prompt.trim());
}"""
# The indicator reads "idle" for about 100 ms while there is still "No Kernel"; Ctrl+Enter then is dropped in silence.
_READY = """() => {
  const panel = document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden)');
  const name = panel?.querySelector('.jp-KernelName')?.innerText.trim();
  const status = panel?.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status;
  return name && name !== 'No Kernel' && status === 'idle';
}"""


@dataclass
class Console:
    """The errors that the page's console told of. JupyterLab 4.6 itself tells of none, so that any is ours."""

    errors: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        page.on("console", lambda message: self._hear(message.type, f"{message.text} {message.location}"))
        page.on("pageerror", lambda error: self._hear("error", f"uncaught: {error}"))

    def _hear(self, kind: str, text: str) -> None:
        if kind == "error":
            self.errors.append(text)


def _missing() -> str | None:
    if _chromium() is None:
        return f"no browser: none of {', '.join(CHROMIUM_NAMES)} is on PATH"
    absent = [name for name in ("jupyterlab", "playwright") if importlib.util.find_spec(name) is None]
    return f"{' and '.join(absent)} not installed: pip install '.[test]'" if absent else None


def _chromium() -> str | None:
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def _environment(home: Path, token: str) -> dict[str, str]:
    config = home / "config"
    (config / "labconfig").mkdir(parents=True)
    settings = {
        "@jupyterlab/apputils-extension:notification": {"checkForUpdates": False, "fetchNews": "false"},
        "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
    }
    (config / "labconfig" / "default_setting_overrides.json").write_text(json.dumps(settings), encoding="utf-8")
    return os.environ | {
        "HOME": str(home),
        "AUTOMATOSX_HOME": str(home / "automatosx"),
        "JUPYTER_CONFIG_DIR": str(config),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "JUPYTER_TOKEN": token,
        "IPYTHONDIR": str(home / "ipython"),
    }


def _command(port: int, root: Path) -> Sequence[str]:
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}"]
    command += ["--ServerApp.port_retries=0", f"--ServerApp.root_dir={root}"]
    command += [f"--LabApp.extra_labextensions_path={LABEXTENSIONS}"]  # as they are now, not as they were installed
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    return command


def _wait_until_up(process: subprocess.Popen[bytes], server: Server, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            server.ask("api/status")
        except OSError:
            time.sleep(0.05)  # polling another process; nothing to wait on
        else:
            return
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text(errors='replace')}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM lets the server shut its kernels down; its group is killed only if it does not."""
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def theme() -> str:
    """The theme of ``lab``; parametrise it for another one."""
    return "JupyterLab Light"


@pytest.fixture(scope="module")
def screen() -> dict[str, Any]:
    """Playwright's options for the size of the page, for all of a module."""
    return {"viewport": {"width": 1280, "height": 900}}


@pytest.fixture(scope="session")
def chromium(absent: Callable[[str], NoReturn]) -> str:
    """The browser's path. Skips where something is missing, and fails there under ``CI=true``."""
    missing = _missing()
    if missing is not None:
        absent(missing)
    return str(_chromium())


@pytest.fixture(scope="session")
def server(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A throw-away JupyterLab on 127.0.0.1, with folders of its own for everything."""
    home, root = tmp_path_factory.mktemp("jupyter"), tmp_path_factory.mktemp("notebooks")
    port, token = _free_port(), secrets.token_hex(16)
    running = Server(f"http://127.0.0.1:{port}", token, root, home)
    environment: Mapping[str, str] = _environment(home, token)
    log = home / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            _command(port, root), env=environment, stdout=output, stderr=output, start_new_session=True
        )
        try:
            _wait_until_up(process, running, log)
            yield running
        finally:
            _stop(process)


@pytest.fixture
def lab(server: Server, tmp_path: Path, theme: str) -> Iterator[Lab]:
    """This test's part of the JupyterLab; nothing of another test is in it, and its kernels end with it."""
    one = Lab(server, f"t{secrets.token_hex(4)}", tmp_path / "automatosx")
    one.root.mkdir()
    server.add_kernel(one.name, {"AUTOMATOSX_HOME": str(one.home)})
    server.wear(theme)
    yield one
    for session in server.ask("api/sessions"):
        server.ask(f"api/sessions/{session['id']}", method="DELETE")


@pytest.fixture(scope="module")
def browser(
    chromium: str, screen: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BrowserContext]:
    """One browser for a module. Not for the session: Playwright keeps an event loop running, others want their own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("browser"),
            executable_path=chromium,
            headless=True,
            args=CHROMIUM_FLAGS,
            **screen,
        )
        try:
            yield context
        finally:
            context.close()


@pytest.fixture
def page(browser: BrowserContext) -> Iterator[Page]:
    """A page; the test fails if its console shows an error."""
    one = browser.new_page()
    console = Console()
    console.listen(one)
    yield one
    one.close()
    assert console.errors == []


@pytest.fixture
def open_notebook(lab: Lab, page: Page) -> Any:
    """``open_notebook(name) -> Notebook``: open it alone on the page, and wait until its kernel is idle."""

    def opened(name: str) -> Notebook:
        url = f"{lab.server.url}/doc/tree/{lab.name}/{name}?reset&token={lab.server.token}"
        page.goto(url, wait_until="domcontentloaded")
        page.wait_for_selector("#jupyterlab-splash", state="detached", timeout=START_S * 1000)
        page.wait_for_selector(".jp-NotebookPanel:visible .jp-Notebook .jp-Cell")
        page.wait_for_function(_READY, timeout=START_S * 1000)
        return Notebook(page)

    return opened
