"""``automatosx_nb.testing.run_in_sandbox``: each status, and what it carries."""

from __future__ import annotations

import pytest

from automatosx_nb.errors import PermissionDenied, PluginFailed, PluginRefused, UntransferableValue, WorkerLost
from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.testing import run_in_sandbox

SUM = "def attack(*numbers):\n    print('adding')\n    return sum(numbers)\n"


def test_a_value_comes_back_with_output_usage_and_layers() -> None:
    outcome = run_in_sandbox(SUM, args=(1, 2))
    assert (outcome.status, outcome.value, outcome.output) == ("returned", 3, "adding\n")
    assert outcome.usage.rss_mb > 1
    assert outcome.layers["language"] == "active"
    assert (outcome.error, outcome.limit) == (None, None)


def test_without_the_entry_the_value_is_its_result_or_nothing() -> None:
    assert run_in_sandbox("RESULT = 6 * 7").value == 42
    assert run_in_sandbox("x = 1").value is None
    assert run_in_sandbox("def other():\n    return 5\n", entry="other").value == 5


@pytest.mark.parametrize("source", ["import os", "def attack():\n    return ().__class__\n", "def attack(:\n"])
def test_what_the_policy_refuses_is_refused(source: str) -> None:
    outcome = run_in_sandbox(source)
    assert outcome.status == "refused"
    assert isinstance(outcome.error, PluginRefused)


def test_what_raises_carries_its_error() -> None:
    raised = run_in_sandbox("def attack():\n    return 1 / 0\n")
    assert raised.status == "raised"
    assert isinstance(raised.error, PluginFailed)
    assert isinstance(run_in_sandbox("def attack():\n    return attack\n").error, UntransferableValue)


def test_storage_works_with_its_permission_only() -> None:
    source = (
        "from automatosx_nb.sdk import storage\n"
        "def attack():\n    storage.put('k', b'v')\n    return storage.get('k')\n"
    )
    assert run_in_sandbox(source, permissions=["storage"]).value == b"v"
    denied = run_in_sandbox(source)
    assert denied.status == "raised"
    assert isinstance(denied.error, PermissionDenied)


@pytest.mark.parametrize(
    ("source", "limit", "limits"),
    [
        ("def attack():\n    while True:\n        pass\n", "wall_s", Limits(wall_s=0.3)),
        ("def attack():\n    return 'a' * 10 ** 11\n", "memory_mb", Limits(memory_mb=200)),
        ("def attack():\n    return 7 ** (10 ** 9)\n", "cpu_s", Limits(cpu_s=1)),
    ],
)
def test_over_a_limit_it_is_killed_and_the_limit_named(source: str, limit: str, limits: Limits) -> None:
    outcome = run_in_sandbox(source, limits=limits)
    assert (outcome.status, outcome.limit) == ("killed", limit)


def test_a_process_that_ends_is_killed_without_a_limit() -> None:
    outcome = run_in_sandbox("import os\ndef attack():\n    os._exit(3)\n", without=["language"])
    assert (outcome.status, outcome.limit) == ("killed", None)
    assert isinstance(outcome.error, WorkerLost)
