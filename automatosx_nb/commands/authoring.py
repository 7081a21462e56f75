"""``pack``, ``publish``."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from automatosx_nb.commands import text
from automatosx_nb.commands.inspecting import check_table
from automatosx_nb.commands.verbs import Answer, Console, Verb
from automatosx_nb.errors import UsageError
from automatosx_nb.files import read_if_there
from automatosx_nb.model.release import Stage
from automatosx_nb.package.signing import signature_path

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.arguments import Parser
    from automatosx_nb.model.release import PublishReport


def _configure_pack(parser: Parser) -> None:
    parser.add_argument("folder", type=Path, help="the plugin's folder, with its plugin.toml")
    parser.add_argument("-o", "--output", type=Path, default=Path(), metavar="FOLDER", help="where the .axp goes")


def _pack(market: Marketplace, options: Namespace, console: Console) -> Answer:
    from automatosx_nb.files import storage_errors, write_atomic
    from automatosx_nb.package import build, read

    if not (options.folder / "plugin.toml").is_file():
        usage = f"{console.prefix} pack FOLDER [-o FOLDER]"
        raise UsageError(f"{options.folder} is not a plugin's folder: there is no plugin.toml in it", usage)
    with storage_errors(options.folder):
        data = build(options.folder)
    package = read(data, name=str(options.folder))
    path = options.output / package.file_name
    write_atomic(path, data, mode=0o666)
    named = {"id": package.manifest.id, "version": package.manifest.version}
    data_of = {**named, "path": path, "sha256": package.sha256, "size": len(data)}
    return Answer(f"{path}  {text.size(len(data))}  sha256 {package.sha256}", data_of)


def _configure_publish(parser: Parser) -> None:
    parser.add_argument("source", type=Path, help="an .axp file, or a plugin's folder")
    parser.add_argument("--stage", choices=[str(stage) for stage in Stage], default=str(Stage.STABLE))


def _publish(market: Marketplace, options: Namespace, console: Console) -> Answer:
    if not options.source.exists():
        usage = f"{console.prefix} publish FOLDER, or a .axp file"
        raise UsageError(f"there is no '{options.source}' to publish", usage)
    signature = None if options.source.is_dir() else read_if_there(signature_path(options.source))
    report = market.publish(options.source, stage=Stage(options.stage), signature=signature)
    said = "published" if report.created else "was published before, byte for byte"
    said += ", with its signature" if signature is not None else ""
    return Answer(
        f"{check_table(report.checks)}\n{report.id} {report.version} {said} ({_stage(report)}).",
        report,
    )


def _stage(report: PublishReport) -> str:
    return f"{report.stage}, waiting for review to become {report.wanted}" if report.wanted else str(report.stage)


VERBS = (
    Verb("pack", "build a plugin's folder into an artifact (.axp)", _configure_pack, _pack, json=True),
    Verb("publish", "check a plugin and publish it into the registry", _configure_publish, _publish, json=True),
)
