"""Grants, revokes and calls in a random order, in a kernel with a real worker, beside the reference."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from automatosx_nb import app, magics
from automatosx_nb.app import Marketplace
from automatosx_nb.errors import NotGranted
from automatosx_nb.host import holdings
from tests.host.reference import ALLOWS, Reference

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MakePlugin

STEPS = 60
SOURCE = """
from automatosx_nb.sdk import files, secrets, storage, variables

USES = {
    "storage": lambda: storage.put("kept", 1),
    "files:read:data/a.csv": lambda: files.read_text("data/a.csv"),
    "files:read:data/b.csv": lambda: files.read_text("data/b.csv"),
    "files:read:data/*": lambda: files.list("data/*"),
    "files:read:**": lambda: files.list("**"),
    "files:write:data/a.csv": lambda: files.write_text("data/a.csv", "x"),
    "variables:read:x": lambda: variables.get("x"),
    "secrets:token": lambda: secrets.get("token"),
}


def run(what):
    try:
        USES[what]()
    except Exception as error:
        return [error.code, getattr(error, "permission", "")]
    return "done"
"""
USED = ("storage", "files:read:data/a.csv", "files:read:data/b.csv", "files:read:data/*", "files:read:**",
        "files:write:data/a.csv", "variables:read:x", "secrets:token")  # fmt: skip


@pytest.fixture
def kernel(shell: Any, make_plugin: MakePlugin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AUTOMATOSX_SECRETS_PASSPHRASE", "correct horse")
    monkeypatch.setattr(holdings, "FRESH_S", 0.0)
    (tmp_path / "data").mkdir()
    for name in ("a.csv", "b.csv"):
        (tmp_path / "data" / name).write_text("x")
    monkeypatch.chdir(tmp_path)
    market = app.current()
    listed = "[permissions.optional]\n" + "".join(f'"{text}" = "It helps."\n' for text in ALLOWS)
    market.publish(make_plugin(source=SOURCE, args='{name = "what", type = "string"}', extra=listed))
    market.install("acme.demo")
    market.secrets.put("acme.demo", "token", "t0p")
    magics.load(shell)
    shell.user_ns["x"] = 1
    return shell


@pytest.mark.parametrize("seed", [1, 2])
def test_a_call_is_let_through_exactly_where_the_reference_allows_it(kernel: Any, seed: int) -> None:
    market, other, model, choose = app.current(), Marketplace(), Reference(), random.Random(seed)
    seen = {"done": 0, "denied": 0}
    for _ in range(STEPS):
        text = choose.choice(sorted(ALLOWS))
        match choose.choice(["call", "call", "call", "grant", "session", "once", "revoke", "revoke elsewhere"]):
            case "grant":
                market.grant("acme.demo", text)
                model.profile |= {each for each in ALLOWS if ALLOWS[each] <= ALLOWS[text]}
            case "session" | "once" as scope:
                granted = market.grant_in_session("acme.demo", text, once=scope == "once")
                (model.waiting if scope == "once" else model.session).update(granted)
            case "revoke":
                _revoke(market, text)
                model.revoke(text)
            case "revoke elsewhere":
                _revoke(other, text)
                model.profile -= {each for each in model.profile if ALLOWS[each] <= ALLOWS[text]}
            case _:
                used = choose.choice(USED)
                model.begin(event=False)
                expected: object = "done" if model.may(used) else ["permission-denied", used]
                model.end()
                assert kernel.run_line_magic("demo", used) == expected
                seen["done" if expected == "done" else "denied"] += 1
    other.close()
    assert min(seen.values()) >= 3, f"a run that shows something of both: {seen}"


def _revoke(market: Marketplace, text: str) -> None:
    try:
        market.revoke("acme.demo", text)
    except NotGranted:
        return
