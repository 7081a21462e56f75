"""Our own attacks against the system's walls: all of them up, each by itself, and none at all (the control)."""

from __future__ import annotations

import functools
import os
import runpy
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from automatosx_nb.errors import AutomatosxError
from automatosx_nb.sandbox.confine import LAYERS
from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sandbox.supervisor import Program, Sandbox

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine != "x86_64", reason="the attacks are system calls of Linux on x86-64"
)

DATA = Path(__file__).parents[1] / "data" / "attacks"
CORPUS: dict[str, Any] = tomllib.loads((DATA / "attacks.toml").read_text("utf-8"))
ATTACKS: list[dict[str, Any]] = CORPUS["attack"]
NAMESPACES = ("network", "pids")
BY_ITSELF = [(attack, layer) for attack in ATTACKS for layer in attack["alone"]]
LIMITS = Limits(wall_s=5, table_mb=64)


class Silent:
    def ask(self, *_question: object) -> object:
        return None

    def output(self, *_printed: object) -> None:
        """Dropped."""


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[dict[bool, Sandbox]]:
    """With namespaces, and without as in a container."""
    with Sandbox() as one, Sandbox(namespaces=False) as other:
        yield {True: one, False: other}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Any]:
    scene = runpy.run_path(str(Path(__file__).parent / "scene.py"))["Scene"](tmp_path)
    yield scene
    scene.close()


def play(attack: dict[str, Any], scene: Any, sandbox: Sandbox, *, layers: tuple[str, ...]) -> list[str]:
    """What one attack finds past these layers of the system's, and no others, that an idle plugin does not."""
    said, found = run(attack["code"], scene, sandbox, layers)
    if found:
        idle = run("def attack(on):\n    return None\n", scene, sandbox, layers)[1]
        found = [each for each in found if each not in idle]
    return [*found, "REACHED"] if said == "REACHED" and attack.get("oracle") else found


def goals(attack: dict[str, Any], found: list[str]) -> list[str]:
    return [each for each in found if each.startswith(attack.get("goal", ""))]


def run(code: str, scene: Any, sandbox: Sandbox, layers: tuple[str, ...]) -> tuple[str, list[str]]:
    program = Program("mallory.attack", "1.0.0", {"m.py": (CORPUS["prelude"] + code).encode()}, ())
    worker = sandbox.start(program, LIMITS, without={"language", *LAYERS} - set(layers))
    try:
        said = str(worker.call("m:attack", [{**scene.on, "file_bytes": LIMITS.file_mb << 20}], broker=Silent()))
    except AutomatosxError as error:
        said = str(error)
    try:
        server = sandbox._state.server
        assert server is not None
        return said, scene.reached(said, worker.pid, server.pid) if worker.alive else scene.traces(said)
    finally:
        worker.stop()
        scene.settle()


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack["id"])
@pytest.mark.parametrize("namespaces", [True, False], ids=["strict", "container"])
def test_an_attack_reaches_nothing(attack: dict[str, Any], namespaces: bool, scene: Any, sandboxes: Any) -> None:
    assert play(attack, scene, sandboxes[namespaces], layers=LAYERS) == []


@functools.cache
def namespaces_here() -> bool:
    with Sandbox() as sandbox:
        return all(sandbox.layers()[name] == "active" for name in NAMESPACES)


@pytest.mark.parametrize(("attack", "layer"), BY_ITSELF, ids=[f"{a['id']}-{layer}" for a, layer in BY_ITSELF])
def test_a_layer_stops_it_by_itself(attack: dict[str, Any], layer: str, scene: Any, sandboxes: Any) -> None:
    """Take this layer away and the test is red: that is what the control shows."""
    namespaced = layer in NAMESPACES
    if namespaced and not namespaces_here():
        pytest.skip("no namespaces here")
    assert goals(attack, play(attack, scene, sandboxes[namespaced], layers=(layer,))) == []


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack["id"])
def test_with_no_wall_it_reaches_its_goal(attack: dict[str, Any], scene: Any, sandboxes: Any) -> None:
    """The control, without which the tests above would show nothing."""
    found = goals(attack, play(attack, scene, sandboxes[False], layers=()))
    if not found and "control" in attack:
        pytest.skip(f"{attack['id']}: {attack['control']}")
    assert found


def test_every_layer_has_attacks_that_it_alone_stops() -> None:
    only = {layer: [attack["id"] for attack in ATTACKS if attack["alone"] == [layer]] for layer in LAYERS}
    assert {layer for layer, attacks in only.items() if attacks} >= {"process", "rlimits", "landlock", "seccomp"}
    stopped = {layer for attack in ATTACKS for layer in attack["alone"]}
    assert stopped == set(LAYERS)
    assert len(ATTACKS) == len({attack["id"] for attack in ATTACKS}) > 100
