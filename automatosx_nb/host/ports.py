"""What the host needs from around it, as protocols. Only type checkers read this, so loading the extension does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from automatosx_nb.host.audit import Audit
    from automatosx_nb.host.bus import Undo
    from automatosx_nb.host.bus.limits import BusLimits
    from automatosx_nb.host.metering import Rate
    from automatosx_nb.host.services.limits import ServiceLimits
    from automatosx_nb.host.session_grants import SessionGrants
    from automatosx_nb.host.web.limits import HttpLimits
    from automatosx_nb.model.consent import PermissionPolicy
    from automatosx_nb.model.generation import InstalledPlugin
    from automatosx_nb.model.settings import ConfiguredSettings
    from automatosx_nb.profile import Profile
    from automatosx_nb.profile.deliveries import Deliveries
    from automatosx_nb.profile.secrets import Secrets
    from automatosx_nb.sandbox.limits import Limits
    from automatosx_nb.sandbox.supervisor import Sandbox

Record = Mapping[str, Any]
"""One contribution, as ``model.contributions`` wrote it into the generation."""


class Frontend(Protocol):
    """Where contributions appear: IPython in a kernel, a recorder in a test."""

    def add_magic(self, plugin: InstalledPlugin, magic: Record, call: Callable[[str, str | None], object]) -> Undo:
        """``call`` takes the line, and the cell's body for a cell magic."""

    def add_formatter(self, type_name: str, show: Callable[[object], object | None]) -> Undo:
        """``show`` gives what stands for a value of this type, ``module.Name``; None: what would stand without it."""


class IPythonEvents(Protocol):
    def register(self, event: str, function: Callable[..., Any]) -> None: ...
    def unregister(self, event: str, function: Callable[..., Any]) -> None: ...


class Person(Protocol):
    """Whoever called a plugin here. Asked on the thread of that call."""

    @property
    def session(self) -> bool:
        """Whether what is granted for a session outlives the call here."""

    def ask(self, question: str) -> str | None:
        """What was typed; None where nobody can be asked."""


class SecretSource(Protocol):
    """Where the secrets of plugins are kept."""

    def get(self, plugin: str, name: str) -> str | None:
        """None: that plugin has none of this name."""


class Resources(Protocol):
    """What a kernel's host takes from the marketplace, opened when first read."""

    @property
    def profile(self) -> Profile: ...
    @property
    def sandbox(self) -> Sandbox: ...
    @property
    def limits(self) -> Limits: ...
    @property
    def bus_limits(self) -> BusLimits: ...
    @property
    def service_limits(self) -> ServiceLimits: ...
    @property
    def audit(self) -> Audit: ...
    @property
    def http_limits(self) -> HttpLimits: ...
    @property
    def call_rates(self) -> Mapping[str, Rate]: ...
    @property
    def deliveries(self) -> Deliveries: ...
    @property
    def prewarm(self) -> bool: ...
    @property
    def secrets(self) -> Secrets: ...
    @property
    def home(self) -> Path: ...
    @property
    def session(self) -> SessionGrants: ...
    @property
    def permissions(self) -> PermissionPolicy:
        """Policy, as it is written now.

        :raises InvalidConfiguration:
        """

    @property
    def configured_settings(self) -> ConfiguredSettings:
        """What configuration says of plugins' settings now.

        :raises InvalidConfiguration:
        """

    def grant(self, plugin: str, /, *permissions: str) -> object:
        """Grant an installed plugin what it asks for, until that is revoked.

        :raises PolicyForbids:
        """

    def follow_durably(self) -> None:
        """Have the durable subscriptions be those of the current generation."""

    def policy_stamp(self) -> object:
        """Changes whenever policy could have changed; cheap."""
