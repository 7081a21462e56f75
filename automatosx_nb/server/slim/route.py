"""The short way itself: a rule before all others of the application."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable, Collection, Hashable
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from jupyter_server.auth import AllowAllAuthorizer
from tornado.routing import AnyMatches, Router, Rule
from tornado.web import Application

from automatosx_nb.errors import ServerOverloaded
from automatosx_nb.server.identity import names_people
from automatosx_nb.server.requests import HEADER
from automatosx_nb.server.slim import searching
from automatosx_nb.server.slim.currency import Currency
from automatosx_nb.server.slim.downloads import Downloads
from automatosx_nb.server.slim.giving import Given
from automatosx_nb.server.slim.kept import Kept
from automatosx_nb.server.slim.verdicts import Verdict, Verdicts, client, sight_of
from automatosx_nb.server.slim.waiting import Leaders, Waiting

if TYPE_CHECKING:
    from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest
    from tornado.web import RequestHandler

    from automatosx_nb.model.identity import Actor
    from automatosx_nb.server.shelf import Shelf
    from automatosx_nb.server.slim.answer import Answer, Fields
    from automatosx_nb.server.slim.waiting import Told

SETTING = "automatosx_slim"
"""Its name among the application's settings."""
_ITS_OWN = frozenset(
    (
        *("Content-Type", "Content-Length", "Content-Encoding", "Date", "Etag", "Cache-Control", "Vary", "Link"),
        *("Set-Cookie", HEADER),
    )
)
"""Header fields that an answer has of its own, or that are made anew for each."""
_CLIENTS = "Access-Control-"
"""Header fields that depend on who asks; all others, on what is asked for."""
_WAITED = "automatosx_waited"
"""A mark on requests: they go the whole way, whatever is known by then."""
FOREVER_S = 3600.0
"""How long a request waits for its own answer, which has limits of its own."""
_SAFE = ("GET", "HEAD", "OPTIONS")


class Slim(Router):
    """For one application, and the thread of its loop."""

    def __init__(self, shelf: Shelf, prefix: str, clock: Callable[[], float] = time.monotonic) -> None:
        """:param prefix: what the paths begin with that it may answer."""
        self._shelf = shelf
        self._prefix = prefix
        self._searches = f"{prefix}plugins"
        self._around: Fields | None = None
        self._verdicts = Verdicts(clock)
        self._kept = Kept(clock)
        self._currency = Currency(shelf, clock, self._changed)
        self._application: Application | None = None
        self._logs: Callable[[Any], None] | None = None
        self._downloads = Downloads(shelf)
        self._leaders = Leaders()
        self._find = shelf.line(partial(searching.line, path=self._searches))
        self.answered = 0
        """How many requests came to their answer this way."""

    def attach(self, application: Application, *, logs: Callable[[Any], None] | None = None) -> None:
        """Stand before every other rule.

        :param logs: is told of every answer, as a ``RequestHandler`` would tell of its own.
        """
        self._application, self._logs = application, logs
        application.settings[SETTING] = self
        application.default_router.rules.insert(0, Rule(AnyMatches(), self))

    def find_handler(self, request: HTTPServerRequest, **_: Any) -> HTTPMessageDelegate | None:
        if not self._may(request) or _WAITED in vars(request):
            return None
        key = self._key(request)
        verdict, holds = self._verdicts.get(key), self._currency.holds()
        answer = self._answer(request, verdict)
        if answer is None:
            told = self._leaders.of((request.uri, key))
            if told is None and holds and verdict is not None:
                return self._search(request, key, verdict)
        elif holds and verdict is not None:
            return Given(request, verdict, answer, self._given)
        else:
            told = self._currency.asking
        return None if told is None else Waiting(request, told, partial(self._after, request, key))

    def _after(self, request: HTTPServerRequest, key: Hashable) -> HTTPMessageDelegate | None:
        """Who answers a request that has waited."""
        verdict = self._verdicts.get(key) if self._currency.holds() else None
        answer = self._answer(request, verdict)
        if verdict is None or answer is None:
            return self._whole(request)
        return Given(request, verdict, answer, self._given)

    def _whole(self, request: HTTPServerRequest) -> HTTPMessageDelegate | None:
        assert self._application is not None, "it answers for no application before it is attached to one"
        vars(request)[_WAITED] = True
        return Application.find_handler(self._application, request)

    def _search(self, request: HTTPServerRequest, key: Hashable, verdict: Verdict) -> HTTPMessageDelegate | None:
        """Search for somebody who may: what nobody asked before is found without a handler. What a handler says around
        it is known from the last one that did."""
        query = searching.question(request) if request.path == self._searches and self._around is not None else None
        if query is None:
            return None
        try:
            finding = self._find(query)
        except (ServerOverloaded, RuntimeError):  # RuntimeError: it was closed meanwhile
            return None
        uri, epoch, around = request.uri or "", self._currency.epoch, self._around
        answer: Answer | None = None

        def found(_finding: Told) -> None:
            nonlocal answer
            if finding.cancelled() or finding.exception() is not None:  # a handler says what is wrong
                return
            answer = replace(finding.result(), around=around or ())
            if epoch == self._currency.epoch:
                self._kept.put(uri, verdict.sight, answer, "")

        def then() -> HTTPMessageDelegate | None:
            return self._whole(request) if answer is None else Given(request, verdict, answer, self._given)

        finding.add_done_callback(found)  # before those who wait for it
        self._leaders.lead((request.uri, key), finding)
        return Waiting(request, finding, then, longest_s=FOREVER_S)

    def _may(self, request: HTTPServerRequest) -> bool:
        """Whether it is such that its answer may be one that was given before."""
        return (
            request.method == "GET"
            and (request.uri or "").startswith(self._prefix)
            and request.version == "HTTP/1.1"
            and "Range" not in request.headers
            and not says_more(request)
        )

    def _answer(self, request: HTTPServerRequest, verdict: Verdict | None) -> Answer | None:
        return None if verdict is None else self._kept.get(request.uri or "", verdict.sight)

    def lead(self, request: HTTPServerRequest) -> Told | None:
        """``request`` goes the whole way to an answer that will be kept: those that are the same wait for it, until
        what this returns is done. None: they do not."""
        if self._application is None or not self._may(request):
            return None
        told: Told = asyncio.get_running_loop().create_future()
        return told if self._leaders.lead((request.uri, self._key(request)), told) else None

    async def close(self) -> None:
        """Tell the registry what is not told yet, before it is closed."""
        await self._downloads.close()

    @property
    def epoch(self) -> int:
        return self._currency.epoch

    def remember(self, handler: RequestHandler, actor: Actor, answer: Answer, *, about: str, epoch: int) -> None:
        """``handler`` has let ``actor`` in, and gives that answer, which it began to make in ``epoch``."""
        request = handler.request
        if self._application is None or says_more(request) or not self._currency.knows:
            return
        if epoch != self._currency.epoch:  # what has changed since then may be who may do what
            return
        said = tuple(pair for pair in handler._headers.get_all() if pair[0] not in _ITS_OWN)
        clients = tuple(pair for pair in said if pair[0].startswith(_CLIENTS))
        self._verdicts.put(self._key(request), Verdict(sight_of(actor), clients))
        around = tuple(pair for pair in said if not pair[0].startswith(_CLIENTS))
        self._kept.put(request.uri or "", sight_of(actor), replace(answer, around=around), about)
        if request.path == self._searches:
            self._around = around

    def wrote(self) -> None:
        """Somebody changed something here: perhaps also what somebody may do."""
        self._verdicts.clear()
        self._kept.clear()
        self._currency.wrote()

    def _changed(self, plugins: Collection[str] | None) -> None:
        """Elsewhere; what it was may be that somebody was taken what they may do."""
        if plugins is None:
            self._verdicts.clear()
        self._kept.forget(plugins)

    def _given(self, given: Given) -> None:
        self.answered += 1
        if given.answer.release is not None and given.get_status() == HTTPStatus.OK:
            self._downloads.count(*given.answer.release)
        if self._logs is not None:
            self._logs(given)

    def downloaded(self, plugin: str) -> None:
        """How often is in what is kept about it."""
        self._kept.forget_one(plugin)

    def _key(self, request: HTTPServerRequest) -> Hashable:
        """An Authorizer that is not Jupyter's own may look at the path: then who is let in to one is asked again at
        another; and so it is with what is asked, where an identity provider is not."""
        assert self._application is not None, "it answers for no application before it is attached to one"
        settings = self._application.settings
        path = "" if type(settings.get("authorizer")) is AllowAllAuthorizer else request.path
        query = request.query if names_people(settings.get("identity_provider")) else ""
        return path, query, client(request)


_NO_STREAM = object()


def says_more(request: HTTPServerRequest) -> bool:
    """Whether it may say outside its headers who asks: Jupyter takes a token from the query and from a body, too, and
    an identity provider may look at a certificate."""
    said = request.headers
    sends_more = "token" in request.query_arguments or "Content-Length" in said or "Transfer-Encoding" in said
    return sends_more or _has_certificate(request)


def _has_certificate(request: HTTPServerRequest) -> bool:
    """Whether the client has shown one; also where that cannot be told any more."""
    stream: Any = getattr(request.connection, "stream", _NO_STREAM)
    if stream is _NO_STREAM:
        return False
    connection = getattr(stream, "socket", None)
    if connection is None or connection.fileno() < 0:
        return True
    return isinstance(connection, ssl.SSLSocket) and connection.getpeercert(binary_form=True) is not None


class Announcing:
    """Mixed into every handler, before tornado's: tells the short way of what was written."""

    request: HTTPServerRequest
    settings: dict[str, Any]
    changes_nothing = False
    """Whatever its method says."""

    def on_finish(self) -> None:
        slim = self.settings.get(SETTING)
        refused = 400 <= self.get_status() < 500  # type: ignore[attr-defined]
        if slim is not None and not (refused or self.changes_nothing or self.request.method in _SAFE):
            slim.wrote()
        super().on_finish()  # type: ignore[misc]
