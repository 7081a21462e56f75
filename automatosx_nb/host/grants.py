"""What one plugin holds now. Everything that the host does for it asks here, each time."""

from __future__ import annotations

from collections.abc import Iterable

from automatosx_nb.errors import InvalidPermission, PermissionDenied
from automatosx_nb.model.permissions import Permission

_REMEMBERED = 256


class Grants:
    """One plugin's grants. What was answered before is remembered until they change."""

    def __init__(self, plugin: str, texts: Iterable[str]) -> None:
        self.plugin = plugin
        self._held: tuple[Permission, ...] = ()
        self._answers: dict[tuple[str, str], Permission | None] = {}
        self._libraries: frozenset[str] = frozenset()
        self.hold(texts)

    def hold(self, texts: Iterable[str]) -> None:
        """From the next question on, hold exactly these."""
        held = tuple(Permission.parse(text) for text in texts)
        self._held, self._answers = held, {}
        self._libraries = frozenset(each.scope for each in held if each.kind == "modules")

    def of(self, kind: str) -> tuple[Permission, ...]:
        """Those of one kind."""
        return tuple(permission for permission in self._held if permission.kind == kind)

    def covering(self, needed: Permission) -> Permission | None:
        """The grant that allows ``needed``; None: none does."""
        answers, key = self._answers, (needed.kind, needed.scope)  # it is hashed in C; a permission is not
        try:
            return answers[key]
        except KeyError:
            found = self._find(needed)
        if len(answers) >= _REMEMBERED:
            answers.clear()
        answers[key] = found
        return found

    def require(self, needed: Permission) -> Permission:
        """The grant that allows ``needed``.

        :raises PermissionDenied:
        """
        found = self.covering(needed)
        if found is None:
            raise PermissionDenied(self.plugin, str(needed), self._why_not(needed))
        return found

    def explained(self, denied: PermissionDenied) -> PermissionDenied:
        """What a plugin was told, which comes back from its worker, with the reason that only the host knows."""
        try:
            needed = Permission.parse(denied.permission)
        except InvalidPermission:
            return denied
        return PermissionDenied(self.plugin, str(needed), self._why_not(needed))

    def begin_call(self, *, event: bool) -> frozenset[str]:
        """A handler is about to be called; the libraries that its worker may have are the answer."""
        return self._libraries

    def settled(self) -> bool:
        """Whether :meth:`begin_call` would find what it found last, for an event. On any thread, between calls."""
        return True

    def hold_for_call(self, text: str) -> None:
        """Hold one more until the call under way ends."""
        self.hold([*map(str, self._held), text])

    def refresh(self) -> None:
        """Something was granted just now."""

    def end_call(self) -> None:
        """What was granted for one call is over."""

    def _find(self, needed: Permission) -> Permission | None:
        for held in self._held:
            if held.kind == needed.kind and held.covers(needed):
                return held
        return None

    def _why_not(self, needed: Permission) -> str:
        """What keeps it away beside a missing grant; empty: nothing."""
        return ""
