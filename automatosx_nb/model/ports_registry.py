"""What the rooms of a registry promise beside the registry itself: people act in them, so each method is told who."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from automatosx_nb.model.acts import ActPage
    from automatosx_nb.model.identity import Actor


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
