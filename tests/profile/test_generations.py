"""Generations on disk: whole or not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from automatosx_nb.errors import ProfileDamaged, UnknownGeneration
from automatosx_nb.model.generation import Generation, InstalledPlugin
from automatosx_nb.profile.generations import EMPTY, Generations

PLUGIN = InstalledPlugin(
    "acme.demo",
    "1.0.0",
    "a" * 64,
    "^1.0.0",
    ("storage",),
    "000001-abcd",
    "Désigné.",
    {"magics": [{"name": "demo", "handler": "demo:run", "args": [], "cell": False}]},
)


def generation(number: int) -> Generation:
    return Generation(
        number, number - 1, "2026-01-01T00:00:00+00:00", "ada@host", f"step {number}", {"acme.demo": PLUGIN}
    )


def test_a_profile_that_nobody_touched_is_the_empty_generation_and_writes_nothing(tmp_path: Path) -> None:
    generations = Generations(tmp_path / "profile")
    assert generations.current() == EMPTY
    assert generations.numbers() == ()
    assert generations.stamp() is None
    assert not (tmp_path / "profile").exists()


def test_what_was_written_is_read_back_equal(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    generations.write(generation(1))
    generations.switch(1)
    assert generations.current() == generation(1)


def test_a_generation_that_was_never_switched_to_is_not_part_of_the_past(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    generations.write(generation(1))
    generations.switch(1)
    generations.write(generation(2))
    assert generations.current_number() == 1
    assert generations.numbers() == (1,)


def test_each_switch_changes_the_stamp(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    stamps = []
    for number in (1, 2, 3):
        generations.write(generation(number))
        generations.switch(number)
        stamps.append(generations.stamp())
    assert len(set(stamps)) == 3


def test_an_unknown_generation_names_those_that_exist(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    generations.write(generation(1))
    generations.switch(1)
    with pytest.raises(UnknownGeneration) as caught:
        generations.read(7)
    assert caught.value.available == (1,)


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"format": 9}', b'{"format": 1, "plugins": 3}'])
def test_a_damaged_generation_is_told_by_its_path(tmp_path: Path, damage: bytes) -> None:
    generations = Generations(tmp_path)
    generations.write(generation(1))
    generations.switch(1)
    path = tmp_path / "generations" / "000001.json"
    path.write_bytes(damage)
    with pytest.raises(ProfileDamaged) as caught:
        generations.current()
    assert caught.value.path == str(path)


def test_a_damaged_current_is_told_and_not_taken_for_an_empty_profile(tmp_path: Path) -> None:
    (tmp_path / "current").write_text("seven")
    with pytest.raises(ProfileDamaged):
        Generations(tmp_path).current()
