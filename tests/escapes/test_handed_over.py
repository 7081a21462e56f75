"""What was handed over, attacked from a worker whose language layer is off: the host decides alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from automatosx_nb.errors import ProtocolViolation
from automatosx_nb.host.handover import Handover
from tests.escapes.conftest import Attack, Host

SOURCE = """
from automatosx_nb.sandbox import protocol
from automatosx_nb.sdk import _wire


def ask(*args):
    try:
        return _wire.ask("handed", *args)
    except Exception as error:
        return type(error).__name__ + " " + str(error)


def numbers(file, canary):
    found = [ask("read", number, 0, 100) for number in range(1, 2000)]
    return [each for each in found if isinstance(each, bytes)]


def names(file, canary):
    return [ask("read", name, 0, 100) for name in (canary, "../" + canary, "/proc/self/environ")] + [
        ask("write", canary, b"x"), ask("open", canary), ask("hand", "file:read", canary)
    ]


def looks(file, canary):
    return repr([file, vars(type(file)), file._name, [str(cell.cell_contents) for cell in file._read.__closure__]])


def forge(file, canary):
    import sys
    from automatosx_nb.sandbox.worker import Session
    frame = sys._getframe()
    while not isinstance(frame.f_locals.get("self"), Session):
        frame = frame.f_back
    frame.f_locals["self"]._channel.send(protocol.Result(1, protocol.HandedFile(1, canary, 10, False)))


def write_elsewhere(target, canary):
    target._name = canary
    target.write("stolen")
"""


@pytest.fixture
def steal(attack: Attack, tmp_path: Path) -> Iterator[Callable[[str, str, str], object]]:
    """``steal("names", "file:read", "mine")``: that attack, with that handed over, beside a canary."""
    (tmp_path / "mine").write_text("handed")
    (tmp_path / "canary").write_text("canary")
    worker = attack(SOURCE)

    def steal(handler: str, kind: str, typed: str) -> object:
        with Handover("mallory.attack", {}, folder=tmp_path) as handover:
            host = Host(reply=lambda _capability, method, args: handover.ask(method, args))
            handed = handover.hand(kind, typed)
            canary = str(tmp_path / "canary")
            value = worker.call(f"m:{handler}", [handed, canary], broker=host)
            handover.write_files()
            return value

    yield steal
    assert (tmp_path / "canary").read_text() == "canary"
    assert {path.name for path in tmp_path.iterdir()} <= {"mine", "canary", "out"}


Steal = Callable[[str, str, str], object]


def test_of_all_numbers_only_its_own_opens_anything(steal: Steal) -> None:
    assert steal("numbers", "file:read", "mine") == [b"handed"]


def test_a_name_in_place_of_a_number_opens_nothing(steal: Steal) -> None:
    found = steal("names", "file:read", "mine")
    assert isinstance(found, list)
    assert len(found) == 6
    assert all(str(each).startswith("CapabilityFailed") for each in found)


def test_no_folder_is_in_what_the_worker_has(steal: Steal, tmp_path: Path) -> None:
    assert str(tmp_path) not in str(steal("looks", "file:read", "mine"))


def test_a_worker_that_hands_something_over_itself_is_stopped(steal: Steal) -> None:
    with pytest.raises(ProtocolViolation):
        steal("forge", "file:read", "mine")


def test_a_writers_name_in_the_worker_is_only_its_name(steal: Steal, tmp_path: Path) -> None:
    steal("write_elsewhere", "file:write", "out")
    assert (tmp_path / "out").read_text() == "stolen"
