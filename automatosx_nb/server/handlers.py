"""The REST interface under ``/automatosx/api/v1``; docs/rest-api.md tells it to people, ``openapi`` to machines.

Each concrete handler carries both decorators itself: ``authorized`` remembers the first class that it ran on, so an
inherited method would ask for the wrong resource.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from automatosx_nb.deadline import Deadline
from automatosx_nb.errors import UnknownRelease
from automatosx_nb.host.environment import cooldown_now, environment
from automatosx_nb.model.digests import digest_field
from automatosx_nb.model.gate import Gate
from automatosx_nb.model.release import PluginDetail, ReleaseDetail, SearchQuery
from automatosx_nb.model.search_parameters import query_of
from automatosx_nb.model.semver.encoding import as_text
from automatosx_nb.server import identity, planning, problems, ranges
from automatosx_nb.server.asking import Asking
from automatosx_nb.server.openapi import DOCUMENT
from automatosx_nb.server.slim import ALWAYS_ASK, FOR_ALL, SETTING, WHO_ASKS, Answer, searching

if TYPE_CHECKING:
    from automatosx_nb.model.ports import Registry
    from automatosx_nb.server.shelf import Shelf
    from automatosx_nb.server.slim.answer import Fields

T = TypeVar("T")

API = "/automatosx/api/v1/"
JUPYTER = ("token", "_xsrf", "no_track_activity")
"""Parameters that are Jupyter's own, on any of its paths."""
FOREVER = "private, max-age=31536000, immutable"


class RegistryHandler(Asking, APIHandler):
    """Answers in JSON, and fails in problem documents."""

    repeats = False
    """Whether what it answers is given again, to whoever asks for the same: then they wait for it."""
    given: Answer | None = None
    """What it gave, also where the client had it already."""
    _media_type = "application/json"

    def initialize(self, shelf: Shelf) -> None:
        super().initialize(shelf)
        self._slim = self.settings.get(SETTING)
        self._epoch = None if self._slim is None else self._slim.epoch
        self._led = self._slim.lead(self.request) if self._slim is not None and self.repeats else None

    def on_finish(self) -> None:
        super().on_finish()
        if self._led is not None and not self._led.done():
            self._led.set_result(None)

    def answer(self, document: Any, *, about: str | None = None, also: tuple[tuple[str, str], ...] = ()) -> None:
        """Send ``document``, or a 304 where the client has it already.

        :param about: the plugin that it is about; empty: all of them. Whoever sees the same is given the same until
            something of that changes. None: nobody is.
        :param also: further header fields.
        """
        self.give(Answer.of(msgspec.json.encode(document), self._media_type, ALWAYS_ASK, also), about=about)

    def give(self, answer: Answer, *, about: str | None = None) -> None:
        """As :meth:`answer`."""
        self.given = answer
        if about is not None and self._slim is not None and self._actor is not None:
            self._slim.remember(self, self._actor, answer, about=about, epoch=self._epoch)
        self._media_type = answer.media_type
        self.send(answer)

    def finish(self, *args: Any, **kwargs: Any) -> Any:
        return super().finish(*args, set_content_type=self._media_type, **kwargs)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = kwargs.get("exc_info", (None, None))[1]
        self._etag, self._media_type = None, problems.MEDIA_TYPE
        if status_code == 401:
            self.set_header("WWW-Authenticate", 'Bearer error="invalid_token"')
        retry_after = problems.retry_after_of(status_code, error)
        if retry_after is not None:
            self.set_header("Retry-After", str(retry_after))
        self.finish(msgspec.json.encode(problems.document(status_code, error)))


class SearchHandler(RegistryHandler):
    """``GET plugins``"""

    repeats = True

    @web.authenticated
    @authorized
    async def get(self) -> None:
        said = {name: self.get_query_argument(name) for name in self.request.query_arguments if name not in JUPYTER}
        query = query_of(said)
        found = await self.ask(lambda registry: searching.search(registry, query))
        self.give(searching.answer(found, query, self.request.path), about="")


class PluginHandler(RegistryHandler):
    """``GET plugins/{id}``"""

    repeats = True

    @web.authenticated
    @authorized
    async def get(self, plugin: str) -> None:
        self.answer(await self.ask(lambda registry: registry.plugin(plugin)), about=plugin)


class VersionsHandler(RegistryHandler):
    """``GET plugins/{id}/versions``"""

    repeats = True

    @web.authenticated
    @authorized
    async def get(self, plugin: str) -> None:
        detail = await self.ask(lambda registry: registry.plugin(plugin))
        self.answer({"id": detail.summary.id, "versions": detail.releases}, about=plugin)


class ReleaseHandler(RegistryHandler):
    """``GET plugins/{id}/{version}``"""

    repeats = True

    @web.authenticated
    @authorized
    async def get(self, plugin: str, version: str) -> None:
        def ask(registry: Registry) -> dict[str, Any]:
            release = _release(registry.plugin(plugin), version)
            more = {
                "changelog": registry.changelog(plugin, version),
                "checks": registry.checked(plugin, version),
                "screenshots": registry.screenshots(plugin, version),
            }
            return {"id": plugin, **more, **msgspec.to_builtins(release)}

        self.answer(await self.ask(ask), about=plugin)


class ArtifactHandler(RegistryHandler):
    """``GET plugins/{id}/{version}/artifact``"""

    repeats = True

    @web.authenticated
    @authorized
    async def get(self, plugin: str, version: str) -> None:
        release = await self.ask(lambda registry: _release(registry.plugin(plugin), version))
        self._etag = f'"{release.sha256}"'
        self.set_header("Cache-Control", FOREVER)
        self.set_header("Etag", self._etag)
        if self.check_etag_header():
            self.set_status(304)
            return
        also = _artifact_headers(plugin, version, release.sha256)
        if self.request.method == "HEAD":
            self._tell_size(release.size, also)
            return
        try:
            headers = self.request.headers
            asked = ranges.requested(headers.get("Range"), headers.get("If-Range"), self._etag, release.size)
        except ValueError:
            self._refuse_range(release.size)
            return
        start, stop = asked or (0, release.size)
        data = await self.ask(lambda registry: b"".join(registry.artifact(plugin, version, start=start)))
        if asked is not None:
            self.set_status(206)
            self.set_header("Content-Range", f"bytes {start}-{stop - 1}/{release.size}")
        answer = Answer(data[: stop - start], "application/zip", FOREVER, self._etag, also, release=(plugin, version))
        if self._slim is not None and not start:
            self._slim.downloaded(plugin)
        self.give(answer, about=plugin if asked is None else None)

    def _tell_size(self, size: int, also: Fields) -> None:
        """Without a look at its bytes: that is no download."""
        self._media_type = "application/zip"
        for name, value in (*also, ("Content-Length", str(size))):
            self.set_header(name, value)

    def _refuse_range(self, size: int) -> None:
        self.clear()
        self._etag, self._media_type = None, problems.MEDIA_TYPE
        self.set_status(416)
        self.set_header("Content-Range", f"bytes */{size}")
        self.write(msgspec.json.encode(problems.document(416, None)))


class IndexHandler(RegistryHandler):
    """``GET index/{id}``, which a cache in front of the server may give to strangers, where it lets them read."""

    repeats = True

    @web.authenticated
    @authorized
    async def get(self, plugin: str) -> None:
        def ask(registry: Registry) -> dict[str, Any]:
            releases = registry.releases(plugin)
            if not releases:
                registry.plugin(plugin)  # which names the nearest ids
            return {"id": plugin, "releases": msgspec.to_builtins(releases, enc_hook=as_text)}

        document = msgspec.json.encode(await self.ask(ask))
        stranger = (await self.actor()).name == identity.PUBLIC
        caching = FOR_ALL if stranger else ALWAYS_ASK
        self.give(replace(Answer.of(document, self._media_type, caching), vary=WHO_ASKS), about=plugin)


class NameHandler(RegistryHandler):
    """``GET names/{name}``: a client of several registries asks whose a publisher's plugins are."""

    @web.authenticated
    @authorized
    async def get(self, name: str) -> None:
        self.answer({"name": name, "taken": await self.ask(lambda registry: registry.has_publisher(name))})


class PlanHandler(RegistryHandler):
    """``POST plan``, which changes nothing: whoever may read may ask."""

    changes_nothing = True

    @web.authenticated
    @authorized("read")  # type: ignore[untyped-decorator,unused-ignore]
    async def post(self) -> None:
        request = planning.read(self.request.body)
        settings = await self.shelf.ask(lambda _registry: self.settings["automatosx_settings"]())

        def ask(registry: Registry) -> dict[str, Any]:
            return planning.plan(
                request,
                registry,
                here=environment(),
                policy=Gate(settings.policy, settings.permissions, registry.plugin, signed=settings.policy.signed),
                permissions=settings.permissions,
                cooldown=cooldown_now(settings.cooldown),
                spend=Deadline(settings.server.plan_s, "c.RegistryServer.plan_s"),
            )

        actor = await self.actor()
        self.answer(await self.shelf.plan(await self.whose_turn(), lambda registry: ask(registry.seen_by(actor))))


class OpenApiHandler(RegistryHandler):
    """``GET openapi.json``"""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        self.answer(DOCUMENT)


class HealthHandler(RegistryHandler):
    """``GET healthz``"""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        page = await self.shelf.ask(lambda registry: registry.search(SearchQuery(size=1)))
        self.answer({"status": "ok", "plugins": page.total})


class NothingHereHandler(RegistryHandler):
    """Every other path below: a problem document too, not a page for people."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        raise web.HTTPError(404)


def _artifact_headers(plugin: str, version: str, sha256: str) -> Fields:
    return (
        ("Accept-Ranges", "bytes"),
        ("Repr-Digest", digest_field(sha256)),
        ("Content-Disposition", f'attachment; filename="{plugin}-{version}.axp"'),
    )


def _release(detail: PluginDetail, version: str) -> ReleaseDetail:
    for release in detail.releases:
        if release.version == version:
            return release
    raise UnknownRelease(detail.summary.id, version, tuple(release.version for release in detail.releases))


_ID = r"([^/]+)"
ROUTES: tuple[tuple[str, type[RegistryHandler]], ...] = (
    (r"plugins", SearchHandler),
    (rf"plugins/{_ID}", PluginHandler),
    (rf"plugins/{_ID}/versions", VersionsHandler),
    (rf"plugins/{_ID}/{_ID}", ReleaseHandler),
    (rf"plugins/{_ID}/{_ID}/artifact", ArtifactHandler),
    (rf"index/{_ID}", IndexHandler),
    (rf"names/{_ID}", NameHandler),
    (r"plan", PlanHandler),
    (r"openapi\.json", OpenApiHandler),
    (r"healthz", HealthHandler),
)
"""Paths under :data:`API`, in the order in which they are tried."""
