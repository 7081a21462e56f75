"""``doctor``: the tier, each layer with its state, and how to get what is missing."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from traitlets.config import Config

from automatosx_nb import cli
from automatosx_nb.app import Marketplace
from automatosx_nb.commands import run
from automatosx_nb.commands.doctor import report
from automatosx_nb.sandbox import tiers
from automatosx_nb.sandbox.supervisor import Sandbox

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what stands elsewhere is another matter")


def doctor(market: Marketplace, *options: str) -> str:
    return run(["doctor", *options], lambda: market, cli.Terminal())


@pytest.fixture
def contained(market: Marketplace) -> Marketplace:
    """As in a container, which has no namespaces to give."""
    market._sandbox = Sandbox(namespaces=False)
    return market


def test_it_shows_the_tier_and_what_each_layer_stops(market: Marketplace) -> None:
    text = doctor(market)
    assert "\ntier           strict\n" in text
    for name in market.sandbox.layers():
        assert f"\n{name} " in text
        assert tiers.LAYERS[name].stops.split(",")[0] in text
    assert "How to get it" not in text or "(an extra)" in text


def test_what_is_missing_says_why_and_how_to_get_it(contained: Marketplace) -> None:
    text = " ".join(doctor(contained).split())
    assert "tier strict" in text
    for name in ("network", "pids"):
        assert f"{name} is missing (an extra): left out. How to get it: {tiers.LAYERS[name].get}." in text


def test_a_program_gets_the_same_as_data(contained: Marketplace) -> None:
    data = json.loads(doctor(contained, "--json"))
    assert (data["tier"], data["missing"], data["required"]) == ("strict", [], [])
    assert data["layers"]["seccomp"] == "active"
    assert data["layers"]["pids"] == "left out"
    assert set(data["explained"]) == set(data["layers"])
    assert data["explained"]["landlock"] == {
        "stops": tiers.LAYERS["landlock"].stops,
        "does_not_stop": tiers.LAYERS["landlock"].not_,
        "how_to_get_it": tiers.LAYERS["landlock"].get,
        "counts_for_strict": True,
        "tried_on_its_system": True,
    }


def test_a_required_layer_that_is_missing_is_what_it_says_first(home: Path) -> None:
    market = Marketplace(config=Config({"SandboxPolicy": {"require": ["landlock", "low-integrity"]}}))
    try:
        assert "No plugin starts here: your policy requires low-integrity." in doctor(market)
        assert json.loads(doctor(market, "--json"))["required"] == ["landlock", "low-integrity"]
    finally:
        market.close()


def test_where_no_worker_starts_it_still_answers(market: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "")
    text = doctor(market)
    assert "No plugin starts here: this Python does not know its own executable" in text
    assert tiers.LAYERS["landlock"].get.split(":")[0] in text
    assert json.loads(doctor(market, "--json"))["tier"] is None


def test_what_its_system_has_never_run_is_labelled_even_where_it_is_active() -> None:
    active = dict.fromkeys(("process", "rlimits", "sandbox-exec", "language"), "active")
    text = " ".join("\n".join(report(active, ())).split())
    assert text.count("UNTESTED") == 1
    assert "UNTESTED: written for this system, which has not run it yet." in text
    assert "Plugins run behind some of the walls" in text
    refused = {**active, "sandbox-exec": "the system refused the profile (unbound variable)"}
    text = " ".join("\n".join(report(refused, ())).split())
    assert "sandbox-exec is missing: the system refused the profile (unbound variable)." in text
    assert "install only what you would also pip install" in text
