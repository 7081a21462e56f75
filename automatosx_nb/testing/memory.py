"""The host in miniature, for tests of plugin code that call its functions as any Python, in the test's own process.

What a capability refuses, and how, is the real one's: the broker, its grants and most capabilities are those of a
kernel, over a temporary folder. What a worker forbids is not here: :func:`run_in_sandbox` shows that.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automatosx_nb.errors import (
    AutomatosxError,
    CapabilityFailed,
    HttpFailed,
    InvalidRequest,
    PermissionDenied,
    PermissionNotOptional,
    ServiceError,
    UnknownSetting,
)
from automatosx_nb.host.beneath import Beneath
from automatosx_nb.host.broker import CapabilityBroker
from automatosx_nb.host.capabilities.files import FilesCapability
from automatosx_nb.host.capabilities.http import HttpCapability
from automatosx_nb.host.capabilities.log import LogCapability, LogLine
from automatosx_nb.host.capabilities.secrets import SecretsCapability
from automatosx_nb.host.capabilities.services import ServicesCapability
from automatosx_nb.host.capabilities.storage import StorageCapability
from automatosx_nb.host.capabilities.variables import VariablesCapability
from automatosx_nb.host.grants import Grants
from automatosx_nb.host.metering import Meter
from automatosx_nb.host.web.fetching import Fetched
from automatosx_nb.model.permissions import Permission, is_granted
from automatosx_nb.model.spelling import nearest
from automatosx_nb.profile.keyvalue import KeyValueState
from automatosx_nb.sandbox.scratch import Scratch
from automatosx_nb.sdk import _wire
from automatosx_nb.sdk.http import Response
from automatosx_nb.testing.others import Services, TestServices, publishing

if TYPE_CHECKING:
    from automatosx_nb.host.capabilities import Capability
    from automatosx_nb.host.capabilities.http import Request
    from automatosx_nb.host.runner import PluginRunner
    from automatosx_nb.host.web.fetching import Deadline
    from automatosx_nb.model.events import Event
    from automatosx_nb.model.schemas import Schema

Web = Callable[[str, str, bytes], Response]
"""(method, URL, body) → what a server answers."""


def no_web(method: str, url: str, _body: bytes) -> Response:
    """Where a test gives no web of its own."""
    raise HttpFailed(url, f"plugin_host was given no web= to answer {method} with")


@dataclass
class PluginHost:
    """What a plugin's code left behind; each part can be looked at and changed in the middle of a test."""

    plugin: str
    folder: Path
    """The notebook's folder: what ``sdk.files`` reaches."""
    variables: MutableMapping[str, Any]
    settings: MutableMapping[str, Any]
    secrets: MutableMapping[str, str]
    answers: list[str]
    """What a person answers to ``sdk.permissions.request``, one after the other; nobody is there at the end."""
    optional: Collection[str]
    web: Web
    grants: Grants
    state: KeyValueState
    services: TestServices
    events: Mapping[str, Schema]
    """What the manifest declares that it publishes: JSON Schema by topic."""
    published: list[Event] = field(default_factory=list)
    """What it told of, in that order."""
    log: LogCapability = field(default_factory=LogCapability)
    calls: list[tuple[str, str, tuple[object, ...]]] = field(default_factory=list)
    """Capability, method and arguments of every call."""

    @property
    def storage(self) -> dict[str, Any]:
        """All of the plugin's state."""
        return dict(self.state.items())

    @property
    def logged(self) -> list[LogLine]:
        return list(self.log.lines)

    def broker(self) -> CapabilityBroker:
        """As a kernel has one."""
        meter = Meter()
        capabilities: dict[str, Capability] = {
            "log": self.log,
            "storage": StorageCapability(self.grants, meter, lambda: self.state),
            "settings": _Settings(self),
            "secrets": SecretsCapability(self.plugin, _Secrets(self.secrets)),
            "files": FilesCapability(Beneath(self.folder, (), ()), meter),
            "http": _Web(self.grants, meter, self),
            "variables": VariablesCapability(self.grants, lambda: self.variables),
            "permissions": _Permissions(self),
            "services": ServicesCapability(self.grants, meter, self.services, _nobody, lambda _error: None),
            "events": publishing(self.plugin, self.events, self.published.append),
        }
        return CapabilityBroker(self.grants, capabilities, meter=meter, rates={})


@contextmanager
def plugin_host(
    permissions: Iterable[str] = (),
    *,
    optional: Iterable[str] = (),
    answers: Iterable[str] = (),
    storage: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
    secrets: Mapping[str, str] | None = None,
    variables: Mapping[str, Any] | None = None,
    files: Mapping[str, str | bytes] | None = None,
    web: Web = no_web,
    services: Services | None = None,
    events: Mapping[str, Schema] | None = None,
    plugin: str = "automatosx.subject",
) -> Iterator[PluginHost]:
    """While it is open, the sdk in this process talks to a host that granted ``permissions``.

    :param optional: what the manifest lists as optional; ``answers`` are a person's to requests for it: ``once``,
        ``session``, ``always`` or ``no``.
    :param files: path → content, in the notebook's folder.
    :param settings: name → value of every setting that the manifest declares.
    :param services: what other plugins offer, as in ``{"acme.tables/summarise@2.1.0": function}``, a function of the
        request's arguments.
    :param events: topic → JSON Schema of every event that the manifest declares.
    :raises InvalidPermission:
    :raises ValueError: a key of ``services`` is spelled otherwise.
    """
    held = [str(Permission.parse(text)) for text in permissions]
    with Scratch() as folder:
        state = KeyValueState(folder / "state.sqlite3")
        for key, value in (storage or {}).items():
            state.put(key, value)
        host = PluginHost(
            plugin,
            _written(folder / "notebook", files or {}),
            dict(variables or {}),
            dict(settings or {}),
            dict(secrets or {}),
            list(answers),
            tuple(optional),
            web,
            Grants(plugin, held),
            state,
            TestServices(services or {}),
            dict(events or {}),
        )
        with _connected(host):
            yield host


@contextmanager
def _connected(host: PluginHost) -> Iterator[None]:
    """The sdk's wire leads to ``host``, and then to where it led before."""
    before, name, libraries = _wire.current()
    broker = host.broker()
    _wire.connect(_asking(host, broker))
    _wire.granted_to(host.plugin, {permission.scope for permission in host.grants.of("modules")})
    try:
        yield
    finally:
        _wire.connect(before)
        _wire.granted_to(name, libraries)
        broker.close()


def _written(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    folder.mkdir()
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def _asking(host: PluginHost, broker: CapabilityBroker) -> _wire.Ask:
    """The way through the wire, on which all errors but denials and services' become :class:`CapabilityFailed`."""

    def ask(capability: str, method: str, args: tuple[object, ...]) -> object:
        host.calls.append((capability, method, args))
        try:
            return broker.ask(capability, method, list(args))
        except (PermissionDenied, ServiceError):
            raise
        except AutomatosxError as error:
            raise CapabilityFailed(capability, type(error).__name__, str(error)) from error

    return ask


def _nobody() -> PluginRunner:
    raise AssertionError("the test's functions answer by themselves")


@dataclass(frozen=True)
class _Secrets:
    values: Mapping[str, str]

    def get(self, _plugin: str, name: str) -> str | None:
        return self.values.get(name)


class _Of:
    """A capability over what the test gave."""

    def __init__(self, host: PluginHost) -> None:
        self._host = host

    def needs(self, _method: str, _args: Sequence[object]) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing is held."""


class _Settings(_Of):
    def ask(self, method: str, args: Sequence[object]) -> object:
        match method, list(args):
            case "get", [str(name)]:
                known = self._host.settings
                if name not in known:
                    raise UnknownSetting(self._host.plugin, name, nearest(name, known) or tuple(known))
                return known[name]
        raise InvalidRequest("settings", method, "get, with the name of a setting")


class _Permissions(_Of):
    def ask(self, method: str, args: Sequence[object]) -> object:
        match method, list(args):
            case "held", [str(text)]:
                return self._host.grants.covering(Permission.parse(text)) is not None
            case "request", [str(text)]:
                return self._request(Permission.parse(text))
        raise InvalidRequest("permissions", method, "held and request, with the text of a permission")

    def _request(self, needed: Permission) -> bool:
        host = self._host
        if host.grants.covering(needed) is not None:
            return True
        if not is_granted(needed, map(Permission.parse, host.optional)):
            raise PermissionNotOptional(host.plugin, "0", str(needed), tuple(host.optional))
        if not host.answers or host.answers.pop(0) == "no":
            raise PermissionDenied(host.plugin, str(needed))
        host.grants.hold_for_call(str(needed))
        return needed.kind != "modules"


class _Web(HttpCapability):
    """Checks every request and redirect as the real one does, and has the test answer."""

    def __init__(self, grants: Grants, meter: Meter, host: PluginHost) -> None:
        super().__init__(grants, meter)
        self._host = host

    def fetch(self, request: Request, _deadline: Deadline) -> Fetched:
        answer = self._host.web(request.method, str(request.target), request.body)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Fetched(answer.status, headers, answer.content)
