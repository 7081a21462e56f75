"""Who may do what in a registry."""

from __future__ import annotations

from typing import ClassVar

from automatosx_nb.errors.root import UserError, did_you_mean


class ActionForbidden(UserError):
    """The registry knows who asks, and that one may not do this. ``missing``: what it takes."""

    code: ClassVar[str] = "action-forbidden"
    actor: str
    action: str
    missing: str

    def problem(self) -> str:
        return f"{self.actor!r} may not {self.action} here: it takes {self.missing}."

    def next_step(self) -> str:
        return (
            "Use a token that carries it, or have it given to you: owners of a publisher say who its members are "
            "(%ax member add), admins who has which role (%ax role grant); the first admin is made where its database "
            "is (jupyter automatosx admin USER)."
        )


class InvalidAccessRequest(UserError, ValueError):
    """``part`` is what is at fault: ``user``, ``name``, ``lifetime``, ``scopes`` or ``role``."""

    code: ClassVar[str] = "invalid-access-request"
    part: str
    found: str
    valid: str

    def problem(self) -> str:
        return f"the {self.part} is {self.found}."

    def next_step(self) -> str:
        return f"Valid is {self.valid}."


class UnknownPublisher(UserError, LookupError):
    code: ClassVar[str] = "unknown-publisher"
    publisher: str
    nearest: tuple[str, ...] = ()

    def problem(self) -> str:
        return f"nobody has published as {self.publisher!r} in this registry."

    def next_step(self) -> str:
        return did_you_mean(self.nearest, "A publisher comes into being with its first release.")


class UnknownMember(UserError, LookupError):
    code: ClassVar[str] = "unknown-member"
    publisher: str
    user: str
    members: tuple[str, ...] = ()

    def problem(self) -> str:
        return f"{self.user!r} is no member of {self.publisher!r}."

    def next_step(self) -> str:
        return f"Its members are {', '.join(self.members)}." if self.members else "It has no members yet."


class LastOwner(UserError):
    """Without an owner nobody could say any more who publishes under that name."""

    code: ClassVar[str] = "last-owner"
    publisher: str
    user: str

    def problem(self) -> str:
        return f"{self.user!r} is the last owner of {self.publisher!r}. Nothing was changed."

    def next_step(self) -> str:
        return "Make somebody else an owner first: %ax member add PUBLISHER USER --owner."


class LastAdmin(UserError):
    """Without an admin nobody could make another one but whoever has the database."""

    code: ClassVar[str] = "last-admin"
    user: str

    def problem(self) -> str:
        return f"{self.user!r} is the last admin of this registry. Nothing was changed."

    def next_step(self) -> str:
        return "Make somebody else an admin first: %ax role grant USER admin."


class UnknownToken(UserError, LookupError):
    """``id`` is a token's id, never its secret."""

    code: ClassVar[str] = "unknown-token"
    id: str

    def problem(self) -> str:
        return f"there is no token {self.id!r} of yours."

    def next_step(self) -> str:
        return "See which there are: %ax token list."


class TokenRefused(UserError):
    """``reason`` continues 'the token': what was sent is a token of ours by its looks, and opens nothing.

    ``address`` is the registry's to which it was sent; empty: the registry itself says it.
    """

    code: ClassVar[str] = "token-refused"
    reason: str
    address: str = ""

    def problem(self) -> str:
        to = f" that was sent to {self.address}" if self.address else ""
        return f"the token{to} {self.reason}."

    def next_step(self) -> str:
        return (
            "It makes no new one itself: an admin of that registry does (%ax token new NAME --scope SCOPE --user YOU), "
            "or you with another token of yours. Put that into the variable AUTOMATOSX_REGISTRY_TOKEN, or into the "
            "file that AUTOMATOSX_REGISTRY_TOKEN_FILE names; without any you read what the registry shows to everybody."
        )
