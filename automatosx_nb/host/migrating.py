"""A release's migration handler, where it runs: confined, under limits, with its own state and nothing else."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from automatosx_nb.errors import AutomatosxError, MigrationFailed
from automatosx_nb.host.broker import CapabilityBroker
from automatosx_nb.host.capabilities.log import LogCapability
from automatosx_nb.host.capabilities.storage import StorageCapability
from automatosx_nb.host.grants import Grants
from automatosx_nb.host.metering import Meter
from automatosx_nb.host.programs import limits_of, program_of
from automatosx_nb.host.recording import record_worker, recorder
from automatosx_nb.host.tally import CallTally

if TYPE_CHECKING:
    from automatosx_nb.host.audit import Audit
    from automatosx_nb.model.generation import InstalledPlugin
    from automatosx_nb.profile import Profile
    from automatosx_nb.sandbox.limits import Limits
    from automatosx_nb.sandbox.supervisor import Sandbox


class _Broker(CapabilityBroker):
    def output(self, _stream: str, _text: str) -> None:
        """What a migration prints has no cell to appear in."""


def migrate_state(
    profile: Profile, sandbox: Sandbox, limits: Limits, entry: InstalledPlugin, before: int, audit: Audit
) -> None:
    """Call the handler of ``entry``, whose state is a copy that is of version ``before``; ``audit`` tells how it went.

    :raises MigrationFailed: with what stopped it.
    """
    package = profile.package(entry)
    handler = package.manifest.state.migrate
    assert handler is not None  # the manifest was checked: a version above 1 has one
    grants, meter = Grants(entry.id, entry.grants), Meter()
    storage = StorageCapability(grants, meter, lambda: profile.state(entry))
    program = program_of(package, entry.grants)
    calls = CallTally(recorder(audit, program))
    broker = _Broker(grants, {"storage": storage, "log": LogCapability()}, meter=meter, observer=calls)
    try:
        worker = sandbox.start(program, limits_of(package, limits))
        with ExitStack() as ends:
            ends.callback(calls.flush)
            ends.callback(broker.close)
            ends.callback(worker.stop)
            record_worker(audit, program, worker.layers, "migration")
            worker.call(handler, [before], broker=broker)
    except AutomatosxError as error:
        record_worker(audit, program, error, "migration")
        after = package.manifest.state.version
        raise MigrationFailed(entry.id, entry.version, before, after, error.problem()) from error
