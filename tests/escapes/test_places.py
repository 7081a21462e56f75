"""The places where people run kernels, emulated: what is reported there, and that it holds.

The user is nobody (65534) or root with Docker's capabilities, behind an outer filter like Docker's default profile.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")

PlayAs = Callable[..., dict[str, Any]]
CORE = ("process", "rlimits", "landlock", "seccomp", "language")


def check_nothing_was_reached(outcome: dict[str, Any]) -> None:
    assert outcome["found"] == []
    assert outcome["intact"]
    assert outcome["answers"], "the neighbour goes on"


@pytest.mark.parametrize(
    ("place", "user", "no_new_privs"),
    [("Kubernetes, restricted", "nobody", True), ("Docker, a user", "nobody", False), ("Docker, root", "root", False)],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
def test_in_a_container_the_tier_is_strict_without_namespaces(
    play_as: PlayAs, place: str, user: str, no_new_privs: bool
) -> None:
    outcome = play_as(user, "docker", no_new_privs=no_new_privs)
    assert outcome["tier"] == "strict", place
    assert {outcome["layers"][name] for name in CORE} == {"active"}
    for name in ("network", "pids"):
        assert outcome["layers"][name] == "user namespaces are not allowed here (Operation not permitted)"
    check_nothing_was_reached(outcome)


def test_on_bare_metal_the_tier_is_strict_with_what_namespaces_there_are(play_as: PlayAs) -> None:
    allowed = Path("/proc/sys/user/max_user_namespaces")
    outcome = play_as("nobody", "bare")
    assert outcome["tier"] == "strict"
    restricted = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
    if allowed.read_text().strip() != "0" and not (restricted.exists() and restricted.read_text().strip() == "1"):
        assert {outcome["layers"][name] for name in ("network", "pids")} == {"active"}
    check_nothing_was_reached(outcome)


@pytest.mark.parametrize(
    ("kind", "tier", "missing", "told"),
    [
        ("kernel-without-landlock", "partial (without landlock)", "landlock", "this kernel has no Landlock"),
        ("kernel-without-seccomp", "partial (without seccomp)", "seccomp", "the kernel refused the filter"),
        ("kernel-without-either", "language-only (without landlock, seccomp)", "seccomp", "refused the filter"),
    ],
)
def test_what_a_kernel_lacks_is_reported_and_can_be_required(
    play_as: PlayAs, kind: str, tier: str, missing: str, told: str
) -> None:
    outcome = play_as("nobody", kind, "look")
    assert outcome["tier"] == tier
    assert told in outcome["layers"][missing]
    assert missing in play_as("nobody", kind, "require", missing)["refused"]
    assert play_as("nobody", kind, "require", "process", "rlimits", "language") == {"refused": ""}


def test_a_worker_is_closed_to_other_processes_of_its_user_by_the_process_layer(play_as: PlayAs) -> None:
    assert play_as("nobody", "bare", "look")["open"] == []
    assert play_as("nobody", "bare", "look", "process")["open"] == ["environ", "mem", "maps"]


@pytest.mark.parametrize(
    ("kind", "tier", "verdict"),
    [
        ("docker", "strict", "Plugins run fully confined"),
        ("kernel-without-landlock", "partial", "Plugins run behind some of the walls"),
        ("kernel-without-either", "language-only", "install only what you would also pip install"),
    ],
)
def test_doctor_says_what_stands_there(doctor_in: Callable[..., Any], kind: str, tier: str, verdict: str) -> None:
    text, data = doctor_in(kind)
    assert data["tier"] == tier
    assert f"tier           {tier}" in text
    assert verdict in " ".join(text.split())
    for name in data["missing"]:
        assert f"{name} is missing: {data['layers'][name]}" in " ".join(text.split())
