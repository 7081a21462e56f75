"""Publishing with the real sandbox: what does not start is not published."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from automatosx_nb import package
from automatosx_nb.errors import PublishRefused
from automatosx_nb.registry.service import EmbeddedRegistry
from automatosx_nb.sandbox import self_test
from automatosx_nb.sandbox.limits import Limits
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


TESTED = """\
from automatosx_nb.sdk import storage

def run():
    return 1

def self_test():
    assert run() == 1

def wrong():
    print("nobody reads this")
    assert run() == 2

def asks():
    storage.get("a")

def hangs():
    while True:
        pass
"""


STORAGE = {"storage": "Keeps."}


def test_a_plugin_that_passes_its_self_test_is_published(strict: EmbeddedRegistry, build: Build) -> None:
    published = strict.publish(build(source=TESTED, more='self-test = "body:self_test"', permissions=STORAGE))
    (start,) = [check for check in published.checks if check.check == "start"]
    assert (start.passed, start.severity) == (True, "info")


@pytest.mark.parametrize(
    ("function", "line", "said"),
    [
        ("wrong", 11, "AssertionError, raised by 'assert run() == 2'"),
        ("asks", 13, "it needs 'storage', and a self-test has nothing of the host"),
        ("hangs", 16, "acme.csv-doctor went over its limit wall_s (0.5 s)"),
    ],
)
def test_a_plugin_that_does_not_pass_its_self_test_is_refused_with_the_line(
    strict: EmbeddedRegistry, build: Build, monkeypatch: pytest.MonkeyPatch, function: str, line: int, said: str
) -> None:
    monkeypatch.setattr(self_test, "WALL_S", 0.5)
    artifact = build(source=TESTED, more=f'self-test = "body:{function}"', permissions=STORAGE)
    with pytest.raises(PublishRefused) as caught:
        strict.publish(artifact)
    (found,) = caught.value.findings
    assert found.startswith(f"src/body.py, line {line}: the self-test 'body:{function}' does not pass: {said}")
    assert strict.known() == ()


def test_a_self_test_that_is_not_there_is_a_handler_that_is_not_there(strict: EmbeddedRegistry, build: Build) -> None:
    with pytest.raises(PublishRefused, match="'body' has no function 'gone'"):
        strict.publish(build(more='self-test = "body:gone"'))


def test_no_self_test_is_run_without_a_module_that_the_policy_refuses(
    strict: EmbeddedRegistry, plugin_folder: Callable[..., Path], tmp_path: Path
) -> None:
    source = "import other\n\ndef run():\n    return 1\n\ndef self_test():\n    assert other.VALUE == 1\n"
    folder = plugin_folder(tmp_path / "p", source=source, more='self-test = "body:self_test"')
    (folder / "src" / "other.py").write_text("import os\nVALUE = 1\n")
    with pytest.raises(PublishRefused) as caught:
        strict.publish(package.build(folder))
    (found,) = caught.value.findings
    assert found.startswith("src/other.py, line 1: ")


def test_without_a_sandbox_the_check_says_that_nothing_was_started(registry: EmbeddedRegistry, build: Build) -> None:
    (start,) = [check for check in registry.publish(build()).checks if check.check == "start"]
    assert (start.passed, start.severity) == (False, "warning")


GREEDY = "def run():\n    return 1\ndef self_test():\n    assert len('x' * (400 << 20)) == 400 << 20\n"


@pytest.mark.parametrize(
    ("asked_mb", "allowed_mb", "passes"), [(300, 1024, False), (2048, 300, False), (700, 1024, True)]
)
def test_a_self_test_has_what_its_release_asks_for_and_no_more_than_the_registry_lets_it(
    home: Path, sandbox: Sandbox, build: Build, asked_mb: int, allowed_mb: int, passes: bool
) -> None:
    artifact = build(source=GREEDY, more=f'self-test = "body:self_test"\n[limits]\nmemory-mb = {asked_mb}')
    with EmbeddedRegistry(home, sandbox=sandbox, limits=lambda: Limits(memory_mb=allowed_mb)) as registry:
        (start,) = [each for each in registry.check(artifact) if each.check == "start"]
        assert start.passed is passes, start
        if not passes:
            assert "MemoryError" in start.message or "memory_mb" in start.message
            with pytest.raises(PublishRefused):
                registry.publish(artifact)
