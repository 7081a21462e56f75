"""``admin``: the first one of a registry that is a server of its own, by whoever has its database."""

from __future__ import annotations

from argparse import SUPPRESS, Namespace
from contextlib import closing
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from automatosx_nb.commands.serving import config_of
from automatosx_nb.commands.verbs import Answer, Console, Verb

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.arguments import Parser

DAYS = 30


def _configure(parser: Parser) -> None:
    parser.add_argument("user", help="the name by which the identity provider, or a token, knows somebody")
    parser.add_argument("--db", help="URL of the database; default: what configuration says, else this user's registry")
    parser.add_argument("--blobs", help=SUPPRESS)  # needed once; people, roles and tokens are in the database
    parser.add_argument("--config", help="file of settings (.py or .json) with c.RegistryServer")
    parser.add_argument("--days", type=int, default=DAYS, help=f"how long the token lives ({DAYS})")


def _admit(_market: Marketplace, options: Namespace, console: Console) -> Answer:
    from automatosx_nb.config import load_settings
    from automatosx_nb.config.serving import database_of
    from automatosx_nb.model.identity import Role, Scope, owner
    from automatosx_nb.registry.access import Access
    from automatosx_nb.registry.database import Database
    from automatosx_nb.registry.tokens import Tokens

    settings = load_settings(config_of(options.config))
    serving = replace(settings.server, db=options.db or settings.server.db)
    with closing(Database(database_of(serving, settings.home))) as database:
        made = Tokens(database).new(owner(), "first", frozenset(Scope), options.days, user=options.user)
        Access(database).grant_role(owner(), options.user, Role.ADMIN)
    lines = [
        f"{options.user} is an admin now. A token for that, until {made.token.expires}:",
        f"  {made.secret}",
        "It is shown this once. With it in AUTOMATOSX_REGISTRY_TOKEN, and the server's address in AUTOMATOSX_REGISTRY:",
        f"  {console.prefix} token new NAME --user USER --scope publish",
        f"  {console.prefix} role grant USER reviewer",
    ]
    return Answer("\n".join(lines), {"secret": made.secret, "token": asdict(made.token)})


VERBS = (Verb("admin", "the first admin of a registry, by whoever has its database", _configure, _admit, json=True),)
