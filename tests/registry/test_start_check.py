"""Publishing with the real sandbox: what does not start is not published."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from automatosx_nb import package
from automatosx_nb.errors import PublishRefused
from automatosx_nb.registry.service import EmbeddedRegistry
from automatosx_nb.sandbox.supervisor import Sandbox

Build = Callable[..., bytes]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def strict(home: Path, sandbox: Sandbox) -> Iterator[EmbeddedRegistry]:
    with EmbeddedRegistry(home, sandbox=sandbox) as registry:
        yield registry


def test_a_plugin_that_starts_is_published_and_its_check_says_so(strict: EmbeddedRegistry, build: Build) -> None:
    (start,) = [check for check in strict.publish(build()).checks if check.check == "start"]
    assert (start.passed, start.severity) == (True, "info")
    assert start.duration_ms > 0


@pytest.mark.parametrize(
    ("source", "finding"),
    [
        ("def run():\n    return ().__class__.__bases__\n", "src/body.py, line 2: "),
        ("def run(:\n", "src/body.py, line 1: "),
        ("import subprocess\ndef run():\n    return 1\n", "src/body.py, line 1: "),
        (
            "raise ValueError('at import')\ndef run():\n    return 1\n",
            "src/body.py, line 1: does not start: ValueError: at import, raised by \"raise ValueError('at import')\"",
        ),
        ("def other():\n    return 1\n", "run"),
    ],
    ids=["refused by the policy", "a syntax error", "a module nobody may use", "raises at import", "no handler"],
)
def test_a_plugin_that_does_not_start_is_refused_with_its_reason(
    strict: EmbeddedRegistry, build: Build, source: str, finding: str
) -> None:
    with pytest.raises(PublishRefused) as caught:
        strict.publish(build(source=source))
    assert any(finding in found for found in caught.value.findings), caught.value.findings
    assert strict.known() == ()


def test_every_module_that_the_policy_refuses_is_told_at_once(
    strict: EmbeddedRegistry, plugin_folder: Callable[..., Path], tmp_path: Path
) -> None:
    folder = plugin_folder(tmp_path / "p", source="import os\ndef run():\n    return 1\n")
    for name in ("more", "other"):
        (folder / "src" / f"{name}.py").write_text("\nx = ().__class__\n")
    with pytest.raises(PublishRefused) as caught:
        strict.publish(package.build(folder))
    places = sorted(finding.partition(": ")[0] for finding in caught.value.findings)
    assert places == ["src/body.py, line 1", "src/more.py, line 2", "src/other.py, line 2"]


def test_without_a_sandbox_the_check_says_that_nothing_was_started(registry: EmbeddedRegistry, build: Build) -> None:
    (start,) = [check for check in registry.publish(build()).checks if check.check == "start"]
    assert (start.passed, start.severity) == (False, "warning")
