"""What a user reads when a worker was stopped."""

from __future__ import annotations

from dataclasses import fields

import pytest

from automatosx_nb.config import SandboxLimits
from automatosx_nb.model.requirements import LIMITS
from automatosx_nb.sandbox import protocol, verdicts
from automatosx_nb.sandbox.limits import Limits

EXCEEDABLE = (
    "wall_s", "start_s", "cpu_s", "memory_mb", "resident_mb", "output_kb", "disk_mb", "messages", "threads",
)  # fmt: skip


@pytest.mark.parametrize("limit", EXCEEDABLE)
def test_a_limit_is_named_with_what_was_allowed_and_used_and_the_line_that_raises_it(limit: str) -> None:
    assert limit in {field.name for field in fields(Limits)}
    assert limit in SandboxLimits.class_trait_names(config=True)
    allowed = getattr(Limits(), limit)
    error = verdicts.exceeded("acme.demo", limit, Limits(), used=allowed * 1.5)
    assert f"({allowed:g}" in error.problem()
    assert f"it had used {allowed * 1.5:g}" in error.problem()
    assert f"c.SandboxLimits.{limit} = {int(allowed * 3)} " in error.next_step()


@pytest.mark.parametrize("limit", EXCEEDABLE)
def test_a_wish_in_the_manifest_is_named_only_where_there_is_one(limit: str) -> None:
    key = limit.replace("_", "-")
    step = verdicts.exceeded("acme.demo", limit, Limits()).next_step()
    assert (f"raise {key} = " in step) is (key in LIMITS)


def test_what_nobody_measured_is_not_claimed() -> None:
    assert "used" not in verdicts.exceeded("acme.demo", "wall_s", Limits()).problem()


def test_a_worker_that_the_fork_server_killed_is_told_by_its_limit() -> None:
    reaped = protocol.Reaped(-9, 1.0, 900.0, "resident_mb", 1100.0)
    assert "resident_mb (1024 MiB) and was stopped: it had used 1100 MiB" in str(
        verdicts.ended("acme.demo", reaped, Limits())
    )
