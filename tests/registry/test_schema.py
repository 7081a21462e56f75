from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, inspect
from sqlalchemy.exc import IntegrityError

from automatosx_nb.registry import schema
from automatosx_nb.registry.database import Database
from automatosx_nb.registry.migrations import HEAD, REVISIONS
from automatosx_nb.registry.migrations.run import config, downgrade


def test_the_migrated_schema_is_the_one_that_the_code_describes(place: Path | str) -> None:
    database = Database(place)
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []
    database.close()


def test_the_constant_head_is_alembics_and_every_revision_is_listed() -> None:
    scripts = ScriptDirectory.from_config(config())
    assert scripts.get_current_head() == HEAD
    assert tuple(script.revision for script in reversed(list(scripts.walk_revisions()))) == REVISIONS


def test_downgrading_to_base_leaves_no_table_of_ours_and_upgrading_brings_them_back(place: Path | str) -> None:
    with closing(Database(place)) as database, database.write() as connection:
        downgrade(connection, "base")
        assert set(inspect(connection).get_table_names()) == {"alembic_version"}
    with closing(Database(place)) as database, database.read() as connection:
        assert set(inspect(connection).get_table_names()) == {"alembic_version", *schema.metadata.tables}


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (schema.artifacts, {"sha256": "ab", "size": 1}),
        (schema.artifacts, {"sha256": "a" * 64, "size": 0}),
        (schema.sequence, {"id": 2, "value": 0}),
        (schema.roles, {"user": "ann", "role": "king", "added": ""}),
        (schema.ratings, {"plugin": 1, "user": "ann", "stars": 6, "text": "", "version": "1.0.0", "given": ""}),
        (schema.used_versions, {"plugin": "a.b", "precedence": "1.0.0", "artifact": "ab"}),
        (schema.plugins, {"publisher": 99, "id": "a.b", "skeleton": "a.b", "created": "", "revision": 1}),
    ],
    ids=[
        "short digest",
        "empty artifact",
        "second sequence",
        "no such role",
        "six stars",
        "another short digest",
        "no such publisher",
    ],
)
def test_the_database_itself_refuses_what_must_not_be(place: Path | str, table: object, values: object) -> None:
    database = Database(place)
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(insert(table).values(values))  # type: ignore[arg-type]
    database.close()
