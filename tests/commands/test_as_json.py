"""``--json``: what scripts read, of every verb that they call, and what they read where it fails."""

from __future__ import annotations

import json
from contextlib import nullcontext, redirect_stderr, redirect_stdout
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any

import pytest

from automatosx_nb import app, cli, magics
from automatosx_nb.commands.as_json import asks_for_json, to_json
from automatosx_nb.commands.verbs import all_verbs
from automatosx_nb.model.semver import Version
from tests.conftest import plugins_in

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from tests.conftest import MakePlugin

WITHOUT = {"serve": "it answers when it is told to end, and what it tells before that are lines of a log"}
"""Verb → why no script asks it for JSON."""
PROFILER = "automatosx.data-profiler"
STORY = (
    ("search profile", 0, "items"),
    (f"plan {PROFILER}@1.0.0", 0, "changes"),
    (f"install {PROFILER}@1.0.0", 1, "error"),
    (f"install {PROFILER}@1.0.0 --grant modules:pyarrow", 0, "generation"),
    (f"info {PROFILER}", 0, "releases"),
    ("list", 0, ""),
    ("outdated", 0, ""),
    (f"pin {PROFILER} --note why", 0, "generation"),
    (f"unpin {PROFILER}", 0, "generation"),
    ("pin --generation 1 --note why", 0, "kept"),
    ("unpin --generation 1", 0, "kept"),
    ("gc --dry-run", 0, "removed"),
    ("update", 0, "generation"),
    ("rollback", 0, "generation"),
    ("undo", 0, "plan"),
    ("history", 0, ""),
    ("grants", 0, ""),
    (f"revoke {PROFILER} modules:pandas", 1, "error"),
    (f"policy explain {PROFILER}", 0, "permissions"),
    ("lock some.lock", 0, "grants_digest"),
    ("sync some.lock --check", 0, "in_step"),
    (f"remove {PROFILER}", 0, "generation"),
    ("sync some.lock --check", 3, "differences"),
    ("sync some.lock --grant modules:pyarrow", 0, "generation"),
    ("project", 0, "profile"),
    (f"settings {PROFILER}", 0, ""),
    ("secrets list", 0, ""),
    (f"state usage {PROFILER}", 0, ""),
    ("services", 0, ""),
    ("notifications", 0, ""),
    ("events", 0, ""),
    ("audit --most 1", 0, "entries"),
    (f"resume {PROFILER}", 0, "resumed"),
    (f"logs {PROFILER}", 0, ""),
    ("top", 1, "error"),
    ("trace", 1, "error"),
    (f"inspect {PROFILER}", 0, "permissions"),
    ("new acme.tidy tidy --author Ann", 0, "files"),
    ("check tidy", 0, "checks"),
    ("test tidy -- --version", 0, "passed"),
    ("pack tidy", 0, "sha256"),
    ("key new release --no-passphrase", 0, ""),
    ("key register acme release", 0, ""),
    ("sign acme.tidy-0.1.0.axp", 0, "key"),
    ("publish acme.tidy-0.1.0.axp --stage beta", 0, "created"),
    ("verify acme.tidy-0.1.0.axp", 0, "key"),
    ("promote acme.tidy@0.1.0", 0, "stage"),
    ("review", 0, ""),
    ("publish talk", 0, "created"),
    ("install acme.talk", 0, "generation"),
    ("run acme.talk", 0, ""),
    ("run acme.talk greet Ann", 0, "value"),
    ("panel acme.talk", 0, "display"),
    ("grant acme.talk storage", 0, "generation"),
    ("yank acme.talk@1.0.0 --reason old", 0, "reason"),
    ("deprecate acme.talk --reason old", 0, "reason"),
    ("quarantine acme.talk --reason bad", 0, "reason"),
    ("advisory", 0, ""),
    ("report", 0, ""),
    ("rate acme.tidy 4", 0, ""),
    ("member list acme", 0, ""),
    ("role list", 0, "roles"),
    ("token list", 0, "tokens"),
    ("mirror copy acme.tidy", 0, "address"),
    ("registry verify", 0, ""),
    ("doctor", 0, "tier"),
    ("migrate --check", 0, "revision"),
    ("admin ann", 0, "secret"),
    ("instal x", 2, "error"),
)
"""Line, its exit status, and a key of its JSON; '' where that is a list, or has no key to look for."""
TALK = """
from automatosx_nb.sdk import ui


def greet(name):
    print("printed")
    return {"hello": name}


def run():
    return ui.text("Hello")
"""
TALKS = """
[permissions.optional]
storage = "To remember whom it greeted."
[[contributes.commands]]
name = "greet"
title = "Greet"
handler = "demo:greet"
args = [{name = "name", type = "string"}]
[[contributes.panels]]
name = "hello"
title = "Hello"
handler = "demo:run"
"""


def test_whoever_asks_for_json_reads_one_document_and_the_exit_status_that_a_person_gets(
    market: Marketplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    plugins_in(tmp_path)("acme.talk", source=TALK, extra=TALKS).rename("talk")
    said = {}
    for line, status, key in STORY:
        verb, *rest = line.split()
        if status:  # whatever fails changes nothing, so a person can try it first
            assert _typed(market, verb, *rest)[0] == status, line
        found, out, err = _typed(market, verb, "--json", *rest)
        assert found == status, (line, err)
        said[line] = json.loads(err if key == "error" else out)
        assert isinstance(said[line], dict | list), line
        assert not key or key in said[line], (line, said[line])
        assert key != "error" or (out == "" and {*said[line]["error"]} == {"code", "detail", "about"}), line
    assert said["run acme.talk greet Ann"]["value"] == {"hello": "Ann"}
    assert said["panel acme.talk"]["display"]["text"].startswith("Hello\n")
    assert said["sync some.lock --check"]["differences"] == [f"{PROFILER} 1.1.0 is not installed"]
    assert "modules:pyarrow" in said[f"install {PROFILER}@1.0.0"]["error"]["about"]["permissions"]


def test_every_verb_that_takes_json_is_in_the_story_and_every_other_has_its_reason() -> None:
    with_json = {name for name, verb in all_verbs().items() if verb.json}
    assert {line.split()[0] for line, _, _ in STORY} - {"instal"} == with_json
    assert {*WITHOUT} == {*all_verbs()} - with_json


def _typed(market: Marketplace, *words: str) -> tuple[int, str, str]:
    """Exit status, standard output and standard error."""
    with TemporaryFile("w+") as out, TemporaryFile("w+") as err:
        with redirect_stdout(out), redirect_stderr(err):
            status = cli.carry_out(words, nullcontext(market))
        return status, _written(out), _written(err)


def _written(file: IO[str]) -> str:
    file.seek(0)
    return file.read()


@pytest.mark.parametrize(
    ("line", "asks"),
    [
        ("list --json", True),
        ("instal --json x", True),
        ("test folder -- --json", False),
        ("run --json acme.talk greet", True),
        ("run acme.talk greet --json", False),
        ("list", False),
    ],
)
def test_a_line_asks_for_json_where_the_option_is_the_verbs_own(line: str, asks: bool) -> None:
    assert asks_for_json(line.split()) is asks


def test_what_json_does_not_have_is_text_in_it() -> None:
    found = {"nan": float("nan"), "bytes": b"\x00\xff", 3: {Path("a")}, "at": Version.parse("1.0.0")}
    assert json.loads(to_json(found)) == {"nan": "nan", "bytes": "AP8=", "3": ["a"], "at": "1.0.0"}


def test_a_cell_shows_the_json_of_a_command_in_place_of_its_display(
    shell: Any, make_plugin: MakePlugin, capsys: pytest.CaptureFixture[str]
) -> None:
    app.current().publish(make_plugin("acme.talk", source=TALK, extra=TALKS))
    app.current().install("acme.talk")
    magics.load(shell)
    assert shell.run_line_magic("ax", "panel acme.talk --json") is None
    assert json.loads(capsys.readouterr().out)["panel"] == "hello"
