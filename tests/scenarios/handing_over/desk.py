"""A notebook and a plugin that does with what it is handed whatever a test types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

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
