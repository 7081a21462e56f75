"""Publishing over HTTP: an artifact in one request, or in parts.

Parts follow the terms of *Resumable Uploads for HTTP* (draft-ietf-httpbis-resumable-upload), where they fit what has a
checksum for each part: ``Upload-Offset``, ``Upload-Complete``, ``Upload-Length``, ``Upload-Limit``. Checks may take
longer than anybody waits for an answer; what is not settled by then is asked for again.
"""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from automatosx_nb.errors import (
    InvalidUpload,
    PublishingElsewhere,
    ServerOverloaded,
    TooManyWaiting,
    UploadOffsetDiffers,
)
from automatosx_nb.model.digests import sha256_in
from automatosx_nb.model.release import Stage
from automatosx_nb.model.upload import Upload, UploadLimits, UploadState
from automatosx_nb.package.caps import CAPS
from automatosx_nb.server import problems
from automatosx_nb.server.bodies import BodyHandler

if TYPE_CHECKING:
    from collections.abc import Callable

    from automatosx_nb.model.identity import Actor
    from automatosx_nb.model.ports import Registry
    from automatosx_nb.model.ports_registry import Uploads
    from automatosx_nb.model.release import CheckResult

WAIT_S = 4.0
"""An answer comes by then; a check that goes on is asked for again."""
ASK_AGAIN_S = 1
_LIMITS = UploadLimits()
_STAGES = ", ".join(Stage)


def _room(registry: Registry) -> Uploads:
    """:raises PublishingElsewhere: this server has a registry that is another computer's."""
    found: Uploads | None = getattr(registry, "uploads", None)
    if found is None:
        raise PublishingElsewhere(registry.address)
    return found


class _UploadsHandler(BodyHandler):
    async def in_room(self, ask: Callable[[Uploads], Upload | None]) -> Any:
        return await self.shelf.ask(lambda registry: ask(_room(registry)))

    async def settled(self, actor: Actor, upload: str) -> Upload:
        """The upload, checked and published if that takes no longer than somebody waits; it goes on meanwhile."""
        who = await self.whose_turn()
        work = self.shelf.work(who, lambda registry: _room(registry).finish(actor, upload), name=f"{who} {upload}")
        done, _ = await asyncio.wait([work], timeout=WAIT_S)
        if done:
            return await work
        work.add_done_callback(_retrieve)
        found: Upload = await self.in_room(lambda room: room.status(actor, upload))
        return found

    async def document(self, upload: Upload) -> dict[str, Any]:
        """What is told of one, with how many others' turns come first where it waits to be checked."""
        waits = upload.state is UploadState.RECEIVING and upload.is_whole
        return document(upload, ahead=self.shelf.ahead(await self.whose_turn()) if waits else 0)

    async def answer_settled(self, upload: Upload) -> None:
        """201 for what is new, 200 for what was there, 202 while it is checked, or why it was refused."""
        if upload.refusal is not None:
            raise upload.refusal
        if upload.report is not None:
            self.set_status(201 if upload.report.created else 200)
            self.answer(upload.report)
            return
        self.set_status(202)
        self.set_header("Retry-After", str(ASK_AGAIN_S))
        self.set_header("Location", self.place_of(upload))
        self.answer(await self.document(upload))

    def place_of(self, upload: Upload) -> str:
        return f"{self.request.path.rpartition('/api/v1/')[0]}/api/v1/uploads/{upload.id}"

    def tell(self, upload: Upload) -> None:
        """Where the upload stands, in header fields."""
        self.set_header("Upload-Offset", str(upload.offset))
        self.set_header("Upload-Complete", "?1" if upload.is_whole else "?0")
        self.set_header("Upload-Length", str(upload.size))
        limits = {
            "max-size": _LIMITS.size_mb << 20,
            "max-append-size": _LIMITS.part_mb << 20,
            "min-append-size": _LIMITS.least_part_kb << 10,
            "max-age": int(_LIMITS.expires_h * 3600),
        }
        self.set_header("Upload-Limit", ", ".join(f"{name}={value}" for name, value in limits.items()))
        self.set_header("Cache-Control", "no-store")

    def stage(self) -> Stage:
        """:raises InvalidUpload:"""
        said = self.get_query_argument("stage", Stage.STABLE.value)
        if said not in list(Stage):
            raise InvalidUpload(f"there is no stage {said!r}; there are {_STAGES}")
        return Stage(said)

    def number(self, field: str) -> int:
        """:raises InvalidUpload:"""
        said = self.request.headers.get(field, "")
        if not (said.isascii() and said.isdigit() and len(said) <= 15):
            raise InvalidUpload(f"it takes the header {field}, a number of bytes")
        return int(said)


@web.stream_request_body
class ReleasesHandler(_UploadsHandler):
    """``POST releases``"""

    most = _LIMITS.part_mb << 20

    @web.authenticated
    @authorized
    async def post(self) -> None:
        actor, stage = await self.actor(), self.stage()
        data, sha256 = self.body("Repr-Digest", "Content-Digest")

        def keep(room: Uploads) -> Upload:
            upload = room.open(actor, sha256, len(data), stage)
            try:
                if not upload.is_whole:
                    rest = data[upload.offset :]
                    digest = hashlib.sha256(rest).hexdigest() if upload.offset else sha256
                    return room.append(actor, upload.id, upload.offset, rest, digest)
            except UploadOffsetDiffers:  # the same was sent twice at once
                return room.status(actor, upload.id)
            return upload

        upload = await self.in_room(keep)
        await self.answer_settled(await self.settled(actor, upload.id))


@web.stream_request_body
class ChecksHandler(_UploadsHandler):
    """``POST checks``"""

    most = CAPS.artifact_mb << 20

    @web.authenticated
    @authorized
    async def post(self) -> None:
        actor = await self.actor()
        actor.upload()
        data, _ = self.body("Repr-Digest", "Content-Digest")
        results: tuple[CheckResult, ...] = await self.shelf.work(
            await self.whose_turn(), lambda registry: registry.seen_by(actor).check(data)
        )
        failed = any(not each.passed and each.severity == "error" for each in results)
        self.answer({"passed": not failed, "checks": results})


@web.stream_request_body
class UploadsHandler(_UploadsHandler):
    """``POST uploads``"""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        actor, stage, size = await self.actor(), self.stage(), self.number("Upload-Length")
        sha256 = sha256_in(self.request.headers.get("Repr-Digest", "")) or ""
        upload = await self.in_room(lambda room: room.open(actor, sha256, size, stage))
        self.set_status(201)
        self.set_header("Location", self.place_of(upload))
        self.answer(document(upload))
        self.tell(upload)


@web.stream_request_body
class UploadHandler(_UploadsHandler):
    """``HEAD``, ``GET``, ``PATCH`` and ``DELETE uploads/{id}``"""

    most = _LIMITS.part_mb << 20

    @web.authenticated
    @authorized
    async def head(self, upload: str) -> None:
        actor = await self.actor()
        self.set_status(204)
        self.tell(await self.in_room(lambda room: room.status(actor, upload)))

    @web.authenticated
    @authorized
    async def get(self, upload: str) -> None:
        """One that nobody checks any more, or that waits elsewhere, is taken over by whoever is asked."""
        actor = await self.actor()
        found = await self.in_room(lambda room: room.status(actor, upload))
        if found.state is UploadState.CHECKING or (found.state is UploadState.RECEIVING and found.is_whole):
            with suppress(TooManyWaiting, ServerOverloaded):  # where it stands can be told all the same
                found = await self.settled(actor, upload)
        self.answer(await self.document(found))
        self.tell(found)

    @web.authenticated
    @authorized
    async def patch(self, upload: str) -> None:
        actor, start = await self.actor(), self.number("Upload-Offset")
        complete = self.request.headers.get("Upload-Complete", "?0")
        if complete not in ("?0", "?1"):
            raise InvalidUpload("the header Upload-Complete is ?1 with the last part, else ?0")
        data, sha256 = self.body("Content-Digest")
        if data:
            found = await self.in_room(lambda room: room.append(actor, upload, start, data, sha256))
        else:
            found = await self.in_room(lambda room: room.status(actor, upload))
        if complete == "?1":
            await self.answer_settled(await self.settled(actor, upload))
        else:
            self.set_status(204)
        self.tell(found)

    @web.authenticated
    @authorized
    async def delete(self, upload: str) -> None:
        actor = await self.actor()
        await self.in_room(lambda room: room.cancel(actor, upload))
        self.set_status(204)


def document(upload: Upload, *, ahead: int = 0) -> dict[str, Any]:
    """What ``GET uploads/{id}`` answers."""
    names = ("id", "sha256", "size", "stage", "state", "offset", "expires", "report")
    refusal = upload.refusal
    problem = None if refusal is None else problems.document(problems.status_of(refusal), refusal)
    return {**{name: getattr(upload, name) for name in names}, "ahead": ahead, "problem": problem}


def _retrieve(work: asyncio.Future[Upload]) -> None:
    """Nobody waits for it any more; what it raised is in the upload, or is raised again when somebody asks."""
    if not work.cancelled():
        work.exception()


_ID = r"([^/]+)"
ROUTES: tuple[tuple[str, type[BodyHandler]], ...] = (
    (r"releases", ReleasesHandler),
    (r"checks", ChecksHandler),
    (r"uploads", UploadsHandler),
    (rf"uploads/{_ID}", UploadHandler),
)
"""Paths under the API."""
