"""Verbs, as they are typed in a shell and in a cell."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from automatosx_nb import __version__, cli
from automatosx_nb.app import Marketplace
from automatosx_nb.commands import run, settings, text
from automatosx_nb.commands.verbs import all_verbs, overview
from automatosx_nb.errors import (
    ConsentRequired,
    Incompatible,
    InvalidRange,
    NotInstalled,
    StorageFailed,
    UsageError,
)
from automatosx_nb.model.plan import Plan, PlannedChange
from automatosx_nb.model.progress import Step

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from traitlets.config import Config

    from automatosx_nb.config import Settings
    from automatosx_nb.host.open_notebook import OpenNotebook
    from automatosx_nb.host.runner import PluginRunner
    from automatosx_nb.host.services.core import Notification
    from automatosx_nb.model.generation import InstalledPlugin
    from tests.conftest import MakePlugin

PROFILER = "automatosx.data-profiler"


@dataclass
class Console:
    """Answers as it was told to, and keeps what it was shown."""

    answer: bool | None = None
    prefix: str = "%ax"
    session: bool = True
    host: None = None
    opened: OpenNotebook | None = None
    questions: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def progress(self, step: Step, /) -> None:
        self.steps.append(step)

    def confirm(self, question: str) -> bool | None:
        self.questions.append(question)
        return self.answer

    def secret(self, prompt: str) -> str | None:
        return None

    def notebook(self) -> OpenNotebook | None:
        return self.opened

    def notifications(self) -> tuple[Notification, ...]:
        return ()

    def runner(self, market: Marketplace, plugin: InstalledPlugin) -> AbstractContextManager[PluginRunner]:
        return cli.Terminal().runner(market, plugin)

    def serve(self, settings: Settings, config: Config) -> None:
        raise AssertionError("a server was started")


def ax(market: Marketplace, line: str, console: Console | None = None) -> str:
    return run(line.split(), lambda: market, console or Console())


def test_no_verb_or_help_lists_every_verb_without_opening_anything() -> None:
    def never() -> Marketplace:
        raise AssertionError("a marketplace was opened")

    for words in ([], ["help"], ["--help"]):
        text = run(words, never, Console())
        assert all(f"  {name} " in text for name in all_verbs())
    assert "--grant" in run(["install", "--help"], never, Console())


def test_the_list_of_verbs_fits_a_terminal() -> None:
    assert max(map(len, overview("jupyter automatosx").splitlines())) <= 80


def test_an_unknown_verb_names_the_nearest(market: Marketplace) -> None:
    with pytest.raises(UsageError) as caught:
        ax(market, "instal x")
    assert "did you mean install" in caught.value.problem()
    assert caught.value.usage == "%ax <verb> …; %ax alone lists them"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_table_is_as_wide_as_the_terminal_and_cuts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [("automatosx.data-profiler", "word " * 30), ("acme.x" * 20, "word " * 30)]
    shown = text.table(("plugin", "what it does"), rows[:1])
    assert max(map(len, shown.splitlines())) > 80
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert max(map(len, text.table(("plugin", "what it does"), rows[:1]).splitlines())) <= 80
    assert "acme.x" * 20 in text.table(("plugin", "what it does"), rows)


def test_a_table_whose_first_columns_are_wide_wraps_the_widest_of_them_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "stdout", Terminal())
    row = ("kernel.cell.finished", "a cell ended, and " * 6, "plugin, version, generation, before")
    shown = text.table(("topic", "when", "data"), [row]).splitlines()
    assert max(map(len, shown)) <= 80
    when, data = shown[0].index("when"), shown[0].index("data")
    assert " ".join(line[when:data].strip() for line in shown[1:]) == row[1].strip()
    assert " ".join(line[data:] for line in shown[1:]).strip() == row[2]


def test_a_last_column_that_fits_beside_nothing_stands_below_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    row = (
        "7",
        "automatosx.data-profiler 1.0.0",
        "plugin-updated",
        f"before 1.1.0, sha256 {'e3' * 32}, surface terminal",
    )
    monkeypatch.setattr(sys, "stdout", Terminal())
    above = text.table(("entry", "plugin", "what", "detail"), [row]).splitlines()
    assert max(map(len, above)) <= 80
    assert above[:2] == ["entry  plugin                          what", "    detail"]
    assert " ".join(line.strip() for line in above[3:]) == row[3]


def test_as_many_columns_stand_below_as_do_not_fit_beside_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "stdout", Terminal())
    row = ("meadow.privacy-scan", "events:publish:plugin.meadow.privacy-scan.finding", "medium", "yes", "granted")
    shown = text.table(("plugin", "permission", "risk", "needed", "is"), [row]).splitlines()
    assert [line.split() for line in shown] == [
        ["plugin", "permission", "risk"],
        ["needed", "is"],
        [*row[:3]],
        [*row[3:]],
    ]
    assert shown[3].startswith("    yes  ")


def test_a_sentence_is_folded_at_words_in_a_terminal_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    line = f"  - storage (low risk): {'Keep its own data. ' * 8}".rstrip()
    assert text.folded(line) == line
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr(sys, "stdout", Terminal())
    shown = text.folded(line).splitlines()
    assert max(map(len, shown)) <= 60
    assert all(each.startswith("    ") for each in shown[1:])
    assert " ".join(each.strip() for each in shown) == line.strip()


def test_a_bullet_never_stands_alone_before_a_word_that_is_longer_than_the_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr(sys, "stdout", Terminal())
    path = "/" + "x" * 70
    assert text.folded(f"- {path} is damaged") == f"- {path}\n  is damaged"


def test_what_is_short_enough_is_left_as_it_is_where_long_lines_are_folded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr(sys, "stdout", Terminal())
    pointed = '  summary =  "x\n             ^\n'
    shown = text.folded_lines(pointed + "word " * 30)
    assert shown.startswith(pointed)
    assert max(map(len, shown.splitlines())) <= 60


def test_news_of_an_update_is_folded_below_its_bullet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr(sys, "stdout", Terminal())
    news = f"## 1.1.0\n\n- {'word ' * 30}"
    change = PlannedChange("acme.demo", "update", "1.0.0", "1.1.0", "you asked for it", size=900, changelog=news)
    shown = text.plan(Plan(0, "update", (change,), {}, {})).splitlines()
    assert max(map(len, shown)) <= 60
    assert shown[1:3] == ["    ## 1.1.0", ""]
    assert all(line.startswith("      word") for line in shown[4:])


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "integer", "minimum": 0, "maximum": 9}, "a whole number, at least 0, at most 9"),
        ({"type": "string", "enum": ["x", "y"]}, "text, one of x, y"),
        ({"type": "boolean"}, "true or false"),
        (
            {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"enum": ["a", "b"]}},
            "a list, 1 or more of them, no two the same, each one of a, b",
        ),
        (
            {"type": "array", "uniqueItems": False, "items": {"type": "string", "maxLength": 3}},
            "a list, each text, 3 characters or less",
        ),
    ],
)
def test_what_a_setting_may_be_is_said_in_words(schema: dict[str, Any], said: str) -> None:
    assert settings.meant(schema) == said


def test_where_there_is_none_how_to_make_one_is_told(market: Marketplace) -> None:
    assert "%ax key new NAME" in ax(market, "key list")
    assert "%ax token new NAME --scope" in ax(market, "token list")
    assert "%ax member add automatosx USER --owner" in ax(market, "member list automatosx")


def test_topics_are_told_without_the_links_of_their_page(market: Marketplace) -> None:
    shown = ax(market, "events topics")
    assert "what a plugin had saved was damaged" in " ".join(shown.split())
    assert "](" not in shown
    assert max(map(len, shown.splitlines())) <= text.WIDTH


def test_a_generation_that_is_typed_bare_is_told_how_it_is_named(market: Marketplace) -> None:
    with pytest.raises(UsageError, match=r"named with --to.*\n.*rollback --to 3"):
        ax(market, "rollback 3")


def test_history_tells_what_was_undone_and_done_again(market: Marketplace) -> None:
    market.install(PROFILER, "1.0.0", grant=["modules:pyarrow"])
    ax(market, "undo")
    ax(market, "undo")
    actions = [entry.action for entry in market.history()]
    assert actions == [f"redo install {PROFILER} 1.0.0", f"undo install {PROFILER} 1.0.0", f"install {PROFILER} 1.0.0"]


@pytest.mark.parametrize("line", ["install", "remove a b", "rollback --to x", "search --sort best", "list extra"])
def test_a_line_that_does_not_fit_says_its_usage(market: Marketplace, line: str) -> None:
    with pytest.raises(UsageError) as caught:
        ax(market, line)
    assert caught.value.usage.startswith(f"%ax {line.split()[0]}")


def test_the_story_in_text(market: Marketplace) -> None:
    assert "Nothing is installed" in ax(market, "list")
    assert ax(market, "outdated") == "Nothing is installed."
    assert PROFILER in ax(market, "search profile")
    assert "modules:pyarrow (low risk)" in ax(market, f"info {PROFILER}")
    assert "asks for modules:pyarrow" in ax(market, f"plan {PROFILER}")
    installed = ax(market, f"install {PROFILER}@1.0.0 --grant modules:pyarrow")
    assert f"{PROFILER} adds %profile." in installed
    assert "1.1.0" in ax(market, "list")
    plan = ax(market, "update --plan")
    assert "1.0.0 → 1.1.0" in plan
    assert "## 1.1.0" in plan
    assert "## 1.0.0" not in plan
    assert "1.0.0 → 1.1.0" in ax(market, "update")
    assert "Nothing to change" in ax(market, "update")
    assert "1.1.0 → 1.0.0" in ax(market, "rollback --plan")
    assert "1.1.0 → 1.0.0" in ax(market, "rollback")
    history = ax(market, "history").splitlines()
    assert [line.startswith("→") for line in history[1:]] == [True, False, False]
    assert "- automatosx.data-profiler" in ax(market, f"remove {PROFILER} --plan")
    assert "- automatosx.data-profiler" in ax(market, f"remove {PROFILER}")


def test_a_wish_that_changes_no_version_is_told_and_so_is_the_way_back(market: Marketplace) -> None:
    ax(market, f"install {PROFILER}@1.0.0 --grant modules:pyarrow")
    stays = f"= {PROFILER} 1.0.0 stays; your wish is now ~1.0 (it was ^1.0.0)"
    assert stays in ax(market, f"plan {PROFILER}@~1.0")
    said = ax(market, f"install {PROFILER}@~1.0")
    assert stays in said
    assert "This is generation 2; %ax rollback takes it back." in said
    said = ax(market, "rollback")
    assert "your wish is now ^1.0.0 (it was ~1.0)" in said
    assert "This is generation 3; %ax rollback --to 2 takes it back." in said


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("v1.0.0", "^1.0.0"), ("==1.0.0", "^1.0.0"), ("v1.0", "v1.0"), (">=1.0,<1.1", ">=1.0 <1.1"), ("=1.0", "=1.0")],
)
def test_a_version_is_understood_as_people_type_it(market: Marketplace, typed: str, kept: str) -> None:
    ax(market, f"install {PROFILER}@{typed} --grant modules:pyarrow")
    (installed,) = market.installed()
    assert (installed.version, installed.wish) == ("1.0.0", kept)


def test_what_cannot_be_a_version_is_shown_with_a_caret_under_it(market: Marketplace) -> None:
    with pytest.raises(InvalidRange) as refused:
        ax(market, f"install {PROFILER}@1.O")
    shown, under = str(refused.value).splitlines()[1:3]
    assert shown[under.index("^") :] == ".O"


def test_the_same_version_with_older_data_is_told_as_such(market: Marketplace) -> None:
    ax(market, f"install {PROFILER}@1.0.0 --grant modules:pyarrow")
    ax(market, "update")
    ax(market, f"install {PROFILER}@1.0.0")
    assert f"= {PROFILER} 1.0.0  (with the data and the grants of generation 1)" in ax(market, "rollback --to 1")


def test_nobody_is_asked_to_agree_to_what_cannot_be_installed(market: Marketplace, make_plugin: MakePlugin) -> None:
    folder = make_plugin(permissions={"storage": "To remember."})
    manifest = folder / "plugin.toml"
    manifest.write_text(manifest.read_text().replace("[requires]\n", '[requires]\npackages = ["no-such-library"]\n'))
    console = Console(answer=True)
    market.publish(folder)
    with pytest.raises(Incompatible):
        ax(market, "install acme.demo", console)
    assert console.questions == []


def test_a_person_who_agrees_grants_and_one_who_does_not_changes_nothing(market: Marketplace) -> None:
    for refusal in (False, None):
        console = Console(answer=refusal)
        with pytest.raises(ConsentRequired):
            ax(market, f"install {PROFILER}", console)
        assert "modules:pyarrow" in console.questions[0]
    assert market.installed() == ()
    console = Console(answer=True)
    ax(market, f"install {PROFILER}", console)
    assert market.installed()[0].grants == ("modules:pyarrow",)
    assert console.steps[-1].name == "done"


def test_a_lock_grants_nothing_that_nobody_agreed_to(market: Marketplace, tmp_path: Path) -> None:
    lock = tmp_path / "some.lock"
    ax(market, f"install {PROFILER}@1.0.0 --grant modules:pyarrow")
    said = ax(market, f"lock {lock}")
    assert f"{lock} says what is installed: 1 plugin, with 1 granted permission (sha256:" in said
    ax(market, f"remove {PROFILER}")
    for refusal in (False, None):
        console = Console(answer=refusal)
        with pytest.raises(ConsentRequired):
            ax(market, f"sync {lock}", console)
        assert "asks for modules:pyarrow" in console.questions[0]
    console = Console(answer=False)
    digest = said.partition("(")[2].partition(")")[0]
    assert f"+ {PROFILER} 1.0.0  (some.lock has it so)" in ax(market, f"sync {lock} --plan")
    assert "adds %profile" in ax(market, f"sync {lock} --grants-digest {digest}", console)
    assert console.questions == []
    assert market.installed()[0].grants == ("modules:pyarrow",)
    assert "Nothing to change" in ax(market, f"sync {lock}")


def test_an_empty_profile_is_locked_and_said_to_be_empty(market: Marketplace, tmp_path: Path) -> None:
    assert "says that nothing is installed" in ax(market, f"lock {tmp_path / 'some.lock'}")


def test_a_grant_that_a_lock_takes_away_is_told_as_such(
    market: Marketplace, make_plugin: MakePlugin, tmp_path: Path
) -> None:
    lock = tmp_path / "some.lock"
    source = "from automatosx_nb.sdk import storage\n\ndef run():\n    return storage.keys()\n"
    market.publish(make_plugin(source=source, extra='\n[permissions.optional]\nstorage = "To remember."'))
    ax(market, "install acme.demo")
    ax(market, f"lock {lock}")
    ax(market, "remove acme.demo")
    ax(market, "install acme.demo --grant storage")
    said = ax(market, f"sync {lock}")
    assert "= acme.demo 1.0.0  (some.lock grants it other permissions)" in said
    assert "is no longer granted storage" in said


def test_what_a_plugin_can_do_without_is_told_as_granted_where_it_was(
    market: Marketplace, make_plugin: MakePlugin
) -> None:
    source = "from automatosx_nb.sdk import storage\n\ndef run():\n    return storage.keys()\n"
    market.publish(make_plugin(source=source, extra='\n[permissions.optional]\nstorage = "To remember."'))
    assert "granted" not in ax(market, "install acme.demo")
    ax(market, "remove acme.demo")
    assert "    granted storage (low risk)" in ax(market, "install acme.demo --grant storage")


def test_doctor_names_every_layer(market: Marketplace) -> None:
    text = ax(market, "doctor")
    for layer in market.sandbox.layers():
        assert layer in text


def test_pack_and_publish(market: Marketplace, make_plugin: MakePlugin, tmp_path: Path) -> None:
    folder = make_plugin()
    assert "acme.demo-1.0.0.axp" in ax(market, f"pack {folder} -o {tmp_path}")
    artifact = tmp_path / "acme.demo-1.0.0.axp"
    assert "acme.demo 1.0.0 published (stable)" in ax(market, f"publish {artifact}")
    assert "was published before" in ax(market, f"publish {folder}")
    assert "acme.demo" in ax(market, "search demo")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_a_packed_artifact_may_be_read_by_whom_the_umask_allows(
    market: Marketplace, make_plugin: MakePlugin, tmp_path: Path
) -> None:
    before = os.umask(0o022)
    try:
        ax(market, f"pack {make_plugin()} -o {tmp_path}")
    finally:
        os.umask(before)
    assert (tmp_path / "acme.demo-1.0.0.axp").stat().st_mode & 0o777 == 0o644


def test_what_cannot_be_packed_says_why(market: Marketplace, make_plugin: MakePlugin, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        ax(market, f"pack {tmp_path / 'nowhere'}")
    assert "is not a plugin's folder: there is no plugin.toml in it" in str(caught.value)
    with pytest.raises(StorageFailed) as nowhere:
        ax(market, f"pack {make_plugin()} -o {tmp_path / 'out'}")
    assert nowhere.value.path == str(tmp_path / "out" / "acme.demo-1.0.0.axp")


def test_a_plugin_that_is_not_there_is_not_published_and_the_usage_is_said(market: Marketplace, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no '.*nowhere' to publish") as caught:
        ax(market, f"publish {tmp_path / 'nowhere'}")
    assert caught.value.usage == "%ax publish FOLDER, or a .axp file"


@pytest.mark.parametrize("verb", ["install acme.demo", "update", "remove acme.demo", "rollback", "undo"])
def test_a_dry_run_is_a_plan(market: Marketplace, make_plugin: MakePlugin, verb: str) -> None:
    market.publish(make_plugin())
    if not verb.startswith("install"):
        market.install("acme.demo")
    before = market.history()
    assert ax(market, f"{verb} --dry-run") == ax(market, f"{verb} --plan")
    assert market.history() == before


def test_what_info_lists_stands_in_one_column(market: Marketplace, make_plugin: MakePlugin) -> None:
    market.publish(make_plugin())
    lines = ax(market, "info acme.demo").splitlines()
    listed = lines[3 : lines.index("", 3)]
    assert len(listed) > 5
    assert all(line[14] == " " and line[15] != " " for line in listed)


# --- the shell's face


def test_the_shell_says_0_1_or_2_and_puts_errors_on_standard_error(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["search", "profile"]) == 0
    assert PROFILER in capsys.readouterr().out
    assert cli.main(["info", "acme.nothing"]) == 1
    captured = capsys.readouterr()
    assert (captured.out, "acme.nothing" in captured.err) == ("", True)
    assert cli.main(["instal"]) == 2
    assert "did you mean install" in capsys.readouterr().err


def shell(*words: str, encoding: str = "utf-8") -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    return subprocess.run([sys.executable, "-m", "automatosx_nb.cli", *words], capture_output=True, env=environment)


def test_the_shells_errors_name_what_can_be_typed_in_a_shell(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["remove", "acme.nothing"]) == 1
    assert "See what is installed with jupyter automatosx list." in capsys.readouterr().err
    with closing(Marketplace()) as market, pytest.raises(NotInstalled) as caught:
        market.remove("acme.nothing")
    assert "See what is installed with %ax list." in str(caught.value)


def test_what_a_terminals_encoding_does_not_have_is_replaced(market: Marketplace) -> None:
    market.install(PROFILER, grant=["modules:pyarrow"])
    done = shell("history", encoding="ascii")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"?  1  " in done.stdout


def test_a_reader_who_leaves_early_ends_the_command_quietly(home: Path) -> None:
    command = [sys.executable, "-m", "automatosx_nb.cli", "help"]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_an_answer_that_cannot_be_written_is_told(home: Path) -> None:
    command = [sys.executable, "-m", "automatosx_nb.cli", "help"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(b"The answer could not be written (No space left on device)")


def test_without_a_terminal_nobody_is_asked_and_nothing_is_granted(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["install", PROFILER]) == 1
    assert "--grant modules:pyarrow" in capsys.readouterr().err
    assert cli.main(["install", PROFILER, "--grant", "modules:pyarrow"]) == 0
    assert "adds %profile" in capsys.readouterr().out


@pytest.mark.parametrize(("typed", "meant"), [("uninstall", "remove"), ("upgrade", "update"), ("ls", "list")])
def test_what_other_tools_call_a_verb_leads_to_ours(market: Marketplace, typed: str, meant: str) -> None:
    with pytest.raises(UsageError) as caught:
        ax(market, f"{typed} {PROFILER}")
    assert f"did you mean {meant}?" in caught.value.problem()


def test_an_unknown_category_is_told_and_not_taken_for_an_empty_one(market: Marketplace) -> None:
    with pytest.raises(UsageError) as caught:
        ax(market, "search --category dataquality")
    assert "data-quality" in caught.value.problem()


def test_the_version_is_a_word_away() -> None:
    assert run(["--version"], Marketplace, Console()) == f"automatosx_nb {__version__}"


def test_a_long_summary_is_wrapped_under_its_own_column(market: Marketplace) -> None:
    lines = ax(market, "search profile").splitlines()
    assert max(map(len, lines)) <= 110
    column = lines[0].index("what it does")
    assert [line for line in lines[1:] if line[:column].strip() == "" and line[column:].strip()]


def test_what_does_not_fit_here_is_found_and_shown_with_why_and_what_does(
    market: Marketplace, make_plugin: MakePlugin
) -> None:
    market.publish(make_plugin(version="1.0.0"))
    market.publish(make_plugin(version="2.0.0", needs='python = ">=3.99"\npackages = ["no-such-library>=2"]'))
    assert "(does not fit here: it needs Python >=3.99, and this is 3." in " ".join(ax(market, "search demo").split())
    said = ax(market, "info acme.demo")
    assert "2.0.0 does not fit here:\n  - it needs Python >=3.99" in said
    assert "Run %pip install 'no-such-library>=2'." in said
    assert "The newest version that fits here is 1.0.0." in said
    [found] = json.loads(ax(market, "search demo --json"))["items"]
    assert [each["what"] for each in found["mismatches"]] == ["python", "package"]
    assert json.loads(ax(market, "info acme.demo --json"))["mismatches"]["1.0.0"] == []
    market.install("acme.demo")
    assert market.installed()[0].version == "1.0.0"
    assert "2.0.0" not in ax(market, "list")


def test_info_says_where_no_version_fits_and_what_it_would_add(market: Marketplace, make_plugin: MakePlugin) -> None:
    panel = '[[contributes.panels]]\nname = "overview"\ntitle = "Overview"\nhandler = "demo:run"\n'
    market.publish(make_plugin(needs='python = ">=3.99"', extra=panel))
    said = ax(market, "info acme.demo")
    assert "No version fits here." in said
    assert "panels         overview\n" in said
    assert "magics         demo\n" in said
