"""``new`` and ``test``: from nothing to a published plugin, and what they refuse."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from automatosx_nb import cli
from automatosx_nb.commands.scaffolding import module_of, plugin_files
from automatosx_nb.errors import FolderInUse, InvalidPluginId, NoTests, PytestMissing, UsageError
from automatosx_nb.model.manifest import parse
from tests.commands.test_verbs import ax

if TYPE_CHECKING:
    from pathlib import Path

    from automatosx_nb.app import Marketplace
    from tests.conftest import Absent


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, without anybody's git configuration and this environment's plugins of pytest."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    return folder


def test_what_is_new_can_be_checked_tested_packed_published_installed_and_used(
    market: Marketplace, here: Path, shell: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["new", "ada.peek", "--author", "Ada", "--license", "Apache-2.0"]) == 0
    told = capfd.readouterr().out
    assert "ada.peek 0.1.0, with the magic %peek" in told
    assert "jupyter automatosx check peek" in told
    assert cli.main(["check", "peek"]) == 0
    assert "warning" not in capfd.readouterr().out
    assert cli.main(["test", "peek"]) == 0
    out = capfd.readouterr().out
    assert "3 passed" in out
    assert "The tests of peek pass." in out
    assert cli.main(["pack", "peek"]) == 0
    assert cli.main(["publish", "ada.peek-0.1.0.axp"]) == 0
    installed = ax(market, "install ada.peek")
    assert "ada.peek adds %peek." in installed
    assert market.package("ada.peek").manifest.license == "Apache-2.0"
    made = json.loads(plugin_files("ada.peek", "Ada", "MIT", notebook=True)["docs/quickstart.ipynb"])
    nbformat.validate(made)
    for cell in (each for each in made["cells"] if each["cell_type"] == "code"):
        shell.run_cell("".join(cell["source"])).raise_error()
    assert "[3750, 5000, None]" in capfd.readouterr().out


def test_tests_that_fail_have_pytests_exit_status_and_its_arguments_reach_it(
    market: Marketplace, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    cli.main(["new", "ada.peek", "it's odd", "--author", "Ada"])
    (here / "it's odd" / "tests" / "test_peek.py").write_text(
        "from peek.magic import describe\ndef test_sum(): assert describe('a', [None]) == 2\ndef test_other(): pass\n"
    )
    assert cli.main(["test", "it's odd", "--", "-k", "sum"]) == 1
    assert "1 failed, 1 deselected" in capfd.readouterr().out
    (here / "it's odd").rename(here / "peek")
    shown = ax(market, "test peek -- -k nothing")
    assert "2 deselected" in shown, "in a cell, what pytest writes is the answer"
    assert shown.endswith("The tests of peek do not pass (pytest: 5).")


@pytest.mark.parametrize("there", ["a file", "a folder with a file"])
def test_nothing_is_made_where_something_is(market: Marketplace, here: Path, there: str) -> None:
    mine = here / "peek" if there == "a file" else here / "peek" / "plugin.toml"
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine")
    with pytest.raises(FolderInUse):
        ax(market, "new ada.peek --author Ada")
    assert [path for path in here.rglob("*") if path.is_file()] == [mine]
    assert mine.read_text() == "mine"


def test_an_empty_folder_is_filled_with_a_notebook_where_one_is_asked_for(market: Marketplace, here: Path) -> None:
    (here / "empty").mkdir()
    ax(market, "new ada.peek empty --author Ada --notebook")
    made = {path.relative_to(here / "empty").as_posix() for path in here.rglob("*") if path.is_file()}
    assert {"plugin.toml", "tests/test_peek.py", "docs/quickstart.ipynb"} < made


def test_an_id_that_is_none_is_told_with_the_nearest_one(market: Marketplace, here: Path) -> None:
    with pytest.raises(InvalidPluginId) as caught:
        ax(market, "new Ada.Peek --author Ada")
    assert caught.value.suggestion == "ada.peek"


@pytest.mark.parametrize("line", ["--author Ada --license GPL3", f"--author {'a' * 101}", "--author \udcff", ""])
def test_what_a_manifest_does_not_take_is_told_before_anything_is_written(
    market: Marketplace, here: Path, line: str
) -> None:
    with pytest.raises(UsageError):
        ax(market, f"new ada.peek {line}")
    assert list(here.iterdir()) == []


def test_without_an_author_both_ways_to_name_one_are_said(market: Marketplace, here: Path) -> None:
    with pytest.raises(UsageError, match=r"add --author 'YOUR NAME', or tell git .* git config --global user\.name"):
        ax(market, "new ada.peek")


def test_the_author_is_whoever_git_says(market: Marketplace, here: Path, tmp_path: Path, absent: Absent) -> None:
    if shutil.which("git") is None:
        absent("git is not installed")
    (tmp_path / "gitconfig").write_text('[user]\n\tname = Ada \\"L\\" Ünal\n', encoding="utf-8")
    ax(market, "new ada.peek")
    assert parse((here / "peek" / "plugin.toml").read_text(encoding="utf-8")).authors == ('Ada "L" Ünal',)


@pytest.mark.parametrize(
    ("plugin", "module"),
    [
        ("acme.csv-doctor", "csv_doctor"),
        ("acme.csv", "acme_csv"),
        ("acme.class", "acme_class"),
        ("acme.time", "acme_time"),
        ("acme.who", "acme_who"),
        ("acme.numpy", "acme_numpy"),
        ("acme.aux", "acme_aux"),
        ("acme.3d", "acme_3d"),
        ("4u.3d", "plugin_4u_3d"),
        ("acme." + "a-" * 60 + "b", "a_" * 19 + "a"),
    ],
)
def test_a_module_and_a_magic_take_nobody_elses_name(plugin: str, module: str) -> None:
    assert module_of(plugin) == module
    manifest = parse(plugin_files(plugin, "Ada", "MIT", notebook=True)["plugin.toml"])
    assert (manifest.main, manifest.docs) == (module, ("docs/quickstart.ipynb",))
    assert manifest.contributes.magics[0].name == module


def test_a_folder_without_tests_or_without_a_plugin_says_so(market: Marketplace, here: Path) -> None:
    with pytest.raises(UsageError, match=r"no plugin\.toml"):
        ax(market, "test peek")
    ax(market, "new ada.peek --author Ada")
    (here / "peek" / "tests" / "test_peek.py").unlink()
    with pytest.raises(NoTests):
        ax(market, "test peek")


def test_without_pytest_it_says_what_to_install(
    market: Marketplace, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ax(market, "new ada.peek --author Ada")
    monkeypatch.setitem(sys.modules, "pytest", None)
    with pytest.raises(PytestMissing, match="pip install"):
        ax(market, "test peek")
