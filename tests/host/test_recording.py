"""What is written of a release that is tried, or migrates what was kept, before it comes in."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from automatosx_nb.errors import AutomatosxError, LimitExceeded, SandboxUnavailable, WorkerLost
from automatosx_nb.host.audit import Audit
from automatosx_nb.host.recording import record_worker
from automatosx_nb.sandbox.supervisor import Program

PROGRAM = Program("acme.demo", "1.0.0", {}, ())


@pytest.mark.parametrize(
    ("outcome", "kind", "carried"),
    [
        ({"seccomp": "active"}, "worker-started", {}),
        ({"seccomp": "active", "network": "left out"}, "worker-started", {"missing_layers": ["network"]}),
        (WorkerLost("acme.demo", "exit status 3"), "worker-ended", {"error": "worker-lost", "status": "exit status 3"}),
        (SandboxUnavailable("no"), "worker-ended", {"error": "sandbox-unavailable"}),
        (
            LimitExceeded("acme.demo", "start_s", "20 s", used="21 s"),
            "limit-exceeded",
            {"limit": "start_s", "allowed": "20 s", "used": "21 s"},
        ),
    ],
)
@pytest.mark.parametrize("started_for", ["trial", "migration"])
def test_a_worker_of_what_is_about_to_come_in_is_an_entry_with_how_it_went_and_what_it_was_for(
    tmp_path: Path,
    outcome: dict[str, str] | AutomatosxError,
    kind: str,
    carried: dict[str, object],
    started_for: Literal["trial", "migration"],
) -> None:
    audit = Audit(tmp_path / "audit.sqlite3")
    record_worker(audit, PROGRAM, outcome, started_for)
    (entry,) = audit.read()
    audit.close()
    assert (entry.kind, entry.plugin, entry.version) == (kind, "acme.demo", "1.0.0")
    assert entry.detail == {**carried, "for": started_for}


def test_a_trial_that_cannot_be_written_down_is_told_and_stops_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "audit.sqlite3").write_text("no database, and long enough to be looked at as one" * 20)
    record_worker(Audit(tmp_path / "audit.sqlite3"), PROGRAM, {}, "trial")
    assert "automatosx_nb: the audit log: " in capfd.readouterr().err
