"""The rows of a new release, and of its plugin and publisher where it is their first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from automatosx_nb.model.names import BUNDLED_PUBLISHERS, publisher_of
from automatosx_nb.registry import acts, schema, stages
from automatosx_nb.registry.checks.lookalike import skeleton
from automatosx_nb.registry.standing import precedence

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

    from automatosx_nb.model.identity import Actor
    from automatosx_nb.model.release import CheckResult, PublishReport
    from automatosx_nb.package import Package


def insert_release(
    connection: Connection, unpacked: Package, report: PublishReport, revision: int, actor: Actor
) -> None:
    manifest = unpacked.manifest
    now = acts.now()
    plugin = _plugin(connection, manifest.id, revision, now, actor)
    connection.execute(insert(schema.artifacts).values(sha256=unpacked.sha256, size=unpacked.size))
    row = {
        "plugin": plugin,
        "version": str(manifest.version),
        "precedence": precedence(manifest.version),
        "stage": report.stage.value,
        "submitter": actor.name,
        "published": now,
        "revision": revision,
        "artifact": unpacked.sha256,
        "summary": manifest.summary,
        "license": manifest.license,
        "authors": list(manifest.authors),
        "categories": list(manifest.categories),
        "keywords": list(manifest.keywords),
        "engine": str(manifest.requires.automatosx),
        "python": manifest.requires.python,
        "packages": list(manifest.requires.packages),
        "platforms": list(manifest.requires.platforms),
        "contributions": manifest.contributes.summary(),
        "readme": unpacked.readme,
        "changelog": unpacked.changelog,
    }
    used = {"plugin": manifest.id, "precedence": precedence(manifest.version), "artifact": unpacked.sha256}
    connection.execute(insert(schema.used_versions).values(used))
    release = _inserted(connection, schema.releases, row)
    _insert_parts(connection, release, unpacked, report.checks)
    if report.wanted is not None:
        stages.wait(connection, release, report.wanted, revision)


def _plugin(connection: Connection, plugin: str, revision: int, now: str, actor: Actor) -> int:
    """The plugin's key; it and its publisher are made where this is the first release."""
    table = schema.plugins
    key = connection.execute(select(table.c.key).where(table.c.id == plugin)).scalar_one_or_none()
    if key is not None:
        connection.execute(update(table).where(table.c.key == key).values(revision=revision))
        return int(key)
    values = {
        "publisher": publisher_key(connection, publisher_of(plugin), now, actor),
        "id": plugin,
        "skeleton": skeleton(plugin),
        "created": now,
        "revision": revision,
    }
    return _inserted(connection, table, values)


def publisher_key(connection: Connection, name: str, now: str, actor: Actor) -> int:
    """The publisher's key. Whoever publishes first under a name owns it; the folder's owner needs no such row.

    :raises ActionForbidden: nobody has the name, and it is kept for what comes bundled.
    """
    table = schema.publishers
    key = connection.execute(select(table.c.key).where(table.c.name == name)).scalar_one_or_none()
    if key is not None:
        return int(key)
    if name in BUNDLED_PUBLISHERS:
        actor.publish(name)
    made = _inserted(connection, table, {"name": name, "verified": False, "created": now})
    if not actor.everything:
        member = {"publisher": made, "user": actor.name, "owner": True, "added": now}
        connection.execute(insert(schema.members).values(member))
    return made


def _inserted(connection: Connection, table: Table, values: dict[str, Any]) -> int:
    """Insert a row and return its key."""
    key = connection.execute(insert(table).values(values)).inserted_primary_key
    assert key is not None, "a single row was inserted"
    return int(key[0])


def _insert_parts(connection: Connection, release: int, unpacked: Package, results: tuple[CheckResult, ...]) -> None:
    manifest = unpacked.manifest
    needs = [(name, wanted, False) for name, wanted in manifest.requires.plugins.items()]
    needs += [(name, wanted, True) for name, wanted in manifest.requires.optional_plugins.items()]
    asked = [(text, reason, False) for text, reason in manifest.permissions.items()]
    asked += [(text, reason, True) for text, reason in manifest.optional_permissions.items()]
    parts: dict[Table, list[dict[str, Any]]] = {
        schema.dependencies: [
            {"release": release, "requires": name, "range": str(wanted), "optional": optional}
            for name, wanted, optional in needs
        ],
        schema.permissions: [
            {
                "release": release,
                "permission": text,
                "position": position,
                "reason": reason,
                "optional": optional,
            }
            for position, (text, reason, optional) in enumerate(asked)
        ],
        schema.checks: [
            {
                "release": release,
                "position": position,
                "check": result.check,
                "passed": result.passed,
                "severity": result.severity,
                "message": result.message,
                "file": result.file,
                "line": result.line,
                "duration_ms": result.duration_ms,
            }
            for position, result in enumerate(results)
        ],
    }
    for table, rows in parts.items():
        if rows:
            connection.execute(insert(table), rows)
