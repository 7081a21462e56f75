"""What the rooms of a registry promise beside the registry itself: people act in them, so each method is told who."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from automatosx_nb.model.acts import ActPage
    from automatosx_nb.model.identity import Actor
    from automatosx_nb.model.release import Stage
    from automatosx_nb.model.upload import Upload


class AuditLog(Protocol):
    """The record of who did what."""

    def read(
        self,
        actor: Actor,
        *,
        plugin: str | None = None,
        by: str | None = None,
        action: str | None = None,
        before: int | None = None,
        size: int = 50,
    ) -> ActPage:
        """The newest acts first: everybody's for reviewers and admins, one's own for others.

        :param before: a page's ``next``.
        :param size: 1 to 100.
        """


class Uploads(Protocol):
    """Artifacts in parts. Any node of a registry goes on where another one stopped."""

    def open(self, actor: Actor, sha256: str, size: int, stage: Stage) -> Upload:
        """The upload of those bytes: one that is under way goes on, as the very same.

        :raises ActionForbidden: the actor may not publish at all.
        :raises InvalidUpload: the digest or the size is none.
        :raises UploadTooLarge:
        :raises TooManyUploads:
        """

    def status(self, actor: Actor, upload: str) -> Upload:
        """:raises UnknownUpload:"""

    def append(self, actor: Actor, upload: str, start: int, data: bytes, sha256: str) -> Upload:
        """Keep a part, which begins at the upload's offset.

        :raises UnknownUpload:
        :raises UploadOffsetDiffers: and it says where the upload goes on.
        :raises InvalidUpload: it is too small, goes beyond the end, or has another digest.
        :raises UploadTooLarge: the part is.
        """

    def finish(self, actor: Actor, upload: str) -> Upload:
        """Check and publish what came, unless somebody does so already; then it is still ``checking``.

        Again, it answers the same.

        :raises UnknownUpload:
        :raises InvalidUpload: it is not whole.
        """

    def cancel(self, actor: Actor, upload: str) -> None:
        """:raises UnknownUpload:"""
