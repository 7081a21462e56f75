"""Where things are on this site, and who looks at it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from automatosx_nb.server.pages import assets


@dataclass(frozen=True, slots=True)
class Site:
    """``base``: the path of the Jupyter server, as in ``/user/ada/``; ``origin``: as in ``https://host``."""

    base: str
    origin: str
    user: str
    """As people call who is signed in; empty: nobody is, and reading does not take it."""
    sign_in: str
    """Where that is done; empty: somebody is signed in."""
    reviews: bool
    """Whether that one may review, or publishes what others review."""
    kept_here: bool = False
    """Whether people act in the registry here; another computer's is only read."""
    known: bool = False
    """Whether that one can say something in it."""
    administers: bool = False

    @property
    def home(self) -> str:
        return f"{self.base}automatosx/"

    @property
    def address(self) -> str:
        """What a client is told to use."""
        return f"{self.origin}{self.home}".rstrip("/")

    @property
    def queue(self) -> str:
        return f"{self.home}reviews"

    def dossier(self, plugin: str, version: str) -> str:
        return f"{self.queue}/{quote(plugin, safe='')}/{quote(version, safe='')}"

    @property
    def advisories(self) -> str:
        return f"{self.home}advisories"

    @property
    def reports(self) -> str:
        return f"{self.home}reports"

    def report(self, plugin: str, version: str) -> str:
        """Where one says what is wrong with it."""
        return f"{self.reports}?{urlencode({'plugin': plugin, 'version': version})}#file"

    def publisher(self, name: str) -> str:
        return f"{self.home}publishers/{quote(name, safe='')}"

    @property
    def roles(self) -> str:
        return f"{self.home}roles"

    @property
    def account(self) -> str:
        return f"{self.home}account"

    @property
    def sign_out(self) -> str:
        return f"{self.base}logout"

    @property
    def icon(self) -> str:
        return self.asset("icon.svg")

    def asset(self, name: str) -> str:
        """With its digest, so that it can be kept for ever."""
        return f"{self.home}assets/{name}?v={assets.found(name).sha256[:16]}"

    def search(self, **asked: str | bool | None) -> str:
        given = {name: "true" if value is True else value for name, value in asked.items() if value}
        return f"{self.home}?{urlencode(given)}" if given else self.home

    def plugin(self, plugin: str, version: str = "") -> str:
        path = f"{self.home}plugins/{quote(plugin, safe='')}"
        return f"{path}/{quote(version, safe='')}" if version else path

    def download(self, plugin: str, version: str) -> str:
        return f"{self._api(plugin, version)}/artifact"

    def file(self, plugin: str, version: str, path: str) -> str:
        return f"{self._api(plugin, version)}/files/{quote(path)}"

    def _api(self, plugin: str, version: str) -> str:
        return f"{self.home}api/v1/plugins/{quote(plugin, safe='')}/{quote(version, safe='')}"
