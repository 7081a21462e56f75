"""Every call a plugin makes to the host: the grant is checked here, each time, and whoever observes is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from time import perf_counter
from typing import TYPE_CHECKING

from automatosx_nb.errors import CallsTooFast, InvalidRequest, PermissionDenied
from automatosx_nb.host.bus.tracing import working_on
from automatosx_nb.host.metering import RATES, Bucket, CallObserver, Meter, Outcome, Rate
from automatosx_nb.host.tally import named
from automatosx_nb.model.spelling import nearest

if TYPE_CHECKING:
    from automatosx_nb.host.capabilities import Capability
    from automatosx_nb.host.grants import Grants


_TRACED = {("events", "publish"), ("services", "call")}
"""What is a part of a trace by itself where it was done."""


class CapabilityBroker:
    """Routes one plugin's requests to its capabilities. Deny by default: what is not listed does not exist.

    ``meter`` is the one in which the capabilities count.
    """

    def __init__(
        self,
        grants: Grants,
        capabilities: Mapping[str, Capability],
        *,
        meter: Meter | None = None,
        observer: CallObserver | None = None,
        rates: Mapping[str, Rate] = RATES,
    ) -> None:
        self.grants = grants
        self.meter = meter or Meter()
        self._capabilities = dict(capabilities)
        self._observer = observer
        self._rates = rates
        self._buckets = {name: Bucket(rates[name]) for name in capabilities if name in rates}

    def add(self, name: str, capability: Capability) -> None:
        """One more, before the first call: a capability that has to know what the plugin runs in."""
        self._capabilities[name] = capability
        if name in self._rates:
            self._buckets[name] = Bucket(self._rates[name])

    def ask(
        self, capability: str, method: str, args: Sequence[object], *, granted: Callable[[], None] = lambda: None
    ) -> object:
        """The capability's answer; ``granted`` is called when it may be asked, and before it is.

        :raises PermissionDenied:
        :raises CallsTooFast:
        :raises InvalidRequest: there is no such capability, or it does not offer this.
        """
        found = self._capabilities.get(capability)
        if found is None:
            known = ", ".join(nearest(capability, self._capabilities) or sorted(self._capabilities))
            raise InvalidRequest(capability, method, f"the capabilities {known}")
        outcome: Outcome = "failed"
        permission, before, began_s = "", self.meter.moved_bytes, perf_counter()
        try:
            self._pace(capability)
            needed = found.needs(method, args)
            if needed is not None:
                permission = needed.kind
                permission = str(self.grants.require(needed))
            granted()
            answer = found.ask(method, args)
            outcome = "done"
        except PermissionDenied as denied:
            outcome, permission = "denied", denied.permission.partition(":")[0]
            raise
        except CallsTooFast:
            outcome = "limited"
            raise
        finally:
            if self._observer is not None:
                moved = self.meter.moved_bytes - before
                self._observer.called(self.grants.plugin, capability, method, outcome, moved, permission)
            node = working_on()
            if node is not None and not (outcome == "done" and (capability, method) in _TRACED):
                name = f"{capability}.{named(capability, method)}" + (f" ({permission})" if permission else "")
                node.use(name, perf_counter() - began_s, failed=outcome != "done")
        return answer

    def close(self) -> None:
        with ExitStack() as all_of_them:  # also where one of them fails
            for capability in self._capabilities.values():
                all_of_them.callback(capability.close)

    def _pace(self, capability: str) -> None:
        bucket = self._buckets.get(capability)
        wait_s = 0.0 if bucket is None else bucket.take()
        if wait_s:
            raise CallsTooFast(self.grants.plugin, capability, self._rates[capability].per_s, wait_s)
