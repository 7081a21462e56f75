"""The registry of another computer, read over HTTP, and its mirrors."""

from __future__ import annotations

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from automatosx_nb.errors import (
    ActionForbidden,
    InvalidConfiguration,
    KeyRefused,
    RegistryUnreachable,
    UnknownKey,
    UnknownPlugin,
    UnknownRelease,
)
from automatosx_nb.model.identity import owner
from automatosx_nb.model.names import publisher_of
from automatosx_nb.model.release import Stage
from automatosx_nb.model.review import is_above
from automatosx_nb.model.screenshots import FILE_PATTERN
from automatosx_nb.model.search_parameters import parameters_of
from automatosx_nb.model.urls import address_of, parse_url
from automatosx_nb.package.signing import read_signature, verify_envelope
from automatosx_nb.registry.client import records
from automatosx_nb.registry.client.access import RemoteAccess, RemoteKeys, RemoteTokens
from automatosx_nb.registry.client.cache import DocumentCache
from automatosx_nb.registry.client.documents import Documents
from automatosx_nb.registry.client.limits import ClientLimits
from automatosx_nb.registry.client.reviews import RemoteModeration, RemoteReviews
from automatosx_nb.registry.client.sayings import (
    RemoteAdvisories,
    RemoteAuditLog,
    RemoteRatings,
    RemoteReports,
)
from automatosx_nb.registry.client.sending import Sending
from automatosx_nb.registry.client.transport import API, Transport
from automatosx_nb.registry.pictures import is_what_was_shown

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Sequence
    from pathlib import Path

    from automatosx_nb.model.identity import Actor
    from automatosx_nb.model.ports import ArtifactSource
    from automatosx_nb.model.release import (
        CheckResult,
        IndexRelease,
        PluginDetail,
        PublishReport,
        SearchPage,
        SearchQuery,
    )
    from automatosx_nb.model.screenshots import ShownPicture

_DEFAULT = ClientLimits()


class Mirror:
    """Another address with the same artifacts, at the same paths. Nobody's token is sent there."""

    def __init__(self, address: str, *, limits: ClientLimits = _DEFAULT, ca_file: str = "", proxy: str = "") -> None:
        self.address = parse_address(address)
        self._transport = Transport(self.address, limits=limits, ca_file=ca_file, proxy=proxy)

    def artifact(self, plugin: str, version: str, *, start: int = 0) -> Generator[bytes, None, None]:
        """As :meth:`automatosx_nb.model.ports.ArtifactSource.artifact`."""
        return self._transport.artifact(_artifact_path(plugin, version), start)

    def close(self) -> None:
        self._transport.close()


class RemoteRegistry:
    """Implements :class:`automatosx_nb.model.ports.Registry`; every method may be called from any thread.

    Besides what each says, all raise RegistryUnreachable, where the cache cannot stand in, RegistryRefused and
    RegistryAnswerInvalid.
    """

    def __init__(
        self,
        address: str,
        cache: Path,
        *,
        token: str = "",
        mirrors: Sequence[str] = (),
        limits: ClientLimits = _DEFAULT,
        ca_file: str = "",
        proxy: str = "",
    ) -> None:
        """:param address: as in ``https://host/automatosx``.
        :param cache: a folder for the caches of all registries.
        :param mirrors: addresses that have its artifacts, and are asked before it is.
        :raises InvalidConfiguration: an address is none, or the token would cross a network in the open.
        """
        self.address = parse_address(address)
        if token and self.address.startswith("http:") and not _is_here(self.address):
            reason = f"{self.address} is not encrypted, and a token would be sent to it: use https"
            raise InvalidConfiguration("AUTOMATOSX_REGISTRY", reason)
        self._limits = limits
        self._sends_token = bool(token)
        self.mirrors: tuple[ArtifactSource, ...] = tuple(
            Mirror(each, limits=limits, ca_file=ca_file, proxy=proxy) for each in mirrors
        )
        self._transport = Transport(self.address, token=token, limits=limits, ca_file=ca_file, proxy=proxy)
        folder = cache / hashlib.sha256(self.address.encode()).hexdigest()[:16]
        self._documents = Documents(self._transport, DocumentCache(folder), limits)
        self._sending = Sending(self._transport, limits)
        self._ahead = ThreadPoolExecutor(limits.at_once, thread_name_prefix="automatosx-read-ahead")

    def __enter__(self) -> RemoteRegistry:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        self._ahead.shutdown(wait=False, cancel_futures=True)
        self._transport.close()
        for mirror in self.mirrors:
            if isinstance(mirror, Mirror):
                mirror.close()

    @property
    def stale_since(self) -> str | None:
        """As :attr:`automatosx_nb.model.ports.Registry.stale_since`."""
        return self._documents.stale_since

    def search(self, query: SearchQuery) -> SearchPage:
        """:raises InvalidSearch:"""
        asked = urlencode(parameters_of(query), safe=",=")
        return self._documents.read(f"plugins?{asked}", records.page_of)

    def plugin(self, plugin: str) -> PluginDetail:
        """:raises UnknownPlugin: with the nearest ids."""
        return self._documents.read(f"plugins/{_id(plugin)}", lambda body: records.detail_of(plugin, body))

    def releases(self, plugin: str, /) -> list[IndexRelease]:
        """Every release, newest first; none where the plugin is unknown.

        Whoever resolves asks next what the newest one requires: that is read meanwhile.
        """
        found = self._releases(plugin)
        if found and not self._documents.is_away():
            for needed in found[0].dependencies:
                self._read_ahead(needed)
        return found

    def _read_ahead(self, plugin: str) -> None:
        """What fails here fails again, and is told, where it is needed."""
        with suppress(RuntimeError):  # it was closed meanwhile
            self._ahead.submit(self._releases, plugin)
            self._ahead.submit(self.plugin, plugin)

    def _releases(self, plugin: str) -> list[IndexRelease]:
        try:
            return self._documents.read(f"index/{_id(plugin)}", lambda body: records.index_of(plugin, body))
        except UnknownPlugin:
            return []

    def releases_many(self, ids: Collection[str], /) -> dict[str, list[IndexRelease]]:
        """As :meth:`releases` of each of ``ids``, several at a time."""
        if len(ids) < 2:
            return {plugin: self._releases(plugin) for plugin in ids}
        with ThreadPoolExecutor(min(len(ids), self._limits.at_once)) as threads:
            return dict(zip(ids, threads.map(self._releases, ids), strict=True))

    def artifact(self, plugin: str, version: str, *, start: int = 0) -> Generator[bytes, None, None]:
        """As :meth:`automatosx_nb.model.ports.ArtifactSource.artifact`; nothing is asked before the first piece is."""
        return self._transport.artifact(_artifact_path(plugin, version), start)

    def changelog(self, plugin: str, version: str) -> str:
        """Markdown. Raises as :meth:`artifact` does."""
        path = f"plugins/{_id(plugin)}/{_version(plugin, version)}"
        return self._documents.read(path, lambda body: records.said_of(plugin, body).changelog)

    def checked(self, plugin: str, version: str) -> tuple[CheckResult, ...]:
        """As :meth:`automatosx_nb.model.ports.Registry.checked`; nothing, where the registry does not tell."""
        path = f"plugins/{_id(plugin)}/{_version(plugin, version)}"
        return self._documents.read(path, lambda body: records.said_of(plugin, body).checks)

    def screenshots(self, plugin: str, version: str) -> tuple[ShownPicture, ...]:
        """As :meth:`automatosx_nb.model.ports.Registry.screenshots`; nothing, where the registry does not tell."""
        path = f"plugins/{_id(plugin)}/{_version(plugin, version)}"
        return self._documents.read(path, lambda body: records.said_of(plugin, body).screenshots)

    def picture(self, plugin: str, version: str, shown: ShownPicture) -> bytes | None:
        """As :meth:`automatosx_nb.model.ports.Registry.picture`; what comes is looked at like anybody's."""
        if not re.fullmatch(FILE_PATTERN, shown.file):
            return None
        path = f"plugins/{_id(plugin)}/{_version(plugin, version)}/files/{quote(shown.file)}"
        data = self._transport.document(path).body or b""
        return data if is_what_was_shown(data, shown) else None

    def has_publisher(self, name: str) -> bool:
        """As :meth:`automatosx_nb.model.ports.Registry.has_publisher`: a no from the cache is none."""
        taken = self._documents.read(f"names/{_id(name)}", lambda body: records.name_taken(name, body))
        if not taken and self._documents.is_away():
            raise RegistryUnreachable(self.address, f"nobody else can say whether {name!r} is a publisher there")
        return taken

    def source_of(self, _plugin: str) -> str:
        return self.address

    def seen_by(self, actor: Actor) -> RemoteRegistry:
        """As it is. What is seen with a token is for its holder: whom it is shown to, nobody there could say.

        :raises ActionForbidden: ``actor`` is somebody else than whose this process is, and a token is sent.
        """
        if self._sends_token and not actor.everything:
            raise ActionForbidden(actor.name, f"read {self.address} with this server's token", "a token of one's own")
        return self

    @cached_property
    def reviews(self) -> RemoteReviews:
        return RemoteReviews(self._transport)

    @cached_property
    def moderation(self) -> RemoteModeration:
        return RemoteModeration(self._transport)

    @cached_property
    def advisories(self) -> RemoteAdvisories:
        return RemoteAdvisories(self._transport)

    @cached_property
    def reports(self) -> RemoteReports:
        return RemoteReports(self._transport)

    @cached_property
    def ratings(self) -> RemoteRatings:
        return RemoteRatings(self._transport)

    @cached_property
    def audit(self) -> RemoteAuditLog:
        return RemoteAuditLog(self._transport)

    @cached_property
    def access(self) -> RemoteAccess:
        return RemoteAccess(self._transport)

    @cached_property
    def tokens(self) -> RemoteTokens:
        return RemoteTokens(self._transport)

    @cached_property
    def keys(self) -> RemoteKeys:
        return RemoteKeys(self._transport)

    def publish(self, artifact: bytes, *, stage: Stage = Stage.STABLE, signature: bytes | None = None) -> PublishReport:
        """As :meth:`automatosx_nb.model.ports.Registry.publish`. What is signed comes as a draft, which is then signed
        and promoted: so nobody ever sees it unsigned.

        :raises ActionForbidden: the name is not the token's user's to publish under.
        :raises PublishingElsewhere: the registry takes no plugins.
        """
        if signature is None:
            return self._sending.publish(artifact, stage)
        self._refuse_useless(artifact, signature)
        report = self._sending.publish(artifact, Stage.DRAFT)
        self.keys.sign(owner(), report.id, report.version, signature)
        if not is_above(stage, report.stage):
            return report
        standing = self.reviews.promote(owner(), report.id, report.version, stage)
        return replace(report, stage=standing.stage, wanted=standing.wanted)

    def _refuse_useless(self, artifact: bytes, signature: bytes) -> None:
        """The registry would refuse it as well, but with the version used up by then.

        :raises UnknownKey: its publisher has not registered it.
        :raises KeyRefused: it signs nothing new.
        :raises InvalidSignature: it is of another artifact.
        """
        unpacked, envelope = self._sending.opened(artifact), read_signature(signature)
        known = {key.id: key for key in self.keys.all(owner(), publisher_of(unpacked.manifest.id))}
        key = known.get(envelope.key)
        if key is None:
            raise UnknownKey(envelope.key)
        if key.revoked or key.retired:
            raise KeyRefused(key.id, f"was {'revoked' if key.revoked else 'retired'} at {key.revoked or key.retired}")
        verify_envelope(unpacked, envelope, key.public)

    def check(self, artifact: bytes) -> tuple[CheckResult, ...]:
        """As :meth:`automatosx_nb.model.ports.Registry.check`. Raises as :meth:`publish` does."""
        return self._sending.check(artifact)


def parse_address(text: str) -> str:
    """A registry's one spelling, without a slash at its end.

    :raises InvalidConfiguration: it is no address of one.
    """
    try:
        target = parse_url(text.strip())
    except ValueError as error:
        raise InvalidConfiguration("AUTOMATOSX_REGISTRY", f"that is no registry's address: {error}") from error
    if target.query:
        raise InvalidConfiguration("AUTOMATOSX_REGISTRY", "a registry's address has no query: https://host/automatosx")
    return str(target).rstrip("/").removesuffix(API.rstrip("/"))


def _is_here(address: str) -> bool:
    """Whether it is this computer's own."""
    host = parse_url(address).host
    found = address_of(host)
    return host == "localhost" if found is None else found.is_loopback


def _artifact_path(plugin: str, version: str) -> str:
    return f"plugins/{_id(plugin)}/{_version(plugin, version)}/artifact"


def _id(plugin: str) -> str:
    """Quoted for a path. What a path would walk is no plugin.

    :raises UnknownPlugin:
    """
    if not plugin.strip("."):
        raise UnknownPlugin(plugin)
    return quote(plugin, safe="")


def _version(plugin: str, version: str) -> str:
    """:raises UnknownRelease:"""
    if not version.strip("."):
        raise UnknownRelease(plugin, version)
    return quote(version, safe="")
