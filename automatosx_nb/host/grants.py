"""What one plugin holds now. Everything that the host does for it asks here, each time."""

from __future__ import annotations

from collections.abc import Iterable

from automatosx_nb.errors import PermissionDenied
from automatosx_nb.model.permissions import Permission

_REMEMBERED = 256


class Grants:
    """One plugin's grants. What was answered before is remembered until they change."""

    def __init__(self, plugin: str, texts: Iterable[str]) -> None:
        self.plugin = plugin
        self._held: tuple[Permission, ...] = ()
        self._answers: dict[Permission, Permission | None] = {}
        self.hold(texts)

    def hold(self, texts: Iterable[str]) -> None:
        """From the next question on, hold exactly these."""
        held = tuple(Permission.parse(text) for text in texts)
        self._held, self._answers = held, {}

    def of(self, kind: str) -> tuple[Permission, ...]:
        """Those of one kind."""
        return tuple(permission for permission in self._held if permission.kind == kind)

    def covering(self, needed: Permission) -> Permission | None:
        """The grant that allows ``needed``; None: none does."""
        answers = self._answers
        try:
            return answers[needed]
        except KeyError:
            found = next((held for held in self._held if held.covers(needed)), None)
        if len(answers) >= _REMEMBERED:
            answers.clear()
        answers[needed] = found
        return found

    def require(self, needed: Permission) -> Permission:
        """The grant that allows ``needed``.

        :raises PermissionDenied:
        """
        found = self.covering(needed)
        if found is None:
            raise PermissionDenied(self.plugin, str(needed))
        return found
