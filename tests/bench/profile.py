"""What changing a profile costs: ``python tests/bench/profile.py``.

Least of several runs. Exits with 1 where an install is not five times as fast as ``pip install`` of an equivalent
wheel in the same run; what is measured in milliseconds has budgets that docs/performance.md tells.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.registry.service import EmbeddedRegistry

PLUGINS = 200
KILOBYTES = 20
MANIFEST = """\
schema = 1
[plugin]
id = "{plugin}"
version = "{version}"
summary = "A plugin made to be measured."
license = "MIT"
authors = [{{name = "A. Tester"}}]
categories = ["data-quality"]
main = "demo"
[requires]
automatosx = "^1.0"
plugins = {{{requires}}}
[[contributes.magics]]
name = "{magic}"
handler = "demo:run"
"""


def least_ms(action: Callable[[], object], runs: int) -> float:
    times = []
    for _ in range(runs):
        started = perf_counter()
        action()
        times.append(perf_counter() - started)
    return 1e3 * min(times)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AUTOMATOSX_HOME"] = str(Path(folder, "home"))
        figures = measured(Path(folder))
    for name, figure in figures.items():
        sys.stdout.write(f"{name:<72} {figure:8.1f} ms\n")
    ratio = figures["pip install of an equivalent wheel"] / figures["install, from the store, tried out"]
    sys.stdout.write(f"{'pip install / install':<72} {ratio:8.1f}\n")
    return int(ratio < 5)


def measured(folder: Path) -> dict[str, float]:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.sandbox.supervisor import Sandbox

    registry = filled(folder)
    market = Marketplace(registry=registry)
    tried_out = market._try_out
    vars(market)["_try_out"] = nothing
    few = {
        "install, from the store, not tried out": reinstall(market, 15),
        "undo, or undo that, 1 plugin": least_ms(market.undo, 20),
    }
    market.install("acme.all")
    figures = {
        "plan an update of everything, 200 plugins installed": least_ms(market.plan_update, 9),
        "plan one more install, 200 plugins installed": least_ms(lambda: market.plan_install("acme.sized"), 9),
        **few,
        "install, from the store, not tried out, 200 plugins installed": reinstall(market, 15),
        "undo, or undo that, 200 plugins": least_ms(market.undo, 20),
    }
    market.rollback(1)
    market._sandbox = Sandbox()
    vars(market)["_try_out"] = tried_out
    reinstall(market, 3)
    figures["install, from the store, tried out"] = reinstall(market, 15)
    figures["pip install of an equivalent wheel"] = pip(folder)
    market.close()
    registry.close()
    return figures


def nothing(_package: Any, _grants: Any) -> None:
    """In place of trying a plugin out."""


def reinstall(market: Marketplace, runs: int) -> float:
    """Install what was removed before, and only that is timed."""
    times = []
    for _ in range(runs):
        started = perf_counter()
        market.install("acme.sized")
        times.append(perf_counter() - started)
        market.remove("acme.sized")
    return 1e3 * min(times)


def filled(folder: Path) -> EmbeddedRegistry:
    from automatosx_nb.package import build
    from automatosx_nb.registry.service import EmbeddedRegistry

    registry = EmbeddedRegistry(folder / "registry")
    names = [f"acme.p{number:03}" for number in range(PLUGINS)]
    for name in names:
        registry.publish(build(sources(folder / name, name, "1.0.0")))
    registry.publish(build(sources(folder / "all", "acme.all", "1.0.0", requires=names)))
    registry.publish(build(sources(folder / "sized", "acme.sized", "1.0.0", kilobytes=KILOBYTES)))
    return registry


def sources(folder: Path, plugin: str, version: str, *, requires: list[str] | None = None, kilobytes: int = 0) -> Path:
    (folder / "src").mkdir(parents=True)
    wanted = ", ".join(f'"{name}" = "^1.0"' for name in requires or ())
    magic = plugin.partition(".")[2]
    text = MANIFEST.format(plugin=plugin, version=version, requires=wanted, magic=magic)
    (folder / "plugin.toml").write_text(text)
    (folder / "README.md").write_text(f"# {plugin}\n\nMade to be measured.\n")
    (folder / "CHANGELOG.md").write_text(f"## {version}\n\n- First.\n")
    (folder / "src" / "demo.py").write_text(f"def run():\n    return 1\n{filler(kilobytes)}")
    return folder


def filler(kilobytes: int) -> str:
    """A text that no zip makes smaller than half."""
    return f"\n\nTEXT = {random.Random(7).randbytes(kilobytes * 1024).hex()!r}\n" if kilobytes else ""


def pip(folder: Path) -> float:
    """The same bytes as a wheel, from the disk, without an index and without dependencies."""
    wheel = folder / "sized-1.0.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sized/__init__.py", f"def run():\n    return 1\n{filler(KILOBYTES)}")
        archive.writestr("sized-1.0.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: sized\nVersion: 1.0.0\n")
        archive.writestr(
            "sized-1.0.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nGenerator: bench\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr("sized-1.0.0.dist-info/RECORD", "")
    target = folder / "site"
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-index",
        "--no-deps",
        "--target",
        str(target),
        str(wheel),
    ]
    times = []
    for _ in range(5):
        shutil.rmtree(target, ignore_errors=True)
        started = perf_counter()
        subprocess.run(
            command, check=True, capture_output=True, env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        )
        times.append(perf_counter() - started)
    return 1e3 * min(times)


if __name__ == "__main__":
    sys.exit(main())
