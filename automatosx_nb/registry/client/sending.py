"""Publishing in a registry of another computer: small artifacts in one request, others in parts.

All that is sent may be sent again: what a registry has, it knows by its digest. So a connection that breaks, a node
that ends and an answer that was lost all lead to the same: ask where it goes on, and go on.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from automatosx_nb import package
from automatosx_nb.errors import (
    PublishingElsewhere,
    RegistryAnswerInvalid,
    RegistryUnreachable,
    UnknownUpload,
    UploadOffsetDiffers,
)
from automatosx_nb.model.digests import digest_field
from automatosx_nb.model.publishing import PublishPolicy
from automatosx_nb.model.release import CheckResult, PublishReport
from automatosx_nb.model.upload import UploadState
from automatosx_nb.package.paths import MANIFEST
from automatosx_nb.registry import unreadable
from automatosx_nb.registry.client.problems import problem_in
from automatosx_nb.registry.client.transport import Answer

if TYPE_CHECKING:
    from automatosx_nb.model.release import Stage
    from automatosx_nb.package import Examined, Package
    from automatosx_nb.registry.client.limits import ClientLimits
    from automatosx_nb.registry.client.transport import Transport

T = TypeVar("T")

_MEDIA_TYPE = "application/octet-stream"
_DEFAULT_POLICY = PublishPolicy()
_UNASKED = "{address} cannot be reached: this is what a registry finds that has no policy of its own."


class _Upload(msgspec.Struct):
    id: str
    offset: int
    size: int
    state: UploadState
    report: PublishReport | None = None
    problem: dict[str, Any] | None = None


class _Checks(msgspec.Struct):
    checks: tuple[CheckResult, ...]


class Sending:
    """May be used from any thread. Raises what :class:`Transport` does, and the registry's own errors."""

    def __init__(self, transport: Transport, limits: ClientLimits) -> None:
        self._transport = transport
        self._limits = limits

    def publish(self, artifact: bytes, stage: Stage) -> PublishReport:
        """As :meth:`automatosx_nb.model.ports.Registry.publish`.

        :raises PublishingElsewhere: the registry takes no plugins.
        """
        sha256 = self.opened(artifact).sha256
        if len(artifact) <= self._limits.whole_kb << 10:
            fields = {"Repr-Digest": digest_field(sha256), "Content-Type": _MEDIA_TYPE}
            answer = self._send("POST", f"releases?stage={stage}", artifact, fields)
            return self._settled(answer)
        try:
            return self._in_parts(artifact, sha256, stage)
        except UnknownUpload:  # its time ran out, or somebody took it back
            return self._in_parts(artifact, sha256, stage)

    def opened(self, artifact: bytes) -> Package:
        """What is in an artifact that is to be published.

        :raises NotAnArchive:
        :raises PublishRefused: it cannot be read, with all that is wrong.
        """
        return unreadable.opened_by(artifact, lambda found: self._unread(artifact, found))

    def check(self, artifact: bytes) -> tuple[CheckResult, ...]:
        """As :meth:`automatosx_nb.model.ports.Registry.check`."""
        found = package.examine(artifact)
        return self._checked(artifact) if found.package is not None else self._unread(artifact, found)

    def _unread(self, artifact: bytes, found: Examined) -> tuple[CheckResult, ...]:
        """A registry judges by its own policy what else is in it. What is no plugin is told here, and not sent."""
        if found.contents is not None and MANIFEST in found.contents.files:
            try:
                return self._checked(artifact)
            except RegistryUnreachable as error:
                note = CheckResult(unreadable.ARCHIVE, True, "info", _UNASKED.format(address=error.address))
                return (*unreadable.results(found, _DEFAULT_POLICY), note)
        return unreadable.results(found, _DEFAULT_POLICY)

    def _checked(self, artifact: bytes) -> tuple[CheckResult, ...]:
        fields = {"Repr-Digest": digest_field(package.digest(artifact)), "Content-Type": _MEDIA_TYPE}
        answer = self._send("POST", "checks", artifact, fields, read_s=self._limits.check_s)
        return self._decoded(answer, _Checks).checks

    def _in_parts(self, artifact: bytes, sha256: str, stage: Stage) -> PublishReport:
        fields = {"Repr-Digest": digest_field(sha256), "Upload-Length": str(len(artifact))}
        upload = self._decoded(self._send("POST", f"uploads?stage={stage}", b"", fields), _Upload)
        if upload.size != len(artifact):
            raise RegistryAnswerInvalid(self._transport.address, "took an upload for another one")
        offset, until = upload.offset, time.monotonic() + self._limits.send_s
        while offset < len(artifact):
            offset = self._part(upload.id, artifact, offset)
            if time.monotonic() > until:
                raise RegistryUnreachable(self._transport.address, "it takes what is sent too slowly")
        fields = {"Upload-Offset": str(len(artifact)), "Upload-Complete": "?1", "Content-Digest": _OF_NOTHING}
        return self._settled(self._send("PATCH", f"uploads/{upload.id}", b"", fields))

    def _part(self, upload: str, artifact: bytes, offset: int) -> int:
        """Send the part that begins there; returns where the upload goes on."""
        part = artifact[offset : offset + (self._limits.part_kb << 10)]
        fields = {
            "Upload-Offset": str(offset),
            "Content-Digest": digest_field(package.digest(part)),
            "Content-Type": _MEDIA_TYPE,
        }
        try:
            self._send("PATCH", f"uploads/{upload}", part, fields)
        except UploadOffsetDiffers as told:  # an answer was lost, or somebody sends the same
            if not 0 <= told.expected <= len(artifact):
                raise
            return told.expected
        return offset + len(part)

    def _settled(self, answer: Answer) -> PublishReport:
        """Ask again as long as it is being checked; another node goes on where the one that did is gone."""
        until = time.monotonic() + self._limits.check_s
        while answer.status == 202:
            upload = self._decoded(answer, _Upload)
            time.sleep(min(answer.after_s or 1.0, 10.0))
            answer = self._send("GET", f"uploads/{upload.id}", b"", {})
            found = self._decoded(answer, _Upload)
            if found.problem is not None:
                raise problem_in(self._transport.address, found.problem)
            if found.report is not None:
                return found.report
            if time.monotonic() > until:
                raise RegistryUnreachable(
                    self._transport.address, "it is still checking: publish again to ask for more"
                )
            answer = Answer(202, answer.body, answer.after_s)
        return self._decoded(answer, PublishReport)

    def _send(self, method: str, path: str, body: bytes, fields: dict[str, str], read_s: float = 0.0) -> Answer:
        answer = self._transport.send(method, path, body, fields, read_s=read_s)
        if answer.status >= 400:  # no server that takes plugins
            self._transport.require_registry()
            raise PublishingElsewhere(self._transport.address)
        return answer

    def _decoded(self, answer: Answer, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(answer.body, type=kind)
        except msgspec.DecodeError as error:
            raise RegistryAnswerInvalid(self._transport.address, f"answers what cannot be read: {error}") from error


_OF_NOTHING = digest_field(package.digest(b""))
