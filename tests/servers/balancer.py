"""A load balancer on loopback: it hands each connection to the node that is its target, and breaks it on demand."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

Seen = Callable[[bytes], object]


class Balancer:
    """``seen`` is told all that clients send, piece by piece, before it goes on; where it raises OSError, the
    connection breaks. ``sent`` counts those bytes.
    """

    def __init__(self, target: str) -> None:
        self.target = target
        self.sent = 0
        self.seen: Seen = len
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):  # it was closed
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        where = urlsplit(self.target)
        with client, suppress(OSError), socket.create_connection((where.hostname or "", where.port or 0)) as node:
            back = threading.Thread(target=self._answer, args=(node, client), daemon=True)
            back.start()
            while piece := client.recv(16_384):
                self.seen(piece)
                self.sent += len(piece)
                node.sendall(piece)

    @staticmethod
    def _answer(node: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while piece := node.recv(16_384):
                client.sendall(piece)
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)


@contextmanager
def balancing(target: str) -> Iterator[Balancer]:
    balancer = Balancer(target)
    try:
        yield balancer
    finally:
        balancer.close()
