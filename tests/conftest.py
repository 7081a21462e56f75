"""What every test may use: a home of its own, plugins made on the spot."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any, NoReturn

import pytest
from IPython.core.interactiveshell import InteractiveShell

from automatosx_nb import app, magics
from automatosx_nb.app import Marketplace
from automatosx_nb.app.rooms import open_registry
from automatosx_nb.sdk import _wire
from tests.servers.postgresql import PostgreSQL, installed, serving
from tests.servers.s3 import S3, serving_s3

MakePlugin = Callable[..., Path]
Absent = Callable[[str], NoReturn]
FullDisk = Callable[[str], AbstractContextManager[None]]


def pytest_configure(config: pytest.Config) -> None:
    """Byte code is kept, here and by what tests start, for what is installed has it; compiling all anew takes a process
    longer than most of them run. One of several processes of a run ignores interrupts, and so would every test that
    interrupts itself."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    if hasattr(config, "workerinput"):
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def sdk_as_it_was() -> Iterator[None]:
    """Who ran plugin code in this process leaves no permissions behind."""
    before = dict(vars(_wire._connection))
    yield
    vars(_wire._connection).update(before)


@pytest.fixture(scope="session")
def absent() -> Absent:
    """``absent(what)``: a tool that a test needs is not here. The test is skipped; under ``CI=true`` it fails."""

    def end(what: str) -> NoReturn:
        if os.environ.get("CI") == "true":
            pytest.fail(what)
        pytest.skip(what)

    return end


@pytest.fixture(scope="session")
def postgresql(absent: Absent) -> Iterator[PostgreSQL]:
    """A PostgreSQL server; ``postgresql.database()`` is the URL of a new database in it."""
    programs = installed()
    if programs is None:
        absent("PostgreSQL's server is not installed (Debian: postgresql)")
    with serving(programs) as server:
        yield server


@pytest.fixture(scope="session")
def s3() -> Iterator[S3]:
    """An object store; ``s3.bucket()`` is the URL of a new bucket, and the environment says how to reach it."""
    with serving_s3() as server, pytest.MonkeyPatch.context() as patched:
        for name, value in server.environment.items():
            patched.setenv(name, value)
        yield server


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty ``AUTOMATOSX_HOME``, and no configuration of the person who runs the tests."""
    return use_home(tmp_path, monkeypatch)


def use_home(parent: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As the fixture ``home``, in another folder."""
    folder = parent / "home"
    monkeypatch.setenv("AUTOMATOSX_HOME", str(folder))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(parent / "jupyter-config"))
    monkeypatch.setenv("JUPYTER_NO_CONFIG", "1")
    return folder


@pytest.fixture(scope="session")
def filled_registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a registry into which the bundled plugins were published. It is copied, and never opened again."""
    folder = tmp_path_factory.mktemp("filled")
    with pytest.MonkeyPatch.context() as patch:
        market_home = use_home(folder, patch)
        open_registry(market_home).close()
    return market_home / "registry"


@pytest.fixture
def stocked_home(home: Path, filled_registry: Path) -> Path:
    """As ``home``, but somebody has searched in it before: its registry is there. Nothing else is."""
    return stock(home, filled_registry)


def stock(home: Path, filled_registry: Path) -> Path:
    """As the fixture ``stocked_home``, for another home."""
    shutil.copytree(filled_registry, home / "registry")
    return home


@pytest.fixture
def market(stocked_home: Path) -> Iterator[Marketplace]:
    """A marketplace on an empty profile, with the bundled plugins in its registry."""
    market = Marketplace()
    yield market
    market.close()


class WrongBytes:
    """A registry that hands out other bytes than it announced; all else is the real one's."""

    def __init__(self, registry: Any) -> None:
        self._registry = registry

    def __getattr__(self, name: str) -> Any:
        return getattr(self._registry, name)

    def artifact(self, plugin: str, version: str, *, start: int = 0) -> Generator[bytes, None, None]:
        data = b"".join(self._registry.artifact(plugin, version, start=start))
        yield data[:-1] + bytes([data[-1] ^ 1])


@pytest.fixture
def wrong_bytes(market: Marketplace) -> Any:
    return WrongBytes(market.registry)


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> FullDisk:
    """Within ``full_disk(name)``, no file of that name can be put in place: the disk is full."""
    real = os.replace

    @contextmanager
    def full_disk(name: str) -> Iterator[None]:
        def replace(source: Any, target: Any) -> None:
            if Path(target).name == name:
                raise OSError(errno.ENOSPC, "no space", str(target))
            real(source, target)

        with monkeypatch.context() as patched:
            patched.setattr(os, "replace", replace)
            yield

    return full_disk


@pytest.fixture
def shell(stocked_home: Path) -> Iterator[Any]:
    """An IPython shell, into which ``magics.load`` loads the extension; what this process opened ends with it."""
    with opened_shell() as shell:
        yield shell


@contextmanager
def current_market() -> Iterator[Marketplace]:
    """The marketplace that this process's shell uses; it ends with the block."""
    market = app.current()
    yield market
    market.close()
    app._current.clear()


@contextmanager
def opened_shell(make: Callable[[], Any] = InteractiveShell) -> Iterator[Any]:
    """As the fixture ``shell``, for a test that keeps one for longer."""
    shell = make()
    yield shell
    magics.unload(shell)
    for market in app._current.values():
        market.close()
    app._current.clear()
    shell.history_manager.end_session()
    shell.history_manager = None


@pytest.fixture
def make_plugin(tmp_path: Path) -> MakePlugin:
    """Write a small, valid plugin's folder; ``source`` is its only module, ``demo``, with a handler ``run``.

    ``needs`` are further lines of ``[requires]``, ``extra`` further tables.
    """
    return plugins_in(tmp_path)


def plugins_in(parent: Path) -> MakePlugin:
    """As the fixture ``make_plugin``, in another folder."""

    def make(
        plugin: str = "acme.demo",
        version: str = "1.0.0",
        *,
        source: str = "def run():\n    return 'ran'\n",
        magic: str = "demo",
        args: str = "",
        permissions: Mapping[str, str] | None = None,
        requires: Mapping[str, str] | None = None,
        needs: str = "",
        extra: str = "",
    ) -> Path:
        folder = parent / f"{plugin}-{version}"
        (folder / "src").mkdir(parents=True)
        asked = "\n".join(f'"{name}" = "{reason}"' for name, reason in (permissions or {}).items())
        needed = ", ".join(f'"{name}" = "{wish}"' for name, wish in (requires or {}).items())
        manifest = dedent("""\
            schema = 1
            [plugin]
            id = "{plugin}"
            version = "{version}"
            summary = "A plugin made for a test."
            license = "MIT"
            authors = [{{name = "A. Tester"}}]
            categories = ["data-quality"]
            main = "demo"
            [requires]
            automatosx = "^1.0"
            plugins = {{{needed}}}
            {needs}
            [permissions]
            {asked}
            [[contributes.magics]]
            name = "{magic}"
            handler = "demo:run"
            args = [{args}]
            {extra}
            """).format(
            plugin=plugin,
            version=version,
            asked=asked,
            needed=needed,
            needs=needs,
            magic=magic,
            args=args,
            extra=extra,
        )
        (folder / "plugin.toml").write_text(manifest)
        (folder / "README.md").write_text(f"# {plugin}\n\nA plugin made for a test.\n")
        (folder / "CHANGELOG.md").write_text(f"## {version}\n\n- What is new in {version}.\n")
        (folder / "src" / "demo.py").write_text(source)
        return folder

    return make
