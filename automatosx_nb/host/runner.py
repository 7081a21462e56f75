"""What people ask of one plugin in this kernel: its magics, commands, forms, panels and formatters.

What they name is handed over for the call; what comes back is rendered, kept and written when the call is over.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from automatosx_nb.host.arguments import Arguments, HelpAsked, magic_arguments, parser_of, typed_arguments
from automatosx_nb.host.filling import filled
from automatosx_nb.host.handover import Handover
from automatosx_nb.host.job_runner import JobRunner
from automatosx_nb.host.keeping import Kept, to_keep

if TYPE_CHECKING:
    from automatosx_nb.host.broker import CapabilityBroker
    from automatosx_nb.host.bus.duty import Duty
    from automatosx_nb.host.bus.tracing import Traces
    from automatosx_nb.host.capabilities.log import LogCapability
    from automatosx_nb.host.errands import Asking
    from automatosx_nb.host.incidents import Incidents
    from automatosx_nb.host.ports import SecretSource
    from automatosx_nb.model.generation import InstalledPlugin
    from automatosx_nb.sandbox.limits import Limits
    from automatosx_nb.sandbox.supervisor import Worker


class PluginRunner(JobRunner):
    """One installed plugin, for whoever types. ``render`` makes what a handler returned fit for display."""

    def __init__(
        self,
        entry: InstalledPlugin,
        *,
        start: Callable[[InstalledPlugin], Worker],
        broker: CapabilityBroker,
        log: LogCapability,
        limits: Limits,
        variables: Callable[[], Mapping[str, Any]],
        render: Callable[[object, InstalledPlugin], object],
        incidents: Incidents,
        secrets: SecretSource | None = None,
        asking: Asking | None = None,
        duty: Duty | None = None,
        traces: Traces | None = None,
    ) -> None:
        super().__init__(
            entry,
            start=start,
            broker=broker,
            log=log,
            limits=limits,
            incidents=incidents,
            asking=asking,
            duty=duty,
            traces=traces,
        )
        self._variables = variables
        self._render = render
        self._secrets = secrets

    def run_magic(self, magic: Mapping[str, Any], line: str, cell: str | None) -> object:
        """Parse what was typed, call the handler, and make what it returned fit for display."""
        with self._handover() as handover:
            try:
                typed = magic_arguments(magic, line, cell, handover)
            except HelpAsked as asked:
                print(asked.text, end="")  # noqa: T201 - the cell's own output
                return None
            named = f"%{'%' * magic['cell']}{magic['name']}"
            return self._carry_out_typed(named, magic["handler"], typed, handover)

    def run_command(self, command: Mapping[str, Any], prog: str, words: Sequence[str]) -> object:
        """As :meth:`run_magic`; ``prog`` is how the command was called, for its usage.

        :raises HelpAsked:
        """
        with self._handover() as handover:
            typed = typed_arguments(parser_of(prog, command), command["args"], words, handover)
            return self._carry_out_typed(f"command {command['name']}", command["handler"], typed, handover)

    def run_filled(
        self, command: Mapping[str, Any], values: Mapping[str, Any], stop: threading.Event | None = None
    ) -> object:
        """As :meth:`run_command`, with what was filled into a form; ``stop`` interrupts it when set.

        :raises FieldRefused:
        """
        with self._handover() as handover:
            typed = filled(command, values, handover)
            return self._carry_out_typed(f"form {command['name']}", command["handler"], typed, handover, stop)

    def run_panel(self, panel: Mapping[str, Any]) -> object:
        """What a panel's handler returns, fit for display. Opened from another panel, there is nobody to be asked."""
        stop = None if threading.current_thread() is threading.main_thread() else threading.Event()
        with self._handover() as handover:
            return self._carry_out_typed(f"panel {panel['name']}", panel["handler"], Arguments(), handover, stop)

    def run_formatter(self, formatter: Mapping[str, Any], value: object, stop: threading.Event) -> object:
        """What a formatter makes of a value that a cell shows, fit for display."""
        permission = f"display:{formatter['type']}"
        self._incidents.calls.called(self.entry.id, "display", "format", "done", 0, permission)
        with self._opened(permission):
            return self._render(self.call(formatter["handler"], [value], stop=stop), self.entry)

    def _handover(self) -> Handover:
        return Handover(self.entry.id, self._variables(), limits=self._limits, secrets=self._secrets)

    def _opened(self, named: str) -> AbstractContextManager[None]:
        return self._traces.opened("call", f"{self.entry.id} {named}")

    def _carry_out_typed(
        self, named: str, handler: str, typed: Arguments, handover: Handover, stop: threading.Event | None = None
    ) -> object:
        """Call the handler; only after it, and all at once, write what it wrote and keep what it returned."""
        try:
            with self._opened(named):
                value = handover.redacted(self.call(handler, typed.args, typed.kwargs, handover=handover, stop=stop))
        finally:
            self._incidents.calls.handed(handover.handed())
        kept: Kept | None = None
        shown: object = None
        if typed.into:
            kept = to_keep(value, typed.into, handover)
        else:
            shown = self._render(value, self.entry)
        said = handover.write_files()
        if kept is not None:
            said.append(kept.bind())
        for line in said:
            print(line)  # noqa: T201 - the cell's own output
        return shown
