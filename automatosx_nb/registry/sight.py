"""Who sees which releases: a draft is seen by its publisher's members, and by whoever reads everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, or_, select, true

from automatosx_nb.model.release import Stage
from automatosx_nb.registry.schema import plugins, publishers, releases

if TYPE_CHECKING:
    from automatosx_nb.model.identity import Actor


def seen_by(actor: Actor | None) -> ColumnElement[bool]:
    """A condition on ``releases``. None: whoever has the registry's folder, and sees all that is in it."""
    if actor is None or actor.reads_all:
        return true()
    public = releases.c.stage != Stage.DRAFT.value
    if not actor.publishers:
        return public
    joined = plugins.join(publishers, publishers.c.key == plugins.c.publisher)
    own = select(plugins.c.key).select_from(joined).where(publishers.c.name.in_(sorted(actor.publishers)))
    return or_(public, releases.c.plugin.in_(own))
