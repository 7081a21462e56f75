"""Who asks something of a registry, and what that one may do.

A user has a name, which the deployment's identity provider or a token vouches for; roles, which the registry keeps;
and, where a token asks for them, scopes that say how much of it the token carries. What one may do is decided here
and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from automatosx_nb.errors import ActionForbidden


class Role(StrEnum):
    """What a user is beside a member of publishers."""

    REVIEWER = "reviewer"
    ADMIN = "admin"


class Scope(StrEnum):
    """What a token carries of its user. Reading takes none of its own: whoever is known may read."""

    READ = "read"
    PUBLISH = "publish"
    REVIEW = "review"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. ``publishers``: under whose names; ``owns``: of which of them one also says who does."""

    name: str
    roles: frozenset[Role] = frozenset()
    publishers: frozenset[str] = frozenset()
    owns: frozenset[str] = frozenset()
    scopes: frozenset[Scope] = frozenset(Scope)
    token: str | None = None
    """The id of the token that was used; None: one came by oneself."""
    request: str | None = None
    """The id that the server's log gives the request."""
    everything: bool = False
    """Whoever has the registry's folder is a member and an owner of every publisher."""

    @property
    def reads_all(self) -> bool:
        """Also what is not public: drafts of others, the queue, reports."""
        return self.may_review or self.may_administer

    @property
    def is_known(self) -> bool:
        """Somebody in particular: whom a server lets read without knowing who it is has no token and only reads."""
        return self.token is not None or self.scopes != frozenset({Scope.READ})

    @property
    def may_review(self) -> bool:
        return Scope.REVIEW in self.scopes and bool(self.roles & {Role.REVIEWER, Role.ADMIN})

    @property
    def may_administer(self) -> bool:
        return Scope.ADMIN in self.scopes and Role.ADMIN in self.roles

    def may_publish(self, publisher: str) -> bool:
        return Scope.PUBLISH in self.scopes and (self.everything or publisher in self.publishers)

    def may_manage(self, publisher: str) -> bool:
        """Say who its members are, and which keys are its. What publishes by itself need not be able to."""
        owns = self.everything or publisher in self.owns or Role.ADMIN in self.roles
        return Scope.ADMIN in self.scopes and owns

    def review(self) -> None:
        """:raises ActionForbidden: unless one may review."""
        self._require(self.may_review, "review", Scope.REVIEW, "the role 'reviewer'")

    def administer(self) -> None:
        """:raises ActionForbidden: unless one may administer."""
        self._require(self.may_administer, "administer the registry", Scope.ADMIN, "the role 'admin'")

    def upload(self) -> None:
        """:raises ActionForbidden: unless what one came with carries publishing; under which name is asked later."""
        self._require(Scope.PUBLISH in self.scopes, "publish", Scope.PUBLISH, "a name to publish under")

    def speak(self) -> None:
        """:raises ActionForbidden: what one came with carries reading alone, and so no word on anything."""
        self._require(bool(self.scopes - {Scope.READ}), "rate or report", Scope.PUBLISH, "more than reading")

    def publish(self, publisher: str) -> None:
        """:raises ActionForbidden: unless one may publish as ``publisher``."""
        action = f"publish as {publisher!r}"
        self._require(self.may_publish(publisher), action, Scope.PUBLISH, f"membership of {publisher!r}")

    def manage(self, publisher: str) -> None:
        """:raises ActionForbidden: unless one says who ``publisher`` is."""
        action = f"say who {publisher!r} is"
        self._require(self.may_manage(publisher), action, Scope.ADMIN, f"ownership of {publisher!r}")

    def _require(self, may: bool, action: str, scope: Scope, standing: str) -> None:
        if not may:
            raise ActionForbidden(
                self.name, action, standing if scope in self.scopes else f"a token of scope '{scope}'"
            )


OWNER = "owner"


def owner(publishers: frozenset[str] = frozenset()) -> Actor:
    """Whoever has the registry's folder: nobody could keep them from anything."""
    return Actor(OWNER, frozenset(Role), publishers, publishers, everything=True)
