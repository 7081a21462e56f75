"""Addresses of mirrors: ``file:///srv/mirror``, ``file:///media/plugins.axbundle#sha256=…``."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

_PIN = "sha256="


def is_mirror_address(text: str) -> bool:
    return text.strip().lower().startswith("file:")


def parse_mirror_address(text: str) -> tuple[Path, str]:
    """A mirror's path, and the digest that is pinned: ``file:///srv/mirror#sha256=…``.

    :raises ValueError: it is no address of one.
    """
    from urllib.request import url2pathname  # which brings an HTTP client along

    parts = urlsplit(text.strip())
    pin = parts.fragment.removeprefix(_PIN)
    if parts.netloc not in ("", "localhost") or not parts.path.startswith("/") or parts.query:
        raise ValueError("a mirror's address is file:/// and the path from the root on")
    if parts.fragment and (not parts.fragment.startswith(_PIN) or len(pin) != 64 or set(pin) - set("0123456789abcdef")):
        raise ValueError("behind a mirror's '#' stands sha256= and 64 digits")
    return Path(url2pathname(parts.path)), pin
