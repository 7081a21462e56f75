"""The rooms of a registry in which people act, each opened when somebody first comes."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from automatosx_nb.registry.access import Access
from automatosx_nb.registry.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from automatosx_nb.model.publishing import PublishPolicy
    from automatosx_nb.model.review import ReviewPolicy
    from automatosx_nb.registry.advisories import Advisories
    from automatosx_nb.registry.audit import AuditLog
    from automatosx_nb.registry.blobs import BlobStore
    from automatosx_nb.registry.database import Database
    from automatosx_nb.registry.keys import Keys
    from automatosx_nb.registry.moderation import Moderation
    from automatosx_nb.registry.ratings import Ratings
    from automatosx_nb.registry.reports import Reports
    from automatosx_nb.registry.reviews import Reviews


class Rooms:
    """Of the registry that is made of them and has what they need."""

    _database: Database
    _blobs: BlobStore
    _policy: Callable[[], PublishPolicy]
    _review: Callable[[], ReviewPolicy]

    @cached_property
    def audit(self) -> AuditLog:
        """Who did what."""
        from automatosx_nb.registry.audit import AuditLog

        return AuditLog(self._database)

    @cached_property
    def reviews(self) -> Reviews:
        """What waits for reviewers, and what they say."""
        from automatosx_nb.registry.reviews import Reviews

        return Reviews(self._database, self._blobs, self._review, signed=self._policy().signed)

    @cached_property
    def moderation(self) -> Moderation:
        """What is done about releases that are out."""
        from automatosx_nb.registry.moderation import Moderation

        return Moderation(self._database)

    @cached_property
    def advisories(self) -> Advisories:
        """What is known against versions."""
        from automatosx_nb.registry.advisories import Advisories

        return Advisories(self._database)

    @cached_property
    def reports(self) -> Reports:
        """What somebody says is wrong."""
        from automatosx_nb.registry.reports import Reports

        return Reports(self._database)

    @cached_property
    def ratings(self) -> Ratings:
        """What users think."""
        from automatosx_nb.registry.ratings import Ratings

        return Ratings(self._database)

    @cached_property
    def access(self) -> Access:
        """Members, roles, and who is who."""
        return Access(self._database)

    @cached_property
    def keys(self) -> Keys:
        """Whose word is whose."""
        from automatosx_nb.registry.keys import Keys

        return Keys(self._database, self._blobs)

    @cached_property
    def tokens(self) -> Tokens:
        return Tokens(self._database)
