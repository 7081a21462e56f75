"""Finding plugins, and one plugin's page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_server.auth.decorator import authorized
from tornado import web

from automatosx_nb.errors import UnknownRelease
from automatosx_nb.model.search_parameters import NAMES, query_of
from automatosx_nb.server import requests
from automatosx_nb.server.pages import views
from automatosx_nb.server.pages.page import Page

if TYPE_CHECKING:
    from automatosx_nb.model.ports import Registry


class SearchPage(Page):
    """``GET /automatosx/?q=…``: the parameters of the REST interface; others are somebody else's."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        query = query_of(
            {name: self.get_query_argument(name) for name in self.request.query_arguments if name in NAMES}
        )
        found = await self.ask(lambda registry: registry.search(query))
        self.set_header(requests.TOTAL, str(found.total))
        await self.show("search", view=views.search(self.site, query, found), sorts=views.SORTS)


class PluginPage(Page):
    """``GET plugins/{id}`` and ``GET plugins/{id}/{version}``"""

    @web.authenticated
    @authorized
    async def get(self, plugin: str, version: str = "") -> None:
        view = await self.ask(lambda registry: _view(registry, plugin, version))
        await self.show("plugin", view=view)


def _view(registry: Registry, plugin: str, version: str) -> views.PluginView:
    """:raises UnknownPlugin:
    :raises UnknownRelease:
    """
    detail = registry.plugin(plugin)
    wanted = version or detail.summary.version
    release = next((each for each in detail.releases if each.version == wanted), None)
    if release is None:
        raise UnknownRelease(plugin, wanted, tuple(each.version for each in detail.releases))
    index = next((each for each in registry.releases(plugin) if str(each.version) == wanted), None)
    return views.PluginView(
        detail,
        release,
        changelog=registry.changelog(plugin, wanted) if version else detail.changelog,
        advisories=index.advisories if index is not None else (),
        checks=registry.checked(plugin, wanted),
        screenshots=registry.screenshots(plugin, wanted),
    )
