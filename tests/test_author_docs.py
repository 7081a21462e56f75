"""What the pages for plugin authors say is so: every signature, every example, every command and its output."""

from __future__ import annotations

import doctest
import importlib.util
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pytest

from automatosx_nb import app, cli, magics
from automatosx_nb.errors import CapabilityUnavailable, UntransferableValue
from automatosx_nb.host.capabilities.log import KEPT_LINES, MAX_LINE
from automatosx_nb.host.display import nodes
from automatosx_nb.model.events import KERNEL_TOPICS
from automatosx_nb.model.events.schemas import TOPICS
from automatosx_nb.model.state import MAX_CHANGES, MAX_KEY_BYTES
from automatosx_nb.profile.keyvalue import MAX_TOTAL_BYTES, PAGE_BYTES
from automatosx_nb.sandbox.facades.sdk import FACADES
from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sdk import (
    events,
    files,
    handed,
    http,
    log,
    permissions,
    secrets,
    services,
    settings,
    storage,
    tables,
    ui,
    variables,
)

if TYPE_CHECKING:
    from tests.conftest import MakePlugin

DOCS = Path(__file__).parent.parent / "docs"
SDK = (DOCS / "sdk.md").read_text(encoding="utf-8")
WALKTHROUGH = (DOCS / "write-a-plugin.md").read_text(encoding="utf-8")
MODULES = {
    "ui": ui,
    "storage": storage,
    "http": http,
    "files": files,
    "secrets": secrets,
    "settings": settings,
    "permissions": permissions,
    "log": log,
    "events": events,
    "tables": tables,
    "handed": handed,
    "variables": variables,
    "services": services,
}
CLASSES = {
    "ui.Node": ui.Node,
    "tables.Table": tables.Table,
    "events.Event": events.Event,
    "http.Response": http.Response,
    "storage.Entry": storage.Entry,
    "storage.Transaction": storage.Transaction,
    "handed.InputFile": handed.InputFile,
    "handed.OutputFile": handed.OutputFile,
    "handed.Secret": handed.Secret,
}


class Block(NamedTuple):
    """A fenced block, and the prose between it and the block before."""

    language: str
    text: str
    before: str


def blocks(page: str) -> list[Block]:
    parts = re.split(r"^```(\w*)\n(.*?)^```\n", page, flags=re.MULTILINE | re.DOTALL)
    return [Block(parts[at + 1], parts[at + 2], parts[at]) for at in range(0, len(parts) - 1, 3)]


# --- sdk.md ---------------------------------------------------------------------------------------------------


def signature(name: str, thing: Any) -> str:
    """As it is written on the page: ``ui.heading(text: str, level: int = 2) -> Node``."""
    if isinstance(thing, property):
        return f"{name} -> {inspect.signature(thing.fget).return_annotation}"  # type: ignore[arg-type]
    found = inspect.signature(thing)
    if isinstance(thing, type):
        found = found.replace(return_annotation=inspect.Signature.empty)
    kept = [each for each in found.parameters.values() if each.name != "self"]
    return name + re.sub(r"(: |-> )'([^']*)'", r"\1\2", str(found.replace(parameters=kept)))


def public() -> list[tuple[str, Any]]:
    """Every name that plugin code can have of the sdk, and every public member of its classes."""
    return [*_functions_and_classes(), *_members()]


def _functions_and_classes() -> Iterator[tuple[str, Any]]:
    for module, library in MODULES.items():
        defined = {
            name
            for name, thing in vars(library).items()
            if not name.startswith("_") and getattr(thing, "__module__", "") == library.__name__
        }
        for name in sorted(defined | set(FACADES[library.__name__].names.split())):
            yield f"{module}.{name}", getattr(library, name)


def _members() -> Iterator[tuple[str, Any]]:
    for owner, kind in CLASSES.items():
        for name, member in vars(kind).items():
            if not name.startswith("_") and (isinstance(member, property | classmethod) or inspect.isfunction(member)):
                bound = getattr(kind, name) if isinstance(member, classmethod) else member
                yield f"{owner}.{name}", bound


@pytest.mark.parametrize(("name", "thing"), public(), ids=[name for name, _ in public()])
def test_a_name_of_the_sdk_has_its_entry_with_its_signature(name: str, thing: Any) -> None:
    if name in ("ui.Cell", "ui.Node", "storage.Conflict", "services.Provider") or name.startswith(
        ("services.Service", "services.Invalid")
    ):
        assert f"### `{name}`\n" in SDK
    else:
        assert f"### `{signature(name, thing)}`\n" in SDK


def test_no_entry_is_of_a_name_that_is_not_there() -> None:
    documented = re.findall(r"^### `([\w.]+)", SDK, re.MULTILINE)
    assert sorted(documented) == sorted(name for name, _ in public())


class Session(NamedTuple):
    """The examples below one heading, which run one after the other."""

    title: str
    examples: list[doctest.Example]


def sessions() -> list[Session]:
    parser = doctest.DocTestParser()
    found = []
    for section in re.split(r"^## ", SDK, flags=re.MULTILINE)[1:]:
        examples = [each for block in blocks(section) for each in parser.get_examples(block.text)]
        if examples:
            found.append(Session(section.partition("\n")[0], examples))
    return found


def as_handler(session: Session) -> str:
    """A handler that runs the examples and prints what an interpreter would, a line ``##`` after each."""
    subject = session.title.split("`")[1] if session.title.startswith("`") else "ui"
    lines = [f"from automatosx_nb.sdk import {subject}", "def session():"]
    for example in session.examples:
        lines += ["    try:", indent(statement(example.source), " " * 8)]
        lines += ["    except Exception as error:", "        print(f'{type(error).__name__}: {error}')"]
        lines += ["    print('##')"]
    return "\n".join(lines)


def statement(source: str) -> str:
    try:
        compile(source, "example", "eval")
    except SyntaxError:
        return source
    return f"shown = {source.strip()}\nif shown is not None:\n    print(repr(shown))"


def magic(name: str, handler: str, more: str = "") -> str:
    return f'[[contributes.magics]]\nname = "{name}"\nhandler = "demo:{handler}"\n{more}\n'


PYARROW = "modules:pyarrow"
LIBRARIES = (PYARROW, "modules:pandas", "modules:polars")
IMPORTS = "from automatosx_nb.sdk import ui, storage, log, events, tables, handed\n\n\n"
IMPORTS += "def run():\n    return None\n\n\n"


NEEDED = {
    "http": ("network:api.example.org/v1:GET,POST",),
    "files": ("files:read:data/*", "files:write:data/*"),
    "secrets": ("secrets:api-token",),
    "variables": ("variables:read:counts", "variables:write"),
}
"""Module of the sdk → what its examples are granted."""
SETTINGS = "[contributes.settings.max-rows]\ntype = 'integer'\ndefault = 10000\n"
OPTIONAL = "[permissions.optional]\n'files:read:data/*' = 'Perhaps.'\n"


@pytest.fixture
def load(shell: Any, make_plugin: MakePlugin) -> Callable[..., Any]:
    """A plugin ``acme.demo`` in a shell: published, granted ``storage`` and these permissions, installed."""

    def load(source: str, extra: str, *permissions: str) -> Any:
        market = app.current()
        asked = dict.fromkeys(("storage", *permissions), "To run the examples.")
        market.publish(make_plugin(source=IMPORTS + source, permissions=asked, extra=extra))
        market.install("acme.demo", grant=asked)
        magics.load(shell)
        return shell

    return load


def nobody(_question: str) -> str:
    """Where a notebook runs by itself, nobody answers."""
    raise EOFError


@pytest.mark.parametrize("session", sessions(), ids=lambda session: session.title)
def test_the_examples_of_the_sdk_run_in_a_plugin(
    session: Session,
    load: Callable[..., Any],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("builtins.input", nobody)
    needed = [each for name, some in NEEDED.items() if session.title.startswith(f"`{name}`") for each in some]
    granted = () if "fails" in session.title else (*LIBRARIES, *needed)
    of_variables = session.title.startswith("`variables`")
    optional = OPTIONAL if session.title.startswith("`permissions`") else ""
    imports = "from automatosx_nb.sdk import variables\n\n\n" if of_variables else ""
    shell = load(imports + as_handler(session), magic("session", "session") + SETTINGS + optional, *granted)
    shell.run_line_magic("session", "")
    shown = capsys.readouterr().out.split("##\n")
    assert shown[:-1] == [example.want for example in session.examples]


def rows(heading: str) -> list[list[str]]:
    """The cells of the tables below one heading, without their heads."""
    section = SDK.partition(f"\n{heading}\n")[2].partition("\n## ")[0]
    lines = re.findall(r"^\| (.*) \|$", section, re.MULTILINE)
    return [[cell.strip() for cell in line.split(" | ")] for line in lines if not line.startswith("--")]


WORDS = {
    "string": "text",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "array": "list",
    "null": "None",
}
"""Type of JSON Schema → the word of the table."""


@pytest.mark.parametrize("topic", KERNEL_TOPICS)
def test_an_event_of_the_kernel_carries_what_its_rows_say(topic: str) -> None:
    documented = {
        cells[1].strip("`"): cells[2]
        for cells in rows("## `events`: what a subscription's handler gets")
        if cells[0] == f"`{topic}`"
    }
    properties = TOPICS[topic].schema["properties"]
    assert documented.keys() == properties.keys()
    for name, schema in properties.items():
        kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
        assert WORDS[kinds[0]] in documented[name]


def test_an_event_has_the_attributes_that_its_rows_say() -> None:
    listed = [cells[0] for cells in rows("## `events`: what a subscription's handler gets")]
    attributes = [f"`{name}`" for name in inspect.signature(events.Event).parameters]
    assert [name for name in listed if name in attributes] == attributes


TYPED = """args = [
  { name = "string", type = "string" },
  { name = "--integer", type = "integer" },
  { name = "--number", type = "number", default = 2 },
  { name = "--flag", type = "flag" },
  { name = "--choice", type = "choice", choices = ["x", "y"] },
]"""


def test_a_handler_takes_what_the_page_says(load: Callable[..., Any]) -> None:
    source = "def typed(string, **options):\n    return [string, options]\n"
    shell = load(source, magic("typed", "typed", TYPED))
    assert shell.run_line_magic("typed", "one") == [
        "one",
        {"integer": None, "number": 2, "flag": False, "choice": None},
    ]
    assert shell.run_line_magic("typed", "'a b' --integer 3 --number 1 --flag --choice y") == [
        "a b",
        {"integer": 3, "number": 1.0, "flag": True, "choice": "y"},
    ]
    assert isinstance(shell.run_line_magic("typed", "one --number 1")[1]["number"], float)


def test_a_variable_arrives_as_the_page_says(load: Callable[..., Any]) -> None:
    source = "def kind(value):\n    return type(value).__name__\n"
    shell = load(source, magic("kind", "kind", 'args = [{ name = "value", type = "variable" }]'))
    arrow = pa.table({"a": [1]})
    arrives: list[tuple[object, str]] = [
        (arrow.to_pandas(), "Table"), (arrow.to_pandas()["a"], "Table"), (arrow, "Table"),
        (None, "NoneType"), (True, "bool"), (2**63 - 1, "int"), (0.5, "float"), ("a", "str"),
        ([1, b"a"], "list"), ((1,), "list"), ({"a": [b"b"]}, "dict"), (b"a", "bytes"),
    ]  # fmt: skip
    for value, kind in arrives:
        shell.user_ns["value"] = value
        assert shell.run_line_magic("kind", "value") == kind
    for value in ({1}, arrow["a"].to_numpy(), object(), 2**64, {1: 2}, [arrow]):
        shell.user_ns["value"] = value
        with pytest.raises(UntransferableValue):
            shell.run_line_magic("kind", "value")


RETURNED = """
import datetime

VALUES = {
    "none": None, "bool": True, "int": 3, "float": 0.5, "str": "a", "list": [1], "tuple": (1,), "dict": {"a": None},
    "bytes": b"a", "node": ui.text("shown"), "table": tables.Table.from_columns({"a": [1]}),
    "set": {1}, "date": datetime.date(2026, 1, 1), "nodes": [ui.text("a")], "large": 2**64,
}


def value(name):
    return VALUES[name]
"""


def test_a_handler_returns_what_the_page_says(load: Callable[..., Any]) -> None:
    shell = load(RETURNED, magic("value", "value", 'args = [{ name = "name", type = "string" }]'))

    def value(name: str) -> Any:
        return shell.run_line_magic("value", name)

    same = {"none": None, "bool": True, "int": 3, "float": 0.5, "str": "a", "list": [1], "dict": {"a": None}}
    assert {name: value(name) for name in same} == same
    assert value("tuple") == [1]
    assert value("bytes") == b"a"
    assert value("table").equals(pa.table({"a": [1]}))
    assert "shown" in plain(value("node"))
    assert "demo 1.0.0" in plain(value("node"))
    for name in ("set", "date", "nodes", "large"):
        with pytest.raises(UntransferableValue):
            value(name)


def plain(shown: Any) -> str:
    bundle = shown._repr_mimebundle_()
    text: str = (bundle[0] if isinstance(bundle, tuple) else bundle)["text/plain"]
    return text


LIMITS = Limits()


@pytest.mark.parametrize(
    ("sentence", "limit"),
    [
        ("at most {:,} nodes and table cells", nodes.MAX_NODES),
        ("nested {} deep", nodes.MAX_DEPTH),
        ("with {} MiB of text and pictures", nodes.MAX_TEXT >> 20),
        ("{:,}\ncharacters of markdown", nodes.MAX_MARKDOWN),
        ("At most {} columns", nodes.MAX_COLUMNS),
        ("A picture as PNG, at most {} MiB", ui.MAX_IMAGE_BYTES >> 20),
        ("text of 1 to {} characters", storage.MAX_KEY_CHARS),
        ("at most {} bytes of UTF-8", MAX_KEY_BYTES),
        ("all of a plugin {} MiB", MAX_TOTAL_BYTES >> 20),
        ("At most {:,} keys.", MAX_CHANGES),
        ("page by page ({} MiB", PAGE_BYTES >> 20),
        ("One value has\nat most {} MiB", LIMITS.frame_mb),
        ("the newest {:,} lines", KEPT_LINES),
        ("each cut at {:,} characters", MAX_LINE),
        ("at most {:,} MiB (the limit `table-mb`)", LIMITS.table_mb),
        ("at most {:,} KiB a call", LIMITS.output_kb),
        ("at most {:,} MiB (the limit `read-mb`)", LIMITS.read_mb),
        ("At most {:,} MiB (the limit `write-mb`)", LIMITS.write_mb),
        ("{} deep, with at most 16 MiB", LIMITS.frame_depth),
    ],
)
def test_a_limit_is_as_the_page_says(sentence: str, limit: int) -> None:
    assert sentence.format(limit) in SDK


@pytest.mark.parametrize("call", [lambda: storage.get("a"), lambda: log.info("a"), lambda: variables.get("a")])
def test_outside_a_worker_there_is_no_host(call: Callable[[], object]) -> None:
    with pytest.raises(CapabilityUnavailable):
        call()


# --- write-a-plugin.md ----------------------------------------------------------------------------------------

STEPS, REFUSALS = (blocks(part) for part in WALKTHROUGH.split("\n## When publishing is refused\n"))


def named(block: Block) -> str:
    """The file that the sentence before a block is about; '' where it is about none."""
    found = re.findall(r"`([\w/.]+\.(?:toml|md|py|txt))`", block.before.strip().rpartition("\n\n")[2])
    return found[-1] if found else ""


def apply(diff: str, file: Path) -> None:
    """Put the lines marked + in the place of the lines marked -, which stand there once."""
    old, new = ("".join(line[1:] + "\n" for line in diff.splitlines() if line[0] == sign) for sign in "-+")
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), encoding="utf-8")


class Author:
    """Follows the walkthrough: writes its files, types its commands, runs its cells."""

    def __init__(self, folder: Path, shell: Any, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
        self.folder, self.shell, self.capsys, self.monkeypatch = folder, shell, capsys, monkeypatch
        self.shown = ""

    def follow(self, block: Block) -> None:
        if block.language == "console":
            self.type(block.text)
        elif block.language == "diff":
            apply(block.text, self.folder / self.file_of(block))
        elif block.language == "text":
            if not block.text.startswith("peek/\n"):  # the picture of the folder
                assert self.shown == block.text
        elif named(block):
            self.file = named(block)
            path = self.folder / self.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        else:
            self.run_cell(block.text)

    def file_of(self, block: Block) -> str:
        """The file that a diff is of; without a word about it, the one of the diff before."""
        self.file = named(block) or self.file
        return self.file

    def type(self, text: str) -> None:
        command, _, output = text.removeprefix("$ ").partition("\n")
        if command.startswith("export AUTOMATOSX_HOME="):
            self.monkeypatch.setenv("AUTOMATOSX_HOME", str(self.folder / Path(command).name))
            return
        cli.main(command.removeprefix("jupyter automatosx ").split())
        self.shown = self.written()
        assert self.shown == output

    def run_cell(self, source: str) -> None:
        result = self.shell.run_cell(source)
        assert result.error_before_exec is None
        assert result.error_in_exec is None
        printed = self.written()
        self.shown = plain(result.result) + "\n" if result.result is not None else printed

    def written(self) -> str:
        out, err = self.capsys.readouterr()
        return "".join(f"{line.rstrip()}\n" for line in (out + err).splitlines())


@pytest.fixture
def author(tmp_path: Path, shell: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Author:
    monkeypatch.chdir(tmp_path)
    return Author(tmp_path, shell, capsys, monkeypatch)


def test_the_walkthrough_goes_as_it_is_written(author: Author, tmp_path: Path) -> None:
    for block in STEPS:
        author.follow(block)
    assert (tmp_path / "dev-home" / "registry" / "registry.sqlite").is_file()
    assert (tmp_path / "dev-home" / "profile" / "current").is_file()


def first_files(author: Author) -> None:
    """The files of the first version, as the walkthrough has them before anything is published."""
    for block in STEPS[: [block.language for block in STEPS].index("diff")]:
        if block.language in ("toml", "markdown", "python") and named(block):
            author.follow(block)


def written_tests(path: Path) -> list[Callable[[], None]]:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [function for name, function in vars(module).items() if name.startswith("test_")]


def test_the_walkthroughs_tests_of_its_plugin_hold(author: Author, tmp_path: Path) -> None:
    first_files(author)
    tests = [*written_tests(tmp_path / "test_peek.py"), *written_tests(tmp_path / "test_counting.py")]
    assert len(tests) == 3
    for test in tests:
        test()


def refusals() -> list[Any]:
    """What is done to the plugin, its file, the change, and what publishing says then."""
    cases = []
    for block in REFUSALS:
        if block.language == "diff":
            change = block
        elif block.language == "text":
            edit = change if not block.before.strip() else block
            cases.append(pytest.param(edit, block.text, id=re.findall(r"\*\*(.+?)\.?\*\*", edit.before)[-1]))
    return cases


@pytest.mark.parametrize(("change", "said"), refusals())
def test_publishing_refuses_with_these_words(author: Author, tmp_path: Path, change: Block, said: str) -> None:
    first_files(author)
    if "look-alike" in change.before:
        cli.main(["publish", "peek"])
        author.written()
    file = tmp_path / named(change)
    if change.language == "diff":
        apply(change.text, file)
    elif "Delete" in change.before:
        file.unlink()
    else:
        assert "Add" in change.before
        file.write_text("Notes.\n")
    assert cli.main(["publish", "peek"]) == cli.EXIT_ERROR
    assert author.written() == said
