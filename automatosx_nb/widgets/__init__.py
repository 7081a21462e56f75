"""Panels."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.display import Rendered
    from automatosx_nb.host.form_calls import FormCalls
    from automatosx_nb.host.kernel import KernelHost
    from automatosx_nb.widgets.activity import ActivityPanel
    from automatosx_nb.widgets.forms import LiveDisplay
    from automatosx_nb.widgets.panel import MarketplacePanel as MarketplacePanel

__all__ = ["installed", "live", "marketplace", "meters", "permissions"]


def marketplace(market: Marketplace | None = None) -> MarketplacePanel:
    """The marketplace as a panel: search, consent, install, update, remove, roll back.

    Without ``market`` it shows the marketplace of this process, the one that the magics use too.
    """
    return _panel(market, "browse")


def installed(market: Marketplace | None = None) -> MarketplacePanel:
    """The same panel, at what is installed and the history."""
    return _panel(market, "installed")


def permissions(market: Marketplace | None = None) -> MarketplacePanel:
    """The same panel, at what each installed plugin asks for, holds and is denied."""
    return _panel(market, "permissions")


def _panel(market: Marketplace | None, view: str) -> MarketplacePanel:
    from automatosx_nb.widgets.panel import MarketplacePanel

    if market is None:
        from automatosx_nb.app import current

        market = current()
    return MarketplacePanel(market, view)


def live(display: Rendered, calls: FormCalls) -> LiveDisplay:
    """A plugin's display whose forms can be used."""
    from automatosx_nb.widgets.forms import LiveDisplay

    return LiveDisplay(display, calls)


def meters(market: Marketplace, host: KernelHost) -> ActivityPanel:
    """What the plugins of one kernel do and have used."""
    from automatosx_nb.widgets.activity import ActivityPanel

    return ActivityPanel(market, host)
