"""The settings that the plugin's manifest declares under ``[contributes.settings]``. They need no permission."""

from __future__ import annotations

from typing import Any

from automatosx_nb.sdk import _wire


def get(name: str) -> Any:
    """The setting's value now: what the last layer says that has one, else the default; it always fits its schema.

    :raises CapabilityFailed: ``type_name`` is ``UnknownSetting`` where the manifest declares none of this name.
    """
    if not isinstance(name, str):
        raise TypeError(f"a setting's name is a str, not {type(name).__name__}")
    return _wire.ask("settings", "get", name)
