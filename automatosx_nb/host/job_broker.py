"""What a plugin may ask for while it is at one job: its capabilities, and what it was handed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from automatosx_nb.errors import HandedBack
from automatosx_nb.host.bus.running import running_cell
from automatosx_nb.model.printable import printable_output

if TYPE_CHECKING:
    from automatosx_nb.host.broker import CapabilityBroker
    from automatosx_nb.host.bus.duty import Duty
    from automatosx_nb.host.capabilities.log import LogCapability
    from automatosx_nb.host.jobs import Batch, Job


class JobBroker:
    """The plugin's broker for one job: what it prints goes to the cell that waits for it, else to the log.

    What it publishes beside a running cell, which does not wait for it, has its share of a core (``duty``).
    ``abandoned`` says whether nobody waits for the job any more.
    """

    def __init__(
        self,
        broker: CapabilityBroker,
        log: LogCapability,
        job: Job | Batch,
        duty: Duty | None,
        abandoned: Callable[[], bool],
    ) -> None:
        self._broker = broker
        self._log = log
        self._job = job
        self._duty = duty
        self._abandoned = abandoned

    def ask(self, capability: str, method: str, args: Sequence[object]) -> object:
        handover = self._job.handover
        if capability == "handed":
            if handover is None:
                raise HandedBack(method)
            return handover.ask(method, args)
        if capability == "log" and handover is not None:
            args = handover.redacted(list(args))
        if capability == "events" and self._duty is not None and not self._keeps_a_cell():
            return self._beside_cells(self._duty, capability, method, args)
        return self._broker.ask(capability, method, args)

    def output(self, stream: str, text: str) -> None:
        if self._job.silent:
            self._log.write("output", text)
        else:
            handover = self._job.handover
            self._job.context.run(_print, text if handover is None else handover.redacted(text))

    def _keeps_a_cell(self) -> bool:
        """Whether a cell waits for this job, and so does not compute meanwhile."""
        return self._job.cell is not None and running_cell(self._job.cell) is not None

    def _beside_cells(self, duty: Duty, capability: str, method: str, args: Sequence[object]) -> object:
        """What is forbidden is refused at once, and counts as well: who tries it without end takes the same time."""

        def wait() -> None:
            while (wait_s := duty.debt_s()) > 0 and not self._abandoned():
                time.sleep(wait_s)

        with duty.publishing(within_delivery=self._job.events is not None):
            return self._broker.ask(capability, method, args, granted=wait)


def _print(text: str) -> None:
    sys.stdout.write(printable_output(text))
    sys.stdout.flush()
