"""What the rooms of a registry promise beside the registry itself: people act in them, so each method is told who."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection

    from automatosx_nb.model.access import NewToken, Publisher, RoleHolder, Token
    from automatosx_nb.model.acts import ActPage
    from automatosx_nb.model.identity import Actor, Role, Scope
    from automatosx_nb.model.keys import PublisherKey, ReleaseSignature
    from automatosx_nb.model.moderation import PluginRatings, Report, ReportKind, ReportPage
    from automatosx_nb.model.release import Advisory, Severity, Stage
    from automatosx_nb.model.review import Dossier, ReviewPage, Standing
    from automatosx_nb.model.semver import Range
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


class Reviews(Protocol):
    """What waits for reviewers, and what they say. Each method raises UnknownPlugin and UnknownRelease.

    A release is promoted by the publish of its stage or by :meth:`promote`, and never without the approvals that the
    registry's policy asks for; where they are lacking, it waits, and the last one lacking promotes it.
    """

    def queue(
        self,
        actor: Actor,
        *,
        publisher: str | None = None,
        plugin: str | None = None,
        to: Stage | None = None,
        open_to_me: bool = False,
        after: int | None = None,
        size: int = 50,
    ) -> ReviewPage:
        """What waits, the oldest first: everything for reviewers, what is one's publishers' for others.

        :param to: only what waits to become that.
        :param open_to_me: only what the actor has neither submitted nor spoken on.
        :param after: a page's ``next``.
        :param size: 1 to 100.
        """

    def dossier(self, actor: Actor, plugin: str, version: str) -> Dossier:
        """:raises ActionForbidden: the actor is neither a reviewer nor a member of the publisher."""

    def decide(
        self, actor: Actor, plugin: str, version: str, sha256: str, *, approves: bool, reason: str = ""
    ) -> Standing:
        """Put one's word on the bytes with that SHA-256. It replaces the one before; again, it changes nothing.

        :raises ActionForbidden: the actor is no reviewer.
        :raises OwnSubmission:
        :raises ReviewedElse: the release has other bytes.
        :raises InvalidAct: a rejection without a reason, or of what is stable.
        """

    def lift(self, actor: Actor, plugin: str, version: str, reviewer: str, *, reason: str) -> Standing:
        """Take back the rejection of a ``reviewer`` who cannot, or does not; the record keeps both.

        :raises ActionForbidden: the actor is no admin.
        :raises OwnSubmission:
        :raises InvalidAct: there is no reason, or no such rejection stands.
        """

    def promote(self, actor: Actor, plugin: str, version: str, to: Stage) -> Standing:
        """Have a release become ``to``, now or once it is approved; again, it changes nothing.

        :raises ActionForbidden: the actor is neither a member of the publisher nor an admin.
        :raises ReviewRejected: a rejection stands.
        :raises InvalidAct: it is that far already, or yanked or quarantined.
        """


class Moderation(Protocol):
    """What is done about releases that are out. Each method raises UnknownPlugin and UnknownRelease.

    ``reason`` None takes it back. It is shown to everybody who has the release, and has to be one (InvalidAct). What is
    so already stays, and is no act.
    """

    def yank(self, actor: Actor, plugin: str, version: str, reason: str | None) -> None:
        """Nothing chooses it any more; who has it keeps it until an update, and who names it exactly has it.

        :raises ActionForbidden: the actor is neither a member of the publisher nor an admin.
        """

    def deprecate(
        self, actor: Actor, plugin: str, version: str | None, reason: str | None, successor: str | None = None
    ) -> None:
        """Whoever looks at it is told to use ``successor``, another plugin. Raises as :meth:`yank` does.

        :param version: None: all that there are.
        """

    def quarantine(self, actor: Actor, plugin: str, version: str | None, reason: str | None) -> None:
        """Nobody gets it, and who has it does not run it.

        :param version: None: all of them, and nothing is published into the plugin until it is released.
        :raises ActionForbidden: the actor is no reviewer.
        """

    def delete(self, actor: Actor, plugin: str, version: str, reason: str) -> None:
        """For good. The version is never used again, not by the same bytes either.

        :raises ActionForbidden: the actor is no admin.
        """


class Advisories(Protocol):
    """What is known against ranges of versions."""

    def all(self, actor: Actor, *, plugin: str | None = None) -> tuple[Advisory, ...]:
        """The newest first."""

    def make(
        self, actor: Actor, plugin: str, wanted: Range, severity: Severity, summary: str, *, disables: bool = False
    ) -> Advisory:
        """A new one, with its id; one that says the same is that one.

        :raises ActionForbidden: the actor is no reviewer.
        :raises InvalidAct: a part of it is none.
        """

    def put(self, actor: Actor, advisory: Advisory) -> Advisory:
        """As :meth:`make`, with an id of its own; one with that id is replaced."""

    def withdraw(self, actor: Actor, advisory: str) -> None:
        """:raises ActionForbidden: the actor is no reviewer.
        :raises UnknownAdvisory:
        """


class Reports(Protocol):
    """What somebody says is wrong."""

    def file(self, actor: Actor, plugin: str, kind: ReportKind, text: str, version: str | None = None) -> Report:
        """:raises InvalidAct: it says nothing, or too many of the actor's are open.
        :raises UnknownPlugin:
        :raises UnknownRelease:
        """

    def all(
        self,
        actor: Actor,
        *,
        plugin: str | None = None,
        is_open: bool | None = None,
        before: int | None = None,
        size: int = 50,
    ) -> ReportPage:
        """The newest first: everybody's for reviewers, one's own for others.

        :param is_open: None: closed ones, too.
        :param before: a page's ``next``.
        :param size: 1 to 100.
        """

    def close(self, actor: Actor, number: int, outcome: str) -> Report:
        """:raises ActionForbidden: the actor is no reviewer.
        :raises UnknownReport:
        :raises InvalidAct: it has no outcome, or is closed already.
        """


class Ratings(Protocol):
    """What users think. Each method raises UnknownPlugin."""

    def of(self, actor: Actor, plugin: str) -> PluginRatings: ...

    def rate(self, actor: Actor, plugin: str, stars: int, text: str = "", version: str | None = None) -> PluginRatings:
        """Put the actor's word; it replaces the one before.

        :param version: the one that it is about; None: the last published.
        :raises InvalidAct: the stars are not 1 to 5.
        :raises OwnRating: the actor is a member of the plugin's publisher.
        :raises UnknownRelease:
        """

    def withdraw(self, actor: Actor, plugin: str, *, user: str | None = None) -> PluginRatings:
        """Take one's word back; a reviewer also another user's.

        :raises ActionForbidden:
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


class Access(Protocol):
    """Who may do what. Each act is in the registry's audit; what changes nothing is none."""

    def publisher(self, actor: Actor, name: str) -> Publisher:
        """:raises UnknownPublisher: with the nearest names."""

    def put_member(self, actor: Actor, publisher: str, user: str, *, owner: bool = False) -> Publisher:
        """Have ``user`` be a member, and an owner or not; the publisher as it is then.

        :raises ActionForbidden: the actor is no owner, and no admin.
        :raises UnknownPublisher:
        :raises InvalidAccessRequest: no user has such a name.
        :raises LastOwner: nobody would be an owner.
        """

    def remove_member(self, actor: Actor, publisher: str, user: str) -> Publisher:
        """As :meth:`put_member`; a member may also remove itself.

        :raises UnknownMember:
        """

    def roles(self, actor: Actor) -> tuple[RoleHolder, ...]:
        """Who has one, by name; here and below:

        :raises ActionForbidden: the actor is no admin.
        """

    def grant_role(self, actor: Actor, user: str, role: Role) -> tuple[RoleHolder, ...]:
        """:raises InvalidAccessRequest: no user has such a name."""

    def withdraw_role(self, actor: Actor, user: str, role: Role) -> tuple[RoleHolder, ...]: ...

    def verify(self, actor: Actor, publisher: str, *, verified: bool) -> Publisher:
        """Give or take the badge: it is who it says it is.

        :raises UnknownPublisher:
        """


class Keys(Protocol):
    """Whose word is whose: what a publisher's signatures are verified with."""

    def all(self, actor: Actor, publisher: str) -> tuple[PublisherKey, ...]:
        """Every key that ever spoke for it, the oldest first.

        :raises UnknownPublisher:
        """

    def register(self, actor: Actor, publisher: str, public: str, name: str, proof: str) -> PublisherKey:
        """Have a key speak for a publisher.

        :param public: its 32 bytes, base64.
        :param proof: its signature of its own succession to nobody, base64: its private half is the actor's.
        :raises ActionForbidden: the actor is no owner, and no admin.
        :raises UnknownPublisher:
        :raises KeyRefused: it is none, is not proved, or is registered already.
        """

    def rotate(
        self, actor: Actor, publisher: str, old: str, public: str, name: str, *, announced: str, proof: str
    ) -> PublisherKey:
        """Have a key follow another one, which is retired: as :meth:`register`, and who trusts the old one trusts it.

        :param announced: the old key's signature of the succession; ``proof``: the new one's.
        :raises UnknownKey: there is no such old key of that publisher.
        :raises KeyRefused: the old one is retired or revoked, or does not say so.
        """

    def revoke(self, actor: Actor, publisher: str, key: str, *, since: str, reason: str) -> PublisherKey:
        """Have what a key signed from ``since`` on (RFC 3339) count for nothing; a second time it may be earlier.

        :raises ActionForbidden:
        :raises UnknownKey:
        :raises InvalidAccessRequest: the time is none, or is yet to come.
        """

    def sign(self, actor: Actor, plugin: str, version: str, signature: bytes) -> ReleaseSignature:
        """Keep a detached signature with its release; the very same again changes nothing.

        :raises ActionForbidden: the actor does not publish under that name.
        :raises UnknownRelease:
        :raises InvalidSignatureFile: it is none.
        :raises UnknownKey: its key is not the publisher's.
        :raises KeyRefused: its key is retired or revoked.
        :raises InvalidSignature: it is of another artifact, or not by that key.
        """


class Tokens(Protocol):
    """What programs come with."""

    def new(
        self, actor: Actor, name: str, scopes: Collection[Scope], days: int, *, user: str | None = None
    ) -> NewToken:
        """A token of the actor's, or for another ``user`` where an admin makes it. Its secret is never told again.

        :raises ActionForbidden: it would carry more than what the actor came with, or is not for the actor.
        :raises InvalidAccessRequest: its name, scopes or life are none.
        """

    def all(self, actor: Actor, *, user: str | None = None) -> tuple[Token, ...]:
        """The actor's, newest first; another user's for an admin only, as in :meth:`new`."""

    def revoke(self, actor: Actor, token: str) -> Token:
        """By its id, from now on; a token may always revoke itself.

        :raises UnknownToken: there is none of the actor's.
        :raises ActionForbidden: what the actor came with may not.
        """
