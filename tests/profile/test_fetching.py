"""Installing from a registry that misbehaves: a clear error, the profile as it was, and a second try that goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from automatosx_nb import package
from automatosx_nb.app import Marketplace
from automatosx_nb.errors import (
    ArtifactMismatch,
    ArtifactTooLarge,
    AutomatosxError,
    RegistryAnswerInvalid,
    RegistryUnreachable,
    StorageFull,
)
from automatosx_nb.model.lockfile import render
from automatosx_nb.model.progress import Step, Transfer, seconds_left
from automatosx_nb.profile.fetching import Wanted, fetch
from automatosx_nb.profile.store import Store
from automatosx_nb.registry.client.limits import ClientLimits
from automatosx_nb.registry.client.remote import RemoteRegistry
from automatosx_nb.registry.service import EmbeddedRegistry
from tests import hostile
from tests.hostile import Hostile
from tests.registry.conftest import write_plugin

BIG, SMALL = "acme.big", "acme.small"
QUICK = ClientLimits(pause_s=0.001, most_pause_s=0.001, tries=2, fresh_s=0, outage_s=0)
IMPATIENT = replace(QUICK, read_s=0.3)
"""Of one that stalls."""
Connect = Callable[..., Marketplace]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRegistry]:
    folder = tmp_path_factory.mktemp("shop")
    with EmbeddedRegistry(folder / "registry") as registry:
        for plugin, magic, needs in ((SMALL, "small", {}), (BIG, "big", {SMALL: "^1"})):
            source = write_plugin(folder / plugin, plugin, needs=needs)
            manifest = source / "plugin.toml"
            manifest.write_text(manifest.read_text().replace('name = "doctor"', f'name = "{magic}"'))
            (source / "docs").mkdir()
            (source / "docs" / "noise.bin").write_bytes(os.urandom(300_000 if plugin == BIG else 2_000))
            registry.publish(package.build(source))
        yield registry


@pytest.fixture
def bad(shop: EmbeddedRegistry) -> Hostile:
    return Hostile(shop)


@pytest.fixture
def connect(home: Path, tmp_path: Path) -> Iterator[Connect]:
    opened: list[Marketplace] = []

    def connect(address: str, **options: Any) -> Marketplace:
        remote = RemoteRegistry(address, tmp_path / "cache", **{"limits": QUICK, **options})
        market = Marketplace(registry=remote)
        vars(market)["_try_out"] = lambda *_: None  # starting plugins is tested elsewhere
        opened.append(market)
        return market

    yield connect
    for market in opened:
        market.close()
        market.registry.close()


def files(home: Path) -> set[str]:
    """What the profile has, its lock and what is kept for the next try aside."""
    found = (each for each in (home / "profile").rglob("*") if each.is_file())
    names = {str(each.relative_to(home / "profile")) for each in found}
    return {
        name for name in names if not name.endswith((".part", ".axp", "lock", "lock-owner")) and "audit" not in name
    }


@pytest.mark.parametrize(
    ("misbehaviour", "error", "resumes"),
    [
        (hostile.stalls, RegistryUnreachable, True),
        (hostile.answers(429, Retry_After="600"), RegistryUnreachable, False),
        (hostile.answers(500), RegistryUnreachable, False),
        (hostile.answers(302, Location="http://127.0.0.1:1/"), RegistryAnswerInvalid, False),
        (hostile.answers(404), RegistryAnswerInvalid, False),
        (hostile.serves_other_bytes, ArtifactMismatch, False),
        (hostile.serves_less, ArtifactMismatch, False),
        (hostile.serves_more, ArtifactTooLarge, False),
        (hostile.serves_endlessly, ArtifactTooLarge, False),
    ],
)
def test_a_hostile_registry_changes_nothing_and_a_healthy_one_completes(
    bad: Hostile, connect: Connect, home: Path, misbehaviour: Any, error: type[AutomatosxError], resumes: bool
) -> None:
    bad.misbehave = misbehaviour
    with bad.serving() as address:
        market = connect(address, limits=IMPATIENT if resumes else QUICK)
        before = files(home)
        with pytest.raises(error) as caught:
            market.install(BIG)
        assert caught.value.next_step()
        assert market.installed() == ()
        assert files(home) == before
    bad.misbehave, bad.asked = None, []
    with bad.serving() as address:
        connect(address).install(BIG)
        assert {each.id for each in market.installed()} == {BIG, SMALL}
    assert any(bad.ranges()) or not resumes
    assert not list((home / "profile").rglob("*.part"))


def test_a_broken_connection_is_gone_on_with_where_it_broke(bad: Hostile, connect: Connect) -> None:
    bad.misbehave = hostile.truncates
    with bad.serving() as address, pytest.raises(RegistryUnreachable):
        connect(address).install(SMALL)
    firsts = [int(each.removeprefix("bytes=").partition("-")[0]) for each in bad.ranges() if each]
    assert firsts == sorted(set(firsts)), "each goes on after the one before"
    bad.misbehave, bad.asked = None, []
    with bad.serving() as address:
        connect(address).install(SMALL)
    (only,) = bad.ranges()
    assert int(only.removeprefix("bytes=").removesuffix("-")) > firsts[-1]


def test_within_one_install_a_broken_connection_is_no_news(bad: Hostile, connect: Connect) -> None:
    bad.misbehave = hostile.truncates_once
    with bad.serving() as address:
        connect(address).install(SMALL)
    assert [bool(each) for each in bad.ranges()] == [False, True]


@pytest.mark.parametrize("answer", [hostile.ignores_ranges, None])
def test_who_does_not_know_ranges_is_understood(bad: Hostile, connect: Connect, answer: Any) -> None:
    bad.misbehave = hostile.stalls
    with bad.serving() as address, pytest.raises(RegistryUnreachable):
        connect(address, limits=IMPATIENT).install(SMALL)
    bad.misbehave = answer
    with bad.serving() as address:
        market = connect(address)
        market.install(SMALL)
        assert [each.id for each in market.installed()] == [SMALL]


def test_another_part_than_was_asked_for_is_not_taken(bad: Hostile, connect: Connect, home: Path) -> None:
    bad.misbehave = hostile.stalls
    with bad.serving() as address, pytest.raises(RegistryUnreachable):
        connect(address, limits=IMPATIENT).install(SMALL)
    bad.misbehave = hostile.serves_another_part
    with bad.serving() as address, pytest.raises(RegistryAnswerInvalid, match="another part"):
        connect(address).install(SMALL)


def test_what_was_kept_and_is_not_true_is_fetched_anew(bad: Hostile, connect: Connect, home: Path) -> None:
    bad.misbehave = hostile.stalls
    with bad.serving() as address, pytest.raises(RegistryUnreachable):
        connect(address, limits=IMPATIENT).install(SMALL)
    (part,) = (home / "profile").rglob("*.part")
    part.write_bytes(bytes(len(part.read_bytes())))
    bad.misbehave, bad.asked = None, []
    with bad.serving() as address:
        connect(address).install(SMALL)
    assert [bool(each) for each in bad.ranges()] == [True, False]


def test_a_mirror_is_asked_first_without_the_token_and_the_registry_where_it_fails(
    bad: Hostile, connect: Connect, shop: EmbeddedRegistry
) -> None:
    lying, good = Hostile(shop, misbehave=hostile.serves_other_bytes), Hostile(shop)
    with bad.serving() as address, lying.serving() as first, good.serving() as second:
        connect(address, mirrors=[first, second], token="sesame").install(SMALL)
    assert (len(lying.ranges()), len(good.ranges()), len(bad.ranges())) == (1, 1, 0)
    assert not any("authorization" in each.headers for each in (*lying.asked, *good.asked))
    assert all("authorization" in each.headers for each in bad.asked)


def test_where_every_mirror_is_gone_the_registry_has_it(bad: Hostile, connect: Connect) -> None:
    with bad.serving() as address:
        connect(address, mirrors=["http://127.0.0.1:1/automatosx"]).install(SMALL)
    assert len(bad.ranges()) == 1


def test_a_registry_that_vanishes_midway_leaves_what_came(bad: Hostile, connect: Connect, home: Path) -> None:
    def vanishes(request: hostile.Answering, data: bytes) -> None:
        request.server.socket.close()
        hostile.truncates(request, data)

    bad.misbehave = vanishes
    with bad.serving() as address, pytest.raises(RegistryUnreachable):
        connect(address).install(SMALL)
    (part,) = (home / "profile").rglob("*.part")
    assert part.stat().st_size > 0
    bad.misbehave, bad.asked = None, []
    with bad.serving() as address:
        connect(address).install(SMALL)
    assert bad.ranges() == [f"bytes={part.stat().st_size if part.exists() else bad.ranges()[0][6:-1]}-"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, RuntimeError])
@pytest.mark.parametrize("at", ["resolve", "fetch", "verify", "check"])
def test_whoever_watches_may_cancel_at_any_step(
    bad: Hostile, connect: Connect, home: Path, at: str, stop: type[BaseException]
) -> None:
    def cancel(step: Step) -> None:
        if step.name == at:
            raise stop

    with bad.serving() as address:
        market = connect(address)
        before = files(home)
        with pytest.raises(stop):
            market.install(BIG, progress=cancel)
        assert (market.installed(), files(home)) == ((), before)
        market.install(BIG)
        assert len(market.installed()) == 2


def test_progress_has_bytes_and_never_goes_back(bad: Hostile, connect: Connect, shop: EmbeddedRegistry) -> None:
    steps: list[Step] = []
    with bad.serving() as address:
        connect(address).install(BIG, progress=steps.append)
    last = [each for each in steps if each.name == "fetch"][-1].transfer
    total = sum(release.size for plugin in (BIG, SMALL) for release in shop.releases(plugin))
    assert last == Transfer(2, 2, total, total, last.left_s if last else None)
    fractions = [each.fraction for each in steps]
    assert fractions == sorted(fractions)


@pytest.mark.parametrize(
    ("missing", "came", "elapsed", "left"), [(100, 50, 2.0, 4.0), (100, 0, 9.0, None), (9, 9, 0.1, None), (-1, 5, 2, 0)]
)
def test_an_estimate_is_made_of_what_came(missing: int, came: int, elapsed: float, left: float | None) -> None:
    assert seconds_left(missing, came, elapsed) == left


def test_a_transfer_is_told_in_words() -> None:
    assert str(Transfer(3, 50, 1_200_000, 10_400_000, 3.6)) == "3 of 50 plugins, 1.2 of 10.4 MB, about 4 s left"
    assert str(Transfer(0, 1, 0, 20_480)) == "0.0 of 0.020 MB"


def test_sync_of_a_lock_resumes_too(bad: Hostile, connect: Connect, tmp_path: Path, home: Path) -> None:
    with bad.serving() as address:
        market = connect(address)
        market.install(BIG)
        lock = tmp_path / "automatosx.lock"
        lock.write_text(render(market.lockfile()))
    for artifact in (home / "profile" / "store").glob("*.axp"):
        artifact.unlink()
    (home / "profile" / "current").unlink()
    bad.misbehave = hostile.truncates
    with bad.serving() as address:
        fresh = connect(address)
        with pytest.raises(RegistryUnreachable):
            fresh.sync(lock)
        bad.misbehave, bad.asked = None, []
        fresh.sync(lock)
    assert len(fresh.installed()) == 2
    assert any(bad.ranges())


def test_what_the_store_has_is_installed_without_a_network(bad: Hostile, connect: Connect) -> None:
    with bad.serving() as address:
        market = connect(address)
        market.install(BIG)
        market.remove(BIG)
        assert market.installed() == ()
    market.install(BIG)
    assert len(market.installed()) == 2
    assert "cannot be reached: this is what it said less than a minute ago" in market.registry_note()


def test_what_the_store_lacks_is_not_installed_without_a_network(bad: Hostile, connect: Connect) -> None:
    with bad.serving() as address:
        market = connect(address)
        market.plan_install(BIG)
    with pytest.raises(RegistryUnreachable):
        market.install(BIG)
    assert market.installed() == ()


def test_a_full_disk_is_called_so(bad: Hostile, connect: Connect, full_disk: Any, shop: EmbeddedRegistry) -> None:
    (release,) = shop.releases(SMALL)
    with bad.serving() as address:
        market = connect(address)
        with full_disk(f"{release.sha256}.axp"), pytest.raises(StorageFull):
            market.install(SMALL)
        assert market.installed() == ()
        market.install(SMALL)


_DIES = """
import os, signal, sys
from pathlib import Path
from automatosx_nb.app import Marketplace
from automatosx_nb.profile.partial import Partial
write = Partial.write
def dying(self, piece):
    write(self, piece)
    if self.size > 10_000:  # of the big one; the small one comes whole at once, beside it
        os.kill(os.getpid(), signal.SIGKILL)
Partial.write = dying
Marketplace().install("acme.big")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no process is killed so there")
def test_a_killed_process_leaves_what_came_and_the_next_goes_on(
    bad: Hostile, home: Path, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bad.serving() as address:
        environment = {**os.environ, "AUTOMATOSX_REGISTRY": address}
        died = subprocess.run([sys.executable, "-c", _DIES], env=environment, check=False)
        assert died.returncode == -signal.SIGKILL
        assert list((home / "profile").rglob("*.part"))
        bad.asked = []
        market = connect(address)
        market.install(BIG)
        assert len(market.installed()) == 2
    assert any(bad.ranges())


def test_the_variable_names_the_registry_and_a_lock_calls_it_so(
    bad: Hostile, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bad.serving() as address:
        monkeypatch.setenv("AUTOMATOSX_REGISTRY", address + "/")
        monkeypatch.setenv("AUTOMATOSX_REGISTRY_TOKEN", "sesame")
        with closing(Marketplace()) as market:
            assert market.search("plugin").total == 2
            assert market.lockfile().registry == address
    assert {each.headers.get("authorization") for each in bad.asked} == {"token sesame"}


class Source:
    """A registry of one artifact, in two pieces; ``between`` is called before each of them."""

    mirrors = ()
    address = "a registry"

    def __init__(self, data: bytes, between: Callable[[int], None]) -> None:
        self._pieces = data[: len(data) // 2], data[len(data) // 2 :]
        self._between = between

    def artifact(self, _plugin: str, _version: str, *, start: int = 0) -> Iterator[bytes]:
        assert start == 0
        for number, piece in enumerate(self._pieces):
            self._between(number)
            yield piece


def test_who_was_stopped_before_anything_came_does_not_remove_what_the_next_try_gathers(tmp_path: Path) -> None:
    """As where a registry stalled, and the thread that waits for it finds out while it is asked again."""
    data, began, go = os.urandom(1000), threading.Event(), threading.Event()
    wanted = Wanted("acme.demo", "1.0.0", sha256(data).hexdigest(), len(data))
    store, stalled = Store(tmp_path), list[threading.Thread]()

    def stall(_piece: int) -> None:
        stalled.append(threading.current_thread())
        began.set()
        assert go.wait(10)
        raise RegistryUnreachable("a registry", "it stalled")

    def interrupt(_transfer: Transfer) -> None:
        if began.wait(10):
            raise KeyboardInterrupt

    def end_the_other(piece: int) -> None:
        if piece == 0:
            go.set()
            stalled[0].join(10)

    with pytest.raises(KeyboardInterrupt):
        fetch(store, Source(data, stall), [wanted], interrupt)  # type: ignore[arg-type]
    fetch(store, Source(data, end_the_other), [wanted], lambda _transfer: None)  # type: ignore[arg-type]
    assert store.holds(wanted.sha256)
