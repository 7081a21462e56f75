"""Panels."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.display import Rendered
    from automatosx_nb.host.form_calls import FormCalls
    from automatosx_nb.widgets.forms import LiveDisplay
    from automatosx_nb.widgets.panel import MarketplacePanel

__all__ = ["live", "marketplace"]


def marketplace(market: Marketplace | None = None) -> MarketplacePanel:
    """The marketplace as a panel: search, consent, install, update, remove, roll back.

    Without ``market`` it shows the marketplace of this process, the one that the magics use too.
    """
    from automatosx_nb.widgets.panel import MarketplacePanel

    if market is None:
        from automatosx_nb.app import current

        market = current()
    return MarketplacePanel(market)


def live(display: Rendered, calls: FormCalls) -> LiveDisplay:
    """A plugin's display whose forms can be used."""
    from automatosx_nb.widgets.forms import LiveDisplay

    return LiveDisplay(display, calls)
