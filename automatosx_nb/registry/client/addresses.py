"""Addresses of mirrors: ``file:///srv/mirror``, ``https://host/mirror/mirror.json``, either with ``#sha256=…``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from automatosx_nb.model.urls import parse_url

ROOT = "mirror.json"
"""The file of a mirror that names all others."""
_PIN = "sha256="
_VALID = "a mirror's address is file:/// and the path from the root on, or https://host/path/mirror.json"


@dataclass(frozen=True, slots=True)
class MirrorAddress:
    """``path``: on this computer; else ``url``, without ``mirror.json``. ``pin``: that one's SHA-256; empty: any."""

    path: Path | None
    url: str
    pin: str


def is_mirror_address(text: str) -> bool:
    parts = urlsplit(text.strip())
    return parts.scheme == "file" or parts.path.endswith(f"/{ROOT}")


def parse_mirror_address(text: str) -> MirrorAddress:
    """:raises ValueError: it is no address of one."""
    from urllib.request import url2pathname  # which brings an HTTP client along

    address, _, fragment = text.strip().partition("#")
    pin = fragment.removeprefix(_PIN)
    if fragment and (not fragment.startswith(_PIN) or len(pin) != 64 or set(pin) - set("0123456789abcdef")):
        raise ValueError("behind a mirror's '#' stands sha256= and 64 digits")
    parts = urlsplit(address)
    if parts.query or (parts.scheme == "file" and not (parts.path.startswith("/") and _is_here(parts.netloc))):
        raise ValueError(_VALID)
    if parts.scheme == "file":
        return MirrorAddress(Path(url2pathname(parts.path)), "", pin)
    return MirrorAddress(None, str(parse_url(address)).removesuffix(ROOT).rstrip("/"), pin)


def _is_here(host: str) -> bool:
    return host in ("", "localhost")
