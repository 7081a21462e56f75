"""Forms of a plugin in a real kernel: what a front end sends, what the worker gets, and what comes back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.scenarios.test_kernel import TIMEOUT_S, Kernel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MakePlugin

SECRET = "s3cr3t-of-the-form"
SOURCE = """
from automatosx_nb.sdk import ui


def run():
    return "ran"


def overview():
    return ui.stack(ui.form("total", ui.pick("table")), ui.button("Sign in", "sign-in-form"), ui.text("at first"))


def total(table, save=None):
    print("adding")
    if save is not None:
        save.write(str(sum(table)))
    return ui.text(f"total {sum(table)}")


def sign_in_form():
    return ui.stack(ui.form("sign-in"), ui.text("who are you?"))


def sign_in(token):
    return ui.text(f"signed in with {token.reveal()}")


def spin():
    while True:
        pass
"""
EXTRA = """
[[contributes.commands]]
name = "total"
title = "Total"
handler = "demo:total"
args = [{name = "table", type = "variable"}, {name = "--save", type = "file:write"}]
[[contributes.commands]]
name = "sign-in-form"
title = "Sign in"
handler = "demo:sign_in_form"
[[contributes.commands]]
name = "sign-in"
title = "Sign in"
handler = "demo:sign_in"
args = [{name = "token", type = "secret"}]
[[contributes.commands]]
name = "spin"
title = "Spin"
handler = "demo:spin"
[[contributes.panels]]
name = "overview"
title = "Overview"
handler = "demo:overview"
[[contributes.panels]]
name = "spinner"
title = "Spinner"
handler = "demo:spinner"
"""
SPINNER = '\n\ndef spinner():\n    return ui.button("Spin", "spin")\n'


class Page:
    """What a front end does with the forms of one cell."""

    def __init__(self, kernel: Kernel, code: str) -> None:
        self.kernel = kernel
        self.request = kernel.send(code)
        self.cell = kernel.collect(self.request)
        assert self.cell.error is None, self.cell.traceback
        self.widget = self.cell.displays[0]["application/vnd.jupyter.widget-view+json"]["model_id"]
        self.output = ""
        self.updates: list[dict[str, Any]] = []
        self.states: list[dict[str, Any]] = []
        self.heard: list[Any] = []
        """Everything that the kernel sent, for what must not be in it."""

    def send(self, do: str, **fields: Any) -> None:
        content = {"do": do, "request": do, **fields}
        message = {"comm_id": self.widget, "data": {"method": "custom", "content": content}}
        session: Any = self.kernel.client.session
        self.kernel.client.shell_channel.send(session.msg("comm_msg", message))

    def answer(self) -> dict[str, Any]:
        """The next answer; what comes before it is kept."""
        while True:
            message = self.kernel.client.get_iopub_msg(timeout=TIMEOUT_S)
            self.heard.append(message["content"])
            match message["msg_type"], message["content"]:
                case "stream", content:
                    assert message["parent_header"]["msg_id"] == self.request, "it belongs to the form's cell"
                    self.output += content["text"]
                case "update_display_data", content:
                    self.updates.append(content["data"])
                case "comm_msg", {"data": {"method": "update", "state": state}}:
                    self.states.append(state)
                case "comm_msg", {"data": {"method": "custom", "content": content}}:
                    return dict(content)

    def ask(self, do: str, **fields: Any) -> dict[str, Any]:
        if do == "submit":
            fields = {"serial": 0, **fields}
        self.send(do, **fields)
        return self.answer()


@pytest.fixture
def kernel(
    stocked_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, make_plugin: MakePlugin
) -> Iterator[Kernel]:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.chdir(tmp_path)
    folder = make_plugin(source=SOURCE + SPINNER, extra=EXTRA)
    kernel = Kernel()
    kernel.start()
    code = (
        "%load_ext automatosx_nb\nimport automatosx_nb\nfrom automatosx_nb.app import current\n"
        f"current().publish({str(folder)!r})\ncurrent().install('acme.demo')\nsales = [1, 2, 3]"
    )
    assert kernel.run(code).error is None
    yield kernel
    kernel.stop()


def test_a_form_hands_over_what_the_user_names_and_its_result_replaces_the_display(
    kernel: Kernel, tmp_path: Path
) -> None:
    page = Page(kernel, "automatosx_nb.panel('acme.demo', 'overview')")
    static, rest = page.cell.displays
    assert [each["automatosx"] for each in page.cell.metadata] == [{"plugin": "acme.demo@1.0.0"}] * 2
    assert "“Run” works while the kernel runs" in static["text/html"]
    assert rest["text/plain"].startswith("at first\n")
    assert page.ask("suggest", type="variable")["names"] == ["sales"]
    assert page.ask("submit", form=0, values={"table": "sales"}) == {"re": "submit", "done": True}
    assert page.output == "adding\n"
    assert page.updates[-1]["text/plain"].startswith("total 6\n")
    refused = page.ask("submit", form=0, values={"table": "sale"})
    assert (refused["field"], refused["remedy"]) == ("table", "Did you mean 'sales'?")
    refused = page.ask("submit", form=0, values={"table": "sales", "handler": "demo:spin"})
    assert refused["field"] == "handler"
    assert page.ask("submit", form=9)["error"]["code"] == "changed"
    assert page.ask("submit", form="0")["error"]["code"] == "invalid-request"
    assert len(page.updates) == 1
    saved = {"table": "sales", "save": "out.txt"}
    assert page.ask("submit", form=0, values=saved) == {"re": "submit", "done": True}
    assert (tmp_path / "out.txt").read_text() == "6"
    assert "out.txt" in page.ask("submit", form=0, values=saved)["reason"]
    assert page.ask("submit", form=0, values={**saved, "--overwrite": True})["done"] is True
    _a_secret_is_in_no_message(kernel)


def _a_secret_is_in_no_message(kernel: Kernel) -> None:
    page = Page(kernel, f"current().secrets.put('acme.demo', 'token', {SECRET!r})\n%ax panel acme.demo overview")
    assert page.ask("submit", form=1)["done"] is True
    assert [each["forms"][0]["command"] for each in page.states if "forms" in each] == ["sign-in"]
    assert page.ask("suggest", type="secret")["names"] == ["token"]
    assert page.ask("submit", form=0, values={"token": "token"})["error"]["code"] == "changed", "it is another form"
    assert page.ask("submit", form=0, serial=1, values={"token": "token"})["done"] is True
    assert page.updates[-1]["text/plain"].startswith("signed in with [secret]\n")
    assert SECRET not in str(page.heard)


def test_a_call_is_stopped_and_a_form_of_a_removed_plugin_calls_nothing(kernel: Kernel) -> None:
    page = Page(kernel, "automatosx_nb.panel('acme.demo', 'spinner')")
    page.send("submit", form=0, serial=0)
    assert page.ask("submit", form=0)["error"]["code"] == "busy"
    assert page.ask("cancel") == {"re": "cancel", "stopping": True}
    assert page.answer()["error"]["code"] == "call-interrupted"
    assert "%ax panel acme.demo spinner   Spinner" in kernel.run("%ax panel acme.demo").text
    assert "did you mean overview?" in kernel.run("%ax panel acme.demo overvew").traceback
    kernel.run("%ax remove acme.demo")
    assert page.ask("ping")["state"] == "acme.demo was removed or replaced since. Run the cell again."
    assert page.ask("submit", form=0)["error"]["code"] == "form-expired"
    gone = kernel.run("automatosx_nb.panel('acme.demo', 'overview')")
    assert gone.error == "NotInstalled"
