"""Nothing of ours pickles: what crosses the wire is data, and making it an object runs no code of a plugin's choice."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import automatosx_nb

PACKAGE = Path(automatosx_nb.__file__).parent
SOURCES = sorted(path for path in PACKAGE.rglob("*.py") if "catalog" not in path.relative_to(PACKAGE).parts)
MODULES = {"pickle", "_pickle", "cloudpickle", "dill", "joblib", "shelve", "multiprocessing"}
NAMES = {"read_pickle", "to_pickle", "allow_pickle", "PyExtensionType"}

_CALLS = """
import sys
import pandas, pyarrow
from automatosx_nb.sandbox.supervisor import Program, Sandbox
found, active = [], False
def watch(event, arguments):
    if active and event.startswith("pickle."):
        found.append(event)
sys.addaudithook(watch)
SOURCE = b'''
import sys
from automatosx_nb.sdk import ui, tables
found = []
def watch(event, arguments):
    if event.startswith("pickle."):
        found.append(event)
def begin():
    sys.addaudithook(watch)
def back(*values):
    return list(values)
def table(t):
    return t
def shown():
    return ui.table([[1]], ["a"])
def fails():
    raise ValueError("x")
def seen():
    return found
'''
class Host:
    def ask(self, *question):
        return [1]
    def output(self, *printed):
        pass
def every_kind():
    worker.call("m:back", [1, "x", b"y", {"z": [None]}], broker=Host())
    worker.call("m:table", [pandas.DataFrame({"a": [1, 2], "b": ["x", None]})], broker=Host())
    worker.call("m:table", [pyarrow.table({"a": [[1], [2, 3]]})], broker=Host())
    try:
        worker.call("m:fails", broker=Host())
    except Exception as error:
        assert type(error).__name__ == "PluginFailed"
with Sandbox() as sandbox:
    worker = sandbox.start(Program("acme.test", "1", {"m.py": SOURCE}, (), ("pyarrow",)), without=["language"])
    every_kind()  # modules that are imported on the way come from their compiled files
    active = True
    worker.call("m:begin", broker=Host())
    every_kind()
    print(found, worker.call("m:seen", broker=Host()))
"""


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_of_ours_names_what_pickles(path: Path) -> None:
    named: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            named |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            named |= {(node.module or "").partition(".")[0]}
        elif isinstance(node, ast.Attribute):
            named.add(node.attr)
        elif isinstance(node, ast.keyword):
            named.add(node.arg or "")
    assert not named & (MODULES | NAMES)


def test_neither_end_of_the_wire_unpickles_anything_in_calls_of_every_kind() -> None:
    done = subprocess.run([sys.executable, "-c", _CALLS], capture_output=True, text=True, timeout=120, check=False)
    assert done.stderr == ""
    assert done.stdout.strip() == "[] []"
