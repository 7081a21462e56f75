"""``secrets``: what a person keeps for plugins. A value is typed unseen, and no verb shows one."""

from __future__ import annotations

import sys
from argparse import Namespace
from dataclasses import asdict
from typing import TYPE_CHECKING

from automatosx_nb.commands import text
from automatosx_nb.commands.verbs import Answer, Console, Verb
from automatosx_nb.errors import SecretNotSet, UsageError
from automatosx_nb.model.permissions import Permission
from automatosx_nb.profile.secrets import MAX_SECRET_BYTES

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.arguments import Parser


def _configure(parser: Parser) -> None:
    parser.add_argument("action", choices=("set", "list", "remove"), help="what to do")
    parser.add_argument("plugin", nargs="?", help="a plugin's id")
    parser.add_argument("name", nargs="?", help="the secret's name, as in its permission secrets:<name>")
    parser.add_argument("--stdin", action="store_true", help="read the value from standard input, not from a person")


def _secrets(market: Marketplace, options: Namespace, console: Console) -> Answer:
    usage = f"{console.prefix} secrets set ID NAME [--stdin] | list [ID] | remove ID NAME"
    if options.action == "list":
        return _list(market, options.plugin)
    if options.plugin is None or options.name is None:
        raise UsageError(f"'secrets {options.action}' needs a plugin's id and a secret's name", usage)
    name = Permission.parse(f"secrets:{options.name}").scope
    if options.action == "remove":
        if not market.secrets.remove(options.plugin, name):
            raise SecretNotSet(options.plugin, name)
        return Answer(f"The secret {name!r} of {options.plugin} is gone.", None)
    entry = market.installed_plugin(options.plugin)
    value = _from_stdin() if options.stdin else console.secret(f"{name} of {entry.id}: ")
    if value is None:
        raise UsageError("nobody can be asked for the value here: pipe it in, with --stdin", usage)
    if not 0 < len(value.encode("utf-8", "surrogatepass")) <= MAX_SECRET_BYTES:
        raise UsageError(f"a secret has 1 byte to {MAX_SECRET_BYTES >> 10} KiB of text", usage)
    place = market.secrets.put(entry.id, name, value)
    lines = [f"The secret {name!r} of {entry.id} is kept {_PLACES[place]}."]
    if f"secrets:{name}" not in entry.grants:
        lines.append(f"{entry.id} {entry.version} may not read it: it was not granted 'secrets:{name}'.")
        lines += _meant(market, entry.id, name)
    return Answer("\n".join(lines), None)


def _meant(market: Marketplace, plugin: str, name: str) -> list[str]:
    """Of a secret that the plugin does not ask for: those that it does."""
    (holdings,) = market.holdings(plugin)
    permissions = [Permission.parse(each.permission) for each in holdings.permissions]
    asked = [permission.scope for permission in permissions if permission.kind == "secrets"]
    if name in asked:
        return []
    return [
        f"It asks for {', '.join(asked)}; did you mean that?"
        if asked
        else "It asks for no secret: it gets this one only where you name it, as in --token NAME."
    ]


_PLACES = {"keyring": "in the system's keyring", "file": "encrypted in the profile"}


def _list(market: Marketplace, plugin: str | None) -> Answer:
    found = market.secrets.names(plugin)
    if not found:
        return Answer("No secret is set.", {"secrets": []})
    rows = [(each.plugin, each.name, _PLACES[each.kept_in]) for each in found]
    return Answer(text.table(("plugin", "secret", "kept"), rows), {"secrets": [asdict(each) for each in found]})


def _from_stdin() -> str:
    """One line, without its end; a value of several lines is kept whole."""
    return sys.stdin.read().removesuffix("\n").removesuffix("\r")


VERBS = (Verb("secrets", "set, list or remove what you keep for plugins, unseen", _configure, _secrets, json=True),)
