"""Every room of one profile, opened when it is first needed: a kernel that only runs cells pays for no database."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from pathlib import Path
from time import monotonic, thread_time
from typing import TYPE_CHECKING, Any

from automatosx_nb.home import default_home, project_folder, working_folder

if TYPE_CHECKING:
    from automatosx_nb.config import Settings
    from automatosx_nb.config.registry import Connection
    from automatosx_nb.host.audit import Audit
    from automatosx_nb.host.bus.limits import BusLimits
    from automatosx_nb.host.metering import Rate
    from automatosx_nb.host.services.limits import ServiceLimits
    from automatosx_nb.host.session_grants import SessionGrants
    from automatosx_nb.host.web.limits import HttpLimits
    from automatosx_nb.model.bridging import BridgePolicy
    from automatosx_nb.model.consent import PermissionPolicy
    from automatosx_nb.model.generation import Generation
    from automatosx_nb.model.ports import Registry
    from automatosx_nb.model.publishing import PublishPolicy
    from automatosx_nb.model.review import ReviewPolicy
    from automatosx_nb.model.settings import ConfiguredSettings
    from automatosx_nb.profile import Profile
    from automatosx_nb.profile.deliveries import Deliveries
    from automatosx_nb.profile.planning import Planner
    from automatosx_nb.profile.project import Project
    from automatosx_nb.profile.secrets import Secrets
    from automatosx_nb.profile.spool import Spool
    from automatosx_nb.sandbox.limits import Limits
    from automatosx_nb.sandbox.supervisor import Sandbox

PROFILE_VARIABLE = "AUTOMATOSX_PROFILE"
"""``user``: one's own profile counts, also in a project."""
POLICY_FRESH_S = 1.0
"""A configuration file that was written is noticed so soon by what runs already."""


class Rooms:
    """What one profile and one registry are made of. Parameters are those of ``Marketplace``."""

    def __init__(
        self, profile: Path | str | None = None, registry: Registry | None = None, *, config: Any = None
    ) -> None:
        self._profile_folder = Path(profile).expanduser().absolute() if profile is not None else None
        self._registry = registry
        self._owns_registry = registry is None
        self._sandbox: Sandbox | None = None
        self._config = config
        self._lock = threading.RLock()
        self._listeners: list[Callable[[], object]] = []
        self._project = working_folder()
        self._read: tuple[object, Settings] | None = None
        self._policy_looked = float("-inf")
        self._policy_stamp: object = None

    def close(self) -> None:
        """End every worker of this marketplace and close its registry."""
        with self._lock:
            if self._sandbox is not None:
                self._sandbox.close()
                self._sandbox = None
            if self._owns_registry and self._registry is not None:
                self._registry.close()
                self._registry = None
            if "audit" in vars(self):
                self.audit.close()
            if "deliveries" in vars(self):
                self.deliveries.close()
            if "spool" in vars(self):
                self.spool.close()

    @property
    def settings(self) -> Settings:
        """What the files say now: one that was written since is read again.

        :raises InvalidConfiguration:
        """
        from automatosx_nb.config import load_settings
        from automatosx_nb.layers import stamp

        now = stamp(self._project)
        with self._lock:
            if self._read is None or self._read[0] != now:
                self._read = None
                self._read = now, load_settings(self._config, project=self._project)
            return self._read[1]

    @property
    def permissions(self) -> PermissionPolicy:
        return self.settings.permissions

    @property
    def configured_settings(self) -> ConfiguredSettings:
        """What configuration says of plugins' settings, as it is written now."""
        return self.settings.plugin_settings

    def policy_stamp(self) -> object:
        """Changes when a configuration file did, at the latest :data:`POLICY_FRESH_S` after that."""
        now = monotonic()
        if now - self._policy_looked >= POLICY_FRESH_S:
            from automatosx_nb.layers import stamp

            self._policy_looked, self._policy_stamp = now, stamp(self._project)
        return self._policy_stamp

    @cached_property
    def session(self) -> SessionGrants:
        """What was granted for this process only."""
        from automatosx_nb.host.session_grants import SessionGrants

        return SessionGrants()

    @property
    def limits(self) -> Limits:
        return self.settings.limits

    @property
    def service_limits(self) -> ServiceLimits:
        return self.settings.services

    @property
    def bus_limits(self) -> BusLimits:
        return self.settings.bus

    @property
    def bridge(self) -> BridgePolicy:
        return self.settings.bridge

    @property
    def http_limits(self) -> HttpLimits:
        return self.settings.calls.http

    @property
    def call_rates(self) -> Mapping[str, Rate]:
        return self.settings.calls.rates

    @property
    def prewarm(self) -> bool:
        """Whether fork servers run before the first call needs them."""
        return self.settings.prewarm

    @cached_property
    def profile(self) -> Profile:
        from automatosx_nb.profile import Profile

        if self.project is not None:
            return Profile(self.project.root, self._record_switch, store=default_profile_folder())
        return Profile(self._profile_folder or default_profile_folder(), self._record_switch)

    @cached_property
    def project(self) -> Project | None:
        """The nearest project of the folder in which this process started; None: the user's own profile counts."""
        if self._profile_folder is not None or os.environ.get(PROFILE_VARIABLE) == "user":
            return None
        folder = project_folder(self._project)
        if folder is None:
            return None
        from automatosx_nb.profile.project import Project

        return Project(folder, default_home())

    @cached_property
    def audit(self) -> Audit:
        """What became of plugins and their workers; its file is made by the first entry."""
        from automatosx_nb.host.audit import Audit

        policy = self.settings.audit
        return Audit(self.profile.root / "audit.sqlite3", max_bytes=policy.max_mb << 20, keep=policy.keep)

    @cached_property
    def deliveries(self) -> Deliveries:
        """What durable subscribers are owed; its file is made by the first of them."""
        from automatosx_nb.profile.deliveries import Deliveries

        return Deliveries(self.profile.root / "events")

    @cached_property
    def spool(self) -> Spool:
        """What this user's kernels and servers hand to each other, in projects too."""
        return open_spool(self.home)

    def follow_durably(self) -> None:
        """Have the durable subscriptions be those of the current generation; cheap where none ever was."""
        from automatosx_nb.host.recording import told_if_unwritten

        with told_if_unwritten("durable events"):
            from automatosx_nb.host.following import follow

            follow(self.deliveries, self.profile.generations, self.audit)

    @property
    def home(self) -> Path:
        """Where everything of this user lies."""
        return self.settings.home

    @cached_property
    def secrets(self) -> Secrets:
        """What the user keeps for plugins; the key of what is encrypted lies outside of the profile."""
        from automatosx_nb.profile.secrets import open_secrets

        return open_secrets(self.profile.root, self.home / "secrets.key")

    @property
    def sandbox(self) -> Sandbox:
        from automatosx_nb.sandbox.supervisor import Sandbox

        with self._lock:  # a panel changes things on a thread of its own
            if self._sandbox is None:
                self._sandbox = Sandbox(required=self.settings.required_layers)
            return self._sandbox

    @property
    def registry(self) -> Registry:
        with self._lock:
            if self._registry is None:
                self._registry = self._opened_registry()
            return self._registry

    def _opened_registry(self) -> Registry:
        """Another computer's or a mirror, where configuration names one, or several as one."""
        from automatosx_nb.config.registry import EMBEDDED

        connection = self.settings.registry
        names = dict.fromkeys([connection.address or EMBEDDED, *connection.further])
        opened = [self._opened_one(connection, name) for name in names]
        if len(opened) == 1:
            return opened[0]
        from automatosx_nb.registry.several import SeveralRegistries

        return SeveralRegistries(opened, pinned=self._source_of_installed)

    def _opened_one(self, connection: Connection, name: str) -> Registry:
        from automatosx_nb.config.registry import EMBEDDED

        if name == EMBEDDED:
            return open_registry(
                self.settings.home,
                self.sandbox,
                review=lambda: self.settings.review,
                policy=lambda: self.settings.publishing,
                limits=lambda: self.settings.limits,
            )
        from automatosx_nb.app.elsewhere import open_elsewhere

        return open_elsewhere(connection, self.settings.home / "registry-cache", name)

    def _source_of_installed(self, plugin: str) -> str:
        entry = self.profile.generations.current().plugins.get(plugin)
        return "" if entry is None else entry.source

    def registry_note(self) -> str:
        """For a person: that what was told is old, and how old it is; empty: it is not."""
        with self._lock:
            since = None if self._registry is None else self._registry.stale_since
        if since is None or self._registry is None:
            return ""
        from automatosx_nb.host.environment import age
        from automatosx_nb.registry.client.static import StaticRegistry

        if isinstance(self._registry, StaticRegistry):
            return (
                f"The mirror {self._registry.location} has EXPIRED: it was made {age(since)} ago, and tells nothing "
                "that became known since then. Make it again, or ask for a new one."
            )
        return f"The registry {self._registry.address} cannot be reached: this is what it said {age(since)} ago."

    @property
    def _planner(self) -> Planner:
        from automatosx_nb.deadline import Deadline
        from automatosx_nb.host.environment import cooldown_now, missing_packages, platform_name, python_version
        from automatosx_nb.model.runtime import API_VERSION
        from automatosx_nb.profile.planning import Planner

        return Planner(
            self.registry,
            package=self.profile.package,
            engine=API_VERSION,
            python=python_version(),
            missing=missing_packages,
            platform=platform_name(),
            policy=self.settings.policy,
            permissions=self.permissions,
            cooldown=cooldown_now(self.settings.cooldown),
            # of this thread: while a registry is asked, a search does not go on
            deadline=partial(Deadline, self.settings.plan_s, "c.UpdatePolicy.plan_s", thread_time),
        )

    def _record_switch(self, new: Generation) -> None:
        from automatosx_nb.host.recording import record_switch

        record_switch(self.audit, self.profile.generations, new)
        self.follow_durably()


def default_profile_folder() -> Path:
    """The profile of the user, or of ``AUTOMATOSX_HOME``."""
    return default_home() / "profile"


def open_spool(home: Path) -> Spool:
    from automatosx_nb.profile.spool import Spool

    return Spool(home / "bridge.sqlite3")


def open_registry(
    home: Path | None = None,
    sandbox: Sandbox | None = None,
    *,
    review: Callable[[], ReviewPolicy] | None = None,
    policy: Callable[[], PublishPolicy] | None = None,
    limits: Callable[[], Limits] | None = None,
) -> Registry:
    """The embedded registry of ``home``, with the bundled plugins published into it.

    :param review: who has to approve what is published; unless told, nobody.
    :param policy: what is asked of it.
    :param limits: what it may use at most where it is tried.
    """
    from automatosx_nb import catalog
    from automatosx_nb.model.publishing import PublishPolicy
    from automatosx_nb.model.review import ReviewPolicy
    from automatosx_nb.registry.catalog import publish_folder_tree
    from automatosx_nb.registry.service import EmbeddedRegistry
    from automatosx_nb.sandbox.limits import Limits
    from automatosx_nb.sandbox.supervisor import Sandbox

    checker = sandbox or Sandbox()
    registry = EmbeddedRegistry(
        (home or default_home()) / "registry",
        sandbox=checker,
        policy=policy or PublishPolicy,
        review=review or ReviewPolicy,
        limits=limits or Limits,
    )
    publish_folder_tree(registry, catalog.ROOT)
    if sandbox is None:
        checker.close()  # it starts again when something is published
    return registry
