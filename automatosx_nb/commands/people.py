"""``member``, ``role`` and ``token``: who may do what in a registry."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from typing import TYPE_CHECKING

from automatosx_nb.commands import text
from automatosx_nb.commands.acting import ME, room
from automatosx_nb.commands.verbs import Answer, Console, Verb
from automatosx_nb.errors import UsageError
from automatosx_nb.model.access import role_of, scopes_of
from automatosx_nb.model.identity import Role, Scope

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.arguments import Parser
    from automatosx_nb.model.access import Publisher, RoleHolder, Token

DAYS = 90


def _configure_member(parser: Parser) -> None:
    parser.add_argument("action", choices=("list", "add", "remove", "verify", "unverify"), help="what to do")
    parser.add_argument("publisher", help="a publisher's name, the first half of its plugins' ids")
    parser.add_argument("user", nargs="?", help="whom to add or to remove")
    parser.add_argument("--owner", action="store_true", help="one who also says who the members are")


def _member(market: Marketplace, options: Namespace, console: Console) -> Answer:
    access, name = room(market, "access"), options.publisher
    usage = (
        f"{console.prefix} member list|verify|unverify PUBLISHER | add PUBLISHER USER [--owner] | remove PUBLISHER USER"
    )
    if (options.user is not None) != (options.action in ("add", "remove")):
        raise UsageError(f"'member {options.action}' takes a publisher and, to add or remove one, a user", usage)
    if options.action == "add":
        return _shown(access.put_member(ME, name, options.user, owner=options.owner), console)
    if options.action == "remove":
        return _shown(access.remove_member(ME, name, options.user), console)
    if options.action == "list":
        return _shown(access.publisher(ME, name), console)
    return _shown(access.verify(ME, name, verified=options.action == "verify"), console)


def _shown(publisher: Publisher, console: Console) -> Answer:
    head = f"{publisher.name}{' (verified)' if publisher.verified else ''}"
    rows = [(each.user, "owner" if each.owner else "member", each.added) for each in publisher.members]
    add = f"{console.prefix} member add {publisher.name} USER --owner"
    none = f"It has no members: who administers the registry adds one, with {add}."
    shown = text.table(("user", "is", "since"), rows) if rows else none
    return Answer(f"{head}\n{shown}", asdict(publisher))


def _configure_role(parser: Parser) -> None:
    parser.add_argument("action", choices=("list", "grant", "withdraw"), help="what to do")
    parser.add_argument("user", nargs="?", help="whose role")
    parser.add_argument("role", nargs="?", choices=[str(role) for role in Role], help="which")


def _role(market: Marketplace, options: Namespace, console: Console) -> Answer:
    access = room(market, "access")
    if options.action == "list":
        return _roles(access.roles(ME))
    if options.user is None or options.role is None:
        usage = f"{console.prefix} role list | grant USER {{{','.join(Role)}}} | withdraw USER {{{','.join(Role)}}}"
        raise UsageError(f"'role {options.action}' takes a user and a role", usage)
    change = access.grant_role if options.action == "grant" else access.withdraw_role
    return _roles(change(ME, options.user, role_of(options.role)))


def _roles(holders: tuple[RoleHolder, ...]) -> Answer:
    rows = [(each.user, str(each.role), each.added) for each in holders]
    shown = text.table(("user", "role", "since"), rows) if rows else "Nobody has a role."
    return Answer(shown, {"roles": [asdict(each) for each in holders]})


def _configure_token(parser: Parser) -> None:
    parser.add_argument("action", choices=("list", "new", "revoke"), help="what to do")
    parser.add_argument("name", nargs="?", help="a name for the new one, or the id of the one to revoke")
    parser.add_argument(
        "--scope", action="append", default=[], choices=[str(scope) for scope in Scope], help="what it carries"
    )
    parser.add_argument("--days", type=int, default=DAYS, help=f"how long it is good; {DAYS} unless said")
    parser.add_argument("--user", help="whose, for an admin; one's own unless said")


def _token(market: Marketplace, options: Namespace, console: Console) -> Answer:
    tokens = room(market, "tokens")
    usage = f"{console.prefix} token list | new NAME --scope SCOPE … [--days N] [--user USER] | revoke ID"
    if options.action == "list":
        none = f"There is no token; {console.prefix} token new NAME --scope SCOPE makes one for a program."
        return _tokens(tokens.all(ME, user=options.user), none)
    if options.name is None:
        raise UsageError(f"'token {options.action}' takes a name, or an id", usage)
    if options.action == "revoke":
        gone: Token = tokens.revoke(ME, options.name)
        return Answer(f"The token {gone.name!r} of {gone.user} opens nothing any more.", asdict(gone))
    if not options.scope:
        raise UsageError(f"say what it carries: --scope {{{','.join(Scope)}}}, more than once if need be", usage)
    made = tokens.new(ME, options.name, scopes_of(options.scope), options.days, user=options.user)
    lines = [
        made.secret,
        f"Keep it now: it is shown this once. It carries {', '.join(made.token.scopes)} of {made.token.user}"
        f" until {made.token.expires}; {console.prefix} token revoke {made.token.id} ends it.",
    ]
    return Answer("\n".join(lines), {"secret": made.secret, "token": asdict(made.token)})


def _tokens(found: tuple[Token, ...], none: str) -> Answer:
    rows = [(each.id, each.name, ", ".join(each.scopes), _state(each), each.used or "never") for each in found]
    shown = text.table(("id", "name", "carries", "good until", "last used"), rows) if rows else none
    return Answer(shown, {"tokens": [asdict(each) for each in found]})


def _state(token: Token) -> str:
    return token.expires if token.revoked is None else f"revoked {token.revoked}"


VERBS = (
    Verb("member", "who publishes under a name, and whether it is verified", _configure_member, _member, json=True),
    Verb("role", "who reviews and who administers", _configure_role, _role, json=True),
    Verb("token", "make, list or revoke tokens for programs", _configure_token, _token, json=True),
)
