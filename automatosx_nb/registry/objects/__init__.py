"""Bytes under names: in a folder, or in an object store that many nodes share."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from automatosx_nb.errors import InvalidConfiguration
from automatosx_nb.registry.objects.folder import Folder
from automatosx_nb.registry.objects.port import Objects, Stored

_SHARED = ("s3", "s3a", "gs", "az", "azure", "abfs", "abfss")
_VALID = "'file:///folder', 's3://bucket/prefix', 'gs://bucket/prefix' or 'az://container/prefix'"
_SETTING = "the URL of the artifacts' store"


def open_objects(url: str) -> Objects:
    """The store at ``url``; a folder is made with the first write.

    Where it is reached and with whose credentials, the environment says, as for the provider's own tools:
    ``AWS_…``, ``GOOGLE_…`` and ``AZURE_…`` variables (developmentseed.org/obstore).

    :raises InvalidConfiguration: it is no such URL, or what it takes is not installed.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path.strip("/"):
        return Folder(Path(unquote(parts.path)))
    if parts.scheme not in _SHARED or not parts.netloc:
        raise InvalidConfiguration(_SETTING, f"{parts.scheme or 'it'} names no store; valid is {_VALID}")
    if parts.query or parts.username is not None:
        raise InvalidConfiguration(_SETTING, "credentials and options go into environment variables, not into the URL")
    try:
        from automatosx_nb.registry.objects.shared import SharedStore
    except ImportError as error:
        reason = "it takes a library that is not installed: pip install 'automatosx-nb[server]'"
        raise InvalidConfiguration(_SETTING, reason) from error
    return SharedStore(url)


__all__ = ["Folder", "Objects", "Stored", "open_objects"]
