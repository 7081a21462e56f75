"""What the manifest lists under ``[permissions.optional]``, asked for when it is first needed."""

from __future__ import annotations

from typing import cast

from automatosx_nb.sdk import _wire


def request(permission: str) -> bool:
    """Have whoever called the plugin asked for an optional permission, unless it is held already.

    :returns: whether it holds in this call; False for a library that was granted just now: it is there from the
        next call on.
    :raises PermissionDenied: it was refused, now or earlier in the session, or nobody can be asked.
    :raises CapabilityFailed: ``type_name`` is ``PermissionNotOptional`` where the manifest does not list it, and
        ``InvalidPermission`` where it is none.
    """
    return cast("bool", _wire.ask("permissions", "request", _text(permission)))


def held(permission: str) -> bool:
    """Whether it holds in this call. Nobody is asked."""
    return cast("bool", _wire.ask("permissions", "held", _text(permission)))


def _text(permission: object) -> str:
    if not isinstance(permission, str):
        raise TypeError(f"a permission is a str, not {type(permission).__name__}")
    return permission
