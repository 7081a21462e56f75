"""``registry``: what whoever runs a registry asks of its database and its bytes."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from automatosx_nb.commands import recording, text
from automatosx_nb.commands.inspecting import FAILED
from automatosx_nb.commands.serving import config_of
from automatosx_nb.commands.verbs import Answer, Console, Verb
from automatosx_nb.errors import UsageError
from automatosx_nb.model.policy import parse_duration

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.arguments import Parser
    from automatosx_nb.registry.keeping import Cleared, Named, Verified
    from automatosx_nb.registry.storage import Storage

_USAGE = "registry verify | gc [--grace SPAN] [--dry-run] | log [ID] | delete ID@VERSION --reason WHY"


def _configure(parser: Parser) -> None:
    parser.add_argument(
        "action",
        choices=("verify", "gc", *recording.ACTIONS),
        help="hash every artifact anew, delete what nothing names; who did what, delete a release for good",
    )
    recording.configure(parser)
    parser.add_argument("--db", help="URL of the database; default: what configuration says, else your own registry")
    parser.add_argument("--blobs", help="URL of the artifacts' store, as in s3://bucket/prefix")
    parser.add_argument("--config", help="file of settings (.py or .json) with c.RegistryServer.db and blobs")
    parser.add_argument("--grace", metavar="SPAN", help="how old it has to be, as in '12 hours'; else 1 day")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be deleted")


def _registry(market: Marketplace, options: Namespace, console: Console) -> Answer:
    from automatosx_nb.registry.service import EmbeddedRegistry

    if options.action in recording.ACTIONS:
        return recording.carry_out(market, options, console)
    usage = f"{console.prefix} {_USAGE}"
    if options.action == "verify" and (options.grace or options.dry_run):
        raise UsageError("'registry verify' changes nothing, and takes no --grace and no --dry-run", usage)
    with EmbeddedRegistry(_storage(options)) as registry:
        if options.action == "verify":
            found = registry.keeping.verify()
            return Answer(_verified(found), found, status=0 if found.is_sound else FAILED)
        grace = parse_duration(options.grace) if options.grace else timedelta(days=1)
        cleared = registry.keeping.collect(grace, dry_run=options.dry_run)
        return Answer(_cleared(cleared), cleared)


def _storage(options: Namespace) -> Storage:
    """What was typed, else what configuration says, else this user's own.

    :raises InvalidConfiguration: as :func:`automatosx_nb.registry.storage.at` does.
    """
    from automatosx_nb.config import load_settings
    from automatosx_nb.config.serving import artifacts_of, database_of
    from automatosx_nb.registry.storage import at

    settings = load_settings(config_of(options.config))
    typed = {name: value for name in ("db", "blobs") if (value := getattr(options, name))}
    serving = replace(settings.server, **typed)
    return at(database_of(serving, settings.home), artifacts_of(serving, settings.home))


def _verified(found: Verified) -> str:
    lines = [f"{text.counted(found.whole, 'artifact')} ({text.size(found.size)}) whole."]
    lines += [f"Missing: {_of(each)}" for each in found.missing]
    lines += [f"Altered: {_of(each)}" for each in found.altered]
    if not found.is_sound:
        lines.append("Put these back from a backup, under their digests: nobody else has the same bytes.")
    if found.orphans:
        lines.append(
            f"{text.counted(len(found.orphans), 'artifact')} that no release names: 'registry gc' deletes them."
        )
    lines += [f"Not of a registry: {name}" for name in found.foreign]
    return "\n".join(lines)


def _of(named: Named) -> str:
    release = f"{named.plugin} {named.version}" if named.plugin else "no release any more"
    return f"{release} (sha256 {named.sha256})"


def _cleared(found: Cleared) -> str:
    verb = "Would delete" if found.dry_run else "Deleted"
    artifacts = text.counted(len(found.artifacts), "artifact")
    parts = [f"{artifacts} that no release names", f"{text.counted(len(found.unfinished), 'unfinished file')}"]
    if not found.dry_run:
        parts.append(f"{text.counted(found.uploads, 'upload')} that ran out")
    return f"{verb} {', '.join(parts)}: {text.size(found.size)}."


VERBS = (
    Verb("registry", "verify a registry's artifacts, clear it, see who did what", _configure, _registry, json=True),
)
