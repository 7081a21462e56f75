"""What the user keeps for this plugin alone, as a token of a service. Needs ``secrets:<name>`` for each.

A value is for the one use that it is read for: keep it in no storage, log or result.
"""

from __future__ import annotations

from typing import cast

from automatosx_nb.sdk import _wire


def get(name: str) -> str:
    """The value.

    :raises CapabilityFailed: ``type_name`` is ``SecretNotSet`` where the user has set none; the text says how to.
    """
    if not isinstance(name, str):
        raise TypeError(f"a secret's name is a str, not {type(name).__name__}")
    return cast("str", _wire.ask("secrets", "get", name))
