"""The least manifest: what was used stays, what never was goes, and what comes out is a manifest's table."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb.model.audit import AuditEntry
from automatosx_nb.model.inspection import Observation, PermissionUse, observe, permission_changes, permission_table
from automatosx_nb.model.permissions import Permission
from automatosx_nb.model.release import ReleaseDetail, Stage

PERMISSIONS = ("storage", "modules:numpy", "modules:pandas", "events:subscribe:kernel.**", "display:pandas.DataFrame")


def entry(number: int, kind: str, **detail: object) -> AuditEntry:
    time = f"2026-01-{number:02}T00:00:00.000+00:00"
    return AuditEntry(number, time, kind, "acme.a", "1.0.0", detail)


def calls(number: int, permission: str, many: int) -> AuditEntry:
    return entry(number, "capability-calls", capability="x", method="y", permission=permission, calls=many)


def seen(asked: dict[str, str], *entries: AuditEntry, uses: tuple[PermissionUse, ...] = ()) -> Observation:
    return observe("acme.a", "1.0.0", asked, {}, uses, entries)


def use(permission: str) -> PermissionUse:
    return PermissionUse(permission, "src/a.py", 3, "the use of it")


def test_calls_events_and_days_are_added_up() -> None:
    found = seen(
        {"storage": "Keeps."},
        entry(1, "plugin-called", calls=2, events=5),
        calls(2, "storage", 4),
        calls(3, "storage", 3),
        entry(4, "plugin-called", calls=1, events=0),
    )
    assert (found.calls, found.events, found.days) == (8, 5, 3.0)
    assert [each.calls for each in found.permissions] == [7]


def test_what_no_call_used_stays_with_a_comment_where_the_sources_use_it() -> None:
    asked = {"storage": "Keeps."}
    called = entry(1, "plugin-called", calls=9, events=0)
    assert permission_table(seen(asked, called)) == "[permissions]"
    kept = permission_table(seen(asked, called, uses=(use("storage"),)))
    assert kept.endswith('"storage" = "Keeps."  # no call used it, but src/a.py line 3 does')


def test_a_subscription_within_a_pattern_is_a_use_of_it() -> None:
    found = seen({"events:subscribe:kernel.**": "Counts."}, uses=(use("events:subscribe:kernel.cell.finished"),))
    assert found.permissions[0].verdict == "used"


def test_a_refusal_whose_scope_nobody_knows_is_a_comment() -> None:
    denied = entry(1, "permission-denied", capability="a", method="b", permission="modules", calls=2)
    table = permission_table(seen({}, denied))
    assert table == '[permissions]\n# "modules:…" = "why it needs it"  # refused 2 times to a.b: name the scope'


_ASKED = st.dictionaries(st.sampled_from(PERMISSIONS), st.text(min_size=1))
_ENTRIES = st.lists(
    st.one_of(
        st.builds(lambda many: calls(1, "storage", many), st.integers(1, 9)),
        st.builds(lambda many: entry(1, "plugin-called", calls=many, events=0), st.integers(0, 9)),
        st.builds(
            lambda many: entry(
                1, "permission-denied", capability="storage", method="put", permission="storage", calls=many
            ),
            st.integers(1, 9),
        ),
    )
)


@given(_ASKED, _ASKED, st.lists(st.sampled_from(PERMISSIONS)), _ENTRIES)
def test_the_table_is_toml_and_holds_all_that_was_used_or_refused_and_nothing_unheard_of(
    asked: dict[str, str], optional: dict[str, str], used: list[str], entries: list[AuditEntry]
) -> None:
    optional = {one: reason for one, reason in optional.items() if one not in asked}
    found = observe("acme.a", "1.0.0", asked, optional, [use(one) for one in used], entries)
    table = tomllib.loads(permission_table(found))["permissions"]
    further = table.pop("optional", {})
    verdicts = {each.permission: each.verdict for each in found.permissions}
    kept = {**table, **further}
    assert {one for one, verdict in verdicts.items() if verdict != "unused"} <= kept.keys()
    assert not {one for one, verdict in verdicts.items() if verdict == "unused"} & kept.keys()
    assert kept.keys() <= {*asked, *optional, *(each.permission for each in found.refused if not each.asked)}
    assert all(further[one] == optional[one] for one in further)
    assert all(table[one] == asked[one] for one in table if one in asked)


def test_versions_are_compared_with_the_one_before_each() -> None:
    def release(version: str, *asked: str) -> ReleaseDetail:
        return ReleaseDetail(version, Stage.STABLE, "", "", 0, dict.fromkeys(asked, "r"), {}, {}, (), "", "", {})

    releases = [release("2.0.0", "storage"), release("1.1.0"), release("1.0.0", "modules:numpy")]
    (second, first) = permission_changes(releases)
    assert second[:2] == ("1.1.0", "2.0.0")
    assert second[2].added == (Permission.parse("storage"),)
    assert first[:2] == ("1.0.0", "1.1.0")
    assert first[2].removed == (Permission.parse("modules:numpy"),)
    assert permission_changes(releases[:1]) == ()
