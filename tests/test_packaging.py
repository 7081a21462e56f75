"""What ``pip install .`` and ``pip install -e .`` put on a machine: the server extension enabled, nothing missing."""

from __future__ import annotations

import os
import re
import site
import subprocess
import sys
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parent.parent
SERVER_CONFIG = "etc/jupyter/jupyter_server_config.d/automatosx_nb.json"

pytestmark = pytest.mark.skipif(not (ROOT / "pyproject.toml").exists(), reason="needs the source tree")


def pip(python: Path | str, *arguments: str) -> None:
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip(sys.executable, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
    (wheel,) = folder.glob("*.whl")
    return wheel


def bare_environment(folder: Path) -> Path:
    """A virtual environment that finds the libraries of this one, but not the package under test."""
    venv.create(folder, symlinks=True, with_pip=False)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    packages = Path(
        subprocess.run(
            [str(python), "-c", "import site; print(site.getsitepackages()[0])"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    )
    (packages / "libraries.pth").write_text("\n".join(site.getsitepackages()) + "\n")
    return python


def test_the_wheel_carries_everything_that_is_not_python(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = archive.namelist()
    missing = [
        needed
        for needed in (
            f".data/data/{SERVER_CONFIG}",
            ".data/data/share/jupyter/labextensions/automatosx-nb/package.json",
            ".data/data/share/jupyter/labextensions/automatosx-nb/static/remoteEntry.js",
            "automatosx_nb/server/pages/static/page.css",
            "automatosx_nb/server/pages/templates/plugin.html",
            "automatosx_nb/py.typed",
            "automatosx_nb/commands/template/plugin.toml",
            "automatosx_nb/commands/template/magic.py.txt",
            "automatosx_nb/commands/template/quickstart.ipynb",
            "automatosx_nb/widgets/static/panel.js",
            "automatosx_nb/widgets/static/panel.css",
            "automatosx_nb/host/display/style.css",
            "automatosx_nb/catalog/data-profiler/1.1.0/plugin.toml",
            "automatosx_nb/catalog/cell-ledger/1.0.0/src/cell_ledger/book.py",
        )
        if not any(name.endswith(needed) for name in names)
    ]
    assert missing == []
    assert any("/migrations/" in name for name in names)


@pytest.mark.parametrize("editable", [False, True], ids=["wheel", "editable"])
def test_an_installation_enables_the_server_extension_and_the_command(
    wheel: Path, tmp_path: Path, editable: bool
) -> None:
    python = bare_environment(tmp_path / "environment")
    source = ["--no-build-isolation", "-e", str(ROOT)] if editable else [str(wheel)]
    pip(sys.executable, "--python", str(python), "install", "--no-deps", "--ignore-installed", *source)
    environment = {**os.environ, "AUTOMATOSX_HOME": str(tmp_path / "home")}

    def ask(*arguments: str) -> str:
        done = subprocess.run(
            [str(python), *arguments], capture_output=True, text=True, env=environment, cwd=tmp_path, check=True
        )
        return done.stdout + done.stderr

    listed = ask("-m", "jupyter_server.extension.serverextension", "list")
    assert re.search(r"automatosx_nb.*enabled", listed), listed
    assert re.search(r"automatosx_nb \S+ .*OK", listed), listed
    origin = ask("-c", "import automatosx_nb; print(automatosx_nb.__file__)").strip()
    assert Path(origin).is_relative_to(ROOT if editable else tmp_path)
    command = python.parent / "jupyter-automatosx"
    found = subprocess.run(
        [str(command), "search", "profile"], capture_output=True, text=True, env=environment, check=True
    )
    assert "automatosx.data-profiler" in found.stdout
