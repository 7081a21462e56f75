"""What comes into a registry: checked, signed where that is asked for, reviewed and published, whole or in parts."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from automatosx_nb.model.identity import owner
from automatosx_nb.model.names import publisher_of
from automatosx_nb.model.release import Stage
from automatosx_nb.model.review import ReviewPolicy
from automatosx_nb.registry import publishing, unreadable
from automatosx_nb.registry.rooms import Rooms
from automatosx_nb.sandbox.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from automatosx_nb.model.identity import Actor
    from automatosx_nb.model.release import CheckResult, PublishReport
    from automatosx_nb.registry.objects import Objects
    from automatosx_nb.registry.publishing import Also
    from automatosx_nb.registry.uploads import Uploads
    from automatosx_nb.sandbox.supervisor import Sandbox


class Intake(Rooms):
    """Of the registry that has a place for what comes, and a sandbox to try it in."""

    _objects: Objects
    _sandbox: Sandbox | None
    _limits: Callable[[], Limits]
    _reader: Actor | None

    def publish(self, artifact: bytes, *, stage: Stage = Stage.STABLE, signature: bytes | None = None) -> PublishReport:
        """As :meth:`automatosx_nb.model.ports.Registry.publish`.

        :param signature: a detached one, which comes with the release or keeps it out.
        """
        return self._publish(artifact, stage, signature=signature)

    def check(self, artifact: bytes) -> tuple[CheckResult, ...]:
        """As :meth:`automatosx_nb.model.ports.Registry.check`."""
        return publishing.check(
            artifact,
            database=self._database,
            blobs=self._blobs,
            sandbox=self._sandbox,
            actor=self._reader or owner(),
            policy=self._policy(),
            limits=self._limits(),
        )

    @cached_property
    def uploads(self) -> Uploads:
        """Artifacts that come in parts, from anywhere."""
        from automatosx_nb.registry.parts import PartStore
        from automatosx_nb.registry.uploads import Uploads

        def publish(artifact: bytes, stage: Stage, actor: Actor, also: Also) -> PublishReport:
            return self._publish(artifact, stage, actor=actor, also=also)

        return Uploads(self._database, PartStore(self._objects), publish, self._policy().uploads)

    def publish_bundled(self, artifact: bytes, *, verified: bool = True, tried: Collection[str] = ()) -> PublishReport:
        """As :meth:`publish`, for what came with the user's own installation. Its documentation was executed before it
        was bundled, and is not on each user's computer, whose configured limits keep none of it out.

        :param verified: whether its publisher counts as verified from now on.
        :param tried: digests of what was started before it was bundled, too (``automatosx_nb.registry.tried``).

        :raises PublishRefused: also where users have that name, and nobody said that they are who they say.
        """
        own: dict[str, Any] = {"policy": self._policy().without_notebooks(), "review": ReviewPolicy()}
        report = self._publish(artifact, Stage.STABLE, owner=True, limits=Limits(), tried=tried, **own)
        if verified:
            self.access.verify(owner(), publisher_of(report.id), verified=True)
        return report

    def _publish(
        self, artifact: bytes, stage: Stage, *, signature: bytes | None = None, signed: bool = False, **more: Any
    ) -> PublishReport:
        if signature is not None:
            unpacked = unreadable.opened(artifact, self._policy())
            return self.keys.publish(
                unpacked, signature, lambda also: self._publish(artifact, stage, signed=True, also=also)
            )
        wanted = self._policy().signed and stage is not Stage.DRAFT and not more.get("owner")
        return publishing.publish(
            artifact,
            stage=stage,
            database=self._database,
            blobs=self._blobs,
            sandbox=self._sandbox,
            unsigned=wanted and not signed,
            **{
                "policy": self._policy(),
                "review": self._review(),
                "limits": self._limits(),
                "actor": self._reader or owner(),
                **more,
            },
        )
