"""``pin``, ``unpin``, ``gc``: what stays as it is, and what goes."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from automatosx_nb.commands import text
from automatosx_nb.commands.changes import agree_and_apply, configure_consent, configure_trust, done
from automatosx_nb.commands.verbs import Answer, Console, Verb
from automatosx_nb.errors import UsageError
from automatosx_nb.model.plan import Applied

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.arguments import Parser
    from automatosx_nb.profile.collecting import Collected, Kind


def _configure_pin(parser: Parser) -> None:
    parser.add_argument("plugin", nargs="?", help="an installed plugin's id")
    parser.add_argument("version", nargs="?", default="", help="default: the installed one")
    parser.add_argument("--note", default="", help="why; it is shown wherever an update is held back")
    parser.add_argument(
        "--generation", type=int, metavar="N", help="keep this generation from gc, in place of a plugin"
    )
    configure_consent(parser)
    configure_trust(parser)


def _pin(market: Marketplace, options: Namespace, console: Console) -> Answer:
    if _is_generation(options, f"{console.prefix} pin ID [VERSION], or pin --generation N"):
        market.keep_generation(options.generation, note=options.note)
        return Answer(f"Generation {options.generation} is kept from gc.", _kept(options.generation, options.note))

    def apply(grant: Iterable[str], trust: Iterable[str]) -> Applied:
        return market.pin(
            options.plugin, options.version, note=options.note, grant=grant, trust=trust, progress=console.progress
        )

    plan = market.plan_pin(options.plugin, options.version, note=options.note)
    return agree_and_apply(market, plan, apply, options, console)


def _configure_unpin(parser: Parser) -> None:
    parser.add_argument("plugin", nargs="?", help="a pinned plugin's id")
    parser.add_argument("--generation", type=int, metavar="N", help="a generation that gc may prune again")


def _unpin(market: Marketplace, options: Namespace, console: Console) -> Answer:
    if _is_generation(options, f"{console.prefix} unpin ID, or unpin --generation N"):
        market.let_generation_go(options.generation)
        return Answer(f"Generation {options.generation} goes when it is old enough.", _kept(options.generation, None))
    applied = market.unpin(options.plugin, progress=console.progress)
    return Answer(done(market, applied, console), applied)


def _kept(number: int, note: str | None) -> dict[str, object]:
    """As ``history`` has it."""
    return {"number": number, "kept": note}


def _is_generation(options: Namespace, usage: str) -> bool:
    """:raises UsageError: neither a plugin nor a generation was named, or both."""
    if (options.plugin is None) == (options.generation is None):
        raise UsageError("it takes a plugin, or --generation and its number", usage)
    return options.generation is not None


def _configure_gc(parser: Parser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="only say what would be freed")


def _gc(market: Marketplace, options: Namespace, console: Console) -> Answer:
    found = market.collect_garbage(dry_run=options.dry_run)
    return Answer(_collected(found), {**asdict(found), "size": found.size})


def _collected(found: Collected) -> str:
    verb = "Would free" if found.dry_run else "Freed"
    counts = Counter(each.kind for each in found.removed)
    words = [f"{counts[kind]} {pair[counts[kind] != 1]}" for kind, pair in _WORDS.items() if counts[kind]]
    if not words and not found.stuck:
        return "Nothing to free: every file is needed by a generation that stays."
    lines = [f"{verb} {text.size(found.size)}: {', '.join(words)}."] if words else []
    lines += [f"Could not be removed now, and is left for the next gc: {each.path}" for each in found.stuck]
    return "\n".join(lines)


_WORDS: Mapping[Kind, tuple[str, str]] = {
    "generation": ("generation", "generations"),
    "artifact": ("artifact", "artifacts"),
    "state": ("file of old state", "files of old state"),
    "temporary": ("file that a killed process left", "files that killed processes left"),
}

VERBS = (
    Verb("pin", "hold a plugin at its version, or a generation, with a note why", _configure_pin, _pin, json=True),
    Verb("unpin", "let updates move a plugin again", _configure_unpin, _unpin, json=True),
    Verb("gc", "free what no generation needs any more", _configure_gc, _gc, json=True),
)
