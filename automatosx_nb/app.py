"""The composition root: the one place that knows which room gets which.

Importing this imports none of the rooms; each is opened when it is first needed, since a kernel that only runs cells
should not pay for a database.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from automatosx_nb import __version__
from automatosx_nb.errors import AutomatosxError, PlanStale, ProfileDamaged
from automatosx_nb.home import default_home
from automatosx_nb.model.progress import Progress, Step, silent

if TYPE_CHECKING:
    from automatosx_nb.config import Settings
    from automatosx_nb.host.audit import Audit
    from automatosx_nb.host.deciding import Asked, PluginHoldings
    from automatosx_nb.host.session_grants import SessionGrants
    from automatosx_nb.host.settings import PluginSettings
    from automatosx_nb.model.compatibility import Mismatch, Needs
    from automatosx_nb.model.consent import Explanation, PermissionPolicy
    from automatosx_nb.model.generation import Generation, InstalledPlugin
    from automatosx_nb.model.history import HistoryEntry
    from automatosx_nb.model.inspection import Observation
    from automatosx_nb.model.lockfile import Lockfile
    from automatosx_nb.model.plan import Applied, Plan
    from automatosx_nb.model.ports import Registry
    from automatosx_nb.model.release import CheckResult, PluginDetail, PublishReport, SearchPage, Stage
    from automatosx_nb.package import Package
    from automatosx_nb.profile import Profile
    from automatosx_nb.profile.planning import Planner
    from automatosx_nb.profile.secrets import Secrets
    from automatosx_nb.sandbox.limits import Limits
    from automatosx_nb.sandbox.supervisor import Sandbox

REPLANS = 5
POLICY_FRESH_S = 1.0
"""A configuration file that was written is noticed so soon by what runs already."""
LOCKFILE = "automatosx.lock"
"""Where a lock is written and read unless told, in the working directory."""


class Marketplace:
    """Everything that a surface does, for one profile and one registry. Synchronous; raises errors of ours only.

    :param profile: the profile's folder; default: ``AUTOMATOSX_HOME``, else the user's data folder.
    :param registry: default: the one embedded in the same home, which starts with the bundled plugins.
    :param config: a traitlets ``Config``; what the files say comes before it.
    """

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

    # --- discovery

    def search(self, text: str = "", **filters: Any) -> SearchPage:
        """``filters`` are the other fields of :class:`~automatosx_nb.model.release.SearchQuery`."""
        from automatosx_nb.model.release import SearchQuery

        return self.registry.search(SearchQuery(text, **filters))

    def info(self, plugin: str) -> PluginDetail:
        """:raises UnknownPlugin: with the nearest ids."""
        return self.registry.plugin(plugin)

    def mismatches(self, release: Needs) -> tuple[Mismatch, ...]:
        """Why a release, or the one that a search shows, does not run here; empty: it does."""
        from automatosx_nb.host.environment import environment
        from automatosx_nb.model.compatibility import mismatches

        return mismatches(release, environment())

    def newest(self, plugin: str) -> str | None:
        """The newest stable version that may be chosen and runs here; None: there is none."""
        found = self._planner.newest(plugin)
        return None if found is None else str(found)

    # --- what is installed

    def installed(self) -> tuple[InstalledPlugin, ...]:
        return tuple(self.profile.current().plugins.values())

    def history(self) -> tuple[HistoryEntry, ...]:
        """Every generation, newest first."""
        return self.profile.history()

    def installed_plugin(self, plugin: str) -> InstalledPlugin:
        """:raises NotInstalled: with the nearest ids."""
        from automatosx_nb.errors import NotInstalled
        from automatosx_nb.model.spelling import nearest

        found = self.profile.current().plugins
        if plugin not in found:
            raise NotInstalled(plugin, nearest(plugin, found))
        return found[plugin]

    def plugin_settings(self, plugin: str) -> PluginSettings:
        """Raises as :meth:`installed_plugin` does."""
        from automatosx_nb.host.settings import PluginSettings

        return PluginSettings(self.installed_plugin(plugin), self.profile.settings)

    # --- plans: what would change

    def plan(self, plugin: str | None = None, wish: str = "", *, prereleases: bool = False) -> Plan:
        """What :meth:`install` of ``plugin`` would change; without one, what :meth:`update` of everything would.

        The plan's ``tree()``, ``why(id)`` and ``held_back`` say why it is so and not otherwise.
        """
        if plugin is None:
            return self.plan_update(prereleases=prereleases)
        return self.plan_install(plugin, wish, prereleases=prereleases)

    def plan_install(self, plugin: str, wish: str = "", *, prereleases: bool = False) -> Plan:
        return self._planner.install(self.profile.current(), plugin, wish, prereleases=prereleases)

    def plan_update(self, *plugins: str, prereleases: bool = False, grant: Iterable[str] | None = None) -> Plan:
        """Without ids: for everything that is installed.

        :param grant: hold back what asks for more than this; None: plan it, and what it asks for.
        """
        grants = None if grant is None else _normal(grant)
        return self._planner.update(self.profile.current(), plugins, prereleases=prereleases, grants=grants)

    def plan_remove(self, plugin: str) -> Plan:
        return self._planner.remove(self.profile.current(), plugin)

    def plan_sync(self, path: Path | str = LOCKFILE) -> Plan:
        """To exactly what the lockfile at ``path`` says. Raises as :meth:`sync` does."""
        return self._plan_sync(Path(path), self._read_lock(path))

    def plan_rollback(self, to: int | None = None) -> Plan:
        from automatosx_nb.profile.planning import plan_return

        target = self.profile.rollback_target(to)
        return plan_return(self.profile.current(), target, self.settings.policy, self.permissions)

    # --- changes

    def install(
        self,
        plugin: str,
        wish: str = "",
        *,
        prereleases: bool = False,
        grant: Iterable[str] = (),
        progress: Progress = silent,
    ) -> Applied:
        """Install a plugin and what it requires, or change its version.

        :param wish: a range, or one exact version.
        :param prereleases: choose among prereleases and betas too.
        :param grant: the permissions that the user agreed to.
        :raises ConsentRequired: it asks for more than that; nothing was changed.
        """
        return self._apply(lambda: self.plan_install(plugin, wish, prereleases=prereleases), grant, progress)

    def update(
        self, *plugins: str, prereleases: bool = False, grant: Iterable[str] = (), progress: Progress = silent
    ) -> Applied:
        """Raises as :meth:`install` does; nothing to update is no error.

        Without ids: everything, and what asks for more than was granted is held back while the rest is updated.
        """
        grants = tuple(grant)
        enough = None if plugins else grants
        return self._apply(lambda: self.plan_update(*plugins, prereleases=prereleases, grant=enough), grants, progress)

    def remove(self, plugin: str, *, progress: Progress = silent) -> Applied:
        """:raises NotInstalled:
        :raises StillRequired: by another installed plugin.
        """
        return self._apply(lambda: self.plan_remove(plugin), (), progress)

    def lockfile(self) -> Lockfile:
        """What is installed, as a lock; :meth:`lock` writes it.

        :raises ProfileDamaged: an artifact is missing, or not what was installed.
        """
        return self._lock_of_installed(self.registry.address, f"automatosx_nb {__version__}")

    def lock(self, path: Path | str = LOCKFILE) -> Lockfile:
        """Write what is installed to a lockfile, from which :meth:`sync` makes another profile the same.

        A file that says so already is left untouched.

        :raises NotALockfile: the file is something else.
        :raises LockfileTooNew:
        """
        from automatosx_nb.profile.lockfile import write_lock

        lock = self.lockfile()
        write_lock(Path(path), lock)
        return lock

    def sync(
        self,
        path: Path | str = LOCKFILE,
        *,
        grant: Iterable[str] = (),
        grants_digest: str = "",
        progress: Progress = silent,
    ) -> Applied:
        """Make the profile exactly what a lockfile says: add, change and remove, as one change like any other.

        :param grant: the permissions that the user agreed to.
        :param grants_digest: that of a lock, all of whose grants the user agreed to.
        :raises LockfileNotFound:
        :raises InvalidLockfile:
        :raises LockfileConflict: it is in the middle of a merge.
        :raises LockfileTooNew:
        :raises LockedReleaseGone: neither the registry nor the profile has what it names.
        :raises ConsentRequired: it grants more than anybody agreed to here; nothing was changed.
        """
        lock = self._read_lock(path)
        if grants_digest == lock.grants_digest:
            grant = [*grant, *(each for locked in lock.plugins.values() for each in locked.grants)]
        return self._apply(lambda: self._plan_sync(Path(path), lock), grant, progress)

    def check_sync(self, path: Path | str = LOCKFILE) -> None:
        """Compare the profile with a lockfile; no registry is asked, and nothing is changed.

        :raises OutOfSync: with every difference. Else it raises as :meth:`sync` does.
        """
        from automatosx_nb.errors import OutOfSync
        from automatosx_nb.model.lockfile import differences

        lock = self._read_lock(path)
        found = differences(lock, self._lock_of_installed(lock.registry, lock.created_by))
        if found:
            raise OutOfSync(str(path), found)

    def rollback(self, to: int | None = None, *, progress: Progress = silent) -> Applied:
        """Back to generation ``to``, or to the one before the last change: versions, grants and plugin state.

        :raises NothingToRollBack:
        :raises UnknownGeneration:
        :raises PolicyForbids: it would bring back a release that the policy does not let in, or a grant.
        """
        from automatosx_nb.host.environment import author
        from automatosx_nb.profile.planning import plan_return
        from automatosx_nb.profile.transaction import apply_return

        target, permissions = self.profile.rollback_target(to), self.permissions
        plan = plan_return(self.profile.current(), target, self.settings.policy, permissions)
        applied = apply_return(self.profile, plan, target, permissions=permissions, author=author(), progress=progress)
        self.tell_changed()
        return applied

    # --- permissions

    def explain_policy(self, plugin: str, wish: str = "") -> Explanation:
        """What policy says of a release: of the one that ``wish`` chooses, by default of the newest.

        :raises UnknownPlugin:
        :raises UnknownRelease: none is in the range.
        """
        from automatosx_nb.host.deciding import explain_release

        return explain_release(self.registry.plugin(plugin), wish, self.settings.policy, self.permissions)

    def holdings(self, *plugins: str) -> tuple[PluginHoldings, ...]:
        """What the installed plugins (all, or these) ask for, hold and are denied.

        :raises NotInstalled:
        """
        from automatosx_nb.host.deciding import holdings_of
        from automatosx_nb.profile.granting import installed_entry

        current = self.profile.current()
        entries = [installed_entry(current, plugin) for plugin in plugins or current.plugins]
        return tuple(
            holdings_of(entry, self._asked_or_held(entry), self.session, self.permissions) for entry in entries
        )

    def asked_by(self, entry: InstalledPlugin) -> Asked:
        """What the manifest of an installed plugin asks for."""
        manifest = self.profile.package(entry).manifest
        return manifest.permissions, manifest.optional_permissions

    def _asked_or_held(self, entry: InstalledPlugin) -> Asked:
        """What it holds is told and can be revoked although its artifact is lost."""
        try:
            return self.asked_by(entry)
        except ProfileDamaged:
            return dict.fromkeys(entry.grants, ""), {}

    def plan_grant(self, plugin: str, *permissions: str) -> Plan:
        from automatosx_nb.profile.granting import installed_entry, plan_grant

        current = self.profile.current()
        required, optional = self.asked_by(installed_entry(current, plugin))
        return plan_grant(current, plugin, _normal(permissions), {**required, **optional}, self.permissions)

    def grant(self, plugin: str, *permissions: str, progress: Progress = silent) -> Applied:
        """Grant an installed plugin what it asks for: a new generation, which a rollback takes back.

        :raises NotInstalled:
        :raises PermissionNotAsked:
        :raises PolicyForbids: the policy denies it, so nobody can grant it.
        """
        return self._regrant(lambda: self.plan_grant(plugin, *permissions), progress)

    def grant_in_session(self, plugin: str, *permissions: str, once: bool = False) -> tuple[str, ...]:
        """As :meth:`grant`, until this process ends, or for the plugin's next call; and what that is.

        :raises NotForOneCall: it counts for as long as a worker runs, and not for a call.
        """
        from automatosx_nb.host.deciding import refuse_standing
        from automatosx_nb.profile.granting import grantable, installed_entry

        entry = installed_entry(self.profile.current(), plugin)
        required, optional = self.asked_by(entry)
        texts = grantable(entry, _normal(permissions), {**required, **optional}, self.permissions)
        if once:
            refuse_standing(texts)
        self.session.add(plugin, texts, once=once)
        self._record_session("grants-given", entry, texts, "once" if once else "session")
        self.tell_changed()
        return texts

    def plan_revoke(self, plugin: str, *permissions: str) -> Plan:
        """Raises as :meth:`revoke` does."""
        return self._plan_revoke(plugin, _normal(permissions), self.session.held(plugin))

    def revoke(self, plugin: str, *permissions: str, progress: Progress = silent) -> Applied:
        """Take back what was granted, also in this session; a running worker holds it no longer at its next call.

        Where the profile did not hold it, no generation is made.

        :raises NotInstalled:
        :raises NotGranted:
        """
        texts, in_session = _normal(permissions), self.session.held(plugin)
        self._plan_revoke(plugin, texts, in_session)  # raises before anything is taken back
        gone = [each for text in texts for each in self.session.drop(plugin, text)]
        if gone:
            self._record_session("grants-gone", self.installed_plugin(plugin), gone, "session")
        return self._regrant(lambda: self._plan_revoke(plugin, texts, in_session), progress)

    def _plan_revoke(self, plugin: str, texts: Iterable[str], in_session: Iterable[str]) -> Plan:
        from automatosx_nb.profile.granting import plan_revoke

        return plan_revoke(self.profile.current(), plugin, texts, in_session)

    def _regrant(self, make_plan: Callable[[], Plan], progress: Progress) -> Applied:
        from automatosx_nb.host.environment import author
        from automatosx_nb.profile.granting import apply_grants

        def apply(plan: Plan) -> Applied:
            return apply_grants(self.profile, plan, permissions=self.permissions, author=author(), progress=progress)

        return self._planned(make_plan, apply)

    def publish(self, source: Path | str | bytes, *, stage: Stage | None = None) -> PublishReport:
        """Publish an artifact (its bytes, or an ``.axp`` file) or a plugin's folder; as ``stable`` unless told.

        :raises InvalidArtifact:
        :raises InvalidManifest:
        :raises ReleaseExists:
        :raises PublishRefused:
        """
        from automatosx_nb.model.release import Stage

        data = source if isinstance(source, bytes) else _artifact(Path(source))
        return self.registry.publish(data, stage=stage or Stage.STABLE)

    def check(self, source: Path | str) -> tuple[CheckResult, ...]:
        """What :meth:`publish` of an artifact or a folder would find; nothing is published.

        :raises InvalidArtifact:
        :raises InvalidManifest:
        """
        return self.registry.check(_artifact(Path(source)))

    # --- what plugins may do, and what they did

    def built(self, source: Path | str) -> Package:
        """An artifact's or a folder's package. Raises as :meth:`check` does."""
        from automatosx_nb.package import read

        return read(_artifact(Path(source)), name=str(source))

    def package(self, plugin: str, version: str = "") -> Package:
        """A release's files; without a version what is installed, else the newest.

        :raises UnknownPlugin:
        :raises UnknownRelease:
        """
        from automatosx_nb.package import read

        installed = self.profile.current().plugins.get(plugin)
        if installed is not None and version in ("", installed.version):
            return self.profile.package(installed)
        version = version or self.info(plugin).summary.version
        return read(b"".join(self.registry.artifact(plugin, version)), name=f"{plugin} {version}")

    def observed(self, package: Package) -> Observation:
        """What a release asks for, held against its sources and against what the audit log has of it."""
        from automatosx_nb.model.inspection import observe
        from automatosx_nb.registry.checks.permissions import uses_in

        manifest = package.manifest
        plugin, version = manifest.id, str(manifest.version)
        entries = [entry for entry in self.audit.read(plugin=plugin) if entry.version == version]
        asked = manifest.permissions, manifest.optional_permissions
        return observe(plugin, version, *asked, uses_in(package), entries)

    def on_change(self, listener: Callable[[], object]) -> Callable[[], None]:
        """Call ``listener``, which must not raise, after each change made through this object, on its thread."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

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

    # --- the rooms, opened when first needed

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
    def prewarm(self) -> bool:
        """Whether fork servers run before the first call needs them."""
        return self.settings.prewarm

    @cached_property
    def profile(self) -> Profile:
        from automatosx_nb.profile import Profile

        return Profile(self._profile_folder or default_profile_folder(), self._record_switch)

    @cached_property
    def audit(self) -> Audit:
        """What became of plugins and their workers; its file is made by the first entry."""
        from automatosx_nb.host.audit import Audit

        policy = self.settings.audit
        return Audit(self.profile.root / "audit.sqlite3", max_bytes=policy.max_mb << 20, keep=policy.keep)

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
                self._registry = open_registry(self.settings.home, self.sandbox)
            return self._registry

    @property
    def _planner(self) -> Planner:
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
        )

    # --- inside

    def _read_lock(self, path: Path | str) -> Lockfile:
        from automatosx_nb.profile.lockfile import read_lock

        return read_lock(Path(path))

    def _plan_sync(self, path: Path, lock: Lockfile) -> Plan:
        return self._planner.sync(self.profile.current(), lock, self.profile.store, str(path))

    def _lock_of_installed(self, registry: str, created_by: str) -> Lockfile:
        from automatosx_nb.profile.lockfile import lock_of

        return lock_of(self.installed(), self.profile.package, registry=registry, created_by=created_by)

    def _apply(self, make_plan: Callable[[], Plan], grant: Iterable[str], progress: Progress) -> Applied:
        from automatosx_nb.host.environment import author
        from automatosx_nb.profile.planning import require_packages
        from automatosx_nb.profile.transaction import apply_plan

        grants = _normal(grant)

        def planned() -> Plan:
            progress(Step("resolve", 0.0, "choosing versions"))
            plan = make_plan()
            require_packages(plan)
            return plan

        def apply(plan: Plan) -> Applied:
            return apply_plan(
                self.profile,
                plan,
                registry=self.registry,
                grants=grants,
                permissions=self.permissions,
                check=self._try_out,
                author=author(),
                progress=progress,
            )

        return self._planned(planned, apply)

    def _planned(self, make_plan: Callable[[], Plan], apply: Callable[[Plan], Applied]) -> Applied:
        """Plan and apply; where another process changed the profile in between, plan again."""
        for attempt in range(REPLANS):
            plan = make_plan()
            try:
                applied = apply(plan)
            except PlanStale:
                if attempt == REPLANS - 1:
                    raise
                continue
            self.tell_changed()
            return applied
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _record_switch(self, new: Generation) -> None:
        """What is changed already is not undone because it cannot be written down: that is told, as for calls."""
        from automatosx_nb.host.surface import current_surface
        from automatosx_nb.model.switches import entries_of

        with self._told_if_unwritten():
            old = self.profile.generations.read(new.parent or 0)
            for kind, plugin, version, detail in entries_of(old, new, current_surface()):
                self.audit.add(kind, plugin, version, **detail)

    def _record_session(self, kind: str, entry: InstalledPlugin, texts: Iterable[str], held_for: str) -> None:
        """What no generation tells, as :meth:`_record_switch`."""
        from automatosx_nb.host.surface import current_surface

        detail = {"permissions": sorted(texts), "for": held_for, "surface": current_surface()}
        with self._told_if_unwritten():
            self.audit.add(kind, entry.id, entry.version, **detail)

    @contextmanager
    def _told_if_unwritten(self) -> Iterator[None]:
        try:
            yield
        except AutomatosxError as error:
            sys.__stderr__ and sys.__stderr__.write(f"automatosx_nb: the audit log: {error}\n")

    def _try_out(self, package: Package, grants: tuple[str, ...]) -> None:
        from automatosx_nb.host.programs import program_of

        self.sandbox.start(program_of(package, grants), self.settings.limits).stop()

    def tell_changed(self) -> None:
        """Call every listener: what is installed changed, here or by another process."""
        for listener in list(self._listeners):
            listener()


def working_folder() -> Path | None:
    """Where this process is now; None where that was deleted."""
    try:
        return Path.cwd()
    except OSError:
        return None


def _normal(permissions: Iterable[str]) -> tuple[str, ...]:
    """:raises InvalidPermission:"""
    from automatosx_nb.model.permissions import Permission

    return tuple(str(Permission.parse(text)) for text in permissions)


def default_profile_folder() -> Path:
    """The profile of the user, or of ``AUTOMATOSX_HOME``."""
    return default_home() / "profile"


def _artifact(path: Path) -> bytes:
    """An ``.axp`` file's bytes, or those that a plugin's folder is built into."""
    from automatosx_nb.files import storage_errors
    from automatosx_nb.package import build

    with storage_errors(path):
        return build(path) if path.is_dir() else path.read_bytes()


def open_registry(home: Path | None = None, sandbox: Sandbox | None = None) -> Registry:
    """The embedded registry of ``home``, with the bundled plugins published into it."""
    from automatosx_nb import catalog
    from automatosx_nb.registry.catalog import publish_folder_tree
    from automatosx_nb.registry.service import EmbeddedRegistry
    from automatosx_nb.sandbox.supervisor import Sandbox

    checker = sandbox or Sandbox()
    registry = EmbeddedRegistry((home or default_home()) / "registry", sandbox=checker)
    publish_folder_tree(registry, catalog.ROOT)
    if sandbox is None:
        checker.close()  # it starts again when something is published
    return registry


_current: dict[Path, Marketplace] = {}


def current() -> Marketplace:
    """This process's marketplace for the home that the environment names, with the running application's config."""
    home = default_home()
    if home not in _current:
        _current[home] = Marketplace(config=_application_config())
    return _current[home]


def _application_config() -> Any:
    from traitlets.config import Application

    return Application.instance().config if Application.initialized() else None
