"""The registry's web page under ``/automatosx/``: rendered here, with one style sheet, and whole without JavaScript."""

from automatosx_nb.server.pages.routes import ROOT, ROUTES

__all__ = ["ROOT", "ROUTES"]
