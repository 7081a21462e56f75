"""``jupyter automatosx serve``: from configuration to a process that listens, and from SIGTERM to its end."""

from __future__ import annotations

import asyncio
import logging
import signal
import ssl
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlunsplit

from jupyter_server.base.handlers import FileFindHandler
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from automatosx_nb.errors import AutomatosxError, InvalidConfiguration
from automatosx_nb.model.release import SearchQuery
from automatosx_nb.server.handlers import API
from automatosx_nb.server.identity import Deployment
from automatosx_nb.server.routes import rules
from automatosx_nb.server.shelf import Shelf
from automatosx_nb.server.slim import Slim
from automatosx_nb.server.standalone import identity
from automatosx_nb.server.standalone.application import RegistryApplication
from automatosx_nb.server.standalone.logs import write_json_lines
from automatosx_nb.server.standalone.opening import open_served
from automatosx_nb.server.standalone.probes import FrontDoor, LiveHandler, MetricsHandler, ReadyHandler
from automatosx_nb.server.standalone.visitors import Proxies, Visitors

if TYPE_CHECKING:
    import socket

    from jupyter_server.auth import IdentityProvider
    from traitlets.config import Config

    from automatosx_nb.config import Settings
    from automatosx_nb.config.serving import Serving
    from automatosx_nb.server.routes import Rule

LOG = logging.getLogger("automatosx.server")
_POLL_S = 0.05
FRAMED_BY = "frame-ancestors 'self'"
"""Jupyter's own policy, without the path for reports that only a Jupyter server has."""


class Server:
    """One process. Everything is opened by :meth:`run`, and closed before that returns."""

    def __init__(self, settings: Settings, config: Config) -> None:
        """:param config: what else was configured: the identity provider's and the authorizer's own sections."""
        self._settings = settings
        self._serving = settings.server
        self._config = config
        self._ending = asyncio.Event()

    async def run(self, listening: Callable[[str], object]) -> None:
        """:param listening: is told the address when the first request can come.
        :raises AutomatosxError: it cannot be opened, or its port is taken.
        """
        from automatosx_nb.sandbox.supervisor import Sandbox

        sandbox = Sandbox(required=self._settings.required_layers)
        shelf = Shelf(
            lambda: open_served(self._settings, sandbox), most=self._serving.waiting, longest_s=self._serving.answer_s
        )
        try:
            await self._serve(shelf, listening)
        finally:
            shelf.close()
            sandbox.close()

    def end(self) -> None:
        """Stop taking requests, answer those that are there, and return from :meth:`run`."""
        self._ending.set()

    async def _serve(self, shelf: Shelf, listening: Callable[[str], object]) -> None:
        await shelf.probe(lambda _registry: None)  # a database that cannot be opened ends it here
        application = self._application(shelf)
        slim = Slim(shelf, self._serving.base_url.rstrip("/") + API)
        application.attach(slim)
        server = HTTPServer(
            application,
            ssl_options=_tls(self._serving),
            max_body_size=self._serving.body_mb << 20,
            idle_connection_timeout=self._serving.idle_s,
            body_timeout=self._serving.body_s,
        )
        sockets = _bound(self._serving)
        server.add_sockets(sockets)
        warming = asyncio.create_task(shelf.probe(lambda registry: registry.search(SearchQuery(size=1))))
        address = _address(self._serving, sockets[0])
        LOG.info("listening at %s", address, extra={"fields": {"address": address}})
        listening(address)
        try:
            await self._ending.wait()
            LOG.info("ending: no further connection is taken")
            server.stop()
            await self._drain(application)
        finally:
            warming.cancel()
            with suppress(asyncio.CancelledError, AutomatosxError):
                await warming
            await server.close_all_connections()
            await slim.close()

    async def _drain(self, application: RegistryApplication) -> None:
        """Wait for what is in flight, and for ``shutdown_s`` at most; whoever keeps a connection is told to let go."""
        application.settings["headers"]["Connection"] = "close"
        loop = asyncio.get_running_loop()
        until = loop.time() + self._serving.shutdown_s
        while application.in_flight and loop.time() < until:
            await asyncio.sleep(_POLL_S)
        if application.in_flight:
            LOG.warning("%d requests were not finished in time", len(application.in_flight))

    def _application(self, shelf: Shelf) -> RegistryApplication:
        serving, config = self._serving, self._config
        provider = identity.identity_provider(serving, config)
        _tell_token(provider)
        return RegistryApplication(
            _under(serving.base_url, served(shelf, provider)),
            proxies=Proxies(serving.trusted_proxies),
            visitors=Visitors(serving.per_address, serving.per_token),
            waiting=lambda: shelf.asked,
            automatosx_deployment=Deployment(shared=True, admins=frozenset(serving.admins)),
            automatosx_ending=self._ending.is_set,
            automatosx_settings=lambda: self._settings,
            automatosx_shelf=shelf,
            identity_provider=provider,
            authorizer=identity.authorizer(serving, config, provider),
            cookie_secret=identity.cookie_secret(serving),
            **_of_jupyter(serving.base_url, config),
        )


def _tell_token(provider: IdentityProvider) -> None:
    """A token that this process made for itself: to a person who watches, and to no log."""
    if not (provider.token and provider.token_generated):
        return
    if sys.stdout.isatty():
        sys.stdout.write(f"The token of this process: {provider.token}\n")
    else:
        LOG.warning("nobody knows the token of this process: set JUPYTER_TOKEN or c.IdentityProvider.token")


def served(shelf: Shelf, provider: IdentityProvider) -> list[Rule]:
    """Every path, before a base URL is put in front; all others are 404. ``provider`` has pages to log in and out."""
    given = {"shelf": shelf}
    return [
        ("/healthz/live", LiveHandler, given),
        ("/healthz/ready", ReadyHandler, given),
        ("/metrics", MetricsHandler, given),
        *rules(shelf),
        *_pages(provider),
        ("/", FrontDoor, {}),
    ]


def _pages(provider: Any) -> list[Rule]:
    return [(pattern, handler, {}) for pattern, handler in provider.get_handlers()]


def _under(base_url: str, served: list[Rule]) -> list[Rule]:
    return [(base_url.rstrip("/") + pattern, handler, given) for pattern, handler, given in served]


def _of_jupyter(base_url: str, config: Config) -> dict[str, Any]:
    """What jupyter_server's handlers read of their application; its login page needs templates and static files."""
    from jinja2 import Environment, FileSystemLoader
    from jupyter_server import DEFAULT_STATIC_FILES_PATH, DEFAULT_TEMPLATE_PATH_LIST

    templates: Any = Environment(
        loader=FileSystemLoader(DEFAULT_TEMPLATE_PATH_LIST), extensions=["jinja2.ext.i18n"], autoescape=True
    )
    templates.install_null_translations()
    return {
        "base_url": base_url,
        "login_url": f"{base_url}login",
        "config": config,
        "serverapp": None,
        "allow_remote_access": True,
        "allow_unauthenticated_access": False,
        "xsrf_cookies": True,
        "xsrf_cookie_kwargs": {"path": base_url},
        "headers": {"Content-Security-Policy": FRAMED_BY},
        "jinja2_env": templates,
        "static_path": [DEFAULT_STATIC_FILES_PATH],
        "static_url_prefix": f"{base_url}static/",
        "static_handler_class": FileFindHandler,
        "static_handler_args": {"no_cache_paths": [f"{base_url}static/"]},
    }


def _tls(serving: Serving) -> ssl.SSLContext | None:
    """:raises InvalidConfiguration: that is no certificate, or not its key."""
    if not serving.certfile:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(serving.certfile, serving.keyfile or None)
    except (OSError, ssl.SSLError) as error:
        raise InvalidConfiguration(
            "c.RegistryServer.certfile", f"{serving.certfile} cannot be used: {error}"
        ) from error
    return context


def _bound(serving: Serving) -> list[socket.socket]:
    """:raises InvalidConfiguration: somebody else listens there, or nobody may."""
    try:
        return bind_sockets(serving.port, serving.address or None)
    except OSError as error:
        where = f"{serving.address or 'every address'}, port {serving.port}"
        how = "end what listens there, or name another port with --port (0: any that is free)"
        reason = f"{where} cannot be had ({error.strerror}): {how}"
        raise InvalidConfiguration("c.RegistryServer.port", reason) from error


def _address(serving: Serving, bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    name = f"[{host}]" if ":" in host else host
    return urlunsplit(
        ("https" if serving.certfile else "http", f"{name}:{port}", f"{serving.base_url}automatosx", "", "")
    )


def serve(settings: Settings, config: Config) -> None:
    """Until SIGTERM or SIGINT. The log goes to standard error, the address, alone, to standard output.

    :raises AutomatosxError: it cannot begin.
    """
    write_json_lines()
    asyncio.run(_until_told(settings, config))


async def _until_told(settings: Settings, config: Config) -> None:
    server = Server(settings, config)
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows: Ctrl+C ends it there, and not as gently
            loop.add_signal_handler(signum, server.end)
    await server.run(_say)


def _say(address: str) -> None:
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()
