"""What a call of a service ends with. Plugin code can name and catch each: :mod:`automatosx_nb.sdk.services` has them.

``plugin`` is the provider's id, ``service`` the name; every field is a JSON value, so that it crosses as it is.
"""

from __future__ import annotations

from typing import ClassVar

from automatosx_nb.errors.root import PlatformError, UserError, did_you_mean


class ServiceError(UserError):
    """The root of what a call of a service can end with."""

    code: ClassVar[str] = "error"
    plugin: str
    service: str

    @property
    def what(self) -> str:
        return f"the service {self.service} of {self.plugin}" if self.service else f"the services of {self.plugin}"


class ServiceMissing(ServiceError, LookupError):
    """Nobody offers it here: no such plugin is installed, it offers no such service, or it was just removed."""

    code: ClassVar[str] = "service-missing"
    reason: str
    nearest: tuple[str, ...] = ()

    def problem(self) -> str:
        return f"{self.what} cannot be called: {self.reason}."

    def next_step(self) -> str:
        return did_you_mean(self.nearest, "%ax services lists what is offered here; %ax install adds a plugin.")


class ServiceNotInRange(ServiceError, LookupError):
    """``offered``: the versions of the promise that are installed, by service."""

    code: ClassVar[str] = "service-not-in-range"
    wanted: str
    offered: str

    def problem(self) -> str:
        return f"{self.what} {'is' if self.service else 'are'} offered as {self.offered}, and {self.wanted} is wanted."

    def next_step(self) -> str:
        return f"Update {self.plugin}, or the plugin that calls it: one of the two is too old for the other."


class ServiceSuspended(ServiceError):
    """The provider's worker ended too often and is not started for ``wait_s`` seconds."""

    code: ClassVar[str] = "service-suspended"
    wait_s: int

    def problem(self) -> str:
        return f"{self.what} cannot be called: {self.plugin} is suspended, for its worker ended too often."

    def next_step(self) -> str:
        return f"Try it again in {self.wait_s} s, or at once after %ax resume {self.plugin}."


class InvalidServiceRequest(ServiceError, ValueError):
    """The arguments are not what the provider's request schema describes; the provider was not asked."""

    code: ClassVar[str] = "invalid-service-request"
    fault: str

    def problem(self) -> str:
        return f"{self.what} does not take this: {self.fault}."

    def next_step(self) -> str:
        return f"%ax services {self.plugin}/{self.service} shows what it takes. {self.plugin} was not asked."


class InvalidServiceReply(ServiceError):
    """The provider broke its promise: what it returned is not what its reply schema describes."""

    code: ClassVar[str] = "invalid-service-reply"
    fault: str

    def problem(self) -> str:
        return f"{self.what} returned what it does not promise: {self.fault}."

    def next_step(self) -> str:
        return f"Nothing of it was handed on. Tell the publisher of {self.plugin}."


class ServiceFailed(ServiceError):
    """The provider raised, went over a limit, or its worker could not start; ``cause`` is an error's type or code."""

    code: ClassVar[str] = "service-failed"
    cause: str
    message: str

    def problem(self) -> str:
        return f"{self.what} failed: {self.message} ({self.cause})."

    def next_step(self) -> str:
        return f"The caller can go on without it. If it happens again, tell the publisher of {self.plugin}."


class ServiceTimeout(ServiceError, TimeoutError):
    """``allowed_s``: the caller's own time, or what was left of the policy's or of an outer call's."""

    code: ClassVar[str] = "service-timeout"
    allowed_s: float

    def problem(self) -> str:
        return f"{self.what} did not answer within {self.allowed_s:.3g} s, and was interrupted."

    def next_step(self) -> str:
        return "Ask for less at a time, or allow more: timeout= of services.get, at most c.ServicePolicy.deadline_s."


class ServiceCycle(ServiceError):
    """``cycle``: who waits for whom, from the caller back to the caller; the call was refused before it deadlocks."""

    code: ClassVar[str] = "service-cycle"
    cycle: tuple[str, ...]

    def problem(self) -> str:
        return f"{self.what} was not called, for it waits for the caller already: {' → '.join(self.cycle)}."

    def next_step(self) -> str:
        return "A plugin does one thing at a time: call back after the answer, or tell it by an event."


class ServiceTooDeep(ServiceError):
    """``chain``: the plugins that call each other, the first one first."""

    code: ClassVar[str] = "service-too-deep"
    chain: tuple[str, ...]

    def problem(self) -> str:
        return f"{self.what} was not called: {' → '.join(self.chain)} call each other already."

    def next_step(self) -> str:
        return "Ask for it from the first of them; c.ServicePolicy.depth says how deep calls may go."


class ServiceBusy(ServiceError):
    """``waiting``: the calls that the provider has before it, as many as policy lets it have."""

    code: ClassVar[str] = "service-busy"
    waiting: int

    def problem(self) -> str:
        return f"{self.what} was not called: {self.plugin} has {self.waiting} calls to answer already."

    def next_step(self) -> str:
        return "Try it again when there are fewer; c.ServicePolicy.in_flight says how many may wait."


class NoKernel(PlatformError, RuntimeError):
    """A notebook's own call of a service, where no kernel with the extension is."""

    code: ClassVar[str] = "no-kernel"

    def problem(self) -> str:
        return "services are called in a notebook in which the extension is loaded, and this is none."

    def next_step(self) -> str:
        return "Type %load_ext automatosx_nb in a cell, and call it there."


class UnknownService(UserError, AttributeError):
    """Of a notebook's proxy of a plugin: it ``offers`` other services. It is an AttributeError, as for any object."""

    code: ClassVar[str] = "unknown-service"
    plugin: str
    service: str
    offers: tuple[str, ...]
    nearest: tuple[str, ...] = ()

    def problem(self) -> str:
        return f"{self.plugin} offers no service {self.service!r}: it offers {', '.join(self.offers)}."

    def next_step(self) -> str:
        return did_you_mean(self.nearest, "%ax services says what each of them takes.")


BY_NAME = {
    kind.__name__: kind
    for kind in (
        ServiceMissing,
        ServiceNotInRange,
        ServiceSuspended,
        InvalidServiceRequest,
        InvalidServiceReply,
        ServiceFailed,
        ServiceTimeout,
        ServiceCycle,
        ServiceTooDeep,
        ServiceBusy,
    )
}
"""Those that cross to the caller's worker."""
