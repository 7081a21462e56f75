from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest
from sqlalchemy import select, update

from automatosx_nb.errors import RegistryBusy, RegistryDamaged, RegistryTooNew, StorageFull
from automatosx_nb.registry.database import Database, add, inserting, sqlite
from automatosx_nb.registry.schema import sequence, used_versions
from automatosx_nb.registry.service import EmbeddedRegistry


def value(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute(select(sequence.c.value)).scalar_one())


def test_a_write_that_raises_leaves_nothing(place: Path | str) -> None:
    database = Database(place)
    with suppress(RuntimeError), database.write() as connection:
        connection.execute(update(sequence).values(value=7))
        raise RuntimeError
    assert value(database) == 0
    database.close()


def test_a_reader_keeps_its_moment_while_another_connection_writes(place: Path | str) -> None:
    database = Database(place)
    with database.read() as reading:
        assert reading.execute(select(sequence.c.value)).scalar_one() == 0
        with database.write() as writing:
            writing.execute(update(sequence).values(value=1))
        assert reading.execute(select(sequence.c.value)).scalar_one() == 0
    assert value(database) == 1
    database.close()


def test_a_second_writer_that_waited_in_vain_is_told_so(place: Path | str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BUSY_S", 0.05)
    database = Database(place if isinstance(place, Path) else place + "&options=-c%20lock_timeout%3D50ms")
    with database.write(), pytest.raises(RegistryBusy, match="another process is writing"), database.write():
        pass
    database.close()


def test_who_waited_to_write_sees_what_was_written_meanwhile(place: Path | str) -> None:
    """One that took its snapshot before it waited would add to the old value."""
    with closing(Database(place)) as database, ThreadPoolExecutor(8) as threads:

        def count(_each: int) -> None:
            with database.write() as connection:
                found = connection.execute(select(sequence.c.value)).scalar_one()
                connection.execute(update(sequence).values(value=found + 1))

        list(threads.map(count, range(40)))
        assert value(database) == 40


def test_what_is_there_is_added_to_or_left_where_a_row_of_its_key_is_inserted(place: Path | str) -> None:
    key = {"plugin": "acme.demo", "precedence": "1.0.0"}
    with closing(Database(place)) as database:
        for digest in ("a" * 64, "b" * 64):
            with database.write() as connection:
                statement = inserting(connection, used_versions).values(key | {"artifact": digest})
                connection.execute(statement.on_conflict_do_nothing())
                add(connection, sequence, {"id": 1}, "value", 5)
        with database.read() as connection:
            assert connection.execute(select(used_versions.c.artifact)).scalars().all() == ["a" * 64]
        assert value(database) == 10


def test_opening_an_existing_database_does_not_load_alembic(tmp_path: Path) -> None:
    Database(tmp_path / "r.sqlite").close()
    program = (
        "import sys, pathlib; from automatosx_nb.registry.service import EmbeddedRegistry as R;"
        "from automatosx_nb.registry.database import Database;"
        "Database(pathlib.Path(sys.argv[1])).close();"
        "print(sorted({m.partition('.')[0] for m in sys.modules} & {'alembic', 'mako', 'jupyter_server'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "r.sqlite")], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "content", [b"this is no database at all, though it is long enough" * 10, b"SQLite format 3\0" + b"\xff" * 4096]
)
def test_a_file_that_is_no_database_is_damaged_not_a_traceback(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "r.sqlite"
    path.write_bytes(content)
    with pytest.raises(RegistryDamaged) as caught:
        Database(path)
    assert caught.value.path == str(path)
    assert path.read_bytes() == content


def test_a_database_without_its_tables_is_damaged(place: Path | str) -> None:
    with closing(Database(place)) as database:
        with database.write() as connection:
            connection.exec_driver_sql("DROP TABLE sequence")
        with pytest.raises(RegistryDamaged, match="sequence"):
            value(database)


def test_a_database_of_a_newer_version_is_left_alone(place: Path | str) -> None:
    with closing(Database(place)) as database, database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(RegistryTooNew, match="9999"):
        Database(place)


WRITE_UNDER_A_LIMIT = """
import resource, sys, pathlib
from sqlalchemy import insert
from automatosx_nb.registry.database import Database
from automatosx_nb.registry.schema import publishers
database = Database(pathlib.Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    with database.write() as connection:
        rows = [{"name": f"p{n}" + "x" * 100, "verified": False, "created": ""} for n in range(9000)]
        connection.execute(insert(publishers), rows)
except Exception as error:
    print(type(error).__name__)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="RLIMIT_FSIZE is POSIX")
def test_a_full_disk_is_said_and_nothing_of_the_write_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    Database(path).close()
    done = subprocess.run(
        [sys.executable, "-c", WRITE_UNDER_A_LIMIT, str(path), str(256 * 1024)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == StorageFull.__name__, done.stderr
    database = Database(path)
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM publishers").scalar_one() == 0
    database.close()


READ_ONLY = """
import os, sys, pathlib
from automatosx_nb.model.release import SearchQuery
from automatosx_nb.registry.service import EmbeddedRegistry
home, other, scratch = map(pathlib.Path, sys.argv[1:])
data = other.read_bytes()
with EmbeddedRegistry(scratch) as registry:  # loads every module, while they can still be read
    registry.publish(data)
    registry.search(SearchQuery("other"))
if os.geteuid() == 0:  # whom no permission stops
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
with EmbeddedRegistry(home) as registry:
    print(registry.search(SearchQuery()).total, registry.known())
    print(len(b"".join(registry.artifact("acme.csv-doctor", "1.0.0"))) > 100)
    try:
        registry.publish(data)
    except Exception as error:
        print(type(error).__name__)
"""


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """A folder that another user of this machine can reach: pytest's own is its owner's alone."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
@pytest.mark.parametrize("left_open", [False, True], ids=["at rest", "another process has it open"])
def test_a_read_only_registry_is_read_and_refuses_to_write(
    shared_folder: Path, tmp_path: Path, build: Callable[..., bytes], left_open: bool
) -> None:
    home, other = shared_folder / "home", shared_folder / "other.axp"
    writer = EmbeddedRegistry(home)
    writer.publish(build())
    if not left_open:
        writer.close()
    other.write_bytes(build("acme.other"))
    for path in (home, *home.rglob("*"), other):
        path.chmod(0o555 if path.is_dir() else 0o444)
    program = [sys.executable, "-c", READ_ONLY, str(home), str(other), str(tmp_path)]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    writer.close()
    assert done.stdout.splitlines() == ["1 ('acme.csv-doctor',)", "True", "ProfileReadOnly"], done.stderr
