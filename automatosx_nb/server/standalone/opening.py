"""The registry that a server serves: a database and an artifacts' store, by their URLs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automatosx_nb.config.serving import artifacts_of, database_of

if TYPE_CHECKING:
    from automatosx_nb.config import Settings
    from automatosx_nb.registry.service import EmbeddedRegistry
    from automatosx_nb.sandbox.supervisor import Sandbox


def open_served(settings: Settings, sandbox: Sandbox) -> EmbeddedRegistry:
    """The one that ``c.RegistryServer.db`` and ``blobs`` name; without them, the one of this user.

    :raises InvalidConfiguration: a URL is none, or there is no store to a database elsewhere.

    Raises besides as :class:`automatosx_nb.registry.database.Database` does.
    """
    from automatosx_nb.registry.service import EmbeddedRegistry

    database, blobs = database_of(settings.server, settings.home), artifacts_of(settings.server, settings.home)
    registry = EmbeddedRegistry.at(
        database,
        blobs,
        sandbox=sandbox,
        policy=lambda: settings.publishing,
        review=lambda: settings.review,
        limits=lambda: settings.limits,
    )
    if settings.server.bundled:
        from automatosx_nb import catalog
        from automatosx_nb.registry.catalog import publish_folder_tree

        publish_folder_tree(registry, catalog.ROOT)
    registry.search_apart(settings.server.search_processes)
    return registry
