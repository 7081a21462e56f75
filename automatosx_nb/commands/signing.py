"""``key``, ``sign`` and ``verify``: whose word a release is."""

from __future__ import annotations

import os
from argparse import Namespace
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from automatosx_nb.commands import text
from automatosx_nb.commands.acting import ME, room
from automatosx_nb.commands.verbs import Answer, Console, Verb
from automatosx_nb.errors import InvalidSignature, UnknownKey, UsageError
from automatosx_nb.files import read_if_there, write_atomic
from automatosx_nb.home import default_home
from automatosx_nb.model.keys import named, state
from automatosx_nb.model.names import publisher_of
from automatosx_nb.model.signatures import SUCCESSION, succession_statement
from automatosx_nb.package import read
from automatosx_nb.package.keyring import KeyFolder
from automatosx_nb.package.signing import read_signature, sign, signature_path, verify_envelope

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.arguments import Parser
    from automatosx_nb.model.keys import PublisherKey
    from automatosx_nb.package import Package
    from automatosx_nb.package.signing import SigningKey

PASSPHRASE_VARIABLE = "AUTOMATOSX_KEY_PASSPHRASE"  # noqa: S105 - its name


def _folder() -> KeyFolder:
    return KeyFolder(default_home() / "keys")


def _configure_key(parser: Parser) -> None:
    parser.add_argument("action", choices=("new", "list", "register", "rotate", "revoke"), help="what to do")
    parser.add_argument("names", nargs="*", help="a new key's name; else a publisher, and its keys by name or id")
    parser.add_argument("--no-passphrase", action="store_true", help="keep the new key unencrypted")
    parser.add_argument("--since", metavar="TIME", help="revoke: from when on it counts for nothing, as in 2026-11-02")
    parser.add_argument("--reason", default="", help="revoke: why")


def _key(market: Marketplace, options: Namespace, console: Console) -> Answer:
    take = {"new": (1, 1), "list": (0, 1), "register": (2, 2), "rotate": (3, 3), "revoke": (2, 2)}
    least, most = take[options.action]
    if not least <= len(options.names) <= most:
        usage = (
            f"{console.prefix} key new NAME | list [PUBLISHER] | register PUBLISHER NAME | "
            "rotate PUBLISHER OLD NEW | revoke PUBLISHER KEY --since TIME [--reason TEXT]"
        )
        raise UsageError(f"'key {options.action}' takes other names", usage)
    return _ACTIONS[options.action](market, options, console)


def _new(_market: Marketplace, options: Namespace, console: Console) -> Answer:
    (name,) = options.names
    passphrase = "" if options.no_passphrase else _new_passphrase(console, name)
    key = _folder().new(name, passphrase)
    return Answer(
        f"{name}  {key.id}\nIt is of use once it is registered: {console.prefix} key register PUBLISHER {name}",
        {"name": name, "id": key.id, "public": key.public_text},
    )


def _list(market: Marketplace, options: Namespace, console: Console) -> Answer:
    if not options.names:
        mine = _folder().all()
        rows = [
            (
                each.name,
                each.id[:16] if each.id else "(its passphrase tells)",
                "yes" if each.encrypted else "no",
            )
            for each in mine
        ]
        none = f"You have no key; {console.prefix} key new NAME makes one to sign with."
        shown = text.table(("key", "id", "passphrase"), rows) if rows else none
        return Answer(shown, {"keys": [asdict(each) for each in mine]})
    found: tuple[PublisherKey, ...] = room(market, "keys").all(ME, options.names[0])
    registered = [(each.name, each.id[:16], each.added, state(each)) for each in found]
    shown = text.table(("key", "id", "since", "now"), registered) if registered else "It has registered no key."
    return Answer(shown, {"keys": [asdict(each) for each in found]})


def _register(market: Marketplace, options: Namespace, console: Console) -> Answer:
    publisher, name = options.names
    key = _open(console, name)
    proof = key.sign(SUCCESSION, succession_statement(publisher, "", key.id))
    made = room(market, "keys").register(ME, publisher, key.public_text, name, proof)
    return Answer(f"The key {name!r} ({made.id[:16]}) speaks for {publisher} now.", asdict(made))


def _rotate(market: Marketplace, options: Namespace, console: Console) -> Answer:
    publisher, old_name, new_name = options.names
    old, new = _open(console, old_name), _open(console, new_name)
    said = succession_statement(publisher, old.id, new.id)
    announced, proof = old.sign(SUCCESSION, said), new.sign(SUCCESSION, said)
    made = room(market, "keys").rotate(
        ME, publisher, old.id, new.public_text, new_name, announced=announced, proof=proof
    )
    told = f"The key {new_name!r} ({made.id[:16]}) follows {old_name!r} ({old.id[:16]}), which signs nothing new."
    return Answer(told, asdict(made))


def _revoke(market: Marketplace, options: Namespace, console: Console) -> Answer:
    publisher, key = options.names
    if options.since is None:
        raise UsageError(
            "say from when on it counts for nothing: as long as only you had it, what it signed may stand",
            f"{console.prefix} key revoke PUBLISHER KEY --since TIME [--reason TEXT]",
        )
    keys = room(market, "keys")
    found = [
        each for each in keys.all(ME, publisher) if key == each.name or (len(key) >= 8 and each.id.startswith(key))
    ]
    if len(found) != 1:
        raise UnknownKey(key)
    made = keys.revoke(ME, publisher, found[0].id, since=_moment(options.since), reason=options.reason)
    told = f"What the key {made.name!r} ({made.id[:16]}) signed from {made.revoked_from} on counts for nothing."
    return Answer(told, asdict(made))


_ACTIONS = {"new": _new, "list": _list, "register": _register, "rotate": _rotate, "revoke": _revoke}


def _configure_sign(parser: Parser) -> None:
    parser.add_argument("artifact", type=Path, help="an .axp file")
    parser.add_argument("--key", help="the name of one of your keys; needed where you have several")


def _sign(_market: Marketplace, options: Namespace, console: Console) -> Answer:
    package, folder = _read(options.artifact, console, "sign"), _folder()
    names = folder.names()
    if options.key is None and len(names) != 1:
        usage = f"{console.prefix} sign ARTIFACT --key NAME"
        have = f"you have {', '.join(names)}" if names else "you have none: 'key new NAME' makes one"
        raise UsageError(f"say with which key: {have}", usage)
    key = _open(console, options.key or names[0])
    path = signature_path(options.artifact)
    write_atomic(path, sign(package, key), mode=0o666)
    return Answer(f"{path}  by key {key.id[:16]}", {"path": path, "key": key.id})


def _configure_verify(parser: Parser) -> None:
    parser.add_argument("artifact", type=Path, help="an .axp file, with its .sig beside it")
    parser.add_argument("--signature", type=Path, help="where the signature is, if elsewhere")


def _verify(market: Marketplace, options: Namespace, console: Console) -> Answer:
    package = _read(options.artifact, console, "verify")
    path = options.signature or signature_path(options.artifact)
    data = read_if_there(path)
    if data is None:
        raise UsageError(f"there is no signature {path}", f"{console.prefix} verify ARTIFACT [--signature FILE]")
    envelope = read_signature(data, name=str(path))
    publisher = publisher_of(package.manifest.id)
    keys: tuple[PublisherKey, ...] = room(market, "keys").all(ME, publisher)
    key = next((each for each in keys if each.id == envelope.key), None)
    if key is None:
        reason = f"its key {envelope.key[:16]} is none that {publisher} has registered"
        raise InvalidSignature(package.manifest.id, str(package.manifest.version), reason)
    verify_envelope(package, envelope, key.public)
    what = f"{package.manifest.id} {package.manifest.version}"
    told = f"{what} is what key {named(key)} of {publisher} signed. That key is {state(key)}."
    return Answer(told, {"id": package.manifest.id, "version": str(package.manifest.version), "key": asdict(key)})


def _read(path: Path, console: Console, verb: str) -> Package:
    data = None if path.is_dir() else read_if_there(path)
    if data is None:
        raise UsageError(f"there is no artifact {path}", f"{console.prefix} {verb} ARTIFACT.axp")
    return read(data, name=str(path))


def _open(console: Console, name: str) -> SigningKey:
    def asked() -> str | None:
        return os.environ.get(PASSPHRASE_VARIABLE) or console.secret(f"Passphrase of the key {name}: ")

    return _folder().open(name, asked)


def _new_passphrase(console: Console, name: str) -> str:
    """:raises UsageError: there is none, or two that differ were typed."""
    said = os.environ.get(PASSPHRASE_VARIABLE)
    if said:
        return said
    typed = console.secret(f"A passphrase for the key {name}: ")
    usage = f"{console.prefix} key new NAME [--no-passphrase]"
    if not typed:
        raise UsageError(f"nobody typed a passphrase: set {PASSPHRASE_VARIABLE}, or say --no-passphrase", usage)
    if console.secret("The same again: ") != typed:
        raise UsageError("the two passphrases differ; no key was made", usage)
    return typed


def _moment(said: str) -> str:
    """A day begins at midnight, UTC; what is no time at all the registry refuses."""
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        return said
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).isoformat()


VERBS = (
    Verb("key", "make, list, register, rotate or revoke keys that sign", _configure_key, _key, json=True),
    Verb("sign", "sign an artifact", _configure_sign, _sign, json=True),
    Verb("verify", "whether an artifact is what its publisher signed", _configure_verify, _verify, json=True),
)
