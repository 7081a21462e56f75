"""A hostile publisher's texts where people see them: terminals, cells, logs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from automatosx_nb import cli
from automatosx_nb.commands import text
from automatosx_nb.commands.as_json import to_json
from automatosx_nb.errors import PermissionDenied, PluginFailed, ProtocolViolation
from automatosx_nb.host.capabilities.log import LogCapability
from automatosx_nb.host.display import render
from automatosx_nb.host.display.html import markdown_to_html
from automatosx_nb.model.plan import PlannedChange
from automatosx_nb.profile.project import Project
from tests.conftest import use_home

ESCAPES = "\x1b]52;c;cm0gLXJmIH4=\x07\x1b[2J"


def test_an_error_of_a_plugin_moves_nothing_on_the_terminal(attack: Any, host: Any) -> None:
    worker = attack(f"def m():\n    raise type({ESCAPES!r}, (Exception,), {{}})({ESCAPES!r} * 9999)\n")
    with pytest.raises(PluginFailed) as caught:
        worker.call("m:m", broker=host)
    shown = str(caught.value)
    assert "\x1b" not in shown
    assert len(shown) < 20_000


def test_a_forged_failure_is_cut_to_what_a_person_reads(attack: Any, host: Any) -> None:
    worker = attack(
        "import os\nfrom automatosx_nb.sandbox import protocol, codec\ndef m():\n    os.set_blocking(3, True)\n"
        "    frames = [protocol.Frame('f' * 999, 1, 'g' * 999, '\\x1b' * 999)] * 999\n"
        "    fault = protocol.Fault('raised', 'E' * 99999, 'm' * 99999, frames)\n"
        "    rest = memoryview(codec.encode(protocol.Failure(1, fault), max_bytes=16 << 20))\n"
        "    while rest:\n        rest = rest[os.write(3, rest):]\n"
    )
    with pytest.raises(PluginFailed) as caught:
        worker.call("m:m", broker=host)
    assert len(caught.value.frames) <= 40
    assert len(str(caught.value)) < 80_000
    assert "\x1b" not in str(caught.value)


def test_a_changelog_moves_nothing_on_the_terminal_that_asks_for_consent() -> None:
    change = PlannedChange(
        kind="update", id="acme.a", old="1.0.0", new="1.1.0", why="asked for", asks={"storage": ESCAPES}, drops=(),
        missing_packages=(), changelog=f"- new\n{ESCAPES}\r", size=1,
    )  # fmt: skip
    lines = "\n".join(text._change(change, "asks for"))
    assert "- new" in lines
    assert not set(lines) & set("\x1b\x07\r")
    assert "\x1b" not in text.table(("a",), [(ESCAPES,)])


MOVES = ("\x1b[2J", "\x9b2J", "\u202e")


@pytest.mark.parametrize("moves", MOVES)
def test_a_cloned_projects_lock_and_its_folders_name_move_nothing_on_the_terminal(
    moves: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use_home(tmp_path, monkeypatch)
    cloned = tmp_path / f"clone{moves}"
    (cloned / ".automatosx").mkdir(parents=True)
    key = "".join(f"\\u{ord(character):04x}" for character in moves)
    (cloned / ".automatosx" / "automatosx.lock").write_text(f'lock-version = 1\n"{key}" = 1\n')
    monkeypatch.chdir(cloned)
    for words in (["sync"], ["project"], ["project", "--json"]):
        cli.main(words)
        shown = capsys.readouterr()
        assert "clone" in shown.out + shown.err
        assert not set("\x1b\x9b\u202e") & set(shown.out + shown.err)


def test_a_cloned_lock_of_gigabytes_is_refused_without_reading_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = Project(tmp_path / "clone", use_home(tmp_path, monkeypatch))
    project.lock.parent.mkdir(parents=True)
    project.lock.write_bytes(b"lock-version = 1\n")
    project.mark_seen(b"lock-version = 1\n", 0)
    with project.lock.open("ab") as file:
        file.truncate(1 << 40)
    assert not project.is_in_step()
    monkeypatch.chdir(tmp_path / "clone")
    assert cli.main(["sync", "--check"]) == 1
    assert "2048 KiB" in capsys.readouterr().err


def test_json_that_would_move_a_cursor_says_the_same_in_ascii() -> None:
    data = {"é": [f"{moves}ü" for moves in MOVES]}
    assert json.loads(to_json(data)) == data
    assert to_json(data).isascii()
    assert "é" in to_json({"é": 1})


def test_a_log_line_is_text() -> None:
    log = LogCapability()
    log.ask("info", [ESCAPES])
    assert "\x1b" not in log.lines[0].text


@pytest.mark.parametrize(
    "link",
    ["//evil.example", "/lab?reset", "../../logout", "files/x.html", "javascript:alert(1)", "data:text/html,x",
     "file:///etc/passwd", "vbscript:x", "?token=1", "\\\\\\\\evil.example"],
)  # fmt: skip
def test_a_link_in_a_display_leads_to_the_web_or_nowhere(link: str) -> None:
    """A relative one would lead to the reader's own Jupyter server, with the reader's cookies."""
    assert "href" not in markdown_to_html(f"[x]({link})")


def test_a_display_of_endless_markdown_is_refused_before_it_is_rendered() -> None:
    many = {"node": "stack", "children": [{"node": "markdown", "text": "|" * 2**17}] * 3}
    with pytest.raises(ProtocolViolation, match="characters of markdown"):
        render(many, plugin="acme.a", version="1.0.0")


def test_a_link_to_the_web_stays() -> None:
    assert 'href="https://example.org/a"' in markdown_to_html("[x](https://example.org/a)")


def test_a_plugin_that_asks_while_it_is_imported_is_denied(attack: Any) -> None:
    source = "from automatosx_nb.sdk import storage\nstorage.put('a', 1)\ndef m():\n    pass\n"
    with pytest.raises(PermissionDenied, match="'storage'"):
        attack(source, handlers=["m:m"])


def test_what_is_printed_while_importing_is_shown_nowhere(attack: Any, host: Any, capfd: Any) -> None:
    worker = attack("print('BUY NOW')\ndef m():\n    return 1\n", handlers=["m:m"])
    assert worker.call("m:m", broker=host) == 1
    assert host.shown == []
    assert capfd.readouterr() == ("", "")


def test_no_error_of_ours_names_a_path_of_the_host(attack: Any, host: Any) -> None:
    worker = attack("def m():\n    return open('/etc/shadow').read()\n")
    with pytest.raises(PluginFailed) as caught:
        worker.call("m:m", broker=host)
    assert str(Path.home()) not in str(caught.value)
