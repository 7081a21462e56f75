"""Who was let in a moment ago, with which request, to see what."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, NamedTuple

from automatosx_nb.server.identity import PUBLIC

if TYPE_CHECKING:
    from tornado.httputil import HTTPServerRequest

    from automatosx_nb.model.identity import Actor

REMEMBER_S = 5.0
"""What the registry does not tell of (a login that ended, a token that expired) holds this long still; of what was
taken from somebody on another node (a token, a role, a membership) :class:`.currency.Currency` hears before that."""
AHEAD_S = 1.0
MOST = 4096
_SAY_NOTHING = frozenset(
    (
        *("Accept", "Accept-Encoding", "Accept-Language", "User-Agent", "Connection", "Cache-Control", "Pragma"),
        *("If-None-Match", "If-Modified-Since", "X-Request-Id", "Dnt", "Priority", "Traceparent", "Tracestate"),
    )
)
"""Header fields that say nothing of who asks. Any other might, to some identity provider: with another value it is
another one's request."""


class Verdict(NamedTuple):
    """``sight`` stands for which releases one sees; ``headers`` are those that depend on who asks."""

    sight: str
    headers: tuple[tuple[str, str], ...]


class Verdicts:
    """For one thread: the server's loop."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._verdicts: OrderedDict[Hashable, tuple[float, Verdict]] = OrderedDict()
        self._renewing: set[Hashable] = set()

    def get(self, key: Hashable) -> Verdict | None:
        """None: go the whole way. One request of a client is told so before its time, to renew it for the others."""
        found = self._verdicts.get(key)
        if found is None:
            return None
        until, verdict = found
        left = until - self._clock()
        if left < 0:
            del self._verdicts[key]
            self._renewing.discard(key)
            return None
        if left < AHEAD_S and key not in self._renewing:
            self._renewing.add(key)
            return None
        return verdict

    def put(self, key: Hashable, verdict: Verdict) -> None:
        """It is not made longer by being asked for: each client is looked at again every :data:`REMEMBER_S`."""
        self._verdicts.pop(key, None)
        self._renewing.discard(key)
        self._verdicts[key] = self._clock() + REMEMBER_S, verdict
        if len(self._verdicts) > MOST:
            oldest, _ = self._verdicts.popitem(last=False)
            self._renewing.discard(oldest)

    def clear(self) -> None:
        self._verdicts.clear()
        self._renewing.clear()


def client(request: HTTPServerRequest) -> Hashable:
    """All of a request that can make a difference to who is let in, but the path."""
    said = tuple(pair for pair in request.headers.get_all() if pair[0] not in _SAY_NOTHING)
    return (request.remote_ip, request.protocol, said)


def sight_of(actor: Actor) -> str:
    """The same for two who see the same releases, as :func:`automatosx_nb.registry.sight.seen_by` has it.

    Strangers are told apart from those who are known and see no more: what they are given may be kept on its way.
    """
    if actor.name == PUBLIC:
        return PUBLIC
    return "*" if actor.reads_all else " ".join(sorted(actor.publishers))
