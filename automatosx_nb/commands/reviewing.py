"""``review``, ``promote``: what waits for reviewers, what one of them changes, and a word on it."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from automatosx_nb.commands import text
from automatosx_nb.commands.acting import ME, release_named, room
from automatosx_nb.commands.inspecting import check_table
from automatosx_nb.commands.verbs import Answer, Console, Verb
from automatosx_nb.errors import UsageError
from automatosx_nb.model.permissions import permission_line
from automatosx_nb.model.printable import one_line, printable
from automatosx_nb.model.release import Stage

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.arguments import Parser
    from automatosx_nb.model.code_difference import FileChange
    from automatosx_nb.model.review import Dossier, PermissionChanges, Standing

_ACTIONS = ("list", "show", "approve", "reject", "lift")


def _configure_review(parser: Parser) -> None:
    parser.add_argument("action", nargs="?", choices=_ACTIONS, default="list", help="default: list")
    parser.add_argument("release", nargs="?", help="ID@VERSION, for all but list")
    parser.add_argument("--reason", default="", help="why; a rejection takes one, and so does lifting it")
    parser.add_argument("--of", default="", metavar="USER", help="for lift: whose rejection, as an admin")
    parser.add_argument("--sha256", default="", help="of the artifact that you looked at; default: the release's")
    parser.add_argument("--publisher", help="for list: only this publisher's")
    parser.add_argument("--to", choices=["beta", "stable"], help="for list: only what waits to become that")
    parser.add_argument("--open", action="store_true", help="for list: only what you neither submitted nor spoke on")
    parser.add_argument("--after", type=int, metavar="N", help="for list: where the page before said to go on")
    parser.add_argument("--files", action="store_true", help="for show: which files differ, without their lines")


def _review(market: Marketplace, options: Namespace, console: Console) -> Answer:
    usage = f"{console.prefix} review list | show|approve|reject|lift ID@VERSION [--reason WHY]"
    if (options.release is None) != (options.action == "list"):
        raise UsageError(f"'review {options.action}' takes {'no' if options.action == 'list' else 'a'} release", usage)
    if options.action == "list":
        return _queue(market, options, console)
    plugin, version = release_named(options.release, usage)
    reviews = room(market, "reviews")
    if options.action == "show":
        dossier = reviews.dossier(ME, plugin, version)
        return Answer("\n".join(_dossier(dossier, lines=not options.files)), asdict(dossier))
    if options.action == "lift":
        standing = reviews.lift(ME, plugin, version, options.of, reason=options.reason)
        return Answer(f"Lifted: {_stands(standing)}.", asdict(standing))
    sha256 = options.sha256 or reviews.dossier(ME, plugin, version).standing.sha256
    approves = options.action == "approve"
    standing = reviews.decide(ME, plugin, version, sha256, approves=approves, reason=options.reason)
    return Answer(f"{'Approved' if approves else 'Rejected'}: {_stands(standing)}.", asdict(standing))


def _queue(market: Marketplace, options: Namespace, console: Console) -> Answer:
    to = None if options.to is None else Stage(options.to)
    page = room(market, "reviews").queue(
        ME, publisher=options.publisher, to=to, open_to_me=options.open, after=options.after
    )
    if not page.items:
        return Answer("Nothing waits for review.", asdict(page))
    rows = [
        (f"{each.id}@{each.version}", each.wanted or "", f"{each.approvals} of {each.needed}", each.submitter)
        for each in page.items
    ]
    lines = [text.table(("release", "to become", "approved", "submitted by"), rows)]
    if page.next is not None:
        lines.append(f"The next page: --after {page.next}")
    lines.append(f"{console.prefix} review show ID@VERSION has what it changes.")
    return Answer("\n".join(lines), asdict(page))


def _stands(standing: Standing) -> str:
    """As in ``acme.a 1.0.0 is a draft that waits to become stable (1 of 2 approvals)``."""
    said = f"{standing.id} {standing.version} is {_STAGES[standing.stage]}"
    if standing.wanted is None:
        return said
    that = "that waits" if standing.stage != Stage.STABLE else "and waits"
    return f"{said} {that} to become {standing.wanted} ({standing.approvals} of {standing.needed} approvals)"


_STAGES = {Stage.DRAFT: "a draft", Stage.BETA: "a beta", Stage.STABLE: "stable"}


def _dossier(dossier: Dossier, *, lines: bool) -> Iterator[str]:
    standing = dossier.standing
    yield f"{_stands(standing)}."
    yield f"submitted by  {standing.submitter or 'somebody unknown'}"
    yield f"sha256        {standing.sha256}"
    yield f"compared with {dossier.baseline or 'nothing: there is no stable version below it'}"
    for each in standing.reviews:
        yield f"{'approved by ' if each.approves else 'REJECTED by '}  {each.reviewer}{_because(each.reason)}"
    yield ""
    yield from _asks(dossier)
    yield ""
    yield check_table(dossier.checks)
    yield ""
    yield text.table(("file", "", "bytes"), map(_file_row, dossier.files)) if dossier.files else "No file differs."
    if lines:
        yield from (line for each in dossier.files for line in _diff(each))


def _asks(dossier: Dossier) -> Iterator[str]:
    yield "It asks for:" if dossier.asked else "It asks for no permission."
    yield from (f"  - {permission_line(one, reason)}" for one, reason in dossier.asked.items())
    yield from (f"  {line}" for line in _permission_changes(dossier.permissions))
    for plugin, (before, now) in dossier.dependencies.items():
        yield f"  requires {plugin} {now or 'no longer'} (before: {before or 'not at all'})"
    for what, (gone, new) in (("package", dossier.packages), ("contribution", dossier.contributions)):
        yield from (f"  no longer the {what} {each}" for each in gone)
        yield from (f"  new {what} {each}" for each in new)


def _permission_changes(changes: PermissionChanges) -> Iterator[str]:
    yield from (f"NEW: {each}" for each in changes.added)
    yield from (f"WIDER: {now} in place of {before}" for before, now in changes.widened)
    yield from (f"narrower: {now} in place of {before}" for before, now in changes.narrowed)
    yield from (f"no longer: {each}" for each in changes.removed)


def _file_row(change: FileChange) -> tuple[str, str, str]:
    unseen = f", {change.unseen} lines with characters that nobody sees" if change.unseen else ""
    return change.path, change.kind, f"{change.old_size} → {change.new_size}{unseen}"


def _diff(change: FileChange) -> Iterator[str]:
    yield ""
    yield f"=== {printable(change.path)} ({change.kind})"
    yield printable(change.diff) if change.diff else f"Not shown: {change.left_out}."


def _because(reason: str) -> str:
    return f": {one_line(reason)}" if reason.strip() else ""


def _configure_promote(parser: Parser) -> None:
    parser.add_argument("release", help="ID@VERSION")
    parser.add_argument("--to", choices=["beta", "stable"], default="stable", help="default: stable")


def _promote(market: Marketplace, options: Namespace, console: Console) -> Answer:
    plugin, version = release_named(options.release, f"{console.prefix} promote ID@VERSION --to beta|stable")
    standing = room(market, "reviews").promote(ME, plugin, version, Stage(options.to))
    return Answer(f"{_stands(standing)}.", asdict(standing))


VERBS = (
    Verb("review", "what waits for reviewers, what it changes, and your word on it", _configure_review, _review, True),
    Verb(
        "promote", "have a release become beta or stable, once it is approved", _configure_promote, _promote, json=True
    ),
)
