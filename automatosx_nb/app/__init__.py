"""The composition root: the one place that knows which room gets which.

Importing this imports none of the rooms; each is opened when it is first needed (``rooms``), since a kernel that only
runs cells should not pay for a database.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automatosx_nb.app.granting import normal
from automatosx_nb.app.notebooks import InNotebooks
from automatosx_nb.app.projects import leading_to
from automatosx_nb.home import default_home
from automatosx_nb.model.progress import Progress, silent

if TYPE_CHECKING:
    from traitlets.config import Config

    from automatosx_nb.errors import ArtifactFault, AutomatosxError
    from automatosx_nb.host.settings import PluginSettings
    from automatosx_nb.model.compatibility import Mismatch, Needs
    from automatosx_nb.model.consent import GrantScope
    from automatosx_nb.model.gate import Step
    from automatosx_nb.model.generation import Channel, InstalledPlugin
    from automatosx_nb.model.inspection import Observation
    from automatosx_nb.model.lockfile import Lockfile
    from automatosx_nb.model.plan import Applied, Plan
    from automatosx_nb.model.release import CheckResult, PluginDetail, PublishReport, SearchPage, Stage
    from automatosx_nb.model.screenshots import ShownPicture
    from automatosx_nb.package import Collected, Package
    from automatosx_nb.profile.planning import Wishes
    from automatosx_nb.profile.saved import SavedState

LOCKFILE = "automatosx.lock"
"""Where a lock is written and read unless told, in the working directory."""


class Marketplace(InNotebooks):
    """Everything that a surface does, for one profile and one registry. Synchronous; raises errors of ours only.

    :param profile: the profile's folder; default: ``AUTOMATOSX_HOME``, else the user's data folder.
    :param registry: default: the one embedded in the same home, which starts with the bundled plugins.
    :param config: a traitlets ``Config``; what the files say comes before it.
    """

    # --- discovery

    def search(self, text: str = "", *, runs_here: bool = False, **filters: Any) -> SearchPage:
        """``filters`` are the other fields of :class:`~automatosx_nb.model.release.SearchQuery`; ``runs_here``: only
        what is compatible with this environment."""
        from automatosx_nb.model.release import SearchQuery

        if runs_here:
            from automatosx_nb.host.environment import surroundings

            filters["compatible"] = surroundings()
        return self.registry.search(SearchQuery(text, **filters))

    def info(self, plugin: str) -> PluginDetail:
        """:raises UnknownPlugin: with the nearest ids.
        :raises PluginQuarantined: all of it is.
        """
        from automatosx_nb.profile.details import shown_by

        return shown_by(self.registry, plugin)

    def known(self, plugin: str) -> tuple[PluginDetail, AutomatosxError | None]:
        """What :meth:`info` says; of an installed plugin, where that says nothing, what the store knows, and why.

        Raises as :meth:`info` does, of what is not installed.
        """
        from automatosx_nb.errors import AutomatosxError
        from automatosx_nb.profile.details import detail_of

        try:
            return self.info(plugin), None
        except AutomatosxError as error:
            entry = self.profile.current().plugins.get(plugin)
            if entry is None:
                raise
            return detail_of(self.profile.package(entry), verified=entry.verified, signer=entry.signer), error

    def screenshots(self, plugin: str, version: str) -> tuple[tuple[ShownPicture, bytes], ...]:
        """What a release shows of itself, each with its bytes; what is not what it was said to be is left out.

        :raises UnknownPlugin:
        :raises UnknownRelease:
        """
        shown = self.registry.screenshots(plugin, version)
        found = ((each, self.registry.picture(plugin, version, each)) for each in shown)
        return tuple((each, data) for each, data in found if data is not None)

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

    def installed_plugin(self, plugin: str) -> InstalledPlugin:
        """:raises NotInstalled: with the nearest ids."""
        from automatosx_nb.profile.changes import installed_entry

        return installed_entry(self.profile.current(), plugin)

    def plugin_settings(self, plugin: str) -> PluginSettings:
        """Raises as :meth:`installed_plugin` does."""
        from automatosx_nb.host.recording import record_setting
        from automatosx_nb.host.settings import PluginSettings

        entry = self.installed_plugin(plugin)

        def changed(name: str) -> None:
            record_setting(self.audit, entry, name)
            self.tell_changed()

        return PluginSettings(entry, self.profile.settings, lambda: self.configured_settings, on_change=changed)

    def plugin_state(self, plugin: str) -> SavedState:
        """What an installed plugin has saved. Raises as :meth:`installed_plugin` does."""
        from automatosx_nb.profile.saved import SavedState

        return SavedState(self.profile, self.installed_plugin(plugin), self.audit.add)

    # --- plans: what would change

    def plan(self, plugin: Wishes | None = None, wish: str = "", *, prereleases: bool = False) -> Plan:
        """What :meth:`install` of ``plugin`` would change; without one, what :meth:`update` of everything would.

        The plan's ``tree()``, ``why(id)`` and ``held_back`` say why it is so and not otherwise.
        """
        if plugin is None:
            return self.plan_update(prereleases=prereleases)
        return self.plan_install(plugin, wish, prereleases=prereleases)

    def plan_install(
        self, plugin: Wishes, wish: str = "", *, prereleases: bool = False, channel: Channel | None = None
    ) -> Plan:
        current = self.profile.current()
        return self._planner.install(current, plugin, wish, prereleases=prereleases, channel=channel)

    def plan_update(
        self,
        *plugins: str,
        prereleases: bool = False,
        grant: Iterable[str] | None = None,
        channel: Channel | None = None,
        most: Step | None = None,
    ) -> Plan:
        """Without ids: for everything that is installed.

        :param grant: hold back what asks for more than this; None: plan it, and what it asks for.
        :param channel: that of these plugins from then on; None: as it is.
        :param most: hold back what is more than such a step.
        """
        return self._planner.update(
            self.profile.current(),
            plugins,
            prereleases=prereleases,
            grants=None if grant is None else normal(grant),
            channel=channel,
            most=most,
        )

    def plan_remove(self, plugin: str) -> Plan:
        return self._planner.remove(self.profile.current(), plugin)

    def plan_sync(self, path: Path | str = LOCKFILE) -> Plan:
        """To exactly what the lockfile at ``path`` says. Raises as :meth:`sync` does."""
        return self._plan_sync(Path(path), self._read_lock(path))

    # --- changes

    def install(
        self,
        plugin: Wishes,
        wish: str = "",
        *,
        prereleases: bool = False,
        channel: Channel | None = None,
        grant: Iterable[str] = (),
        scope: GrantScope = "profile",
        trust: Iterable[str] = (),
        progress: Progress = silent,
    ) -> Applied:
        """Install a plugin and what it requires, or change its version; several of them in one change, or none of them.
        An artifact that was damaged comes again.

        :param plugin: its id; of several a mapping of ids to wishes, as in ``{"acme.a": "^1.0", "acme.b": ""}``.
        :param wish: a range, or one exact version.
        :param prereleases: choose among prereleases and betas too.
        :param channel: which releases updates choose among from then on; None: as it is.
        :param grant: the permissions that the user agreed to.
        :param scope: for how long; those for a session or one call are of this process, and no generation has them.
        :param trust: plugins that the user takes although somebody else may stand behind them than before.
        :raises ConsentRequired: it asks for more than that; nothing was changed.
        :raises PublisherChanged: somebody else may stand behind what is installed already; nothing was changed.
        :raises NotForOneCall:
        """

        def plan() -> Plan:
            return self.plan_install(plugin, wish, prereleases=prereleases, channel=channel)

        again = self._bring_again((plugin,) if isinstance(plugin, str) else plugin, progress)
        return replace(self._apply(plan, grant, progress, scope, trust), brought_again=again)

    def update(
        self,
        *plugins: str,
        prereleases: bool = False,
        channel: Channel | None = None,
        grant: Iterable[str] = (),
        scope: GrantScope = "profile",
        trust: Iterable[str] = (),
        progress: Progress = silent,
    ) -> Applied:
        """Raises as :meth:`install` does; nothing to update is no error.

        Without ids: everything, and what asks for more than was granted is held back while the rest is updated.
        """
        grants = tuple(grant)
        enough = None if plugins else grants

        def plan() -> Plan:
            return self.plan_update(*plugins, prereleases=prereleases, grant=enough, channel=channel)

        return self._apply(plan, grants, progress, scope, trust)

    def remove(self, plugin: str, *, progress: Progress = silent) -> Applied:
        """:raises NotInstalled:
        :raises StillRequired: by another installed plugin.
        """
        return self._apply(lambda: self.plan_remove(plugin), (), progress)

    def lock(self, path: Path | str = LOCKFILE) -> Lockfile:
        """Write what is installed to a lockfile, from which :meth:`sync` makes another profile the same.

        A file that says so already is left untouched.

        :raises NotALockfile: the file is something else.
        :raises LockfileTooNew:
        """
        from automatosx_nb.profile.lockfile import write_lock

        if self.project is not None and Path(path).absolute() == self.project.lock:
            return self.lock_project()
        lock = self.lockfile()
        write_lock(Path(path), lock)
        return lock

    def lock_path(self) -> Path:
        """Where a lock is written and read unless told: the project's, else one in the working folder."""
        return Path(LOCKFILE) if self.project is None else self.project.lock

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
        project = self.project
        to_the_projects = project is not None and Path(path).absolute() == project.lock
        before = project.digest() if project is not None else ""
        lock = self._read_lock(path)
        if grants_digest == lock.grants_digest:
            grant = [*grant, *(each for locked in lock.plugins.values() for each in locked.grants)]
        with leading_to(before) if to_the_projects else nullcontext():
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

    def publish(
        self, source: Path | str | bytes, *, stage: Stage | None = None, signature: bytes | None = None
    ) -> PublishReport:
        """Publish an artifact (its bytes, or an ``.axp`` file) or a plugin's folder; as ``stable`` unless told.

        :param signature: a detached one of the artifact.

        :raises NotAnArchive:
        :raises PublishRefused: with everything that is wrong with the folder, the archive, the manifest and the rest;
            as ReleaseExists or VersionUsed where the version is taken.
        """
        from automatosx_nb.model.release import Stage

        data, faults = (source, ()) if isinstance(source, bytes) else _collected(Path(source))
        if faults:
            from automatosx_nb.package import examine
            from automatosx_nb.registry.unreadable import refusal

            raise refusal(self._checked(data, faults), examine(data).manifest)
        return self.registry.publish(data, stage=stage or Stage.STABLE, signature=signature)

    def check(self, source: Path | str) -> tuple[CheckResult, ...]:
        """What :meth:`publish` of an artifact or a folder would find; nothing is published."""
        return self._checked(*_collected(Path(source)))

    def _checked(self, data: bytes, faults: Sequence[ArtifactFault]) -> tuple[CheckResult, ...]:
        """With the ``faults`` of a folder, what can be said of the artifact that would be without them."""
        from automatosx_nb.registry import unreadable

        return (*unreadable.faults(faults), *(self.registry.check(data) if data else ()))

    # --- what plugins may do, and what they did

    def built(self, source: Path | str) -> Package:
        """An artifact's or a folder's package. Raises as :meth:`check` does."""
        from automatosx_nb.package import read

        return read(_collected(Path(source)).sound(str(source)), name=str(source))

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

    # --- inside

    def _read_lock(self, path: Path | str) -> Lockfile:
        from automatosx_nb.profile.lockfile import read_lock

        return read_lock(Path(path))

    def _plan_sync(self, path: Path, lock: Lockfile) -> Plan:
        return self._planner.sync(self.profile.current(), lock, self.profile.store, str(path), self._pin)


def _collected(path: Path) -> Collected:
    """An ``.axp`` file's bytes, or those of a folder, and what that has which cannot be in an artifact."""
    from automatosx_nb.files import storage_errors
    from automatosx_nb.package import Collected, collect

    with storage_errors(path):
        return collect(path) if path.is_dir() else Collected(path.read_bytes(), ())


_current: dict[Path, Marketplace] = {}


def current() -> Marketplace:
    """This process's marketplace for the home that the environment names, with the running application's config."""
    home = default_home()
    if home not in _current:
        _current[home] = Marketplace(config=_application_config())
    return _current[home]


def _application_config() -> Config | None:
    from traitlets.config import Application

    return Application.instance().config if Application.initialized() else None
