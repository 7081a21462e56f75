"""What is in a release: its README, changelog, manifest, and the files that are there to be looked at.

A file is looked up by its name in the artifact, so no path leads anywhere else. What a browser makes of one, it makes
in a sandbox: no script of a publisher's runs where the registry is.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from automatosx_nb import package
from automatosx_nb.errors import InvalidSearch
from automatosx_nb.server import media_types
from automatosx_nb.server.documents import document_html
from automatosx_nb.server.handlers import FOREVER, JUPYTER, RegistryHandler
from automatosx_nb.server.slim import ALWAYS_ASK, Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automatosx_nb.model.ports import Registry

POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
_SHOWN = ("icon.svg", "icon.png")
_FOLDER = "docs/"


class _Inside(RegistryHandler):
    repeats = True

    async def files(self, plugin: str, version: str) -> Mapping[str, bytes]:
        return await self.ask(lambda registry: _files(registry, plugin, version))

    def show(self, plugin: str, body: bytes, media_type: str, *, forever: bool = True) -> None:
        """:param forever: whether it is what was published, and so never another."""
        self.set_header("Content-Security-Policy", POLICY)
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")
        self.give(Answer.of(body, media_type, FOREVER if forever else ALWAYS_ASK), about=plugin)

    async def markdown(self, plugin: str, text: str) -> None:
        """As its author wrote it, or, asked for ``as=html``, as HTML with nothing in it that acts or is fetched.

        :raises InvalidSearch: it is asked for as something else, or with anything beside.
        """
        said = {name: self.get_query_argument(name) for name in self.request.query_arguments if name not in JUPYTER}
        form = said.pop("as", "markdown")
        if said or form not in ("markdown", "html"):
            raise InvalidSearch("as", repr(form) if not said else f"beside {min(said)!r}", "markdown or html, alone")
        if form == "html":
            made = await asyncio.to_thread(document_html, text)
            self.show(plugin, made.encode(), "text/html; charset=utf-8", forever=False)
        else:
            self.show(plugin, text.encode(), "text/markdown; charset=utf-8")


class ReadmeHandler(_Inside):
    """``GET plugins/{id}/{version}/readme``"""

    @web.authenticated
    @authorized
    async def get(self, plugin: str, version: str) -> None:
        files = await self.files(plugin, version)
        await self.markdown(plugin, files.get("README.md", b"").decode("utf-8", "replace"))


class ChangelogHandler(_Inside):
    """``GET plugins/{id}/{version}/changelog``"""

    @web.authenticated
    @authorized
    async def get(self, plugin: str, version: str) -> None:
        await self.markdown(plugin, await self.ask(lambda registry: registry.changelog(plugin, version)))


class ManifestHandler(_Inside):
    """``GET plugins/{id}/{version}/manifest``"""

    @web.authenticated
    @authorized
    async def get(self, plugin: str, version: str) -> None:
        self.show(plugin, (await self.files(plugin, version))["plugin.toml"], "application/toml")


class FileHandler(_Inside):
    """``GET plugins/{id}/{version}/files/{path}``"""

    @web.authenticated
    @authorized
    async def get(self, plugin: str, version: str, path: str) -> None:
        files = await self.files(plugin, version)
        if not (path in _SHOWN or path.startswith(_FOLDER)) or path not in files:
            raise web.HTTPError(404)
        self.show(plugin, files[path], media_types.of(path, files[path]))


def _files(registry: Registry, plugin: str, version: str) -> Mapping[str, bytes]:
    """Another computer's registry is asked for the artifact, and counts a download."""
    keeps: Any = getattr(registry, "contents", None)
    if keeps is not None:
        found: Mapping[str, bytes] = keeps(plugin, version)
        return found
    return package.read(b"".join(registry.artifact(plugin, version)), name=f"{plugin} {version}").files


_ID = r"([^/]+)"
ROUTES: tuple[tuple[str, type[RegistryHandler]], ...] = (
    (rf"plugins/{_ID}/{_ID}/readme", ReadmeHandler),
    (rf"plugins/{_ID}/{_ID}/changelog", ChangelogHandler),
    (rf"plugins/{_ID}/{_ID}/manifest", ManifestHandler),
    (rf"plugins/{_ID}/{_ID}/files/(.+)", FileHandler),
)
