"""The escape corpus against the language wall alone: no confinement around it, and judged from outside.

This file is also the program that runs one batch: each snippet in a forked child, under an audit hook.
"""

from __future__ import annotations

import builtins
import json
import os
import select
import signal
import socket
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest

CORPUS = Path(__file__).parents[1] / "data" / "escapes" / "escapes.jsonl"
SNIPPETS: list[dict[str, Any]] = [
    snippet
    for line in CORPUS.read_text("utf-8").splitlines()
    if not (snippet := json.loads(line)).get("dos") and snippet["class"] not in ("log_flood", "rpc_flood")
]
BATCHES = 2
PER_SNIPPET_S = 10.0

LEFTOVERS = {
    "match_attr-07": "a match statement's own captures: matching is open, and nothing is bypassed by it",
    "unguarded_op-01": "items are not guarded: nothing that plugin code holds protects its items",
    "unguarded_op-03": "as unguarded_op-01",
    "unguarded_op-05": "as unguarded_op-01; % formatting reads items, not attributes",
    "unguarded_op-07": "as unguarded_op-01",
    "unguarded_op-09": "as unguarded_op-01",
    "metaclass_descriptor-13": "a class's own __index__, called by Python: an ordinary method",
    "metaclass_descriptor-15": "a class's own __format__, called by Python: an ordinary method",
    "class_body-05": "a class's own __call__: an ordinary method",
    "print_hook-01": "print(file=...) writes to an object of the plugin",
}
"""Snippets that do reach a goal that nobody outside can observe, and why that is no hole."""

SECRET = "CANARY-SECRET"
ENVIRONMENT_SECRET = "ENVIRONMENT-SECRET"
WATCHED = (
    "socket.", "subprocess.", "ctypes.", "shutil.", "tempfile.", "pty.", "gc.", "mmap.", "signal.", "sqlite3.",
    "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.kill", "os.putenv", "os.remove", "os.rename",
    "os.mkdir", "os.symlink", "os.link", "os.truncate", "os.startfile", "webbrowser.", "urllib.Request", "code.__new__",
    "object.__getattr__",
)  # fmt: skip
CLOSED = (eval, exec, open, compile, __import__, globals, locals, vars, input, breakpoint, getattr, setattr, delattr)
CLOSED_KINDS = (types.ModuleType, types.FrameType, types.CodeType, types.TracebackType)


# --- the child ------------------------------------------------------------------------------------------------


def reached(value: Any, depth: int = 4) -> str:
    """What of the interpreter's inside is in ``value``, or ''."""
    if any(value is closed for closed in CLOSED):
        return f"the builtin {value!r:.60}"
    if type(value) in CLOSED_KINDS or isinstance(value, types.ModuleType):
        return f"a {type(value).__name__}"
    if isinstance(value, type) and issubclass(value, type):
        return f"the metaclass {value!r}"
    if value is vars(builtins) or (isinstance(value, dict) and "__builtins__" in value):
        return "a namespace of the interpreter"
    if depth and isinstance(value, dict | types.MappingProxyType):
        return next(filter(None, (reached(item, depth - 1) for pair in value.items() for item in pair)), "")
    if depth and isinstance(value, list | tuple | set | frozenset):
        return next(filter(None, (reached(item, depth - 1) for item in value)), "")
    return ""


def judge(snippet: dict[str, Any], value: Any, printed: str) -> list[str]:
    """What the outside can see of ``value`` that must not be there; 'leftover' for a goal it cannot see."""
    seen = repr(value) + printed
    found = [reached(value)] if reached(value) else []
    found += [f"{secret} was read" for secret in (SECRET, ENVIRONMENT_SECRET) if secret in seen]
    if isinstance(value, os._Environ):
        found.append("the environment was read")
    kind, _, text = snippet.get("oracle", "").partition(":")
    if kind == "repr" and text in seen and text != "GUARD-BYPASS":
        found.append(f"{text} is in the result")
    if isinstance(value, tuple) and value and value[0] in ("CONNECTED", "SPAWNED", kind == "tuple0" and text):
        found.append(f"the result says {value[0]}")
    if "GUARD-BYPASS" in seen:
        found.append("leftover")
    return found


def attempt(snippet: dict[str, Any], canary: str) -> dict[str, Any]:
    """Run one snippet under the language wall; what happened, and what it reached."""
    from automatosx_nb.model.libraries import GRANTABLE_MODULES
    from automatosx_nb.sandbox import facades
    from automatosx_nb.sandbox.modules import PluginModules

    printed: list[str] = []
    events: list[str] = []
    source = snippet["code"].encode("latin-1" if snippet.get("load_as_bytes") else "utf-8")
    granted = [name for name in snippet.get("needs", ()) if name in GRANTABLE_MODULES]

    def hook(event: str, args: tuple[Any, ...]) -> None:
        about_canary = event == "open" and str(args[0]).startswith(str(Path(canary).parent))
        if event.startswith(WATCHED) or about_canary:
            events.append(f"audit event {event} {args!r:.80}")

    try:
        modules = PluginModules("acme.attack", {"main.py": source}, granted=granted, write=printed.append)
        for name in granted:
            facades.load(name)
        sys.addaudithook(hook)
        value = modules.handler("main:attack")() if "def attack" in snippet["code"] else result(modules)
    except BaseException as error:
        kind = type(error).__name__
        return {"status": kind, "detail": str(error)[:200], "found": [*events, *judge(snippet, error.args, "")]}
    return {"status": "returned", "detail": "", "found": [*events, *judge(snippet, value, "".join(printed))]}


def result(modules: Any) -> Any:
    return vars(modules._load("main")).get("RESULT")


def run_batch(job: dict[str, Any]) -> None:
    """Print one JSON line a snippet: its id and what :func:`attempt` found."""
    for snippet in job["snippets"]:
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read)
            os.setsid()
            outcome = attempt(snippet, job["canary"])
            os.write(write, json.dumps(outcome).encode("utf-8", "replace")[:65536])
            os._exit(0)
        os.close(write)
        ready, _, _ = select.select([read], [], [], PER_SNIPPET_S)
        data = b""
        while ready and (chunk := os.read(read, 65536)):
            data += chunk
        os.close(read)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        crashed = {"status": f"wait status {status}", "detail": "", "found": ["the process died or hung"]}
        print(json.dumps({"id": snippet["id"], **(json.loads(data) if data else crashed)}), flush=True)


# --- the tests ------------------------------------------------------------------------------------------------


class Field:
    """What the attacks aim at: a secret file, a place to write, a listening port; and what became of them."""

    def __init__(self, folder: Path) -> None:
        self.canary = folder / "canary.txt"
        self.canary.write_text(SECRET)
        self.drop = folder / "drop"
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(0)
        self.outcomes: dict[str, dict[str, Any]] = {}

    def aim(self, snippet: dict[str, Any]) -> dict[str, Any]:
        code = snippet["code"].replace("$AXNB_CANARY", str(self.canary)).replace("$AXNB_DROP", str(self.drop))
        code = code.replace("$AXNB_PORT", str(self.listener.getsockname()[1]))
        if "api." in code and "__future__" not in code:
            code = "from automatosx_nb.sdk import storage as api\n" + code
        return {**snippet, "code": code}

    def run(self) -> None:
        """Two batches side by side, each in a process with a planted environment variable."""
        environment = {"PATH": os.environ["PATH"], "AXNB_SECRET": ENVIRONMENT_SECRET}
        batches = []
        for number in range(BATCHES):
            job = {"canary": str(self.canary), "snippets": [self.aim(s) for s in SNIPPETS[number::BATCHES]]}
            file = self.canary.with_name(f"batch{number}.json")
            file.write_text(json.dumps(job))
            command = [sys.executable, "-B", __file__, str(file)]  # a module's first import would write its bytecode
            batches.append(subprocess.Popen(command, stdout=subprocess.PIPE, env=environment))
        for batch in batches:
            out, _ = batch.communicate(timeout=240)
            assert batch.returncode == 0
            for line in out.splitlines():
                outcome = json.loads(line)
                self.outcomes[outcome["id"]] = outcome


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Any:
    field = Field(tmp_path_factory.mktemp("escapes"))
    try:
        field.run()
        yield field
    finally:
        field.listener.close()


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet["id"])
def test_the_language_wall_alone_keeps_an_attack_from_every_observable_goal(
    field: Field, snippet: dict[str, Any]
) -> None:
    outcome = field.outcomes[snippet["id"]]
    assert [found for found in outcome["found"] if found != "leftover"] == [], outcome


def test_goals_that_cannot_be_observed_are_left_over_only_where_it_is_said_why(field: Field) -> None:
    left = {id for id, outcome in field.outcomes.items() if "leftover" in outcome["found"]}
    assert left == set(LEFTOVERS)


def test_nothing_was_dropped_and_nobody_connected(field: Field) -> None:
    assert field.outcomes
    assert not field.drop.exists()
    with pytest.raises(BlockingIOError):
        field.listener.accept()


def test_the_oracle_sees_an_attack_that_succeeds() -> None:
    """The positive control: what the walls are held against is not blind."""
    values: list[Any] = [sys, sys._getframe(), type, eval, [{"a": (open,)}], {"__builtins__": {}}, os.environ]
    for value in values:
        assert judge({}, value, "")
    assert judge({}, f"x {SECRET}", "")
    assert judge({"oracle": "tuple0:UDP-SENT"}, ("UDP-SENT", 1), "")
    assert not judge({}, [1, "a", {"b": object}], "")


if __name__ == "__main__":
    run_batch(json.loads(Path(sys.argv[1]).read_text()))
