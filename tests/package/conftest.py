from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = """\
schema = 1

[plugin]
id = "acme.hello"
version = "0.1.0"
summary = "Says hello."
license = "MIT"
authors = [{ name = "Ada" }]
categories = ["education"]
main = "hello"

[requires]
automatosx = "*"

[[contributes.magics]]
name = "hello"
handler = "hello.say:hello"
"""

Files = Mapping[str, bytes]


@pytest.fixture
def manifest_text() -> str:
    return MANIFEST


@pytest.fixture
def plugin_files() -> dict[str, bytes]:
    """The least that a plugin with a magic is made of, and a few things more."""
    return {
        "CHANGELOG.md": b"# 0.1.0\n\nFirst.\n",
        "LICENSE": b"MIT\n",
        "README.md": "# Hello\n\nSagt «Grüß Gott».\n".encode(),
        "docs/guide/start.md": b"Start here.\n",
        "icon.svg": b"<svg/>",
        "plugin.toml": MANIFEST.encode(),
        "src/hello/__init__.py": b"",
        "src/hello/greetings.json": b'["hello"]',
        "src/hello/say.py": b"def hello():\n    return 'hello'\n",
    }


@pytest.fixture
def plugin_folder(tmp_path: Path, plugin_files: Files) -> Path:
    folder = tmp_path / "hello"
    write_files(folder, plugin_files)
    return folder


def write_files(folder: Path, files: Files) -> None:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


@pytest.fixture
def write_folder() -> Callable[[Path, Files], None]:
    return write_files


@pytest.fixture
def zip_of() -> Callable[[Files], bytes]:
    """An archive as Python's own zipfile writes it."""

    def make(files: Files) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, content in files.items():
                archive.writestr(path, content)
        return buffer.getvalue()

    return make


@pytest.fixture
def craft() -> Callable[..., bytes]:
    """An archive written byte by byte, so that every field can lie."""
    return craft_archive


def entry(name: str | bytes, content: bytes = b"", **lies: Any) -> dict[str, Any]:
    raw = name.encode() if isinstance(name, str) else name
    body = deflate(content)
    honest: dict[str, Any] = {
        "raw": raw,
        "body": body,
        "flags": 0 if raw.isascii() else 0x800,
        "method": 8,
        "crc": zlib.crc32(content),
        "compressed": len(body),
        "inflated": len(content),
        "mode": 0o100644,
        "attributes": 0,
        "extra": b"",
        "local": {},
    }
    return {**honest, **lies}


def deflate(content: bytes) -> bytes:
    deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflater.compress(content) + deflater.flush()


def craft_archive(
    entries: list[dict[str, Any]], *, count: int | None = None, gap: bytes = b"", tail: bytes = b"", **end: Any
) -> bytes:
    data, directory = b"", b""
    for one in entries:
        offset = one.get("offset", len(data))
        local = {**one, **one["local"]}
        data += struct.pack(
            "<4s5H3L2H",
            b"PK\x03\x04",
            20,
            local["flags"],
            local["method"],
            0,
            33,
            local["crc"],
            local["compressed"],
            local["inflated"],
            len(local["raw"]),
            len(local["extra"]),
        )
        data += local["raw"] + local["extra"] + local["body"]
        directory += struct.pack(
            "<4s6H3L5H2L",
            b"PK\x01\x02",
            0x0314,
            20,
            one["flags"],
            one["method"],
            0,
            33,
            one["crc"],
            one["compressed"],
            one["inflated"],
            len(one["raw"]),
            len(one["extra"]),
            0,
            0,
            0,
            one["mode"] << 16 | one["attributes"],
            offset,
        )
        directory += one["raw"] + one["extra"]
    data += gap
    number = len(entries) if count is None else count
    last = struct.pack(
        "<4s4H2LH",
        b"PK\x05\x06",
        end.get("disk", 0),
        0,
        number,
        number,
        len(directory),
        end.get("start", len(data)),
        end.get("comment", 0),
    )
    return data + directory + last + tail


@pytest.fixture
def member() -> Callable[..., dict[str, Any]]:
    return entry
