"""What a worker's layers come to."""

from __future__ import annotations

import pytest

from automatosx_nb.sandbox import tiers
from automatosx_nb.sandbox.confine import ACTIVE, LAYERS_OF
from automatosx_nb.sandbox.supervisor import Sandbox
from automatosx_nb.testing import run_in_sandbox

ALL = {*LAYERS_OF["linux"], "language"}


def of(*missing: str) -> str:
    return str(tiers.tier({name: "left out" if name in missing else ACTIVE for name in ALL}))


@pytest.mark.parametrize(
    ("missing", "tier"),
    [
        ((), "strict"),
        (("network", "pids"), "strict"),
        (("landlock",), "partial (without landlock)"),
        (("seccomp", "network", "pids"), "partial (without seccomp)"),
        (("process",), "partial (without process)"),
        (("rlimits",), "partial (without rlimits)"),
        (("language",), "partial (without language)"),
        (("landlock", "seccomp"), "language-only (without landlock, seccomp)"),
        (("landlock", "seccomp", "network", "pids", "rlimits"), "language-only (without rlimits, landlock, seccomp)"),
    ],
)
def test_a_tier_follows_from_the_layers(missing: tuple[str, ...], tier: str) -> None:
    assert of(*missing) == tier


def test_what_was_not_reported_is_missing() -> None:
    assert tiers.tier({}) == tiers.Tier("language-only", tiers.CORE)


def test_macos_is_partial_at_best_and_windows_too() -> None:
    for system in ("darwin", "win32"):
        found = tiers.tier(dict.fromkeys([*LAYERS_OF[system], "language"], ACTIVE))
        assert found.name == "partial"
        assert {"landlock", "seccomp"} <= set(found.missing)


def test_every_layer_of_every_system_is_explained() -> None:
    named = {name for names in LAYERS_OF.values() for name in names} | {"language"}
    assert set(tiers.LAYERS) == named
    assert set(tiers.CORE) <= ALL


def test_what_no_such_system_has_run_says_so() -> None:
    untried = {name for name, layer in tiers.LAYERS.items() if not layer.tried}
    assert untried == {"sandbox-exec", "job-object", "low-integrity"}


@pytest.mark.parametrize(("left_out", "tier"), [([], "strict"), (["seccomp"], "partial"), (["landlock"], "partial"),
                                                (["landlock", "seccomp"], "language-only")])  # fmt: skip
def test_a_worker_reports_its_tier(left_out: list[str], tier: str) -> None:
    outcome = run_in_sandbox("RESULT = 1", without=left_out)
    assert (outcome.tier.name, set(outcome.tier.missing)) == (tier, set(left_out))


def test_a_layer_of_another_system_is_told_from_one_that_is_none() -> None:
    assert tiers.of_another_system("low-integrity") == "it exists on win32 only"
    assert "there are process, rlimits" in tiers.of_another_system("moat")


def test_what_stands_can_be_asked_where_a_required_layer_is_missing() -> None:
    with Sandbox(required=["low-integrity"]) as sandbox:
        assert sandbox.layers()["landlock"] == ACTIVE
