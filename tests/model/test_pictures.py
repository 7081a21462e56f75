"""Pictures are what their first bytes say."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb.model.pictures import JPEG, PNG, WEBP, Picture, look
from automatosx_nb.model.screenshots import MAX_KB, Screenshot, faults, shown

DATA = Path(__file__).parents[1] / "data" / "pictures"
FILES = {"bars.png": PNG, "bars.jpg": JPEG, "lossy.webp": WEBP, "lossless.webp": WEBP, "alpha.webp": WEBP}


def read(name: str) -> bytes:
    return (DATA / name).read_bytes()


def png(width: int, height: int, *, before: bytes = b"") -> bytes:
    """The beginning of one, as far as anybody looks."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(head) + before + chunk(b"IDAT") + chunk(b"IEND")


def chunk(body: bytes) -> bytes:
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))


def simple(name: str, kind: bytes) -> bytes:
    """The same WebP in the form without an extended header."""
    data = read(name)
    at = data.index(kind, 30)
    return b"RIFF" + struct.pack("<I", len(data) - at + 4) + b"WEBP" + data[at:]


@pytest.mark.parametrize(("name", "media_type"), FILES.items())
def test_a_picture_is_known_by_its_first_bytes(name: str, media_type: str) -> None:
    assert look(read(name)) == Picture(media_type, 96, 64)


@pytest.mark.parametrize(("name", "kind"), [("lossy.webp", b"VP8 "), ("lossless.webp", b"VP8L")])
def test_a_webp_without_an_extended_header_is_known_too(name: str, kind: bytes) -> None:
    assert look(simple(name, kind)) == Picture(WEBP, 96, 64)


@pytest.mark.parametrize("name", FILES)
def test_a_picture_that_ends_too_early_is_none(name: str) -> None:
    data = read(name)
    for end in range(24):
        assert look(data[:end]) is None


@given(st.sampled_from(sorted(FILES)), st.integers(0, 400), st.binary(max_size=40))
def test_no_bytes_raise_anything(name: str, at: int, other: bytes) -> None:
    data = read(name)
    found = look(data[:at] + other + data[at + len(other) :])
    assert found is None or (found.width > 0 and found.height > 0)


@pytest.mark.parametrize(
    "data", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a" + bytes(40), b"RIFF" * 9]
)
def test_what_is_no_such_picture_is_none(data: bytes) -> None:
    assert look(data) is None


def test_pictures_that_move_are_known() -> None:
    still = look(png(100, 80))
    moving = look(png(100, 80, before=chunk(b"acTL" + bytes(8))))
    assert (still, moving) == (Picture(PNG, 100, 80), Picture(PNG, 100, 80, moves=True))
    data = bytearray(read("lossy.webp"))
    data[20] |= 2
    found = look(bytes(data))
    assert found is not None
    assert found.moves


@pytest.mark.parametrize(
    ("file", "data", "fault"),
    [
        ("docs/a.png", b"<svg/>", "is neither PNG, JPEG nor WebP"),
        ("docs/a.jpg", png(100, 100), "is image/png, and its name says image/jpeg"),
        ("docs/a.png", png(100, 63), "has 100 × 63 pixels"),
        ("docs/a.png", png(4097, 100), "has 4097 × 100 pixels"),
        ("docs/a.png", png(100, 100) + bytes(MAX_KB << 10), f"has {MAX_KB} KiB"),
        ("docs/a.png", png(100, 100, before=chunk(b"acTL" + bytes(8))), "moves"),
    ],
)
def test_what_keeps_a_screenshot_from_being_shown_is_said(file: str, data: bytes, fault: str) -> None:
    (said,) = faults(file, data)
    assert said.startswith(fault)
    assert shown((Screenshot(file, "A"),), {file: data}) == ()


def test_all_faults_of_a_screenshot_are_told_at_once() -> None:
    data = png(5000, 10, before=chunk(b"acTL" + bytes(8))) + bytes(MAX_KB << 10)
    assert len(list(faults("docs/a.webp", data))) == 4
