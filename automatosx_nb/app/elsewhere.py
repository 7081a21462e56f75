"""Registries that are elsewhere, as configuration names them: other computers', and mirrors of those."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from automatosx_nb.errors import InvalidConfiguration

if TYPE_CHECKING:
    from automatosx_nb.config.registry import Connection
    from automatosx_nb.model.ports import Registry

TOKEN_VARIABLE = "AUTOMATOSX_REGISTRY_TOKEN"  # noqa: S105 - its name
TOKEN_FILE_VARIABLE = "AUTOMATOSX_REGISTRY_TOKEN_FILE"  # noqa: S105 - its name
"""Names a file with the token, as containers are given their secrets."""


def open_elsewhere(connection: Connection, cache: Path, address: str) -> Registry:
    """The registry, or the mirror, at ``address``, which is one of those that configuration names.

    :param cache: a folder for the caches of all registries.

    Raises as the two below do.
    """
    from automatosx_nb.registry.client.addresses import is_mirror_address

    if is_mirror_address(address):
        return _open_mirror(connection, address)
    return _open_remote(connection, cache, address)


def _open_remote(connection: Connection, cache: Path, address: str) -> Registry:
    """The registry of another computer: the one at ``address``, among those that configuration names.

    :raises InvalidConfiguration:
    """
    from automatosx_nb.registry.client.remote import RemoteRegistry

    first = address == connection.address
    file = next((file for said, file in connection.token_files.items() if said.rstrip("/") == address.rstrip("/")), "")
    return RemoteRegistry(
        address,
        cache,
        token=_registry_token() if first else _token_in(file, "c.RegistryConnection.token_files"),
        mirrors=connection.mirrors if first else (),
        limits=connection.limits,
        ca_file=connection.ca_file,
        proxy=connection.proxy,
    )


def _open_mirror(connection: Connection, address: str) -> Registry:
    """The mirror at an address that configuration names; nobody's token is sent there.

    :raises NotAMirror:
    :raises MirrorDamaged:
    :raises MirrorExpired: policy refuses it.
    """
    from automatosx_nb.registry.client.addresses import parse_mirror_address
    from automatosx_nb.registry.client.static import StaticRegistry
    from automatosx_nb.registry.client.static_files import WebFiles, open_files
    from automatosx_nb.registry.client.transport import Transport

    where = parse_mirror_address(address)
    if where.path is not None:
        return StaticRegistry(open_files(where.path), pin=where.pin, refuse_expired=connection.refuse_expired)
    transport = Transport(
        where.url, below="/", limits=connection.limits, ca_file=connection.ca_file, proxy=connection.proxy
    )
    return StaticRegistry(WebFiles(transport), pin=where.pin, refuse_expired=connection.refuse_expired)


def _registry_token() -> str:
    """:raises InvalidConfiguration: the file that is named cannot be read."""
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    return token or _token_in(os.environ.get(TOKEN_FILE_VARIABLE, ""), TOKEN_FILE_VARIABLE)


def _token_in(file: str, setting: str) -> str:
    """Empty where no file is named.

    :raises InvalidConfiguration: it cannot be read.
    """
    if not file:
        return ""
    try:
        return Path(file).expanduser().read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidConfiguration(setting, f"{file} cannot be read: {error}") from error
