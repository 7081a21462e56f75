"""The Seatbelt profile that a worker on macOS would get, read back; no macOS is at hand to run it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from automatosx_nb.sandbox.confine import ACTIVE, LAYERS_OF, Confinement, darwin
from automatosx_nb.sandbox.limits import Limits


def parse(text: str) -> list[Any]:
    """S-expressions: lists of lists and words; a string keeps its opening quote and has no escapes left."""
    position, stack = 0, [[]]  # type: ignore[var-annotated]
    while position < len(text):
        letter = text[position]
        if letter == "(":
            stack.append([])
        elif letter == ")":
            done = stack.pop()
            stack[-1].append(done)
        elif letter == '"':
            word = '"'
            position += 1
            while text[position] != '"':
                position += text[position] == "\\"
                word += text[position]
                position += 1
            stack[-1].append(word)
        elif not letter.isspace():
            end = position
            while end < len(text) and text[end] not in '()" \n':
                end += 1
            stack[-1].append(text[position:end])
            position = end - 1
        position += 1
    assert len(stack) == 1, "the parentheses do not close"
    return stack[0]


@pytest.fixture
def rules() -> list[Any]:
    return parse(darwin.profile(["/opt/python/lib"], "/private/var/folders/automatosx-1/worker-1"))


def allowed(rules: list[Any], operation: str) -> list[Any]:
    """What the profile says last of an operation: the filters of the last rule that names it, or its family."""
    matching = [
        rule for rule in rules if rule[0] in ("allow", "deny") and any(_covers(name, operation) for name in rule[1:])
    ]
    last = matching[-1] if matching else ["deny"]
    return [each for each in last[1:] if isinstance(each, list)] or [True] if last[0] == "allow" else []


def _covers(name: Any, operation: str) -> bool:
    return isinstance(name, str) and (name == operation or (name.endswith("*") and operation.startswith(name[:-1])))


def test_it_denies_by_default(rules: list[Any]) -> None:
    assert rules[:2] == [["version", "1"], ["deny", "default"]]


@pytest.mark.parametrize(
    "operation",
    [
        "process-exec", "process-exec-interpreter", "process-fork", "network-outbound", "network-inbound",
        "network-bind", "mach-lookup", "mach-register", "iokit-open", "ipc-posix-shm-read-data", "sysctl-write",
        "file-write-unlink", "file-link", "file-write-mode", "file-write-owner", "file-write-setugid",
        "system-socket", "job-creation", "mach-priv-task-port", "process-codesigning-status-set",
    ],
)  # fmt: skip
def test_it_refuses(rules: list[Any], operation: str) -> None:
    assert allowed(rules, operation) == []


def test_it_writes_plain_files_in_its_own_folder_only(rules: list[Any]) -> None:
    own = ["subpath", '"/private/var/folders/automatosx-1/worker-1']
    assert allowed(rules, "file-write-create") == [["require-all", own, ["vnode-type", "REGULAR-FILE"]]]
    written = [rule[2:] for rule in rules if "file-write-data" in rule]
    assert written == [[own], ["file-write-data", ["literal", '"/dev/null']]]


def test_it_reads_the_interpreters_files_and_its_own_folder(rules: list[Any]) -> None:
    places = [place for rule in rules if "file-read*" in rule for place in rule[2:] if isinstance(place, list)]
    named = {place[1].removeprefix('"') for place in places}
    assert {"/opt/python/lib", "/private/var/folders/automatosx-1/worker-1", "/usr/lib", "/dev/urandom"} <= named
    assert not named & {"/", "/Users", "/private", "/private/var", "/private/etc", "/tmp", "/Library"}


def test_a_path_cannot_end_its_string(tmp_path: Path) -> None:
    folder = tmp_path / 'a") (allow default) ("b\\'
    rules = parse(darwin.profile([], str(folder)))
    assert ["allow", "default"] not in rules
    assert any(["subpath", f'"{os.path.realpath(folder)}'] in rule for rule in rules)


def test_a_path_is_the_one_behind_its_links(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    text = darwin.profile([], str(tmp_path / "link"))
    assert str(tmp_path / "link") not in text
    assert os.path.realpath(tmp_path / "real") in text


@pytest.mark.skipif(sys.platform == "darwin", reason="here it would confine the tests")
def test_where_the_profile_cannot_be_put_on_that_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mask = os.umask(0o022)
    layers = darwin.confine(Confinement(Limits(), [], "", without=["rlimits"]), str(tmp_path))
    os.umask(mask)
    assert set(layers) == set(LAYERS_OF["darwin"])
    assert [name for name, state in layers.items() if state == ACTIVE] == ["process"]
    assert "no sandbox_init" in layers["sandbox-exec"]
