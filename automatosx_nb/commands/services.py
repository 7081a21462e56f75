"""``services``, ``notifications``: what plugins and the host offer to each other, and what plugins told the person."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from automatosx_nb.commands import text
from automatosx_nb.commands.verbs import Answer, Console, Verb
from automatosx_nb.model.core_services import needed_for
from automatosx_nb.model.permissions import Permission, is_granted

if TYPE_CHECKING:
    from argparse import Namespace

    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.arguments import Parser
    from automatosx_nb.host.services.offers import Offer


def _configure(parser: Parser) -> None:
    parser.add_argument("which", nargs="?", default="", metavar="ID[/SERVICE]", help="of one plugin, or one of it")


def _services(market: Marketplace, options: Namespace, console: Console) -> Answer:
    from automatosx_nb.host.services.core import Notifications, core_services
    from automatosx_nb.host.services.offers import Offers

    plugin, _, name = options.which.partition("/")
    offers = Offers(market.installed, core_services(Notifications()))
    if name:
        return _one(market, offers.find(plugin, "*", name))
    if plugin:
        offers.named(plugin, "*")
    found = [offer for offer in offers.all() if plugin in ("", offer.plugin)]
    head = ("service", "version", "may be called by", "what it does")
    rows = [
        (f"{each.plugin}/{each.name}", str(each.service.version), _said(_callers(market, each)), each.service.summary)
        for each in found
    ]
    return Answer(text.table(head, rows), [_record(market, each) for each in found])


def _one(market: Marketplace, offer: Offer) -> Answer:
    service, needed = offer.service, needed_for(offer.plugin, offer.name)
    lines = [
        f"{offer.plugin}/{offer.name} {service.version}",
        *([service.summary] if service.summary else []),
        f"May be called by {_said(_callers(market, offer))}, and by you in a notebook.",
        "It needs no permission." if needed is None else f"It needs the permission {needed}.",
        f"takes {json.dumps(service.arguments, indent=2, ensure_ascii=False)}",
        f"gives {json.dumps(service.reply, indent=2, ensure_ascii=False)}",
    ]
    return Answer("\n".join(lines), _record(market, offer))


def _callers(market: Marketplace, offer: Offer) -> list[str] | None:
    """The installed plugins that hold a permission for it; None: it needs none."""
    from automatosx_nb.host.holdings import held_by

    needed = needed_for(offer.plugin, offer.name)
    if needed is None:
        return None
    return [
        entry.id
        for entry in market.installed()
        if is_granted(needed, [Permission.parse(held) for held in held_by(entry, market)])
    ]


def _said(callers: list[str] | None) -> str:
    return "every plugin" if callers is None else ", ".join(callers) or "no plugin"


def _record(market: Marketplace, offer: Offer) -> dict[str, Any]:
    needed, callers = needed_for(offer.plugin, offer.name), _callers(market, offer)
    return {
        "plugin": offer.plugin,
        "service": offer.name,
        "version": str(offer.service.version),
        "summary": offer.service.summary,
        "request": offer.service.arguments,
        "reply": offer.service.reply,
        "permission": None if needed is None else str(needed),
        "callers": callers,
    }


def _configure_nothing(_parser: Parser) -> None:
    """It takes nothing."""


def _notifications(_market: Marketplace, _options: Namespace, console: Console) -> Answer:
    found = console.notifications()
    rows = [(each.time[11:19], each.plugin, each.level, each.text) for each in found]
    shown = (
        text.table(("when (UTC)", "plugin", "level", "what it says"), rows)
        if rows
        else "No plugin notified of anything."
    )
    return Answer(shown, {"notifications": found})


VERBS = (
    Verb("services", "what plugins and the host offer to plugins and notebooks", _configure, _services, json=True),
    Verb("notifications", "what plugins told you in this kernel", _configure_nothing, _notifications, json=True),
)
