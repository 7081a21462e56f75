"""Which page answers which path."""

from __future__ import annotations

from automatosx_nb.server.pages.assets import Asset
from automatosx_nb.server.pages.browsing import PluginPage, SearchPage
from automatosx_nb.server.pages.moderating import AdvisoriesPage, ReportsPage
from automatosx_nb.server.pages.page import NothingHere, Page
from automatosx_nb.server.pages.people import AccountPage, PublisherPage, RolesPage
from automatosx_nb.server.pages.reviewing import DossierPage, QueuePage

ROOT = "/automatosx"
_PART = r"([^/]+)"
ROUTES: tuple[tuple[str, type[Page] | type[Asset]], ...] = (
    (r"/?", SearchPage),
    (rf"/plugins/{_PART}", PluginPage),
    (rf"/plugins/{_PART}/{_PART}", PluginPage),
    (r"/reviews", QueuePage),
    (rf"/reviews/{_PART}/{_PART}", DossierPage),
    (r"/advisories", AdvisoriesPage),
    (r"/reports", ReportsPage),
    (rf"/publishers/{_PART}", PublisherPage),
    (r"/roles", RolesPage),
    (r"/account", AccountPage),
    (rf"/assets/{_PART}", Asset),
    (r"/.*", NothingHere),
)
"""Paths under :data:`ROOT`, in the order in which they are tried."""
