"""Who somebody is and what one may ask, by Jupyter's own classes, without a Jupyter server around them."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_server.auth import Authorizer, IdentityProvider, User
from jupyter_server.utils import ensure_async
from traitlets.utils.importstring import import_item

from automatosx_nb.errors import InvalidConfiguration
from automatosx_nb.server.asking import Asking
from automatosx_nb.server.identity import PUBLIC

if TYPE_CHECKING:
    from traitlets.config import Config

    from automatosx_nb.config.serving import Serving

Made = TypeVar("Made", IdentityProvider, Authorizer)


class PublicReading:
    """An IdentityProvider to whom nobody is a stranger who only reads what is ours.

    All else is what the one ``behind`` it says: its own pages are where a stranger stops being one.
    """

    def __init__(self, behind: IdentityProvider) -> None:
        self.behind = behind

    def __getattr__(self, name: str) -> Any:
        return getattr(self.behind, name)

    async def get_user(self, handler: Any) -> User | None:
        user = await ensure_async(self.behind.get_user(handler))
        if user is None and isinstance(handler, Asking) and handler.request.method in ("GET", "HEAD"):
            return User(PUBLIC, display_name="Anyone")
        return user


def identity_provider(serving: Serving, config: Config) -> IdentityProvider:
    """As ``c.RegistryServer.identity_provider_class`` and that class's own section say.

    :raises InvalidConfiguration:
    """
    provider = _made(serving.identity_provider_class, IdentityProvider, "identity_provider_class", config)
    return PublicReading(provider) if serving.public_read else provider  # type: ignore[return-value]


def authorizer(serving: Serving, config: Config, provider: IdentityProvider) -> Authorizer:
    """:raises InvalidConfiguration:"""
    made = _made(serving.authorizer_class, Authorizer, "authorizer_class", config)
    made.set_trait("identity_provider", getattr(provider, "behind", provider))
    return made


def cookie_secret(serving: Serving) -> bytes:
    """:raises InvalidConfiguration: the file cannot be read, or has too little in it."""
    if not serving.cookie_secret_file:
        return secrets.token_bytes(32)
    path = Path(serving.cookie_secret_file).expanduser()
    try:
        secret = path.read_bytes().strip()
    except OSError as error:
        raise InvalidConfiguration("c.RegistryServer.cookie_secret_file", f"it cannot be read: {error}") from error
    if len(secret) < 32:
        raise InvalidConfiguration("c.RegistryServer.cookie_secret_file", f"{path} has fewer than 32 bytes")
    return secret


def _made(name: str, kind: type[Made], setting: str, config: Config) -> Made:
    try:
        found = import_item(name)
    except ImportError as error:
        raise InvalidConfiguration(f"c.RegistryServer.{setting}", f"{name} cannot be imported: {error}") from error
    if not (isinstance(found, type) and issubclass(found, kind)):
        raise InvalidConfiguration(f"c.RegistryServer.{setting}", f"{name} is no {kind.__name__}")
    return found(config=config)
