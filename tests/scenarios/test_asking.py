"""A plugin asks for an optional permission while it runs: a real worker behind a real kernel's host."""

from __future__ import annotations

import builtins
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.error import StdinNotImplementedError

from automatosx_nb import app, cli, magics
from automatosx_nb.errors import CallInterrupted, PermissionDenied
from automatosx_nb.model.events import CELL_FINISHED
from tests.conftest import opened_shell, plugins_in, stock, use_home

REQUIRED = (f"events:subscribe:{CELL_FINISHED}", "modules:numpy")
OPTIONAL = ("storage", "files:read:**", "files:read:data/*", "modules:pyarrow")
SOURCE = """
from automatosx_nb.sdk import permissions, storage


def run(text=""):
    if text:
        return tried(text)
    permissions.request("storage")
    storage.put("kept", 1)
    return "kept"


def tried(text):
    try:
        return permissions.request(text)
    except Exception as error:
        return [error.code, getattr(error, "type_name", ""), str(error)]


def held():
    return ", ".join(text for text in ("storage", "modules:numpy") if permissions.held(text))


def on_cell(event):
    run()
"""
EXTRA = f"""
[[contributes.subscriptions]]
topic = "{CELL_FINISHED}"
handler = "demo:on_cell"
[[contributes.commands]]
name = "keep"
title = "Keep"
handler = "demo:run"
[[contributes.commands]]
name = "held"
title = "Held"
handler = "demo:held"
[permissions.optional]
"""
EXTRA += "".join(f'"{each}" = "It helps."\n' for each in OPTIONAL)
Run = Callable[..., Any]
Told = Callable[[str], list[tuple[Any, ...]]]
HOW = r"%ax grant acme\.demo storage"


class Person:
    """Stands at the keyboard: types one answer after the other, and keeps the questions."""

    def __init__(self) -> None:
        self.answers: list[str | BaseException] = []
        self.questions: list[str] = []
        self.threads: set[threading.Thread] = set()

    def types(self, *answers: str | BaseException) -> None:
        self.answers = list(answers)

    def __call__(self, question: str = "") -> str:
        self.questions.append(question)
        self.threads.add(threading.current_thread())
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> Person:
    person = Person()
    monkeypatch.setattr(builtins, "input", person)
    return person


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory, filled_registry: Path) -> Iterator[Any]:
    """A shell in which the plugin is installed."""
    folder = tmp_path_factory.mktemp("asking")
    text = '{name = "text", type = "string", required = false, default = ""}'
    asked = dict.fromkeys(REQUIRED, "It must.")
    plugin = plugins_in(folder)(source=SOURCE, args=text, permissions=asked, extra=EXTRA)
    with pytest.MonkeyPatch.context() as patch:
        stock(use_home(folder, patch), filled_registry)
        patch.setattr("jupyter_core.paths.SYSTEM_CONFIG_PATH", [str(folder)])
        with opened_shell() as shell:
            app.current().publish(plugin)
            app.current().install("acme.demo", grant=REQUIRED)
            magics.load(shell)
            yield shell


@pytest.fixture
def shell(kernel: Any) -> Iterator[Any]:
    """The same for every test; what is granted and refused in one is forgotten after it."""
    yield kernel
    market = app.current()
    market.session.forget(())
    for text in holds()[0]:
        market.revoke("acme.demo", text)


@pytest.fixture
def policy(shell: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The system's policy, which is looked at anew whenever somebody asks."""
    monkeypatch.setattr("automatosx_nb.app.rooms.POLICY_FRESH_S", 0.0)
    path = Path(app.current().home.parent, "automatosx_config.py")
    yield path
    path.unlink()


@pytest.fixture
def run(shell: Any) -> Run:
    return lambda text="": shell.run_line_magic("demo", text)


@pytest.fixture
def told(shell: Any) -> Told:
    """What the audit log says of a kind since the test began: which permissions, for how long, where."""
    audit = app.current().audit
    begun = max((entry.number for entry in audit.read()), default=0)

    def told(kind: str) -> list[tuple[Any, ...]]:
        entries = [entry.detail for entry in audit.read(after=begun) if entry.kind == kind]
        return [(*each["permissions"], each.get("for", ""), each.get("surface")) for each in entries]

    return told


def holds() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """By the profile, beside what it must have, and until the kernel ends."""
    market = app.current()
    grants = market.installed()[0].grants
    return tuple(text for text in grants if text not in REQUIRED), market.session.held("acme.demo")


def test_for_this_call_means_this_call(run: Run, person: Person, told: Told) -> None:
    person.types("once", "o")
    assert [run(), run()] == ["kept", "kept"]
    assert len(person.questions) == 2
    assert person.threads == {threading.current_thread()}
    assert holds() == ((), ())
    assert told("grants-given") == [("storage", "call", "notebook")] * 2


def test_for_this_session_is_asked_once(run: Run, person: Person, told: Told) -> None:
    person.types("session")
    assert [run(), run()] == ["kept", "kept"]
    assert holds() == ((), ("storage",))
    assert told("grants-given") == [("storage", "session", "notebook")]


def test_always_is_a_generation_that_a_rollback_takes_back(run: Run, person: Person, told: Told) -> None:
    person.types("always")
    assert [run(), run()] == ["kept", "kept"]
    assert holds() == (("storage",), ())
    assert told("grants-given") == [("storage", "", "notebook")]
    app.current().rollback()
    person.types("no")
    with pytest.raises(PermissionDenied):
        run()


def test_a_no_is_remembered_until_the_user_grants_it(run: Run, person: Person, told: Told, shell: Any) -> None:
    person.types("no")
    for _ in range(3):
        with pytest.raises(PermissionDenied, match=HOW):
            run()
    assert len(person.questions) == 1
    assert told("grant-refused") == [("storage", "", "notebook")]
    shell.run_line_magic("ax", "grant acme.demo storage --for session")
    assert run() == "kept"


def test_after_three_noes_a_plugin_asks_for_nothing_more_however_much_it_lists(
    run: Run, person: Person, shell: Any
) -> None:
    person.types("no", "no", "no")
    for text in ("storage", "files:read:data/x", "files:read:y", "modules:pyarrow"):
        assert run(text)[0] == "permission-denied"
    assert len(person.questions) == 3
    shell.run_line_magic("ax", "grant acme.demo storage --for session")
    assert run() == "kept"


def test_the_question_says_who_asks_for_what_and_why(run: Run, person: Person) -> None:
    person.types("")
    with pytest.raises(PermissionDenied):
        run()
    (question,) = person.questions
    assert question.startswith("acme.demo 1.0.0 asks for what it can do without:\n  storage (low risk): ")
    assert question.endswith("“It helps.”\nGrant it? [once/session/always/no, nothing is no] ")


def test_what_is_no_answer_is_asked_again_and_then_a_no(run: Run, person: Person) -> None:
    person.types("what?", "yes", "granted")
    for _ in range(2):
        with pytest.raises(PermissionDenied):
            run()
    assert len(person.questions) == 3


@pytest.mark.parametrize("nobody", [StdinNotImplementedError(), EOFError(), OSError("no terminal")])
def test_where_nobody_can_be_asked_nothing_is_granted_and_nothing_remembered(
    run: Run, person: Person, told: Told, nobody: Exception
) -> None:
    person.types(nobody)
    with pytest.raises(PermissionDenied, match=HOW):
        run()
    assert (holds(), told("grant-refused")) == (((), ()), [])
    person.types("once")
    assert run() == "kept"


def test_an_event_asks_nobody(run: Run, person: Person, shell: Any) -> None:
    runner = shell._automatosx_session.host.activation.runner(app.current().installed()[0])
    shell.run_cell("1", store_history=True)
    person.types("once")
    assert run() == "kept", "a call comes after the events before it"
    assert len(person.questions) == 1
    assert [line.text for line in runner.log.lines if "'storage'" in line.text] != []


def test_only_what_is_listed_as_optional_can_be_asked_for(run: Run, person: Person) -> None:
    for text in ("storage:1GiB", "files:read:.env", "network:example.org", "modules:pandas", "variables:read"):
        code, name, said = run(text)
        assert (code, name) == ("capability-failed", "PermissionNotOptional")
        assert f"does not list {text!r}" in said
        assert "it lists storage, files:read:**, files:read:data/*, modules:pyarrow" in said
    assert run("files:reed:x")[1] == "InvalidPermission"
    assert person.questions == []


def test_what_it_cannot_do_without_is_not_asked_for_again_once_it_was_revoked(run: Run, person: Person) -> None:
    market = app.current()
    market.revoke("acme.demo", "modules:numpy")
    assert run("modules:numpy")[1] == "PermissionNotOptional"
    market.grant("acme.demo", "modules:numpy")
    assert run("modules:numpy") is True
    assert person.questions == []


def test_a_part_of_what_is_listed_is_asked_for_as_it_is_listed(run: Run, person: Person) -> None:
    person.types("session")
    assert run("files:read:data/a.csv") is True
    assert holds() == ((), ("files:read:data/*",))


def test_what_policy_denies_is_not_asked_and_what_it_allows_needs_no_question(
    run: Run, person: Person, told: Told, policy: Path
) -> None:
    policy.write_text('c.PermissionPolicy.deny = ["files:*"]\nc.PermissionPolicy.allow = ["storage"]\n')
    assert run("files:read:data/a.csv")[0] == "permission-denied"
    assert run("storage") is True
    assert person.questions == []
    assert holds() == ((), ("storage",))
    assert told("grants-given") == [("storage", "session", None)]


def test_a_library_that_was_granted_is_there_from_the_next_call_on(run: Run, person: Person) -> None:
    person.types("session")
    assert run("modules:pyarrow") is False
    assert "[session/always/no" in person.questions[0], "it cannot hold for one call"
    assert run("modules:pyarrow") is True


def test_what_is_held_is_told_without_a_question(
    shell: Any, person: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.run_line_magic("ax", "run acme.demo held")
    assert person.questions == []
    assert shell.run_line_magic("ax", "run acme.demo held") == "modules:numpy"


def test_interrupting_the_question_ends_the_call_and_the_next_one_asks_again(run: Run, person: Person) -> None:
    person.types(KeyboardInterrupt())
    with pytest.raises(CallInterrupted):
        run()
    assert holds() == ((), ())
    person.types("once")
    assert run() == "kept"


def test_a_terminal_asks_without_offering_a_session(shell: Any, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def ask(_self: cli.Terminal, question: str) -> str:
        asked.append(question)
        return "a"

    monkeypatch.setattr(cli.Terminal, "ask", ask)
    assert cli.main(["run", "acme.demo", "keep"]) == 0
    assert "[once/always/no, nothing is no]" in asked[0]
    assert holds() == (("storage",), ())
    assert told("grants-given") == [("storage", "", "terminal")]


def test_in_a_pipe_nobody_is_asked(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "acme.demo", "keep"]) == 1
    assert "jupyter automatosx grant acme.demo storage" in capsys.readouterr().err
