"""What is said and done about releases that are out: ``yank``, ``deprecate``, ``quarantine``, ``advisory`` and more."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from automatosx_nb.commands import text
from automatosx_nb.commands.acting import ME, of, plugin_named, release_named, room
from automatosx_nb.commands.verbs import Answer, Console, Verb
from automatosx_nb.errors import UnknownAdvisory, UsageError
from automatosx_nb.model.moderation import REPORT_KINDS
from automatosx_nb.model.release import SEVERITIES
from automatosx_nb.model.semver import Range

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.arguments import Parser
    from automatosx_nb.model.moderation import PluginRatings, Report
    from automatosx_nb.model.release import Advisory


def _configure_yank(parser: Parser) -> None:
    parser.add_argument("release", help="ID@VERSION")
    _configure_reason(parser)


def _configure_reason(parser: Parser) -> None:
    parser.add_argument("--reason", help="why; everybody who has it is shown it")
    parser.add_argument("--undo", action="store_true", help="take it back")


def _reason(options: Namespace, usage: str) -> str | None:
    """None: it is taken back.

    :raises UsageError: neither a reason nor ``--undo``, or both.
    """
    if (options.reason is None) != options.undo:
        raise UsageError("it takes --reason WHY, or --undo", usage)
    return None if options.undo else str(options.reason)


def _act(plugin: str, version: str | None, reason: str | None) -> dict[str, str | None]:
    return {"id": plugin, "version": version, "reason": reason}


def _yank(market: Marketplace, options: Namespace, console: Console) -> Answer:
    usage = f"{console.prefix} yank ID@VERSION --reason WHY | --undo"
    plugin, version = release_named(options.release, usage)
    reason = _reason(options, usage)
    room(market, "moderation").yank(ME, plugin, version, reason)
    said = "is chosen again" if reason is None else "is yanked: nothing chooses it, and who has it keeps it"
    return Answer(f"{plugin} {version} {said}.", _act(plugin, version, reason))


def _configure_deprecate(parser: Parser) -> None:
    parser.add_argument("plugin", help="ID, for all that there are, or ID@VERSION")
    _configure_reason(parser)
    parser.add_argument("--successor", metavar="ID", help="the plugin to use in its place")


def _deprecate(market: Marketplace, options: Namespace, console: Console) -> Answer:
    plugin, version = plugin_named(options.plugin)
    reason = _reason(options, f"{console.prefix} deprecate ID[@VERSION] --reason WHY [--successor ID] | --undo")
    room(market, "moderation").deprecate(ME, plugin, version, reason, options.successor)
    return Answer(
        f"{of(plugin, version)}: {'no longer ' if reason is None else ''}deprecated.",
        {**_act(plugin, version, reason), "successor": options.successor},
    )


def _configure_quarantine(parser: Parser) -> None:
    parser.add_argument("plugin", help="ID, for all of it and what would come, or ID@VERSION")
    _configure_reason(parser)


def _quarantine(market: Marketplace, options: Namespace, console: Console) -> Answer:
    plugin, version = plugin_named(options.plugin)
    reason = _reason(options, f"{console.prefix} quarantine ID[@VERSION] --reason WHY | --undo")
    room(market, "moderation").quarantine(ME, plugin, version, reason)
    said = "released" if reason is None else "quarantined: nobody gets it, and who has it does not run it"
    return Answer(f"{of(plugin, version)}: {said}.", _act(plugin, version, reason))


def _configure_advisory(parser: Parser) -> None:
    parser.add_argument("action", nargs="?", choices=("list", "make", "change", "withdraw"), default="list")
    parser.add_argument("subject", nargs="?", help="ID@RANGE to make one; its id to change or withdraw one; a plugin")
    parser.add_argument("--severity", choices=SEVERITIES)
    parser.add_argument("--summary", help="what is wrong")
    parser.add_argument("--range", help="for change: the versions that it is about")
    parser.add_argument("--disables", action="store_const", const=True, help="those versions do not run any more")
    parser.add_argument("--no-disables", dest="disables", action="store_const", const=False, help="they do")


def _advisory(market: Marketplace, options: Namespace, console: Console) -> Answer:
    usage = (
        f"{console.prefix} advisory list [ID] | make ID@RANGE --severity S --summary WHAT [--disables] | "
        "change ADVISORY … | withdraw ADVISORY"
    )
    advisories = room(market, "advisories")
    if options.action == "list":
        return _advisories(advisories.all(ME, plugin=options.subject))
    if options.subject is None:
        raise UsageError(f"'advisory {options.action}' takes what it is about", usage)
    if options.action == "withdraw":
        advisories.withdraw(ME, options.subject)
        return Answer(f"The advisory {options.subject} is withdrawn.", None)
    if options.action == "change":
        return _advisories((advisories.put(ME, _changed(advisories.all(ME), options)),))
    plugin, wanted = plugin_named(options.subject)
    if None in (wanted, options.severity, options.summary):
        raise UsageError("'advisory make' takes a plugin with a range, a severity and a summary", usage)
    said = plugin, Range.parse(wanted or "*"), options.severity, options.summary
    return _advisories((advisories.make(ME, *said, disables=bool(options.disables)),))


def _changed(known: Sequence[Advisory], options: Namespace) -> Advisory:
    found = next((each for each in known if each.id == options.subject), None)
    if found is None:
        raise UnknownAdvisory(options.subject)
    said = {name: getattr(options, name) for name in ("severity", "summary", "disables")}
    said["range"] = None if options.range is None else Range.parse(options.range)
    return replace(found, **{name: value for name, value in said.items() if value is not None})


def _advisories(found: Sequence[Advisory]) -> Answer:
    if not found:
        return Answer("There is no advisory.", [])
    rows = [
        (each.id, f"{each.plugin} {each.range}", each.severity + (", disables" if each.disables else ""), each.summary)
        for each in found
    ]
    return Answer(text.table(("advisory", "against", "severity", ""), rows), list(found))


def _configure_report(parser: Parser) -> None:
    parser.add_argument("action", nargs="?", choices=("list", "file", "close"), default="list")
    parser.add_argument("subject", nargs="?", help="ID[@VERSION] to file one, its number to close one, or a plugin")
    parser.add_argument("--kind", choices=REPORT_KINDS, default="other", help="for file; default: other")
    parser.add_argument("--text", default="", help="for file: what is wrong")
    parser.add_argument("--outcome", default="", help="for close: what was decided")
    parser.add_argument("--all", action="store_true", help="for list: closed ones, too")
    parser.add_argument("--before", type=int, metavar="N", help="for list: where the page before said to go on")


def _report(market: Marketplace, options: Namespace, console: Console) -> Answer:
    usage = f"{console.prefix} report list [ID] | file ID[@VERSION] --kind KIND --text WHAT | close NUMBER --outcome …"
    reports = room(market, "reports")
    if options.action == "list":
        page = reports.all(ME, plugin=options.subject, is_open=None if options.all else True, before=options.before)
        more = "" if page.next is None else f"\nThe next page: --before {page.next}"
        return Answer(_reports(page.items) + more, asdict(page))
    if options.subject is None:
        raise UsageError(f"'report {options.action}' takes what it is about", usage)
    if options.action == "file":
        plugin, version = plugin_named(options.subject)
        filed = reports.file(ME, plugin, options.kind, options.text, version)
        return Answer(f"Report {filed.number} is filed.", asdict(filed))
    if not (options.subject.isascii() and options.subject.isdigit()):
        raise UsageError(f"{options.subject!r} is no report's number", usage)
    closed = reports.close(ME, int(options.subject), options.outcome)
    return Answer(f"Report {closed.number} is closed.", asdict(closed))


def _reports(found: Sequence[Report]) -> str:
    if not found:
        return "There is no report."
    rows = [
        (str(each.number), of(each.plugin, each.version), each.kind, each.reporter, each.filed[:10], _said(each))
        for each in found
    ]
    return text.table(("report", "about", "kind", "by", "filed", ""), rows)


def _said(report: Report) -> str:
    return report.text if report.closed is None else f"{report.text} (closed by {report.closed_by}: {report.outcome})"


def _configure_rate(parser: Parser) -> None:
    parser.add_argument("plugin", help="ID, or ID@VERSION; default: the version published last")
    parser.add_argument("stars", nargs="?", type=int, help="1 to 5; nothing: what others gave")
    parser.add_argument("--text", default="", help="why")
    parser.add_argument("--undo", action="store_true", help="take yours back")


def _rate(market: Marketplace, options: Namespace, console: Console) -> Answer:
    plugin, version = plugin_named(options.plugin)
    ratings = room(market, "ratings")
    if options.undo:
        return _ratings(ratings.withdraw(ME, plugin))
    if options.stars is None:
        return _ratings(ratings.of(ME, plugin))
    return _ratings(ratings.rate(ME, plugin, options.stars, options.text, version))


def _ratings(found: PluginRatings) -> Answer:
    if not found.count:
        return Answer(f"Nobody has rated {found.plugin}.", asdict(found))
    times = "time" if found.count == 1 else "times"
    lines = [f"{found.plugin} was rated {found.count} {times}: {found.rating} of 5."]
    rows = [("★" * each.stars, each.user, each.version, each.text) for each in found.items]
    return Answer("\n".join([*lines, text.table(("", "by", "version", ""), rows)]), asdict(found))


VERBS = (
    Verb("yank", "have nothing choose a release any more", _configure_yank, _yank, json=True),
    Verb("deprecate", "tell who has a plugin to use another one", _configure_deprecate, _deprecate, json=True),
    Verb(
        "quarantine",
        "have nobody get a release, and who has it not run it",
        _configure_quarantine,
        _quarantine,
        json=True,
    ),
    Verb(
        "advisory", "what is known against versions; make, change and withdraw it", _configure_advisory, _advisory, True
    ),
    Verb("report", "say that something is wrong with a plugin, or decide about it", _configure_report, _report, True),
    Verb("rate", "give a plugin one to five stars, or see what others gave", _configure_rate, _rate, True),
)
