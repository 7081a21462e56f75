from __future__ import annotations

import hashlib
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.postgresql import PostgreSQL
from tests.servers.s3 import S3


def test_every_database_is_a_new_one_and_a_template_is_copied(postgresql: PostgreSQL) -> None:
    first, second = postgresql.database(), postgresql.database()
    postgresql.run("CREATE TABLE here (n int)", first)
    copy = postgresql.database(template=first)
    found = "SELECT count(*) FROM pg_tables WHERE tablename = 'here'"
    assert [postgresql.run(found, url) for url in (first, second, copy)] == [[(1,)], [(0,)], [(1,)]]


def test_the_server_listens_on_no_network_and_root_runs_none_of_it(postgresql: PostgreSQL) -> None:
    assert postgresql.run("SHOW listen_addresses") == [("",)]
    assert (postgresql.folder / "data").stat().st_uid != 0


_RUN = """
import sys, time
from pathlib import Path
from tests.servers.postgresql import serving
with serving(Path(sys.argv[1])) as server:
    print((server.folder / "data" / "postmaster.pid").read_text().split()[0], server.folder, flush=True)
    time.sleep(600)
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="Linux only")
def test_a_server_ends_with_a_run_that_is_killed_and_leaves_nothing(postgresql: PostgreSQL) -> None:
    command = [sys.executable, "-c", _RUN, str(postgresql.bin)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as run:
        assert run.stdout is not None
        pid, folder = run.stdout.readline().split()
        ended = os.pidfd_open(int(pid))
        os.killpg(run.pid, signal.SIGKILL)
    assert select.select([ended], [], [], 60)[0], "it outlived the run by a minute"
    os.close(ended)
    while Path(folder).exists():  # its folder goes after it
        pass


def test_a_bucket_keeps_what_obstore_puts_there(s3: S3) -> None:
    import obstore

    data = b"bytes" * 1000
    store = obstore.store.from_url(f"{s3.bucket()}/below")
    obstore.put(store, "a/b", data)
    assert hashlib.sha256(bytes(obstore.get(store, "a/b").bytes())).digest() == hashlib.sha256(data).digest()
    assert [each["path"] for batch in obstore.list(store) for each in batch] == ["a/b"]
