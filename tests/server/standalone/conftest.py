"""Registries that are servers of their own: in a thread of the test's process, or a process that can be told to end."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import httpx
import pytest
from traitlets.config import Config

from automatosx_nb.config import load_settings
from automatosx_nb.server.standalone.run import Server

TOKEN = "the-token-of-the-test"
WITH_TOKEN = {"Authorization": f"token {TOKEN}"}


@contextmanager
def serving(folder: Path, *, password: str = "", **settings: Any) -> Iterator[httpx.Client]:
    """A client of a server on the registry in ``folder``; it ends with the block, and ended well."""
    known = {"IdentityProvider": {"token": TOKEN}, "PasswordIdentityProvider": {"hashed_password": password}}
    loaded = load_settings(Config())
    made = replace(loaded.server, **{"db": f"sqlite:///{folder}/registry.sqlite", "port": 0, **settings})
    told: SimpleQueue[Any] = SimpleQueue()

    async def run() -> None:
        server = Server(replace(loaded, server=made), Config(known))
        loop = asyncio.get_running_loop()
        await server.run(lambda address: told.put((address, lambda: loop.call_soon_threadsafe(server.end))))

    def target() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:
            told.put(error)
        else:
            told.put("ended")

    thread = threading.Thread(target=target)
    thread.start()
    first = told.get()
    if isinstance(first, BaseException):
        raise first
    address, end = first
    try:
        with httpx.Client(base_url=address, headers=WITH_TOKEN, trust_env=False) as client:
            yield client
    finally:
        end()
        thread.join()
    last = told.get()
    if isinstance(last, BaseException):
        raise last


@pytest.fixture
def server(registry_home: Path, home: Path) -> Iterator[Callable[..., httpx.Client]]:
    """``server(**settings)``: a client of a server with these in place of the defaults of ``c.RegistryServer``."""
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(serving(registry_home, **settings))


class Process:
    """``jupyter automatosx serve`` in a process of its own, once it listens."""

    def __init__(self, *flags: str, **variables: str) -> None:
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "automatosx_nb.cli", "serve", "--port", "0", *flags],
            env={**os.environ, "JUPYTER_TOKEN": TOKEN, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.popen.stdout is not None
        self.address = self.popen.stdout.readline().strip()

    def lines(self) -> Iterator[dict[str, Any]]:
        """What it logs, as it comes, to its end."""
        assert self.popen.stderr is not None
        return (json.loads(line) for line in self.popen.stderr)

    def logs_until(self, text: str) -> list[dict[str, Any]]:
        """Its log up to the first message with ``text`` in it."""
        read = []
        for line in self.lines():
            read.append(line)
            if text in line["message"]:
                return read
        raise AssertionError(f"it ended without {text!r}: {read}")

    def close(self) -> None:
        self.popen.kill()
        self.popen.communicate()


@pytest.fixture
def process(registry_home: Path, home: Path) -> Iterator[Callable[..., Process]]:
    """``process(*flags, **variables)``; what of it is left is killed."""
    with ExitStack() as stack:

        def start(*flags: str, **variables: str) -> Process:
            started = Process("--db", f"sqlite:///{registry_home}/registry.sqlite", *flags, **variables)
            stack.callback(started.close)
            return started

        yield start
