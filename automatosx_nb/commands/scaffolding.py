"""``new``, ``test``: a plugin's folder to begin with, and its own tests."""

from __future__ import annotations

import json
import keyword
import re
import shlex
import shutil
import subprocess
import sys
from argparse import Namespace
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from automatosx_nb.commands.verbs import Answer, Console, Verb
from automatosx_nb.errors import FolderInUse, InvalidManifest, NoTests, PytestMissing, UsageError
from automatosx_nb.files import is_there, paths_in, storage_errors
from automatosx_nb.model.contributions.magics import TAKEN
from automatosx_nb.model.libraries import GRANTABLE_MODULES
from automatosx_nb.model.manifest import parse
from automatosx_nb.model.names import parse_plugin_id, short_name
from automatosx_nb.package.caps import CAPS
from automatosx_nb.package.paths import unsafe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.arguments import Parser

VERSION = "0.1.0"
_LONGEST = 40
"""Characters of a magic's name."""
_GIT_S = 5.0
_FILES = {
    "plugin.toml": "plugin.toml",
    "README.md": "README.md",
    "CHANGELOG.md": "CHANGELOG.md",
    "src/$module/__init__.py": "package.py.txt",
    "src/$module/magic.py": "magic.py.txt",
    "tests/test_$module.py": "tests.py.txt",
}
"""Path in the plugin's folder → the template of it."""
_NOTEBOOK = "docs/quickstart.ipynb"


def _configure_new(parser: Parser) -> None:
    parser.add_argument("id", help="publisher.name, as in ada.peek")
    parser.add_argument("folder", type=Path, nargs="?", help="where it is made; by default one of that name, here")
    parser.add_argument("--license", default="MIT", help="an SPDX expression; by default MIT")
    parser.add_argument("--author", help="a person or a team; by default whoever git says you are")
    parser.add_argument("--notebook", action="store_true", help=f"with {_NOTEBOOK}, which 'check' executes")


def _new(_market: Marketplace, options: Namespace, console: Console) -> Answer:
    plugin = parse_plugin_id(options.id)
    folder: Path = options.folder or Path(short_name(plugin))
    if (is_there(folder) and not folder.is_dir()) or paths_in(folder):
        raise FolderInUse(str(folder))
    usage = f"{console.prefix} new ID [FOLDER] [--author NAME] [--license SPDX] [--notebook]"
    author = options.author or _name_in_git()
    if not author:
        raise UsageError(
            "git was not told who you are, who would be its author: add --author 'YOUR NAME', "
            "or tell git once for all, with git config --global user.name 'YOUR NAME'",
            usage,
        )
    made = plugin_files(plugin, author, options.license, notebook=options.notebook)
    try:
        parse(made["plugin.toml"])
    except InvalidManifest as error:
        raise UsageError("; ".join(each.pointed() for each in error.problems), usage) from error
    _write(folder, made)
    named = shlex.quote(str(folder))
    then = [f"  {console.prefix} {verb} {named}" for verb in ("check", "test", "publish")]
    paths = [f"  {folder / path}" for path in made]
    told = [f"{plugin} {VERSION}, with the magic %{module_of(plugin)}:", *paths, "It works as it is:", *then]
    return Answer("\n".join(told), {"id": plugin, "version": VERSION, "folder": folder, "files": [*made]})


def plugin_files(plugin: str, author: str, license: str, *, notebook: bool = False) -> dict[str, str]:
    """Path → content of a plugin that passes ``check`` and ``test`` as it is."""
    words = {
        "id": plugin,
        "version": VERSION,
        "author": _quoted(author),
        "license": _quoted(license),
        "module": module_of(plugin),
        "title": short_name(plugin).replace("-", " ").capitalize(),
        "docs": f'docs = ["{_NOTEBOOK}"]\n' if notebook else "",
    }
    wanted = {**_FILES, _NOTEBOOK: "quickstart.ipynb"} if notebook else _FILES
    return {_filled(path, words): _filled(_template(name), words) for path, name in wanted.items()}


def module_of(plugin: str) -> str:
    """``csv_doctor`` of ``acme.csv-doctor``, and so its magic; with the publisher before it where that is not free."""
    candidates = (short_name(plugin), plugin, f"plugin-{plugin}")
    names = [re.sub(r"[.-]", "_", text)[:_LONGEST].rstrip("_") for text in candidates]
    return next((name for name in names if _is_free(name)), names[-1])


def _is_free(name: str) -> bool:
    """Whether nothing of Python, IPython, the libraries that plugins use, or a file system is called so."""
    others = (TAKEN, sys.stdlib_module_names, GRANTABLE_MODULES, ("automatosx_nb", "conftest", "pytest", "tests"))
    fits = name.isidentifier() and not keyword.iskeyword(name) and unsafe(f"src/{name}", CAPS) is None
    return fits and not any(name in taken for taken in others)


def _name_in_git() -> str:
    """'' where there is no git, or nobody told it."""
    git = shutil.which("git")
    if git is None:
        return ""
    command = [git, "config", "--get", "user.name"]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", timeout=_GIT_S, check=False
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def _quoted(text: str) -> str:
    """A basic string of TOML (https://toml.io/en/v1.0.0#string), whose escapes are JSON's."""
    return json.dumps(text, ensure_ascii=not text.isprintable())


def _template(name: str) -> str:
    return files("automatosx_nb.commands").joinpath("template", name).read_text(encoding="utf-8")


def _filled(template: str, words: Mapping[str, str]) -> str:
    return Template(template).substitute(words)


def _write(folder: Path, made: Mapping[str, str]) -> None:
    """Nothing that appeared there meanwhile is overwritten: it is a ``StorageFailed``."""
    for path, content in made.items():
        target = folder / path
        with storage_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("x", encoding="utf-8", newline="\n") as file:
                file.write(content)


def _configure_test(parser: Parser) -> None:
    parser.add_argument("folder", type=Path, help="the plugin's folder, with its tests in tests/")
    parser.add_argument("arguments", nargs="*", metavar="ARGUMENT", help="behind --: pytest's own, as in -- -x -k name")


def _test(_market: Marketplace, options: Namespace, console: Console) -> Answer:
    folder: Path = options.folder
    if not is_there(folder / "plugin.toml"):
        usage = f"{console.prefix} test FOLDER [-- ARGUMENT …]"
        raise UsageError(f"{folder} is not a plugin's folder: there is no plugin.toml in it", usage)
    if not any((folder / "tests").rglob("test_*.py")):
        raise NoTests(str(folder))
    if find_spec("pytest") is None:
        raise PytestMissing(sys.executable)
    shown, status = _pytest(
        folder.resolve(), options.arguments, keep=console.prefix.startswith("%"), aside=options.json
    )
    if options.json:
        sys.stderr.write(shown)
    last = f"The tests of {folder} pass." if status == 0 else f"The tests of {folder} do not pass (pytest: {status})."
    return Answer(shown + last, {"folder": folder, "passed": status == 0, "status": status}, status=status)


def _pytest(folder: Path, arguments: list[str], *, keep: bool, aside: bool) -> tuple[str, int]:
    """What it wrote, and its exit status. In a terminal (``keep`` is false) it writes, and asks, there.

    :param aside: there it writes to standard error, as the answer is for a program.
    """
    sources = f"pythonpath={shlex.quote((folder / 'src').as_posix())}"
    command = [sys.executable, "-m", "pytest", "tests", "-o", sources, *arguments]
    out, err = (subprocess.PIPE, subprocess.STDOUT) if keep else (sys.stderr.fileno() if aside else None, None)
    with storage_errors(folder):
        done = subprocess.run(
            command, cwd=folder, stdout=out, stderr=err, encoding="utf-8", errors="replace", check=False
        )
    return done.stdout or "", done.returncode if done.returncode >= 0 else 128 - done.returncode


VERBS = (
    Verb("new", "make a plugin's folder to begin with: a magic and its tests", _configure_new, _new, json=True),
    Verb("test", "run a plugin's own tests with pytest", _configure_test, _test, json=True),
)
