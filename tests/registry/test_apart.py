"""Search in processes of its own: it finds what this process would find, whatever becomes of those."""

from __future__ import annotations

import asyncio
import os
import select
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb import errors
from automatosx_nb.errors import AutomatosxError, InvalidConfiguration, InvalidSearch, RegistryBusy, SearchFailed
from automatosx_nb.model.release import SearchQuery
from automatosx_nb.model.surroundings import Surroundings
from automatosx_nb.registry.apart import SearchApart, line, running, search
from automatosx_nb.registry.apart.messages import Answers, Failed, Found, Inbox, Questions, send
from automatosx_nb.registry.service import EmbeddedRegistry
from automatosx_nb.server.shelf import Shelf
from tests.registry.conftest import Build, write_plugin

PYTHON = sys.executable
DOCTOR = "acme.csv-doctor"
WORDS = ("csv", "table", "join", "plot", "profile", "quality")
QUERIES = (
    SearchQuery(),
    SearchQuery("csv"),
    SearchQuery("tabel"),
    SearchQuery("nothing has this"),
    SearchQuery("plugin", sort="name", size=2),
    SearchQuery("csv", category="data-quality", verified=False, signed=False),
    SearchQuery(compatible=Surroundings("1.0.0", "3.12.4", "linux", (("pandas", "2.2.3"),))),
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from automatosx_nb import package

    folder = tmp_path_factory.mktemp("apart")
    with EmbeddedRegistry(folder / "registry") as registry:
        for word in WORDS:
            sources = write_plugin(
                folder / word, f"acme.{word}-doctor", summary=f"Looks after a {word}.", keywords=(word,)
            )
            registry.publish(package.build(sources))
    return folder / "registry"


@pytest.fixture(scope="module")
def here(home: Path) -> Iterator[EmbeddedRegistry]:
    with EmbeddedRegistry(home) as registry:
        yield registry


@pytest.fixture(scope="module")
def apart(home: Path) -> Iterator[EmbeddedRegistry]:
    with EmbeddedRegistry(home) as registry:
        registry.search_apart(2)
        yield registry


@pytest.fixture
def registry(tmp_path: Path, build: Build) -> Iterator[EmbeddedRegistry]:
    """One of the test's own, searched by one process."""
    with EmbeddedRegistry(tmp_path / "registry") as registry:
        registry.publish(build(version="1.0.0"))
        registry.search_apart(1)
        yield registry


def pid(registry: EmbeddedRegistry) -> int:
    """Of its process, which is there once it has answered."""
    assert registry.apart is not None
    process = registry.apart._lines[0]._process
    assert process is not None
    return process.pid


def all_ready(registry: EmbeddedRegistry) -> list[line.Line]:
    """Once each of its processes has an index."""
    assert registry.apart is not None
    while not all(each._answers for each in registry.apart._lines):
        registry.search(SearchQuery())
    return registry.apart._lines


def wait_for_the_end(process: int) -> None:
    descriptor = os.pidfd_open(process)
    assert select.select([descriptor], [], [], 60)[0], "it still runs"
    os.close(descriptor)


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_it_finds_what_is_found_here(here: EmbeddedRegistry, apart: EmbeddedRegistry, query: SearchQuery) -> None:
    assert apart.search(query) == here.search(query)
    assert apart.searcher()(query) == here.searcher()(query)


def test_a_page_leads_to_the_next_one_whichever_process_has_it(here: EmbeddedRegistry, apart: EmbeddedRegistry) -> None:
    query, found = SearchQuery(sort="name", size=1), []
    while True:
        page = apart.search(query)
        found += [item.id for item in page.items]
        if page.next is None:
            break
        query = SearchQuery(sort="name", size=1, cursor=page.next)
    assert found == [item.id for item in here.search(SearchQuery(sort="name")).items]


def test_many_that_are_asked_at_once_have_each_its_own_answer(here: EmbeddedRegistry, apart: EmbeddedRegistry) -> None:
    assert apart.apart is not None
    queries = [SearchQuery(word, size=size) for size in range(1, 30) for word in WORDS]
    asked = [apart.apart.ask(query) for query in queries]
    find = here.searcher()
    assert [each.result() for each in asked] == [find(query) for query in queries]


def test_a_search_that_is_none_is_refused_with_the_same_words(here: EmbeddedRegistry, apart: EmbeddedRegistry) -> None:
    processes = [each._process for each in all_ready(apart)]
    wrong = (SearchQuery(size=0), SearchQuery(cursor="none"), SearchQuery(risk="grave"), SearchQuery(sort="stars"))  # type: ignore[arg-type]
    for query in wrong:
        with pytest.raises(InvalidSearch) as said:
            here.search(query)
        with pytest.raises(InvalidSearch) as same:
            apart.search(query)
        assert str(same.value) == str(said.value)
    apart.search(SearchQuery())
    assert [each._process for each in all_ready(apart)] == processes, "no process ended at what was asked"


def test_it_finds_what_was_published_a_moment_ago(registry: EmbeddedRegistry, build: Build) -> None:
    for n in range(5):
        registry.publish(build(f"acme.new-{n}"))
        assert registry.search(SearchQuery(f"new-{n}")).items[0].id == f"acme.new-{n}"
    assert registry.apart is not None
    assert registry.apart.revision == registry.revision


def test_it_finds_what_another_process_published(registry: EmbeddedRegistry, tmp_path: Path, build: Build) -> None:
    assert registry.search(SearchQuery("elsewhere")).total == 0
    with EmbeddedRegistry(tmp_path / "registry") as other:
        other.publish(build("acme.elsewhere"))
    assert registry.search(SearchQuery("elsewhere")).total == 1


def test_it_shows_downloads_once_they_are_written(registry: EmbeddedRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    registry.search(SearchQuery())
    for _ in range(3):
        b"".join(registry.artifact(DOCTOR, "1.0.0"))
    registry._downloads.flush()
    monkeypatch.setattr(line, "COUNTED_S", 0.0)
    assert registry.search(SearchQuery()).items[0].downloads == 3


def test_where_it_is_killed_another_one_takes_its_place(registry: EmbeddedRegistry) -> None:
    registry.search(SearchQuery())
    for _ in range(2):
        killed = pid(registry)
        os.kill(killed, signal.SIGKILL)
        wait_for_the_end(killed)
        assert registry.search(SearchQuery("csv")).total == 1
        assert pid(registry) != killed


def test_a_search_ends_none_that_was_killed_before(home: Path) -> None:
    with EmbeddedRegistry(home) as registry:
        registry.search_apart(3)
        for each in all_ready(registry):
            assert each._process is not None
            os.kill(each._process.pid, signal.SIGKILL)
            wait_for_the_end(each._process.pid)
        assert registry.search(SearchQuery("csv")).total == 1


def test_what_was_asked_of_one_that_is_killed_is_asked_again(registry: EmbeddedRegistry) -> None:
    registry.search(SearchQuery())
    assert registry.apart is not None
    os.kill(pid(registry), signal.SIGSTOP)
    asked = [registry.apart.ask(SearchQuery(word)) for word in ("csv", "nothing", "csv")]
    os.kill(pid(registry), signal.SIGKILL)
    assert [each.result().total for each in asked] == [1, 0, 1]


def test_who_asks_is_told_where_none_can_be_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexit 3\n")
    python.chmod(0o755)
    with EmbeddedRegistry(tmp_path / "registry") as registry:
        with monkeypatch.context() as patched:
            patched.setattr(sys, "executable", str(python))
            registry.search_apart(1)
            with pytest.raises(SearchFailed, match="ended with status 3"):
                registry.search(SearchQuery())
            patched.setattr(sys, "executable", str(tmp_path / "missing"))
            with pytest.raises(SearchFailed, match="No such file"):
                registry.search(SearchQuery())
        assert registry.search(SearchQuery()).total == 0  # the next search begins anew
    assert "a process that searches ended with status 3" in caplog.text


def test_a_database_that_cannot_be_read_is_told_and_read_once_it_can(tmp_path: Path, build: Build) -> None:
    with EmbeddedRegistry(tmp_path / "registry") as registry:
        registry.publish(build(version="1.0.0"))
        file = tmp_path / "registry" / "registry.sqlite"
        file.rename(tmp_path / "away")
        registry.search_apart(1)
        with pytest.raises(InvalidConfiguration, match="there is no"):
            registry.search(SearchQuery())
        (tmp_path / "away").rename(file)
        assert registry.search(SearchQuery()).total == 1


def test_what_is_cancelled_before_its_turn_is_left_out(registry: EmbeddedRegistry) -> None:
    registry.search(SearchQuery())
    assert registry.apart is not None
    os.kill(pid(registry), signal.SIGSTOP)
    first = registry.apart.ask(SearchQuery())
    others = [registry.apart.ask(SearchQuery()) for _ in range(40)]
    assert others[-1].cancel()
    os.kill(pid(registry), signal.SIGCONT)
    assert first.result().total == 1
    assert [other.result().total for other in others[:-1]] == [1] * 39


def test_closing_waits_for_what_is_being_answered_and_cancels_what_waits(tmp_path: Path) -> None:
    with EmbeddedRegistry(tmp_path / "registry") as registry:
        registry.search_apart(1)
        registry.search(SearchQuery())
        process, apart = pid(registry), registry.apart
        assert isinstance(apart, SearchApart)
        asked = [apart.ask(SearchQuery()) for _ in range(200)]
    told = []
    for each in asked:
        try:
            told.append(each.result(60).total)
        except CancelledError:
            told.append(-1)
    assert told == sorted(told, reverse=True), "the first are answered, and the last are not"
    assert not Path(f"/proc/{process}").exists()
    with pytest.raises(RuntimeError, match="closed"):
        apart.ask(SearchQuery())


@pytest.fixture
def launcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Processes are started by these lines of a shell from now on; ``$PYTHON`` is the real thing."""

    def put(lines: str) -> None:
        shell = tmp_path / "launcher"
        shell.write_text(f"#!/bin/sh\nPYTHON={shlex.quote(PYTHON)}\n{lines}\n")
        shell.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(shell))

    return put


def test_closing_waits_for_no_index(tmp_path: Path, launcher: Callable[[str], None]) -> None:
    launcher("exec sleep 600")
    with EmbeddedRegistry(tmp_path / "registry") as registry:
        registry.search_apart(2)
        assert registry.apart is not None
        asked = registry.apart.ask(SearchQuery())
    assert asked.cancelled()


def test_closing_ends_a_process_that_hangs(registry: EmbeddedRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    registry.search(SearchQuery())
    for module in (search, running):
        monkeypatch.setattr(module, "END_S", 0.1)
    assert registry.apart is not None
    os.kill(pid(registry), signal.SIGSTOP)
    asked = [registry.apart.ask(SearchQuery()) for _ in range(40)]
    while not asked[0].running():
        os.sched_yield()
    registry.apart.close()
    ends = {type(each.exception()) if not each.cancelled() else None for each in asked}
    assert SearchFailed in ends, "those that it had"
    assert ends <= {None, SearchFailed}


def test_a_server_that_ends_waits_for_no_search_whose_process_hangs(
    tmp_path: Path, launcher: Callable[[str], None]
) -> None:
    launcher("exec sleep 600")
    registry = EmbeddedRegistry(tmp_path / "registry")
    registry.search_apart(1)
    shelf = Shelf(lambda: registry)

    async def end_while_searching() -> None:
        asked = asyncio.ensure_future(shelf.ask(lambda registry: registry.search(SearchQuery())))
        await shelf.ask(lambda _registry: None)  # it is open, and the search was begun before
        await asyncio.to_thread(shelf.close)
        with pytest.raises((SearchFailed, asyncio.CancelledError, RuntimeError)):
            await asked

    asyncio.run(end_while_searching())


def test_what_one_had_that_is_killed_others_answer_while_a_new_one_builds_its_index(
    home: Path, launcher: Callable[[str], None]
) -> None:
    with EmbeddedRegistry(home) as registry:
        registry.search_apart(2)
        all_ready(registry)
        assert registry.apart is not None
        launcher("exec sleep 600")
        os.kill(pid(registry), signal.SIGSTOP)
        asked = [registry.apart.ask(SearchQuery("csv", size=size)) for size in range(1, 65)]
        os.kill(pid(registry), signal.SIGKILL)
        assert [each.result(60).total for each in asked] == [1] * 64


def test_one_that_cannot_be_started_costs_nobody_a_search_where_another_one_answers(
    home: Path, tmp_path: Path, launcher: Callable[[str], None]
) -> None:
    launcher(f'mkdir {shlex.quote(str(tmp_path / "first"))} && exec "$PYTHON" "$@"; exit 3')
    with EmbeddedRegistry(home) as registry:
        registry.search_apart(2)
        assert registry.apart is not None
        asked = [registry.apart.ask(SearchQuery("csv")) for _ in range(200)]
        assert [each.result(60).total for each in asked] == [1] * 200


def test_long_questions_and_long_answers_do_not_wait_for_each_other(
    home: Path, monkeypatch: pytest.MonkeyPatch, launcher: Callable[[str], None]
) -> None:
    monkeypatch.setattr(running, "_PIPE_BYTES", 4096)
    one_by_one = "from automatosx_nb.registry.apart import process; process.SEND_S = 0; process.main()"
    launcher(f'exec "$PYTHON" -c {shlex.quote(one_by_one)}')
    with EmbeddedRegistry(home) as registry:
        registry.search_apart(1)
        assert registry.apart is not None
        around = Surroundings("1.0.0", "3.12.4", "linux", tuple((f"package-{n}", "1.0") for n in range(200)))
        asked = [registry.apart.ask(SearchQuery(size=size, compatible=around)) for size in range(1, 101)]
        assert {each.result(60).total for each in asked} == {len(WORDS)}


def test_where_a_system_leaves_no_long_pipes_short_ones_do(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "_PIPE_BYTES", 0xFFFFFFFF)
    with EmbeddedRegistry(home) as registry:
        registry.search_apart(1)
        assert registry.search(SearchQuery("csv")).total == 1


def test_a_launcher_may_be_between_it_and_whoever_asks(home: Path, launcher: Callable[[str], None]) -> None:
    at_once = "from automatosx_nb.registry.apart import process; process._LOOK_S = 0.001; process.main()"
    launcher(f'"$PYTHON" -c {shlex.quote(at_once)}')
    with EmbeddedRegistry(home) as registry:
        registry.search_apart(1)
        assert registry.search(SearchQuery("csv")).total == 1


def test_half_a_character_is_refused_and_ends_no_process(registry: EmbeddedRegistry) -> None:
    registry.search(SearchQuery())
    process = pid(registry)
    with pytest.raises(ValueError, match="surrogates"):
        registry.search(SearchQuery("\ud800"))
    assert registry.search(SearchQuery()).total == 1
    assert pid(registry) == process


def test_a_database_that_says_nonsense_is_told_and_costs_no_index(registry: EmbeddedRegistry) -> None:
    registry.search(SearchQuery())
    process = pid(registry)
    for value in ("nonsense", 1):
        with registry._database.write() as connection:
            connection.exec_driver_sql("UPDATE sequence SET value = ?", (value,))
        if value == 1:
            assert registry.search(SearchQuery()).total == 1
        else:
            with pytest.raises(SearchFailed, match="failed with ValueError"):
                registry.search(SearchQuery())
    assert pid(registry) == process


def test_it_ends_with_whoever_asks_it(tmp_path: Path) -> None:
    EmbeddedRegistry(tmp_path / "registry").close()
    asking = f"""
import sys, time
from pathlib import Path
from automatosx_nb.model.release import SearchQuery
from automatosx_nb.registry.service import EmbeddedRegistry
from automatosx_nb.server.shelf import Shelf
registry = EmbeddedRegistry(Path({str(tmp_path / "registry")!r}))
registry.search_apart(1)
registry.search(SearchQuery())
print(registry.apart._lines[0]._process.pid, flush=True)
sys.stdin.read()
"""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", asking], stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        found = int(process.stdout.readline())
        process.kill()
        wait_for_the_end(found)


def test_a_terminal_that_interrupts_its_server_does_not_end_it(registry: EmbeddedRegistry) -> None:
    registry.search(SearchQuery())
    process = pid(registry)
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(process, number)
    assert registry.search(SearchQuery()).total == 1
    assert pid(registry) == process


CARRYING: tuple[Callable[[], AutomatosxError], ...] = (
    lambda: InvalidSearch("size", "0", "1 to 100"),
    lambda: RegistryBusy("a place", 10.0),
    lambda: errors.StoreUnreachable("a place", "no route"),
    lambda: errors.RegistryDamaged("a place", "torn"),
)


@pytest.mark.parametrize("make", CARRYING)
def test_an_error_is_the_same_one_on_the_other_side(make: Callable[[], AutomatosxError]) -> None:
    read, write = os.pipe()
    send(write, Answers([Failed.of(make())], 7))
    (told,) = Inbox(read).receive(Answers).answers
    os.close(read)
    os.close(write)
    assert isinstance(told, Failed)
    assert (type(told.made()), str(told.made())) == (type(make()), str(make()))


def test_an_error_that_cannot_be_said_is_told_by_its_name() -> None:
    told = Failed.of(errors.StoreUnreachable(os.fsdecode(b"\xff"), "no route")).made()
    assert isinstance(told, SearchFailed)
    assert "StoreUnreachable" in str(told)


@given(st.lists(st.binary(max_size=300), max_size=5), st.integers(1, 40))
def test_messages_come_whole_however_they_are_cut(bodies: list[bytes], piece: int) -> None:
    sent = [Answers([Found(n, None, body)], n) for n, body in enumerate(bodies)]
    read, write = os.pipe()
    whole, through = os.pipe()
    for message in sent:
        send(through, message)
    os.close(through)
    inbox = Inbox(read)
    received = []
    while some := os.read(whole, piece):
        os.write(write, some)
        inbox._received += os.read(read, piece)
        while inbox.has_more():
            received.append(inbox.receive(Answers))
    os.close(write)
    with pytest.raises(EOFError):
        inbox.receive(Answers)
    os.close(read)
    os.close(whole)
    assert received == sent


def test_a_question_names_all_that_a_search_can() -> None:
    read, write = os.pipe()
    asked = Questions(list(QUERIES), wrote=True, downloaded=[DOCTOR])
    send(write, asked)
    assert Inbox(read).receive(Questions) == asked
    os.close(read)
    os.close(write)
