"""What is written of a release that is tried before it comes in."""

from __future__ import annotations

from pathlib import Path

import pytest

from automatosx_nb.errors import AutomatosxError, LimitExceeded, SandboxUnavailable, WorkerLost
from automatosx_nb.host.audit import Audit
from automatosx_nb.host.recording import record_trial
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
def test_a_trial_is_an_entry_with_how_it_went(
    tmp_path: Path, outcome: dict[str, str] | AutomatosxError, kind: str, carried: dict[str, object]
) -> None:
    audit = Audit(tmp_path / "audit.sqlite3")
    record_trial(audit, PROGRAM, outcome)
    (entry,) = audit.read()
    audit.close()
    assert (entry.kind, entry.plugin, entry.version) == (kind, "acme.demo", "1.0.0")
    assert entry.detail == {**carried, "for": "trial"}


def test_a_trial_that_cannot_be_written_down_is_told_and_stops_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "audit.sqlite3").write_text("no database, and long enough to be looked at as one" * 20)
    record_trial(Audit(tmp_path / "audit.sqlite3"), PROGRAM, {})
    assert "automatosx_nb: the audit log: " in capfd.readouterr().err
