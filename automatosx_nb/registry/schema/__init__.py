"""The registry's tables, as SQLAlchemy Core. What has to hold is held by constraints here, not only by code.

Times are RFC 3339 text in UTC and are only shown: order comes from ``revision``, a change sequence of which
each change takes the next number, so that no clock decides what is newer. Where a time does decide (a token or an
upload that ends), it is compared with the database's writer's clock and with nothing that somebody sent.
"""

from automatosx_nb.registry.schema.judgements import advisories, audit, ratings, reports, reviews, waiting
from automatosx_nb.registry.schema.people import keys, members, roles, signatures, tokens
from automatosx_nb.registry.schema.plugins import (
    artifacts,
    checks,
    dependencies,
    downloads,
    permissions,
    plugins,
    publishers,
    releases,
    sequence,
    used_versions,
)
from automatosx_nb.registry.schema.root import metadata
from automatosx_nb.registry.schema.uploads import upload_parts, uploads

__all__ = [
    "advisories",
    "artifacts",
    "audit",
    "checks",
    "dependencies",
    "downloads",
    "keys",
    "members",
    "metadata",
    "permissions",
    "plugins",
    "publishers",
    "ratings",
    "releases",
    "reports",
    "reviews",
    "roles",
    "sequence",
    "signatures",
    "tokens",
    "upload_parts",
    "uploads",
    "used_versions",
    "waiting",
]
