"""Whatever is handed to the reader, it gives a package or one of its two errors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from automatosx_nb import package
from automatosx_nb.errors import InvalidArtifact, InvalidManifest
from automatosx_nb.package import Caps

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SMALL = Caps(artifact_mb=1, members=20, file_mb=1, total_mb=1)
per_function = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read_or_refuse(data: bytes) -> None:
    """Whatever else is raised fails the test."""
    refused: InvalidArtifact | InvalidManifest | None = None
    try:
        read = package.read(data, caps=SMALL)
    except (InvalidArtifact, InvalidManifest) as error:
        refused = error
    if refused is None:
        assert sum(map(len, read.files.values())) <= SMALL.total_mb << 20
        assert not [path for path in read.files if ".." in Path(path).parts or Path(path).is_absolute()]
    else:
        assert str(refused)


@per_function
@given(st.binary(max_size=400))
def test_arbitrary_bytes_raise_nothing_else(data: bytes) -> None:
    read_or_refuse(data)
    read_or_refuse(b"PK\x03\x04" + data + b"PK\x05\x06" + bytes(18))


@per_function
@given(data=st.data())
def test_a_mutated_artifact_raises_nothing_else(
    zip_of: Callable[[Mapping[str, bytes]], bytes], plugin_files: dict[str, bytes], data: st.DataObject
) -> None:
    mutated = bytearray(zip_of(plugin_files))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(mutated) - 1))
        width = data.draw(st.sampled_from([1, 1, 2, 4]))
        mutated[at : at + width] = data.draw(st.binary(min_size=width, max_size=width))
    read_or_refuse(bytes(mutated))


LIES = st.fixed_dictionaries(
    {},
    optional={
        "flags": st.sampled_from([0, 1, 6, 8, 0x800, 0xFFFF]),
        "method": st.sampled_from([0, 8, 9, 12, 0xFFFF]),
        "crc": st.integers(0, 2**32 - 1),
        "compressed": st.one_of(st.integers(0, 64), st.just(2**32 - 1)),
        "inflated": st.one_of(st.integers(0, 64), st.just(2**32 - 1)),
        "mode": st.integers(0, 2**16 - 1),
        "offset": st.one_of(st.integers(0, 200), st.just(2**32 - 1)),
        "body": st.binary(max_size=32),
    },
)
NAMES = st.one_of(
    st.sampled_from(["plugin.toml", "src/hello.py", "README.md", "docs/a", "docs/A", "../x", "/x"]),
    st.binary(max_size=12),
)


@per_function
@given(names=st.lists(st.tuples(NAMES, st.binary(max_size=40), LIES), max_size=4), count=st.integers(0, 5))
def test_a_crafted_archive_raises_nothing_else(
    craft: Callable[..., bytes],
    member: Callable[..., dict[str, Any]],
    names: list[tuple[str | bytes, bytes, dict[str, Any]]],
    count: int,
) -> None:
    entries = [member(name, content, **lies) for name, content, lies in names]
    read_or_refuse(craft(entries))
    read_or_refuse(craft(entries, count=count))
