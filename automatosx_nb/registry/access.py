"""Who may do what: members of publishers, roles, and the badge of who is who it says it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, and_, delete, insert, select, update

from automatosx_nb.errors import LastAdmin, LastOwner, UnknownMember, UnknownPublisher
from automatosx_nb.model.access import Member, Publisher, RoleHolder, user_name
from automatosx_nb.model.identity import Actor, Role, Scope
from automatosx_nb.model.spelling import nearest
from automatosx_nb.registry import acts, revisions
from automatosx_nb.registry.schema import members, plugins, publishers, releases, roles
from automatosx_nb.registry.sight import seen_by

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from automatosx_nb.registry.database import Database


class Access:
    """Implements :class:`automatosx_nb.model.ports_registry.Access`.

    What changes who may do what moves the registry's revision, by which other processes hear of it. It holds the
    registry before it locks a publisher, as publishing does: in another order two could wait for each other.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def actor(
        self,
        user: str,
        *,
        scopes: Collection[Scope] = frozenset(Scope),
        admins: Collection[str] = (),
        token: str | None = None,
        request: str | None = None,
    ) -> Actor:
        """What a user may do here, as the registry has it now. Not over the network: a server asks it of its own.

        :param admins: who is an admin by configuration.
        :raises InvalidAccessRequest: no user has such a name.
        """
        name = user_name(user)
        with self._database.read() as connection:
            held = connection.execute(select(roles.c.role).where(roles.c.user == name)).scalars()
            found = {Role(each) for each in held}
            query = select(publishers.c.name, members.c.owner).join(members, members.c.publisher == publishers.c.key)
            belongs = connection.execute(query.where(members.c.user == name)).all()
        return Actor(
            name,
            frozenset(found | ({Role.ADMIN} if name in admins else set())),
            frozenset(each.name for each in belongs),
            frozenset(each.name for each in belongs if each.owner),
            frozenset(scopes),
            token,
            request,
        )

    def publisher(self, actor: Actor, name: str) -> Publisher:
        """As the protocol's."""
        with self._database.read() as connection:
            found = _publisher(connection, actor, name)
        return found if actor.is_known else replace(found, members=())

    def put_member(self, actor: Actor, publisher: str, user: str, *, owner: bool = False) -> Publisher:
        """As the protocol's."""
        actor.manage(publisher)
        user_name(user)
        with self._database.write() as connection:
            revisions.hold(connection)
            key = _locked(connection, actor, publisher)
            before = _publisher(connection, actor, publisher)
            if any(each.user == user and each.owner == owner for each in before.members):
                return before
            if not owner:
                _refuse_if_last(before, user)
            if any(each.user == user for each in before.members):
                connection.execute(update(members).where(_is(key, user)).values(owner=owner))
            else:
                join(connection, key, user, owner=owner)
            revisions.next_revision(connection)
            acts.record(connection, actor, "member-add", publisher=publisher, user=user, owner=owner)
            return _publisher(connection, actor, publisher)

    def remove_member(self, actor: Actor, publisher: str, user: str) -> Publisher:
        """As the protocol's."""
        if user != actor.name or Scope.ADMIN not in actor.scopes:  # everybody may leave
            actor.manage(publisher)
        with self._database.write() as connection:
            revisions.hold(connection)
            key = _locked(connection, actor, publisher)
            before = _publisher(connection, actor, publisher)
            users = tuple(each.user for each in before.members)
            if user not in users:
                raise UnknownMember(publisher, user, users)
            _refuse_if_last(before, user)
            connection.execute(delete(members).where(_is(key, user)))
            revisions.next_revision(connection)
            acts.record(connection, actor, "member-remove", publisher=publisher, user=user)
            return _publisher(connection, actor, publisher)

    def roles(self, actor: Actor) -> tuple[RoleHolder, ...]:
        """As the protocol's."""
        actor.administer()
        with self._database.read() as connection:
            return _holders(connection)

    def grant_role(self, actor: Actor, user: str, role: Role) -> tuple[RoleHolder, ...]:
        """As the protocol's."""
        actor.administer()
        row = {"user": user_name(user), "role": role.value}
        with self._database.write() as connection:
            revisions.hold(connection)
            if not _holds(connection, user, role):
                revisions.next_revision(connection)
                connection.execute(insert(roles).values(**row, added=acts.now()))
                acts.record(connection, actor, "role-grant", **row)
            return _holders(connection)

    def withdraw_role(self, actor: Actor, user: str, role: Role) -> tuple[RoleHolder, ...]:
        """As the protocol's."""
        actor.administer()
        with self._database.write() as connection:
            revisions.hold(connection)  # so that two admins do not take it from each other at once
            if _holds(connection, user, role):
                if role is Role.ADMIN and not actor.everything:
                    _refuse_if_last_admin(connection, user)
                revisions.next_revision(connection)
                connection.execute(delete(roles).where(roles.c.user == user, roles.c.role == role.value))
                acts.record(connection, actor, "role-withdraw", user=user, role=role.value)
            return _holders(connection)

    def verify(self, actor: Actor, publisher: str, *, verified: bool) -> Publisher:
        """As the protocol's."""
        actor.administer()
        with self._database.write() as connection:
            revisions.hold(connection)
            key = _locked(connection, actor, publisher)
            before = _publisher(connection, actor, publisher)
            if before.verified == verified:
                return before
            revision = revisions.next_revision(connection)
            connection.execute(update(publishers).where(publishers.c.key == key).values(verified=verified))
            connection.execute(update(plugins).where(plugins.c.publisher == key).values(revision=revision))
            action = "publisher-verify" if verified else "publisher-unverify"
            acts.record(connection, actor, action, publisher=publisher)
            return _publisher(connection, actor, publisher)


def join(connection: Connection, publisher: int, user: str, *, owner: bool) -> None:
    """Make ``user`` a member of the publisher with that key."""
    row = {"publisher": publisher, "user": user, "owner": owner, "added": acts.now()}
    connection.execute(insert(members).values(row))


def _locked(connection: Connection, actor: Actor, publisher: str) -> int:
    """A publisher's key. Where writers run beside each other, only one of them changes its members.

    :raises UnknownPublisher:
    """
    query = select(publishers.c.key).where(publishers.c.name == publisher).with_for_update()
    key = connection.execute(query).scalar_one_or_none()
    if key is None:
        raise _unknown(connection, actor, publisher)
    return int(key)


def _publisher(connection: Connection, actor: Actor, name: str) -> Publisher:
    found = connection.execute(select(publishers).where(publishers.c.name == name)).one_or_none()
    if found is None:
        raise _unknown(connection, actor, name)
    query = select(members).where(members.c.publisher == found.key).order_by(members.c.user)
    belongs = tuple(Member(row.user, row.owner, row.added) for row in connection.execute(query))
    return Publisher(name, found.verified, belongs)


def _unknown(connection: Connection, actor: Actor, name: str) -> UnknownPublisher:
    """With the nearest of those of whom the actor sees a release, or is one."""
    seen = select(plugins.c.publisher).join(releases, releases.c.plugin == plugins.c.key).where(seen_by(actor))
    query = select(publishers.c.name)
    if not (actor.reads_all or actor.everything):
        query = query.where(publishers.c.key.in_(seen) | publishers.c.name.in_(sorted(actor.publishers)))
    return UnknownPublisher(name, nearest(name, tuple(connection.execute(query).scalars())))


def _refuse_if_last(publisher: Publisher, user: str) -> None:
    if [each.user for each in publisher.members if each.owner] == [user]:
        raise LastOwner(publisher.name, user)


def _refuse_if_last_admin(connection: Connection, user: str) -> None:
    if [each.user for each in _holders(connection) if each.role is Role.ADMIN] == [user]:
        raise LastAdmin(user)


def _is(publisher: int, user: str) -> ColumnElement[bool]:
    return and_(members.c.publisher == publisher, members.c.user == user)


def _holders(connection: Connection) -> tuple[RoleHolder, ...]:
    query = select(roles).order_by(roles.c.user, roles.c.role)
    return tuple(RoleHolder(row.user, Role(row.role), row.added) for row in connection.execute(query))


def _holds(connection: Connection, user: str, role: Role) -> bool:
    query = select(roles.c.user).where(roles.c.user == user, roles.c.role == role.value)
    return connection.execute(query).one_or_none() is not None
