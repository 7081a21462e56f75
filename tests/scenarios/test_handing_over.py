"""Designation is authorization: what the user names is handed over for one call, and nothing else is. Real workers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from automatosx_nb.errors import (
    AutomatosxError,
    FileNotHandedOver,
    InvalidSelection,
    NoSecretStore,
    NothingToKeep,
    PermissionDenied,
    PluginFailed,
    SelectionFailed,
    UnknownSecret,
    UnknownVariable,
    UntransferableValue,
)
from automatosx_nb.host.audit import Audit
from automatosx_nb.host.broker import CapabilityBroker
from automatosx_nb.host.bus import Bus
from automatosx_nb.host.capabilities.log import LogCapability
from automatosx_nb.host.capabilities.variables import VariablesCapability
from automatosx_nb.host.grants import Grants
from automatosx_nb.host.incidents import Incidents
from automatosx_nb.host.results import render_result
from automatosx_nb.host.runner import PluginRunner
from automatosx_nb.model.generation import InstalledPlugin
from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sandbox.supervisor import Program, Sandbox
from tests.no_failure import no_failure

if TYPE_CHECKING:
    from automatosx_nb.host.capabilities import Capability
    from automatosx_nb.host.ports import SecretSource

SOURCE = """
import csv
import io
import json
from automatosx_nb.sdk import handed, log, tables, ui, variables

kept = []


def shape(table):
    return [table.column_names, len(table)]


def give(value):
    return value


def show(value=None):
    return ui.text("shown")


def nothing():
    return None


def double(table):
    return tables.Table.from_columns({name: table.column(name) * 2 for name in table.column_names})


def read(file, how="text"):
    kept.append(file)
    if how == "bytes":
        return file.read_bytes()
    if how == "text":
        return file.read_text()
    if how == "lines":
        return [line for line in file]
    if how == "csv":
        return list(csv.DictReader(file.lines(newline="")))
    if how == "json":
        return json.loads(file.read_bytes())
    if how == "length":
        return sum(len(piece) for piece in file.chunks())
    return [file.name, file.size, repr(file)]


def again():
    return kept[0].read_bytes()


def again_while(other):
    return kept[0].read_bytes()


def write(target, text="hello\\n"):
    kept.append(target)
    target.write(text)
    return target.name


def write_late():
    kept[-1].write("late")
    return "gathered"


def write_late_much():
    kept[-1].write("x" * 1_000_000)


def write_rows(table, target):
    writer = csv.writer(target)
    writer.writerow(table.column_names)
    writer.writerows(zip(*[table.column(name) for name in table.column_names]))


def write_and_fail(target):
    target.write("half")
    raise ValueError("no")


def write_none(target):
    return None


def write_empty(target):
    target.write("")


def write_two(first, second):
    first.write("1")
    second.write("2")


def write_json(target):
    json.dump({"a": [1, 2]}, target)


def write_much(target, mb=1):
    try:
        for _ in range(mb):
            target.write(b"x" * 1_048_576)
    except Exception as error:
        print(error.code)
    return "went on"


def secret(token, how="length"):
    value = token.reveal()
    if how == "length":
        return [token.name, len(value), repr(token), str(token)]
    if how == "print":
        print("it is", value)
    if how == "log":
        log.info("it is " + value)
    if how == "raise":
        raise ValueError("bad token " + value)
    if how == "return":
        return {"token": value, value: [value, 1]}
    if how == "show":
        return ui.stack(ui.text(value), ui.table(["t"], [[value]]))
    if how == "object":
        return token


def names():
    return variables.names()


def get(name):
    return variables.get(name)


def put(name, value=None):
    variables.set(name, value)
"""
HANDLERS = [line.split("(")[0].removeprefix("def ") for line in SOURCE.splitlines() if line.startswith("def ")]
ENTRY = InstalledPlugin("acme.demo", "1.0.0", "0" * 64, "*", (), "state", "", {})


class MemorySecrets:
    """Secrets in a dict."""

    def __init__(self, kept: Mapping[tuple[str, str], str]) -> None:
        self._kept = kept

    def get(self, plugin: str, name: str) -> str | None:
        if (plugin, name) not in self._kept:
            return None
        return self._kept[plugin, name]


class Desk:
    """A notebook with the demo plugin: ``run("shape df")`` is ``%shape df``."""

    def __init__(
        self, sandbox: Sandbox, audit: Audit, limits: Limits, secrets: SecretSource | None, grants: tuple[str, ...]
    ) -> None:
        self.ns: dict[str, Any] = {}
        self.log = LogCapability()
        program = Program("acme.demo", "1.0.0", {"demo.py": SOURCE.encode()}, tuple(f"demo:{one}" for one in HANDLERS))
        held = Grants("acme.demo", grants)
        capabilities: dict[str, Capability] = {
            "log": self.log,
            "variables": VariablesCapability(held, lambda: self.ns),
        }
        self.runner = PluginRunner(
            ENTRY,
            start=lambda _entry: sandbox.start(program, limits),
            broker=CapabilityBroker(held, capabilities),
            log=self.log,
            limits=limits,
            variables=lambda: self.ns,
            render=render_result,
            secrets=secrets,
            incidents=Incidents(ENTRY, audit, Bus(no_failure), no_failure),
        )

    def run(self, line: str) -> Any:
        handler, _, rest = line.partition(" ")
        magic = {"name": handler, "handler": f"demo:{handler}", "summary": "", "cell": False, "args": ARGS[handler]}
        return self.runner.run_magic(magic, rest, None)


def arg(name: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "choices": (), "default": None, "required": False, "help": ""} | more


TABLE, TARGET = arg("table", "variable", required=True), arg("target", "file:write", required=True)
VALUE, FILE = arg("value", "variable", required=True), arg("file", "file:read", required=True)
HOW, NAME = arg("--how", "string", default="text"), arg("name", "string")
ARGS: dict[str, list[dict[str, Any]]] = {
    "shape": [TABLE], "give": [VALUE], "show": [], "nothing": [], "double": [TABLE],
    "read": [FILE, HOW], "again": [], "again_while": [FILE | {"name": "other"}],
    "write": [TARGET, arg("--text", "string", default="hello\n")], "write_late": [], "write_late_much": [],
    "write_rows": [TABLE, TARGET], "write_and_fail": [TARGET], "write_none": [TARGET], "write_empty": [TARGET],
    "write_two": [TARGET | {"name": "first"}, TARGET | {"name": "second"}], "write_json": [TARGET],
    "write_much": [TARGET, arg("--mb", "integer", default=1)],
    "secret": [arg("token", "secret", required=True), HOW | {"default": "length"}],
    "names": [], "get": [NAME], "put": [NAME, arg("--value", "variable")],
}  # fmt: skip
SECRETS = MemorySecrets({("acme.demo", "token"): "s3cr3t-é-value", ("acme.other", "theirs"): "x"})
MakeDesk = Callable[..., Desk]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def make_desk(
    sandbox: Sandbox, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MakeDesk]:
    monkeypatch.chdir(tmp_path)
    made: list[Desk] = []
    audit = Audit(tmp_path_factory.mktemp("audit") / "audit.sqlite3")

    def make(
        limits: Limits | None = None, secrets: SecretSource | None = SECRETS, grants: tuple[str, ...] = ()
    ) -> Desk:
        made.append(Desk(sandbox, audit, limits or Limits(), secrets, grants))
        return made[-1]

    yield make
    for desk in made:
        desk.runner.stop()
    audit.close()


@pytest.fixture
def desk(make_desk: MakeDesk) -> Desk:
    desk = make_desk()
    desk.ns["df"] = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"], "secret": [7, 8, 9]})
    return desk


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- selections -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "columns", "rows"),
    [
        ("df", ["a", "b", "secret"], 3),
        ('df[["a", "b"]]', ["a", "b"], 3),
        ("df[['b','a']][1:]", ["index", "b", "a"], 2),
        ('df["a"]', ["a"], 3),
        ("df.a", ["a"], 3),
        ('df.loc[0:1, ["b"]]', ["b"], 2),
        ("df.loc[:, 'a':'b']", ["a", "b"], 3),
        ("df.iloc[-2:, 0:1]", ["index", "a"], 2),
        ("'df[[\"a\"]]'", ["a"], 3),
    ],
)
def test_a_selection_hands_over_that_part_and_the_plugin_never_sees_the_rest(
    desk: Desk, typed: str, columns: list[str], rows: int
) -> None:
    names, count = desk.run(f"shape {typed}")
    assert count == rows
    assert [name for name in names if name != "index"] == [name for name in columns if name != "index"]
    assert "secret" not in names or typed == "df"


@pytest.mark.parametrize(
    ("typed", "error", "says"),
    [
        ("dff", UnknownVariable, "Did you mean 'df'?"),
        ('df["secrte"]', SelectionFailed, "Did you mean 'secret'?"),
        ("df.secrte", SelectionFailed, "there is no df.secrte"),
        ("df.head(2)", InvalidSelection, "a call is not carried out here"),
        ("df[df.a > 1]", InvalidSelection, "a comparison is not carried out here"),
        ("df._mgr", InvalidSelection, "private"),
        ("df['a'", InvalidSelection, "Python cannot read it"),
    ],
)
def test_what_cannot_be_selected_starts_no_worker_and_says_why(
    desk: Desk, typed: str, error: type[AutomatosxError], says: str
) -> None:
    with pytest.raises(error) as caught:
        desk.run(f"shape {typed}")
    assert says in str(caught.value)
    assert desk.runner.worker is None


# --- frames, there and back -----------------------------------------------------------------------------------


def test_a_result_comes_back_as_the_kind_of_frame_that_was_handed_over(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.ns |= {"pf": pl.DataFrame({"a": [1, 2]}), "at": pa.table({"a": [1]})}
    assert desk.run("give df[['a', 'b']] --into pandas_one") is None
    desk.run("give pf --into polars_one")
    desk.run("give at --into arrow_one")
    desk.run("give pf['a'] --into series_one")
    pd.testing.assert_frame_equal(desk.ns["pandas_one"], desk.ns["df"][["a", "b"]])
    assert desk.ns["polars_one"].equals(desk.ns["pf"])
    assert desk.ns["arrow_one"].equals(desk.ns["at"])
    assert desk.ns["series_one"].equals(desk.ns["pf"])
    assert capsys.readouterr().out.splitlines() == [
        "pandas_one is now a DataFrame of 3 rows and 2 columns.",
        "polars_one is now a DataFrame of 2 rows and 1 column.",
        "arrow_one is now a Table of 1 row and 1 column.",
        "series_one is now a DataFrame of 2 rows and 1 column.",
    ]


def test_a_duckdb_relation_is_handed_over_as_a_table(desk: Desk) -> None:
    duckdb = pytest.importorskip("duckdb")
    desk.ns["rel"] = duckdb.sql("select 1 as one, 'x' as two")
    assert desk.run("shape rel") == [["one", "two"], 1]


def test_nothing_else_of_the_notebook_changes(desk: Desk) -> None:
    before = dict(desk.ns)
    desk.run("double df --into twice")
    assert {name: desk.ns[name] for name in before} == before
    assert desk.ns.keys() - before.keys() == {"twice"}
    assert list(desk.ns["twice"]["a"]) == [1, 2, 3, 1, 2, 3]


def test_without_a_name_a_table_is_shown_as_it_came(desk: Desk) -> None:
    assert isinstance(desk.run("give df"), pa.Table)


def test_a_json_value_is_kept_as_it_is(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.ns["value"] = {"a": [1, None]}
    desk.run("give value --into other")
    assert desk.ns["other"] == {"a": [1, None]}
    assert capsys.readouterr().out == "other is now a dict of length 1.\n"


@pytest.mark.parametrize(("handler", "what"), [("show", "a display"), ("nothing", "nothing")])
def test_what_is_no_value_is_not_kept(desk: Desk, handler: str, what: str) -> None:
    with pytest.raises(NothingToKeep, match=what):
        desk.run(f"{handler} --into x")
    assert "x" not in desk.ns


def test_a_frame_that_pandas_or_polars_cannot_hold_keeps_nothing(desk: Desk) -> None:
    desk.ns["pf"] = pl.DataFrame({"a": [1]})
    desk.ns["two"] = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    assert desk.run("shape two") == [["a", "a"], 1]
    desk.run("give two --into arrow_again")
    assert desk.ns["arrow_again"].column_names == ["a", "a"]


def test_frames_of_no_rows_and_columns_of_one_name_cross(desk: Desk) -> None:
    desk.ns["none"] = desk.ns["df"].iloc[0:0]
    assert desk.run("shape none") == [["a", "b", "secret"], 0]
    desk.run("give none --into back")
    assert desk.ns["back"].shape == (0, 3)
    desk.ns["twice"] = pd.DataFrame([[1, 2]], columns=["a", "a"])
    assert desk.run("shape twice") == [["a", "a"], 1]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (pd.DataFrame({"fine": [1], "odd": [object()]}), ["'odd'", "object"]),
        (pd.DataFrame({"p": pd.period_range("2024", periods=1)}), ["'p'", "period"]),
        (pl.DataFrame({"o": pl.Series([object()], dtype=pl.Object)}), ["'o'", "Object"]),
    ],
)
def test_a_column_that_cannot_cross_is_named_with_its_type(desk: Desk, value: Any, says: list[str]) -> None:
    desk.ns["bad"] = value
    with pytest.raises(UntransferableValue) as caught:
        desk.run("shape bad")
    for each in says:
        assert each.lower() in str(caught.value).lower()


# --- files to read --------------------------------------------------------------------------------------------


def test_a_file_is_read_in_every_way_by_its_name_alone(desk: Desk, tmp_path: Path) -> None:
    raw = 'name,note\r\nä,"two\r\nlines"\r\n'.encode()
    (tmp_path / "data.csv").write_bytes(raw)
    assert desk.run("read data.csv --how bytes") == raw
    assert desk.run("read data.csv") == 'name,note\nä,"two\nlines"\n'
    assert desk.run(f"read '{tmp_path}/data.csv' --how lines") == ["name,note\n", 'ä,"two\n', 'lines"\n']
    assert desk.run("read data.csv --how csv") == [{"name": "ä", "note": "two\r\nlines"}]
    assert desk.run("read ./data.csv --how about") == [
        "data.csv",
        len(raw),
        f"<InputFile 'data.csv' of {len(raw)} bytes>",
    ]
    (tmp_path / "x.json").write_text('{"a": [1]}')
    assert desk.run("read x.json --how json") == {"a": [1]}


def test_a_large_file_is_read_in_pieces(desk: Desk, tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(300 << 20)
    assert desk.run("read large --how length") == 300 << 20
    usage = desk.runner.worker.usage() if desk.runner.worker is not None else None
    assert usage is not None
    assert usage.rss_mb < 200


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("nothing.csv", "there is no such file"),
        ("dat.csv", "Did you mean 'data.csv'?"),
        (".", "it is a folder"),
        ("pipe", "it is a pipe"),
        ("/dev/null", "it is a device"),
        ("data.csv/more", "not a directory"),
        ("'a\0b'", "null"),
    ],
)
def test_what_is_no_plain_file_is_not_handed_over(desk: Desk, tmp_path: Path, typed: str, says: str) -> None:
    (tmp_path / "data.csv").write_text("x")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileNotHandedOver) as caught:
        desk.run(f"read {typed}")
    assert says in str(caught.value)
    assert desk.runner.worker is None


def test_a_file_over_the_limit_is_not_handed_over(make_desk: MakeDesk, tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate((2 << 20) + 1)
    with pytest.raises(FileNotHandedOver, match="limit read-mb is 1"):
        make_desk(replace(Limits(), read_mb=1)).run("read large")


def test_a_reader_that_a_plugin_keeps_reads_nothing_after_the_call(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "first").write_text("1")
    (tmp_path / "second").write_text("2")
    desk.run("read first")
    with pytest.raises(PluginFailed, match="handed over for one call"):
        desk.run("again")
    with pytest.raises(PluginFailed, match="handed over for one call"):
        desk.run("again_while second")


# --- files to write -------------------------------------------------------------------------------------------


def test_what_was_written_is_a_file_after_the_call(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sub").mkdir()
    assert desk.run("write sub/out.txt --text 'grüße\n'") == "out.txt"
    assert (tmp_path / "sub" / "out.txt").read_text(encoding="utf-8") == "grüße\n"
    assert capsys.readouterr().out == "Wrote out.txt (8 bytes).\n"
    assert left(tmp_path / "sub") == ["out.txt"]
    desk.run("write_rows df[['a', 'b']] rows.csv")
    assert (tmp_path / "rows.csv").read_bytes() == b"a,b\r\n1,x\r\n2,y\r\n3,z\r\n"
    desk.run("write_json made.json")
    assert (tmp_path / "made.json").read_text() == '{"a": [1, 2]}'
    umask = os.umask(0o022)
    os.umask(umask)
    assert (tmp_path / "made.json").stat().st_mode & 0o777 == 0o666 & ~umask


def test_a_file_that_is_there_is_replaced_only_when_the_user_says_so(desk: Desk, tmp_path: Path) -> None:
    out = tmp_path / "out.txt"
    out.write_text("mine")
    out.chmod(0o640)
    with pytest.raises(FileNotHandedOver, match="--overwrite"):
        desk.run("write out.txt")
    assert out.read_text() == "mine"
    desk.run("write out.txt --overwrite")
    assert out.read_text() == "hello\n"
    assert out.stat().st_mode & 0o777 == 0o640


def test_of_a_failed_call_nothing_is_left(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "old").write_text("old")
    with pytest.raises(PluginFailed):
        desk.run("write_and_fail new")
    with pytest.raises(PluginFailed):
        desk.run("write_and_fail old --overwrite")
    assert left(tmp_path) == ["old"]
    assert (tmp_path / "old").read_text() == "old"


def test_a_result_that_cannot_be_kept_writes_no_file_either(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(NothingToKeep):
        desk.run("write_empty out --into x")
    assert left(tmp_path) == []


def test_nothing_written_makes_no_file_and_nothing_but_an_empty_text_an_empty_one(desk: Desk, tmp_path: Path) -> None:
    desk.run("write_none none")
    assert left(tmp_path) == []
    desk.run("write_empty empty")
    assert (tmp_path / "empty").read_bytes() == b""


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("nowhere/out", "no such folder"),
        ("sub", "it is a folder"),
        ("link", "it is a link"),
        ("pipe", "it is a pipe"),
        ("/dev/full", "it is a device"),
    ],
)
def test_what_is_no_place_for_a_file_is_refused_before_the_call(
    desk: Desk, tmp_path: Path, typed: str, says: str
) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "link").symlink_to("mine")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileNotHandedOver, match=says):
        desk.run(f"write {typed} --overwrite")
    assert desk.runner.worker is None
    assert (tmp_path / "mine").read_text() == "mine"


def test_two_outputs_of_one_name_are_refused_and_two_are_written_together_or_not_at_all(
    desk: Desk, tmp_path: Path
) -> None:
    with pytest.raises(FileNotHandedOver, match="named twice"):
        desk.run("write_two a a")
    desk.run("write_two a b")
    assert left(tmp_path) == ["a", "b"]


def test_more_than_the_limit_is_no_file_even_where_the_plugin_goes_on(
    make_desk: MakeDesk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = make_desk(replace(Limits(), write_mb=2))
    with pytest.raises(FileNotHandedOver, match="more than 2 MiB, the limit write-mb"):
        desk.run("write_much out --mb 4")
    assert left(tmp_path) == []
    assert "capability-failed" in capsys.readouterr().out
    desk.run("write_much out --mb 2")
    assert (tmp_path / "out").stat().st_size == 2 << 20


def test_a_writer_that_a_plugin_keeps_writes_nothing_after_the_call(desk: Desk, tmp_path: Path) -> None:
    desk.run("write out")
    for late in ("write_late", "write_late_much"):
        with pytest.raises(PluginFailed, match="handed over for one call"):
            desk.run(late)
    with pytest.raises(PluginFailed, match="raised ValueError: no"):
        desk.run("write_and_fail other")
    assert left(tmp_path) == ["out"]
    assert (tmp_path / "out").read_text() == "hello\n"


# --- secrets --------------------------------------------------------------------------------------------------


def test_a_secret_is_named_and_arrives_as_itself(desk: Desk) -> None:
    assert desk.run("secret token") == ["token", 14, "<Secret 'token'>", "<Secret 'token'>"]


@pytest.mark.parametrize("how", ["print", "log", "raise", "return", "show", "object"])
def test_a_secrets_value_is_nowhere_where_people_look(desk: Desk, how: str, capsys: pytest.CaptureFixture[str]) -> None:
    seen = ""
    try:
        shown = desk.run(f"secret token --how {how}")
        seen += repr(shown) + str(shown)
        desk.run(f"secret token --how {how} --into kept")
    except AutomatosxError as error:
        seen += str(error) + repr(error) + repr(error.args) + repr(error.__cause__)
    printed = capsys.readouterr()
    seen += printed.out + printed.err + repr(desk.ns) + repr(list(desk.log.lines))
    assert "s3cr3t" not in seen
    assert "[secret]" in seen or how == "object"


def test_a_secret_that_is_not_there_is_not_repeated(desk: Desk, make_desk: MakeDesk) -> None:
    for typed in ("ghp_pasted", "theirs"):
        with pytest.raises(UnknownSecret) as caught:
            desk.run(f"secret {typed}")
        assert typed not in str(caught.value) + repr(caught.value)
    with pytest.raises(NoSecretStore):
        make_desk(secrets=None).run("secret token")


# --- variables by permission ----------------------------------------------------------------------------------


def test_without_the_permission_no_variable_is_read_named_or_set(desk: Desk) -> None:
    for line in ("names", "get df", "put df", "put new"):
        with pytest.raises(PermissionDenied) as caught:
            desk.run(line)
        assert caught.value.permission.startswith("variables:")
    assert "new" not in desk.ns


def test_a_pattern_opens_the_names_that_it_matches_and_no_other(make_desk: MakeDesk) -> None:
    desk = make_desk(grants=("variables:read:train_*",))
    desk.ns |= {"train_x": [1], "train_y": pd.DataFrame({"a": [1]}), "test_x": 2, "_train": 3, "train_f": print}
    assert desk.run("names") == ["train_x", "train_y"]
    assert desk.run("get train_x") == [1]
    assert desk.run("get train_y").to_pydict() == {"a": [1]}
    for name in ("test_x", "_train", "train_f", "train_z", "In", "train_x.y", "train_x[0]"):
        with pytest.raises((PermissionDenied, PluginFailed)) as caught:
            desk.run(f"get {name}")
        assert "test_x" not in str(caught.value) or name == "test_x"
    with pytest.raises(PermissionDenied, match="variables:write:train_x"):
        desk.run("put train_x")


def test_writing_keeps_the_kind_of_frame_and_never_replaces_code(make_desk: MakeDesk) -> None:
    desk = make_desk(grants=("variables:write",))
    desk.ns |= {"df": pd.DataFrame({"a": [1]}), "value": pa.table({"b": [2]}), "pd": pd, "f": len, "C": int}
    desk.run("put df --value value")
    pd.testing.assert_frame_equal(desk.ns["df"], pd.DataFrame({"b": [2]}))
    desk.run("put new --value value")
    assert desk.ns["new"].equals(pa.table({"b": [2]}))
    for name in ("pd", "f", "C", "print", "class", "In", "exit", "_x", "__builtins__", "'a b'", "a.b"):
        before = desk.ns.get(name)
        with pytest.raises((PermissionDenied, PluginFailed)):
            desk.run(f"put {name} --value value")
        assert desk.ns.get(name) is before
    with pytest.raises(PermissionDenied):
        desk.run("get df")


def open_files() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


def test_what_was_handed_over_is_closed_when_the_call_is_over(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "in").write_text("x")
    desk.run("read in")
    before = open_files()
    for _ in range(5):
        desk.run("read in")
        desk.run("write out --overwrite")
        with pytest.raises(PluginFailed):
            desk.run("write_and_fail out --overwrite")
    assert open_files() == before
