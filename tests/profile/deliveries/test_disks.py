"""A disk that is full or read-only is a clear error, and nothing that was acknowledged is lost with it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from automatosx_nb.model.delivery import Envelope, Outcome, Subscriber, Terms
from automatosx_nb.profile.deliveries import Deliveries
from tests.conftest import Absent

LISTENER = Subscriber("acme.demo", "a.**", "demo:on")
_PUBLISH = """
import json, resource, signal, sys
from itertools import count
from pathlib import Path
from automatosx_nb.errors import AutomatosxError
from automatosx_nb.model.delivery import Envelope, Subscriber, Terms
from automatosx_nb.profile.deliveries import Deliveries

who = Subscriber("acme.demo", "a.**", "demo:on")
folder = Path(sys.argv[1])

def tried(action):
    try:
        action()
    except AutomatosxError as error:
        print(type(error).__name__)
        return False
    return True

def publish_until_refused(store):
    for number in count():
        body = b'{"n": %d, "x": "%s"}' % (number, b"x" * 5000)
        if not tried(lambda: store.publish(Envelope("a", "a.b", body), [who])):
            return
        print(number)
"""
_AT_A_LIMIT = """
store = Deliveries(folder)
store.follow(1, {who: Terms(queue=10_000)})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (800_000, 800_000))
publish_until_refused(store)
tried(lambda: store.exchange(wanted=[who]))
"""
_ON_A_SMALL_DISK = """
ballast = folder / "ballast"
ballast.write_bytes(bytes(400_000))
store = Deliveries(folder)
store.follow(1, {who: Terms(queue=10_000)})
publish_until_refused(store)
ballast.unlink()
owed = Deliveries(folder).exchange(wanted=[who], most=10_000).owed
print("owed", *(json.loads(each.body)["n"] for each in owed))
"""
_WHERE_NOTHING_CAN_BE_WRITTEN = """
store = Deliveries(folder)
tried(lambda: store.publish(Envelope("a", "a.b", b"{}"), [who]))
tried(lambda: store.exchange(wanted=[who]))
"""


def run(folder: Path, script: str, mount: str = "") -> str:
    """What ``script`` prints; ``mount``: a shell's command that comes before it, in a mount namespace of its own."""
    command = [sys.executable, "-c", _PUBLISH + script, str(folder)]
    if mount:
        command = ["unshare", "--mount", "sh", "-c", f'{mount} && exec "$@"', str(folder), *command]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def mounts(absent: Absent) -> None:
    """Skips where no mount namespace can be had."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "--mount", "true"], check=False).returncode:
        absent("mounting needs root and unshare")


def numbers_of(store: Deliveries) -> list[int]:
    """Everything that is owed, acknowledged while it is read."""
    found: list[int] = []
    outcomes: list[Outcome] = []
    while owed := store.exchange(outcomes=outcomes, wanted=[LISTENER]).owed:
        found += [json.loads(each.body)["n"] for each in owed]
        outcomes = [Outcome(each.number, "handled") for each in owed]
    return found


def test_at_the_limit_of_a_files_size_the_publisher_is_told_and_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    *published, error, error_of_taking = run(tmp_path, _AT_A_LIMIT).split()
    assert (error, error_of_taking) == ("StorageFailed", "StorageFailed")
    assert len(published) > 10
    store = Deliveries(tmp_path)
    assert numbers_of(store) == list(map(int, published))
    store.close()


@pytest.mark.usefixtures("mounts")
def test_on_a_full_disk_the_publisher_is_told_and_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    said = run(tmp_path, _ON_A_SMALL_DISK, 'mount -t tmpfs -o size=2m tmpfs "$0"')
    published, _, owed = said.partition("StorageFull\nowed")
    assert len(published.split()) > 10
    assert owed.split() == published.split()


@pytest.mark.usefixtures("mounts")
def test_in_a_read_only_profile_the_publisher_is_told_and_what_is_there_stays(tmp_path: Path) -> None:
    store = Deliveries(tmp_path)
    store.follow(1, {LISTENER: Terms()})
    store.publish(Envelope("a", "a.b", b'{"n": 7}'), [LISTENER])
    store.close()
    said = run(tmp_path, _WHERE_NOTHING_CAN_BE_WRITTEN, 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0"')
    assert said.split() == ["ProfileReadOnly", "ProfileReadOnly"]
    store = Deliveries(tmp_path)
    assert numbers_of(store) == [7]
    store.close()
