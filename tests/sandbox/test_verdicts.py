"""What a user reads when a worker was stopped."""

from __future__ import annotations

from dataclasses import fields

import pytest

from automatosx_nb.config import SandboxLimits
from automatosx_nb.sandbox import verdicts
from automatosx_nb.sandbox.limits import Limits

EXCEEDABLE = ("wall_s", "start_s", "cpu_s", "memory_mb", "output_kb", "disk_mb", "messages", "threads")


@pytest.mark.parametrize("limit", EXCEEDABLE)
def test_a_setting_is_named_only_where_there_is_one(limit: str) -> None:
    assert limit in {field.name for field in fields(Limits)}
    error = verdicts.exceeded("acme.demo", limit, Limits())
    exists = limit in SandboxLimits.class_trait_names(config=True)
    assert (f"c.SandboxLimits.{limit}" in error.next_step()) is exists
    assert f"{getattr(Limits(), limit):g}" in error.problem()
