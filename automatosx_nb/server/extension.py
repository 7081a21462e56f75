"""What Jupyter loads: ``routes``, and the registry behind them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_server.extension.application import ExtensionApp
from jupyter_server.utils import url_path_join
from traitlets import Bool, Int, Set, Unicode

from automatosx_nb.errors import InvalidConfiguration
from automatosx_nb.model.bridging import BridgePolicy
from automatosx_nb.server.handlers import API
from automatosx_nb.server.identity import DEPLOYMENT, Deployment
from automatosx_nb.server.keeping import is_kept_here
from automatosx_nb.server.routes import rules
from automatosx_nb.server.shelf import Shelf
from automatosx_nb.server.slim import SETTING, Slim

if TYPE_CHECKING:
    from automatosx_nb.config import Settings
    from automatosx_nb.model.ports import Registry
    from automatosx_nb.model.publishing import PublishPolicy
    from automatosx_nb.model.review import ReviewPolicy
    from automatosx_nb.sandbox.limits import Limits
    from automatosx_nb.sandbox.supervisor import Sandbox


class AutomatosxExtension(ExtensionApp):
    """Serves the registry that the same user's kernels use."""

    name = "automatosx_nb"
    app_name = "automatosx"
    description = "Serves the plugin registry: pages under /automatosx/, REST under /automatosx/api/v1."
    extension_url = "/automatosx/"
    default_url = "/automatosx/"
    load_other_extensions = True

    home = Unicode(
        "",
        config=True,
        help="Folder of the registry. Default: in AUTOMATOSX_HOME, else in this user's data folder.",
    )

    shared = Bool(
        False,
        config=True,
        help="Others than this server's user ask this registry: each may do what members and roles say, and no more.",
    )
    admins = Set(
        Unicode(), config=True, help="Names of users who administer a shared registry, whatever roles it has itself."
    )

    search_processes = Int(
        0,
        min=0,
        config=True,
        help="Processes that do nothing but search, each with its own index; 0: the server searches itself.",
    )

    def initialize_settings(self) -> None:
        self.settings[DEPLOYMENT] = Deployment(self.shared, frozenset(self.admins))
        self.settings["automatosx_shelf"] = Shelf(self._open_registry)
        self.settings["automatosx_settings"] = cache(self._load_settings)
        self._follow_activity()
        self._bridge_buses()

    def initialize_handlers(self) -> None:
        shelf = self.settings["automatosx_shelf"]
        self.handlers.extend(rules(shelf))
        if self.serverapp is not None:
            application = self.serverapp.web_app
            Slim(shelf, url_path_join(application.settings["base_url"], API)).attach(application)

    async def stop_extension(self) -> None:
        if SETTING in self.settings:
            await self.settings[SETTING].close()
        self.settings["automatosx_shelf"].close()
        if "automatosx_sandbox" in self.settings:
            self.settings["automatosx_sandbox"].close()
        for feed in ("automatosx_activity", "automatosx_bridge"):
            if feed in self.settings:
                self.settings[feed].close()

    def _follow_activity(self) -> None:
        """Tell the server's event logger what becomes of the user's plugins."""
        from automatosx_nb.app.rooms import default_profile_folder
        from automatosx_nb.host.audit import Audit
        from automatosx_nb.server.activity import SCHEMA, ActivityFeed
        from automatosx_nb.server.marketplace_events import schemas

        events = self.serverapp.event_logger if self.serverapp else None
        if events is None or self.serverapp is None:
            return
        events.register_event_schema(SCHEMA)
        for schema in schemas():
            events.register_event_schema(schema)
        feed = ActivityFeed(
            Audit(default_profile_folder() / "audit.sqlite3"),
            events.emit,
            lambda error: self.log.warning("the audit log's events end: %s", error),
        )
        self.settings["automatosx_activity"] = feed
        self.serverapp.io_loop.add_callback(feed.start)

    def _bridge_buses(self) -> None:
        """Let cross what policy names, between the server's event logger and the buses of the user's kernels."""
        from automatosx_nb.app.rooms import open_spool
        from automatosx_nb.errors import AutomatosxError
        from automatosx_nb.server.bridging import SCHEMA, ServerBridge

        events = self.serverapp.event_logger if self.serverapp else None
        if events is None or self.serverapp is None:
            return
        events.register_event_schema(SCHEMA)

        def end(error: AutomatosxError) -> None:
            self.log.warning("no events cross between this server and kernels: %s", error)

        try:
            settings: Settings = self.settings["automatosx_settings"]()
        except AutomatosxError as error:
            end(error)
            return
        if settings.bridge == BridgePolicy():
            return
        bridge = ServerBridge(open_spool(settings.home), settings.bridge, settings.bus, events.emit, end)
        if settings.bridge.from_server:
            events.register_handler(bridge.to_kernels)
        self.settings["automatosx_bridge"] = bridge
        self.serverapp.io_loop.add_callback(bridge.start)

    def _load_settings(self) -> Settings:
        """:raises InvalidConfiguration: plans are refused then; what is only read is still served."""
        from automatosx_nb.config import load_settings

        return load_settings(self.serverapp.config if self.serverapp else None)

    def _open_registry(self) -> Registry:
        registry = self._opened()
        if self.search_processes and is_kept_here(registry):
            kept: Any = registry
            kept.search_apart(self.search_processes)
        return registry

    def _opened(self) -> Registry:
        if self.home:
            from automatosx_nb.registry.service import EmbeddedRegistry

            return EmbeddedRegistry(
                Path(self.home),
                sandbox=self._sandbox(),
                policy=self._publishing,
                review=self._review,
                limits=self._limits,
            )
        from automatosx_nb.app.rooms import open_registry

        return open_registry(sandbox=self._sandbox(), review=self._review, policy=self._publishing, limits=self._limits)

    def _sandbox(self) -> Sandbox:
        """Where plugins that are published here are started; where no settings can be read, none is published."""
        from automatosx_nb.sandbox.supervisor import Sandbox

        try:
            required = self.settings["automatosx_settings"]().required_layers
        except InvalidConfiguration:
            required = ()
        self.settings["automatosx_sandbox"] = Sandbox(required=required)
        sandbox: Sandbox = self.settings["automatosx_sandbox"]
        return sandbox

    def _publishing(self) -> PublishPolicy:
        policy: PublishPolicy = self.settings["automatosx_settings"]().publishing
        return policy

    def _limits(self) -> Limits:
        limits: Limits = self.settings["automatosx_settings"]().limits
        return limits

    def _review(self) -> ReviewPolicy:
        policy: ReviewPolicy = self.settings["automatosx_settings"]().review
        return policy
