"""Load from a process of its own: ``python tests/bench/load.py PORT CONNECTIONS SECONDS TOKEN < paths``.

Each connection asks for one path after the other, over and over, and waits for the whole answer.
Without a TOKEN nobody is named. Prints JSON:
``p50``, ``p95``, ``p99`` in ms, ``rate`` in answers a second, ``refused`` (what was no 200), ``bytes``.
"""

from __future__ import annotations

import asyncio
import json
import sys
from functools import partial
from time import perf_counter


class Client(asyncio.Protocol):
    """One connection; as little of HTTP as a server of ours needs, so that the load is the server's."""

    def __init__(self, requests: list[bytes], first: int, until: float) -> None:
        self._requests, self._next, self._until = requests, first, until
        self._received = b""
        self.times: list[float] = []
        self.refused = self.bytes = 0
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, gap, body = self._received.partition(b"\r\n\r\n")
        if not gap:
            return
        at = head.lower().find(b"content-length:")
        length = int(head[at + 15 : head.find(b"\r\n", at) if head.find(b"\r\n", at) > 0 else None]) if at > 0 else 0
        whole = body.endswith(b"0\r\n\r\n") if b"transfer-encoding: chunked" in head.lower() else len(body) >= length
        if not whole:
            return
        self.times.append(perf_counter() - self._began)
        self.refused += not head.startswith(b"HTTP/1.1 200")
        self.bytes += len(body)
        self._received = b""
        if perf_counter() < self._until:
            self._ask()
        else:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(None)

    def _ask(self) -> None:
        self._began = perf_counter()
        self._transport.write(self._requests[self._next % len(self._requests)])
        self._next += 1


async def load(port: int, connections: int, seconds: float, token: str, paths: list[str]) -> dict[str, float]:
    who = f"Authorization: token {token}\r\n" if token else ""
    said = f"Host: 127.0.0.1:{port}\r\n{who}Accept: application/json\r\n\r\n"
    requests = [f"GET {path} HTTP/1.1\r\n{said}".encode() for path in paths]
    loop, until = asyncio.get_running_loop(), perf_counter() + seconds
    clients = []
    for number in range(connections):
        first = number * len(requests) // connections
        client = partial(Client, requests, first, until)
        clients.append((await loop.create_connection(client, "127.0.0.1", port))[1])
    began = perf_counter()
    await asyncio.gather(*(client.ended for client in clients))
    took = perf_counter() - began
    times = sorted(time for client in clients for time in client.times)
    at = {f"p{part}": times[min(len(times) - 1, len(times) * part // 100)] * 1e3 for part in (50, 95, 99)}
    refused, size = sum(client.refused for client in clients), sum(client.bytes for client in clients)
    return {**at, "rate": len(times) / took, "refused": refused, "bytes": size}


if __name__ == "__main__":
    port, connections, seconds, token = sys.argv[1:]
    asked = sys.stdin.read().splitlines()
    print(json.dumps(asyncio.run(load(int(port), int(connections), float(seconds), token, asked))))
