"""A PostgreSQL server of the tests' own, on a socket in a temporary folder; it ends with whoever started it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

MEMORY_BYTES = 4 << 30
_SERVE = """
bin=$0 folder=$1
init() { "$bin/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C --no-sync "$@" >"$folder/log" 2>&1; }
{ init --locale-provider=icu --icu-locale=en-US || init; } &&
"$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -o "-k $folder -h '' \
  -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200" -w start >/dev/null &&
echo started && cat >/dev/null
"$bin/pg_ctl" -D "$folder/data" -m immediate -w stop >/dev/null
rm -rf "$folder"
"""
"""Serves until its standard input is closed, which whoever started it does by ending, too, and leaves nothing. Texts
are sorted as people do it, and not as SQLite does, by their bytes; that takes PostgreSQL 15."""


class PostgreSQL:
    """A running server. ``bin``: the folder of its programs; ``folder``: that of its socket."""

    def __init__(self, bin: Path, folder: Path) -> None:
        self.bin = bin
        self.folder = folder
        self._names = (f"registry_{n}" for n in count(1))

    def database(self, template: str | None = None) -> str:
        """The SQLAlchemy URL of a new database, empty or a copy of the one at ``template``: nobody may be connected
        to that."""
        name = next(self._names)
        self.run(f"CREATE DATABASE {name} TEMPLATE {self._name(template) if template else 'template0'}")
        return f"postgresql+psycopg://postgres@/{name}?host={self.folder}"

    def run(self, statement: str, url: str | None = None) -> list[Any]:
        """Run ``statement``, in the database at ``url``, outside of a transaction; its rows."""
        import psycopg

        name = self._name(url) if url else "postgres"
        with psycopg.connect(host=str(self.folder), user="postgres", dbname=name, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    @staticmethod
    def _name(url: str) -> str:
        return urlsplit(url).path.removeprefix("/")


def installed() -> Path | None:
    """The folder of the newest version's programs: Debian keeps them out of the path."""
    if sys.platform == "win32":  # serving takes a POSIX shell
        return None
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda each: float(each.parts[-3]))
    if found:
        return found[-1].parent
    elsewhere = shutil.which("initdb")
    return Path(elsewhere).resolve().parent if elsewhere else None


@contextmanager
def serving(bin: Path) -> Iterator[PostgreSQL]:
    """The folder is a short one, for a socket's path has at most 107 bytes; initdb refuses to be run by root."""
    folder = Path(tempfile.mkdtemp(prefix="automatosx-pg-", dir=_quickest()))
    as_user = _unprivileged()
    if as_user:
        os.chown(folder, as_user["user"], as_user["group"])
    command = ["/bin/sh", "-c", _SERVE, str(bin), str(folder)]
    pipe = subprocess.PIPE
    try:
        apart = {
            "start_new_session": True,
            **as_user,
        }  # from who kills all of a test run: the server left its group, too
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd="/", **apart) as server:
            assert server.stdin is not None
            assert server.stdout is not None
            assert server.stdout.readline() == "started\n", (folder / "log").read_text()
            yield PostgreSQL(bin, folder)
            server.stdin.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _quickest() -> str:
    """Memory, where there is plenty: under load a new database took a second on the disk, and a fifth of that there."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free >= MEMORY_BYTES else "/tmp"


def _unprivileged() -> dict[str, Any]:
    """Whom the server is run by, in ``Popen``'s words; nothing: by whoever runs the tests."""
    if os.getuid():
        return {}
    import pwd

    names = {each.pw_name for each in pwd.getpwall()}
    user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
