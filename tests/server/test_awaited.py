"""A check that nobody awaits is a coroutine, which is true whatever it would have said: JupyterLab had one such.

https://github.com/jupyterlab/jupyterlab/security/advisories lists it. Here deciding is never asynchronous, and who
asks, which is looked up so in a server, is awaited.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from automatosx_nb import server
from automatosx_nb.host.broker import CapabilityBroker
from automatosx_nb.host.grants import Grants
from automatosx_nb.host.holdings import LiveGrants
from automatosx_nb.model import identity
from automatosx_nb.model.consent import PermissionPolicy
from automatosx_nb.model.permissions import Permission
from automatosx_nb.model.policy import Pattern, Policy
from automatosx_nb.profile import changes

ROOT = Path(server.__file__).parent
TREES = {path.relative_to(ROOT): ast.parse(path.read_text("utf-8")) for path in ROOT.rglob("*.py")}
DECIDES = (CapabilityBroker, Grants, LiveGrants, PermissionPolicy, Permission, Pattern, Policy, identity, changes)


def _functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    for owner in DECIDES:
        for name, found in inspect.getmembers(owner, inspect.isroutine):
            if str(getattr(found, "__module__", "")).startswith("automatosx_nb"):
                yield f"{getattr(owner, '__name__', owner)}.{name}", found


@pytest.mark.parametrize(("name", "function"), list(_functions()))
def test_whatever_decides_decides_when_it_is_called(name: str, function: Callable[..., Any]) -> None:
    assert not inspect.iscoroutinefunction(function), name


def _calls(tree: ast.Module) -> Iterator[tuple[str, int, bool]]:
    """What is called, where, and whether it is awaited."""
    awaited = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Await)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node.lineno, id(node) in awaited


def test_who_asks_is_awaited_wherever_it_is_looked_up() -> None:
    calls = [(path, *call) for path, tree in TREES.items() for call in _calls(tree)]
    asked = [call for call in calls if call[1] in ("self.actor", "actor_of")]
    assert len(asked) > 10
    assert [call for call in asked if not call[-1]] == []


def test_one_that_is_not_awaited_would_be_found() -> None:
    tree = ast.parse("async def get(self):\n    if self.actor():\n        await self.actor()\n")
    assert sorted(_calls(tree)) == [("self.actor", 2, False), ("self.actor", 3, True)]
