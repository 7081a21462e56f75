"""The registry that a server serves: a database and an artifacts' store, by their URLs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from automatosx_nb.errors import InvalidConfiguration

if TYPE_CHECKING:
    from automatosx_nb.config import Settings
    from automatosx_nb.registry.service import EmbeddedRegistry
    from automatosx_nb.sandbox.supervisor import Sandbox


def open_served(settings: Settings, sandbox: Sandbox) -> EmbeddedRegistry:
    """The one that ``c.RegistryServer.db`` and ``blobs`` name; without them, the one of this user.

    :raises InvalidConfiguration:
    """
    from automatosx_nb.registry.service import EmbeddedRegistry

    home = folder_of(settings.server.db) if settings.server.db else settings.home / "registry"
    registry = EmbeddedRegistry(home, sandbox=sandbox)
    if settings.server.bundled:
        from automatosx_nb import catalog
        from automatosx_nb.registry.catalog import publish_folder_tree

        publish_folder_tree(registry, catalog.ROOT)
    return registry


def folder_of(url: str) -> Path:
    """Of ``sqlite:///folder``.

    :raises InvalidConfiguration:
    """
    parts = urlsplit(url)
    if parts.scheme != "sqlite" or parts.netloc or not parts.path.strip("/"):
        raise InvalidConfiguration("c.RegistryServer.db", f"{parts.scheme or 'no scheme'} is no database that is known")
    return Path(unquote(parts.path.removeprefix("/")))
