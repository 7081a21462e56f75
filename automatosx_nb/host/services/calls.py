"""One call of a service, from its arguments to the reply: checked, bounded, and interrupted with its caller."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from automatosx_nb.errors import (
    AutomatosxError,
    CallInterrupted,
    InvalidServiceReply,
    InvalidServiceRequest,
    NotInstalled,
    PluginFailed,
    PluginPaused,
    ServiceBusy,
    ServiceCycle,
    ServiceFailed,
    ServiceMissing,
    ServiceSuspended,
    ServiceTimeout,
    ServiceTooDeep,
)
from automatosx_nb.host.bus.tracing import Traces
from automatosx_nb.host.services.origin import GaveUp, Origin, Retired
from automatosx_nb.model.waits import Waits

if TYPE_CHECKING:
    from automatosx_nb.host.services.limits import ServiceLimits
    from automatosx_nb.host.services.offers import Offer, Offers
    from automatosx_nb.host.services.origin import Caller, Provider

_REPLACED = 3
"""How often a call goes to the next release of its provider, where one is replaced just when it is called."""


class ServiceCalls:
    """The calls of one kernel. ``provider`` gives what runs a plugin's handlers, ``limits`` what policy says now.

    Safe from any thread: every plugin calls on the thread that carries out its own handler.
    """

    def __init__(
        self,
        offers: Offers,
        provider: Callable[[str], Provider],
        limits: Callable[[], ServiceLimits],
        traces: Traces | None = None,
    ) -> None:
        self.offers = offers
        self._provider = provider
        self._limits = limits
        self._traces = traces or Traces()
        self._lock = threading.Lock()
        self._waits: Waits[Provider] = Waits()
        self._in_flight: Counter[Provider] = Counter()

    def named(self, plugin: str, wanted: str) -> list[str]:
        """As :meth:`Offers.named`."""
        return self.offers.named(plugin, wanted)

    def call(
        self, caller: Caller, plugin: str, wanted: str, service: str, arguments: Mapping[str, object],
        timeout_s: float | None = None,
    ) -> object:  # fmt: skip
        """The reply, which fits its schema. ``wanted``: a range of the service's own version.

        :raises ServiceError: one of its kinds.
        :raises CallInterrupted: the caller gave up, and so the provider was interrupted.
        """
        for _ in range(_REPLACED):
            offer = self.offers.find(plugin, wanted, service)
            fault = offer.request.fault(arguments)
            if fault is not None:
                raise InvalidServiceRequest(plugin, service, fault)
            try:
                with self._traces.opened("service", f"{offer.plugin}.{offer.name}"):
                    reply = self._carried_out(caller, offer, arguments, timeout_s)
            except Retired:
                continue
            fault = offer.reply.fault(reply)
            if fault is not None:
                raise InvalidServiceReply(plugin, service, fault)
            return reply
        raise ServiceMissing(plugin, service, "it is being replaced")

    def _carried_out(
        self, caller: Caller, offer: Offer, arguments: Mapping[str, object], timeout_s: float | None
    ) -> object:
        if offer.core is not None:
            return offer.core.answer(caller.client, arguments)
        limits, asked = self._limits(), caller.origin
        now = time.monotonic()
        allowed_s = max(0.0, min(timeout_s or limits.deadline_s, limits.deadline_s, asked.deadline - now))
        chain = (*asked.chain, caller.client.plugin)
        if len(chain) > limits.depth:
            raise ServiceTooDeep(offer.plugin, offer.name, chain)
        origin = Origin(chain, now + allowed_s, asked.cell)
        provider = self._find(offer)
        with self._counted(caller, provider, offer, limits.in_flight):
            try:
                return provider.serve(offer.service.handler, arguments, origin, caller.gave_up)
            except GaveUp:
                raise CallInterrupted(caller.client.plugin or "the notebook") from None
            except TimeoutError:
                raise ServiceTimeout(offer.plugin, offer.name, round(allowed_s, 3)) from None
            except AutomatosxError as error:
                raise _told(error, offer) from error

    def _find(self, offer: Offer) -> Provider:
        try:
            provider = self._provider(offer.plugin)
        except NotInstalled:
            raise ServiceMissing(offer.plugin, offer.name, "it was just removed") from None
        if provider.entry.sha256 != offer.release:
            raise Retired
        return provider

    @contextmanager
    def _counted(self, caller: Caller, provider: Provider, offer: Offer, most: int) -> Iterator[None]:
        """Among the calls in flight; none is let in that would wait for itself.

        :raises ServiceCycle:
        :raises ServiceBusy:
        """
        works = caller.works
        with self._lock:
            circle = () if works is None else self._waits.circle(works, provider)
            if circle:
                raise ServiceCycle(offer.plugin, offer.name, tuple(each.entry.id for each in circle))
            if self._in_flight[provider] >= most:
                raise ServiceBusy(offer.plugin, offer.name, self._in_flight[provider])
            self._in_flight[provider] += 1
            if works is not None:
                self._waits.begin(works, provider)
        try:
            yield
        finally:
            with self._lock:
                self._in_flight[provider] -= 1
                if not self._in_flight[provider]:
                    del self._in_flight[provider]
                if works is not None:
                    self._waits.end(works)


def _told(error: AutomatosxError, offer: Offer) -> AutomatosxError:
    """What became of the provider, as the caller is told: no error of the provider passes for the caller's own."""
    if isinstance(error, PluginPaused):
        return ServiceSuspended(offer.plugin, offer.name, error.wait_s)
    cause = error.type_name if isinstance(error, PluginFailed) else error.code
    message = error.message if isinstance(error, PluginFailed) else error.problem()
    return ServiceFailed(offer.plugin, offer.name, cause, message[:2000])
