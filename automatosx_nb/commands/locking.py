"""``lock``, ``sync``."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from automatosx_nb.app import LOCKFILE
from automatosx_nb.commands.changes import agree_and_apply, configure_consent
from automatosx_nb.commands.verbs import Answer, Console, Verb
from automatosx_nb.model.plan import Applied

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.arguments import Parser


def _configure_lock(parser: Parser) -> None:
    parser.add_argument("file", nargs="?", type=Path, help=f"default: {LOCKFILE}, the project's or here")


def _lock(market: Marketplace, options: Namespace, console: Console) -> Answer:
    options.file = options.file or market.lock_path()
    lock = market.lock(options.file)
    count = len(lock.plugins)
    what = f"{count} plugin{'s' if count != 1 else ''}" if count else "that nothing is installed"
    grants = sum(len(locked.grants) for locked in lock.plugins.values())
    said = f"{options.file} says {'what is installed: ' if count else ''}{what}"
    if grants:
        said += f", with {grants} granted permission{'s' if grants != 1 else ''} ({lock.grants_digest})"
    return Answer(f"{said}. {console.prefix} sync {options.file} makes another profile the same.", lock)


def _configure_sync(parser: Parser) -> None:
    parser.add_argument("file", nargs="?", type=Path, help=f"default: {LOCKFILE}, the project's or here")
    parser.add_argument("--check", action="store_true", help="change nothing; differences are an error (exit status 3)")
    parser.add_argument(
        "--grants-digest", default="", metavar="DIGEST", help="agree to all that the lock with this digest grants"
    )
    configure_consent(parser)


def _sync(market: Marketplace, options: Namespace, console: Console) -> Answer:
    options.file = options.file or market.lock_path()
    if options.check:
        market.check_sync(options.file)
        return Answer(f"This profile is what {options.file} says.", None)

    def apply(grant: Iterable[str]) -> Applied:
        return market.sync(options.file, grant=grant, progress=console.progress)

    plan = market.plan_sync(options.file)
    if options.grants_digest == plan.grants_digest:
        options.grant += [asked for asks in plan.asks.values() for asked in asks]
    return agree_and_apply(market, plan, apply, options, console)


VERBS = (
    Verb("lock", "write what is installed to a lockfile", _configure_lock, _lock),
    Verb("sync", "make this profile exactly what a lockfile says", _configure_sync, _sync),
)
