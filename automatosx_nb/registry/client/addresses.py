"""Addresses of mirrors: ``file:///srv/mirror``, ``https://host/mirror/mirror.json``, either with ``#sha256=…``.

A person may write the path of one in place of its address: ``./mirror``, ``~/demo.axbundle``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from automatosx_nb.model.urls import parse_url

ROOT = "mirror.json"
"""The file of a mirror that names all others."""
BUNDLE_SUFFIX = ".axbundle"
_PIN = "sha256="
_PATH = re.compile(r"(\.{0,2}|~[^/\\]*)[/\\]|[A-Za-z]:[/\\]")
"""How a path begins that is not taken for a host: at the root, here, above, at home, on a drive."""
_VALID = "a mirror's address is file:/// and the path from the root on, or https://host/path/mirror.json"


@dataclass(frozen=True, slots=True)
class MirrorAddress:
    """``path``: on this computer; else ``url``, without ``mirror.json``. ``pin``: that one's SHA-256; empty: any."""

    path: Path | None
    url: str
    pin: str


def address_of_path(text: str) -> str:
    """``text`` as an address where it is the path of a mirror, seen from the working folder; else as it is.

    :raises ValueError: it begins with the home of somebody who is not known here.
    """
    path, mark, pin = text.strip().partition(f"#{_PIN}")
    bundle = path.endswith(BUNDLE_SUFFIX) and "://" not in path
    if not (bundle or _PATH.match(path)) or path.startswith("file:"):
        return text
    try:
        return Path(path).expanduser().resolve().as_uri() + mark + pin
    except RuntimeError as error:
        raise ValueError(str(error)) from error


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
