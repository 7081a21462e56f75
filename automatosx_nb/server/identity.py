"""Who asks: a user of the Jupyter server's identity provider, so of JupyterHub too, or a token of the registry's own.

The provider says who somebody is and the Authorizer whether that one may read or write here at all; the registry says
what is that one's to do. A token is a provider of its own, before the server's: it is sent explicitly, never by a
browser by itself, so requests with it need no XSRF token and may come from any origin.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from jupyter_server.auth import IdentityProvider, PasswordIdentityProvider, User
from jupyter_server.auth.identity import LegacyIdentityProvider
from tornado import web

from automatosx_nb.errors import TokenRefused
from automatosx_nb.model.access import TOKEN_PREFIX
from automatosx_nb.model.identity import OWNER, Actor, Scope, owner
from automatosx_nb.server.keeping import is_kept_here
from automatosx_nb.server.requests import request_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tornado.httputil import HTTPServerRequest

    from automatosx_nb.model.ports import Registry
    from automatosx_nb.server.asking import Asking

DEPLOYMENT = "automatosx_deployment"
TOKENS = "automatosx_token_identity"
"""Names among the application's settings."""
PUBLIC = "(anyone)"
"""Whoever reads without being known, where a server lets them; no user can be called so."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """Whose registry it is. ``shared``: users have what members and roles say; else whoever may ask is its owner."""

    shared: bool = True
    admins: frozenset[str] = frozenset()
    """Who is an admin before anybody could say so in the registry."""


async def actor_of(handler: Asking) -> Actor:
    """Who acts, for a handler whose ``prepare`` is through.

    :raises HTTPError: 403, nobody is known.
    :raises InvalidAccessRequest: the provider's name for the user is none that the registry takes.
    """
    found: Actor | None = getattr(handler, "token_actor", None)
    if found is not None:
        return found
    user = handler.current_user
    if user is None:
        raise web.HTTPError(403)
    request, deployment = request_id(handler.request), _deployment(handler.settings)
    if user.username == PUBLIC:
        return Actor(PUBLIC, scopes=frozenset({Scope.READ}), request=request)
    if not deployment.shared:
        return replace(owner(), request=request)
    if not names_people(handler.identity_provider):
        return Actor(user.username, scopes=frozenset({Scope.READ}), request=request)

    def ask(registry: Registry) -> Actor:
        if not is_kept_here(registry):
            return Actor(user.username, scopes=frozenset({Scope.READ}), request=request)
        found: Actor = _rooms(registry).access.actor(user.username, admins=deployment.admins, request=request)
        return found

    return await handler.shelf.ask(ask)


def token_of(request: HTTPServerRequest) -> str | None:
    """The registry's token that came along (RFC 6750, section 2.1); None: none, or another server's."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    secret = secret.strip()
    return secret if scheme.lower() in ("bearer", "token") and secret.startswith(TOKEN_PREFIX) else None


def provider_for(handler: Asking) -> IdentityProvider:
    """Who says who asks: for a request with a token of ours the registry, else the server's own provider."""
    server: IdentityProvider = handler.settings["identity_provider"]
    if token_of(handler.request) is None:
        return server
    if TOKENS not in handler.settings:
        handler.settings[TOKENS] = TokenIdentityProvider(parent=server.parent, log=server.log)
    found: IdentityProvider = handler.settings[TOKENS]
    return found


class TokenIdentityProvider(IdentityProvider):
    """Knows the users of the registry's tokens. It sets no cookie, and its word holds for one request."""

    async def get_user(self, handler: Any) -> User | None:
        """:raises TokenRefused: the token is none, expired or revoked."""
        secret, request = token_of(handler.request), request_id(handler.request)
        deployment = _deployment(handler.settings)

        def ask(registry: Registry) -> Actor:
            token = _rooms(registry).tokens.holder(secret)
            carried = {"scopes": frozenset(token.scopes), "token": token.id, "request": request}
            if token.user == OWNER:
                return replace(Actor(OWNER) if deployment.shared else owner(), **carried)
            found: Actor = _rooms(registry).access.actor(token.user, admins=deployment.admins, **carried)
            return found

        handler.token_actor = await handler.shelf.ask(ask)
        return User(handler.token_actor.name)

    def is_token_authenticated(self, handler: Any) -> bool:
        return token_of(handler.request) is not None

    @property
    def auth_enabled(self) -> bool:
        return True


def _deployment(settings: Mapping[str, Any]) -> Deployment:
    """Where nobody said whose it is, it is shared: nobody owns it by merely asking."""
    found: Deployment = settings.get(DEPLOYMENT, Deployment())
    return found


def names_people(provider: Any) -> bool:
    """Jupyter's own providers know one secret, and call whoever has it by a name that is drawn anew each time."""
    return type(getattr(provider, "behind", provider)) not in (
        IdentityProvider,
        PasswordIdentityProvider,
        LegacyIdentityProvider,
    )


def _rooms(registry: Registry) -> Any:
    """A registry that is another computer's has its own users and tokens.

    :raises TokenRefused:
    """
    if not is_kept_here(registry):
        raise TokenRefused("is of no registry that this server keeps")
    return registry
