"""Changes of one prepared profile, for tests that harm whoever makes them.

Run as a program it is a fork server: everything is imported, and each change was made once, so that a fork's system
calls are those of the change alone. A line ``fork CHANGE PROFILE`` starts a child that waits, ``go PID`` lets it, and
``end PID`` waits for its end; each is answered by a line.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import sys
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from automatosx_nb.app import Marketplace
from automatosx_nb.errors import AutomatosxError
from automatosx_nb.model.lockfile import render
from automatosx_nb.model.retention import GenerationRetention
from automatosx_nb.package import build
from automatosx_nb.profile.collecting import collect
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.scenarios.lifecycle import BASE, OTHER, SETTING, TOP, save, write_plugin

MOVES = "acme.moves"
"""Its 2.0.0 keeps something else than its 1.0.0 did."""
WORK = "work"
"""The project's folder, where a profile is that of one; its user's home lies beside it."""
PREPARED = 5
"""The generation of a prepared profile."""
REFUSED, BROKEN = 10, 11
"""A child's exit status: an error of ours, any other."""
_ANY_TRACER = 0x59616D61, -1
"""``PR_SET_PTRACER``, ``PR_SET_PTRACER_ANY``: Yama lets only an ancestor trace, else."""


_MIGRATE = """
from automatosx_nb.sdk import storage

def run():
    return storage.get("kept")

def migrate(before):
    storage.put("kept", {"text": storage.get("kept"), "from": before})
"""
_VERSION_2 = '[state]\nversion = 2\nmigrate = "demo:migrate"\n'


class Untried(Marketplace):
    """Nothing is started as a trial: a worker is another process, and writes nothing of the profile."""

    def _try_out(self, *_: object) -> None: ...


def _migrate(market: Marketplace) -> None:
    market.install(MOVES, "2.0.0")


def _sync(market: Marketplace) -> None:
    market.sync(lock_beside(market.profile.root), grant=["storage"])


def _collect(market: Marketplace) -> None:
    collect([market.profile], GenerationRetention(2, timedelta()), datetime.now(UTC))


CHANGES: Mapping[str, Callable[[Marketplace], object]] = {
    "install": lambda market: market.install(TOP),
    "update": lambda market: market.update(BASE),
    "rollback": lambda market: market.rollback(2),
    "undo": lambda market: market.undo(),
    "pin": lambda market: market.pin(BASE, note="held"),
    "remove": lambda market: market.remove(BASE),
    "gc": _collect,
    "install another": lambda market: market.install(OTHER),
    "install with a trial": lambda market: market.install(TOP),
    "update that migrates": _migrate,
    "sync": _sync,
}
SYNC = "project: sync"
CHANGES_IN_PROJECT: Mapping[str, Callable[[Marketplace], object]] = {
    "project: install": CHANGES["install"],
    "project: install another": CHANGES["install another"],
    "project: undo": CHANGES["undo"],
    SYNC: lambda market: market.sync(market.lock_path(), grant=["storage"]),
}
TRIED = {"install with a trial", "update that migrates"}
"""Those that start a worker, as everybody's do: when it answers, decides whether they make a call more or less."""


def publish(folder: Path) -> EmbeddedRegistry:
    """A registry in ``folder`` with what the changes need."""
    registry = EmbeddedRegistry(folder / "registry")
    plugins: tuple[tuple[str, str, dict[str, Any]], ...] = (
        *((BASE, version, {"extra": SETTING}) for version in ("1.0.0", "1.1.0", "1.2.0")),
        (TOP, "1.0.0", {"requires": {BASE: "^1.1"}}),
        (OTHER, "1.0.0", {}),
        (MOVES, "1.0.0", {"permissions": {"storage": "To remember."}}),
        (MOVES, "2.0.0", {"permissions": {"storage": "To remember."}, "needs": _VERSION_2, "source": _MIGRATE}),
    )
    for plugin, version, more in plugins:
        registry.publish(build(write_plugin(folder / f"{plugin}-{version}", plugin, version, **more)))
    return registry


def opened(profile: Path, registry: EmbeddedRegistry, *, tried: bool = False) -> Marketplace:
    if (profile / WORK).is_dir():
        os.environ["AUTOMATOSX_HOME"] = str(profile / "home")
        with contextlib.chdir(profile / WORK):
            return Untried(registry=registry)
    return (Marketplace if tried else Untried)(profile=profile, registry=registry)


def lock_beside(profile: Path) -> Path:
    """What ``sync`` reads; ``prepare`` writes it."""
    return profile / "synced.lock"


def prepare(profile: Path, registry: EmbeddedRegistry) -> None:
    """Five generations, saved state, a setting, a lock to sync from, and what a killed writer and a removed plugin
    leave.

    The lock has a newer release of one plugin, one more, and lacks one.
    """
    market = opened(profile, registry)
    market.install(TOP)
    market.install(OTHER)
    locked = market.lockfile()
    market.close()
    shutil.rmtree(profile)
    market = opened(profile, registry)
    market.install(MOVES, "1.0.0", grant=["storage"])
    save(market, MOVES, "a text")
    market.install(BASE, "1.0.0")
    save(market, BASE, "by 1.0.0")
    market.install(BASE, "1.1.0")
    save(market, BASE, "by 1.1.0")
    market.plugin_settings(BASE).put_value("rows", 5)
    market.install(OTHER)
    market.remove(OTHER)
    market.close()
    (profile / f".current-{'0' * 12}").write_text("6")
    lock_beside(profile).write_text(render(locked))


def prepare_project(folder: Path, registry: EmbeddedRegistry, *, pulled: bool) -> None:
    """A project in ``folder``, and a home; its profile knows it by its path.

    ``pulled``: its lock is what a colleague made of it, with another version of one plugin.
    """
    (folder / WORK).mkdir(parents=True)
    os.environ["AUTOMATOSX_HOME"] = str(folder / "home")
    with contextlib.chdir(folder / WORK):
        outside = Untried(registry=registry)
        outside.init_project(folder / WORK)
        outside.close()
    market = opened(folder, registry)
    market.install(MOVES, "1.0.0", grant=["storage"])
    save(market, MOVES, "a text")
    market.install(BASE, "1.0.0")
    if pulled:
        market.install(BASE, "1.1.0")
        theirs = market.lock_path().read_bytes()
        market.undo()
        market.lock_path().write_bytes(theirs)
    market.close()


def make(change: str, profile: Path, registry: EmbeddedRegistry) -> None:
    market = opened(profile, registry, tried=change in TRIED)
    try:
        {**CHANGES, **CHANGES_IN_PROJECT}[change](market)
    finally:
        market.close()


def _serve(folder: Path) -> None:
    children: dict[int, tuple[int, int]] = {}
    """Process → what lets it go, what it says at its end."""
    for line in sys.stdin:
        word, *rest = json.loads(line)
        if word == "fork":
            (wait, go), (said, say) = os.pipe(), os.pipe()
            pid = os.fork()
            if not pid:
                os.close(go)
                _child(folder, rest[0], rest[1], wait, say)
            os.close(wait)
            os.close(say)
            children[pid] = go, said
            answer: Any = pid
        elif word == "go":
            answer = None
            os.close(children[rest[0]][0])
        else:
            with os.fdopen(children.pop(rest[0])[1]) as said_file:
                text = said_file.read()
            answer = os.waitstatus_to_exitcode(os.waitpid(rest[0], 0)[1]), text
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _child(folder: Path, change: str, profile: str, wait: int, say: int) -> None:
    status = 0
    try:
        ctypes.CDLL(None).prctl(_ANY_TRACER[0], ctypes.c_ulong(_ANY_TRACER[1]), 0, 0, 0)
        os.dup2(say, 2)
        os.read(wait, 1)
        registry = EmbeddedRegistry(folder / "registry")
        make(change, Path(profile), registry)
        registry.close()
    except AutomatosxError as error:
        status = REFUSED
        os.write(say, f"{type(error).__name__}: {error}".encode())
    except BaseException:
        status = BROKEN
        os.write(say, traceback.format_exc().encode())
    finally:
        os._exit(status)


def _warm(folder: Path, scratch: Path) -> None:
    """Import all that the changes of ``folder / "prepared"`` import."""
    registry = EmbeddedRegistry(folder / "registry")
    if not (folder / "prepared").is_dir():
        for change in CHANGES_IN_PROJECT:
            prepare_project(scratch / change, registry, pulled=change == SYNC)
            make(change, scratch / change, registry)
        registry.close()
        return
    for change in CHANGES:
        shutil.copytree(folder / "prepared", scratch / change)
        make(change, scratch / change, registry)
    registry.close()


if __name__ == "__main__":
    _warm(Path(sys.argv[1]), Path(sys.argv[2]))
    _serve(Path(sys.argv[1]))
