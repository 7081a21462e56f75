"""``serve``: the registry as a server of its own."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from automatosx_nb.commands.verbs import Answer, Console, Verb
from automatosx_nb.errors import InvalidConfiguration

if TYPE_CHECKING:
    from traitlets.config import Config

    from automatosx_nb.app import Marketplace
    from automatosx_nb.config import Settings
    from automatosx_nb.host.arguments import Parser


def _configure(parser: Parser) -> None:
    parser.add_argument("--db", help="URL of the database, as in postgresql+psycopg://host/registry")
    parser.add_argument("--blobs", help="URL of the artifacts' store, as in s3://bucket/prefix")
    parser.add_argument("--address", help="where it listens (127.0.0.1); '' is everywhere")
    parser.add_argument("--port", type=int, help="8899; 0 is any that is free")
    parser.add_argument("--base-url", help="what stands before /automatosx/ in every path")
    parser.add_argument("--public-read", action="store_true", default=None, help="anybody may read")
    parser.add_argument("--bundled", action="store_true", default=None, help="with the plugins of this installation")
    parser.add_argument("--certfile", help="certificate and its chain (PEM), where no proxy in front speaks TLS")
    parser.add_argument("--keyfile", help="the certificate's private key (PEM)")
    parser.add_argument(
        "--search-processes", type=int, help="processes that do nothing but search; 0: the server searches itself"
    )
    parser.add_argument("--config", help="file of settings (.py or .json): c.RegistryServer, c.IdentityProvider, …")


def _serve(_market: Marketplace, options: Namespace, console: Console) -> Answer:
    console.serve(*configured(options))
    return Answer("The server has ended.", None)


def configured(options: Namespace) -> tuple[Settings, Config]:
    """What configuration says, and over it what was typed.

    :raises InvalidConfiguration:
    """
    from automatosx_nb.config import load_settings
    from automatosx_nb.config.serving import rooted

    config = config_of(options.config)
    settings = load_settings(config)
    names = [each.name for each in fields(settings.server)]
    typed = {name: value for name, value in vars(options).items() if name in names and value is not None}
    if "base_url" in typed:
        typed["base_url"] = rooted(typed["base_url"])
    return replace(settings, server=replace(settings.server, **typed)), config


def config_of(name: str | None) -> Config:
    """:raises InvalidConfiguration: it cannot be read, or is no configuration."""
    from traitlets.config import Config
    from traitlets.config.loader import JSONFileConfigLoader, PyFileConfigLoader

    if not name:
        return Config()
    path = Path(name).expanduser().absolute()
    loader = JSONFileConfigLoader if path.suffix == ".json" else PyFileConfigLoader
    try:
        return Config(loader(path.name, path=str(path.parent)).load_config())
    except Exception as error:  # a .py file is the administrator's own code: anything can come out of it
        raise InvalidConfiguration(str(path), str(error) or type(error).__name__) from error


VERBS = (Verb("serve", "the registry as a server of its own, for a team", _configure, _serve),)
