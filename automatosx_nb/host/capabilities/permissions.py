"""``sdk.permissions``: a plugin asks, while it runs, for what its manifest lists as optional.

The person who called it answers, on the thread of that call; where nobody called it, as for an event, nobody is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from automatosx_nb.errors import InvalidRequest, PermissionDenied, PermissionNotOptional
from automatosx_nb.host.surface import current_surface
from automatosx_nb.model.permissions import KINDS, Permission, permission_line
from automatosx_nb.model.semver import Version

if TYPE_CHECKING:
    from automatosx_nb.host.errands import Asking, Errands
    from automatosx_nb.host.grants import Grants
    from automatosx_nb.host.ports import Person, Resources
    from automatosx_nb.host.tally import Record
    from automatosx_nb.model.generation import InstalledPlugin

MAX_REFUSALS = 3
"""Whoever was told no so often in one session asks for nothing more in it, however much its manifest lists."""
_MAX_TRIES = 3
_ANSWERS = ("once", "session", "always", "no")
"""For this call, until the kernel ends, until it is revoked; and what is remembered until the kernel ends."""


class PermissionsCapability:
    """``record`` writes down what became of a question."""

    def __init__(
        self,
        entry: InstalledPlugin,
        grants: Grants,
        resources: Resources,
        record: Record,
        asking: Asking,
    ) -> None:
        self._entry = entry
        self._grants = grants
        self._resources = resources
        self._record = record
        self._asking = asking

    def needs(self, _method: str, _args: Sequence[object]) -> None:
        """Nothing: whoever lacks a permission asks."""

    def ask(self, method: str, args: Sequence[object]) -> object:
        """:raises InvalidPermission:
        :raises PermissionNotOptional:
        :raises PermissionDenied: a person or policy refused it, or nobody can be asked.
        """
        match method, list(args):
            case "held", [str(text)]:
                return self._usable(Permission.parse(text))
            case "request", [str(text)]:
                return self._request(Permission.parse(text))
        raise InvalidRequest("permissions", method, "held and request, with the text of a permission")

    def close(self) -> None:
        """Nothing is held."""

    def _usable(self, needed: Permission) -> bool:
        held = self._grants.covering(needed) is not None
        return held and (needed.kind != "modules" or needed.scope in self._asking.libraries)

    def _request(self, needed: Permission) -> bool:
        if self._grants.covering(needed) is None:
            wished, reason = self._optional(needed)
            if not self._obtained(wished, reason):
                raise PermissionDenied(self._entry.id, str(needed))
            self._grants.refresh()
        return self._usable(needed)

    def _optional(self, needed: Permission) -> tuple[str, str]:
        """The narrowest of what the manifest lists that covers it, and its reason."""
        asked = self._resources.profile.package(self._entry).manifest.optional_permissions
        found = [each for each in map(Permission.parse, asked) if each.covers(needed)]
        if not found:
            raise PermissionNotOptional(self._entry.id, self._entry.version, str(needed), tuple(asked))
        narrowest = next((one for one in found if all(other.covers(one) for other in found)), found[0])
        return str(narrowest), asked[str(narrowest)]

    def _obtained(self, text: str, reason: str) -> bool:
        """:raises PermissionDenied: for the policy's reason."""
        plugin, version = self._entry.id, Version.parse(self._entry.version)
        decision = self._resources.permissions.decide(Permission.parse(text), plugin, version)
        if decision.verdict == "denied":
            raise PermissionDenied(plugin, text, decision.because)
        if decision.verdict == "granted":
            self._hold_for_session(text, None)
            return True
        person, errands = self._asking.person, self._asking.errands
        refused = self._resources.session.refused(plugin)
        if person is None or errands is None or text in refused or len(refused) >= MAX_REFUSALS:
            return False
        return errands.do(lambda: self._agreed(person, errands, text, reason))

    def _agreed(self, person: Person, errands: Errands, text: str, reason: str) -> bool:
        """Ask, and do what was answered; on the thread of the call."""
        answer = self._answer(person, text, reason)
        if answer is None or errands.ended:
            return False
        if answer == "no":
            self._resources.session.refuse(self._entry.id, text)
            self._record("grant-refused", permissions=[text], surface=current_surface())
            return False
        if answer == "always":
            self._resources.grant(self._entry.id, text)
        elif answer == "session":
            self._hold_for_session(text, current_surface())
        else:
            self._grants.hold_for_call(text)
            self._note_given(text, "call", current_surface())
        return True

    def _answer(self, person: Person, text: str, reason: str) -> str | None:
        """One of :data:`_ANSWERS`; None: nobody can be asked. What is none of them is asked again, then a no."""
        offered = [word for word in _ANSWERS if self._offers(word, text, person)]
        question = f"{self._entry.id} {self._entry.version} asks for what it can do without:\n"
        question += f"  {permission_line(text, reason)}\nGrant it? [{'/'.join(offered)}, nothing is no] "
        for _ in range(_MAX_TRIES):
            typed = person.ask(question)
            if typed is None:
                return None
            word = typed.strip().lower() or "no"
            found = [each for each in offered if each.startswith(word)]
            if found:
                return found[0]
        return "no"

    def _offers(self, answer: str, text: str, person: Person) -> bool:
        if answer == "once":
            return not KINDS[Permission.parse(text).kind].standing
        return answer != "session" or person.session

    def _hold_for_session(self, text: str, surface: str | None) -> None:
        self._resources.session.add(self._entry.id, [text])
        self._note_given(text, "session", surface)

    def _note_given(self, text: str, held_for: str, surface: str | None) -> None:
        self._record("grants-given", permissions=[text], surface=surface, **{"for": held_for})
