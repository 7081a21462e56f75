"""What a switch of generations did, as the audit log tells it."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb.model.audit import detail_of
from automatosx_nb.model.generation import Generation, InstalledPlugin
from automatosx_nb.model.history import undoing
from automatosx_nb.model.switches import Entry, entries_of

GRANTS = ("storage", "modules:pandas", "modules:numpy")


def plugin(name: str, version: str = "1.0.0", grants: tuple[str, ...] = ()) -> InstalledPlugin:
    return InstalledPlugin(name, version, f"sha-{version}", "*", grants, f"{name}-{version}", "", {})


def generation(number: int, action: str, *plugins: InstalledPlugin) -> Generation:
    return Generation(number, number - 1, "", "", action, {each.id: each for each in plugins})


def told(old: Generation, new: Generation) -> list[tuple[str, str, str]]:
    return [(entry.kind, entry.plugin, entry.version) for entry in entries_of(old, new, "terminal")]


def test_each_change_is_told_with_the_grants_that_came_and_went() -> None:
    old = generation(1, "install", plugin("acme.a", grants=("storage",)), plugin("acme.b"), plugin("acme.c"))
    new = generation(2, "update x y", plugin("acme.a", "2.0.0", ("modules:numpy",)), plugin("acme.b"), plugin("acme.d"))
    assert told(old, new) == [
        ("plugin-updated", "acme.a", "2.0.0"),
        ("grants-given", "acme.a", "2.0.0"),
        ("grants-gone", "acme.a", "2.0.0"),
        ("plugin-removed", "acme.c", "1.0.0"),
        ("plugin-installed", "acme.d", "1.0.0"),
    ]


def test_of_the_action_only_the_verb_is_told() -> None:
    (entry,) = entries_of(generation(1, "empty"), generation(2, "install acme.a hunter2", plugin("acme.a")), "notebook")
    assert entry.detail == {"sha256": "sha-1.0.0", "generation": 2, "action": "install", "surface": "notebook"}


def test_a_rollback_and_a_sync_are_told_as_such() -> None:
    empty, one = generation(1, "empty"), generation(2, "install", plugin("acme.a"))
    back = replace(generation(3, "roll back to generation 1"), restores=1)
    assert told(one, back) == [("profile-rolled-back", "", ""), ("plugin-removed", "acme.a", "1.0.0")]
    assert told(empty, generation(2, "sync a.lock", plugin("acme.a")))[0] == ("profile-synced", "", "")


_PROFILES = st.dictionaries(
    st.sampled_from(["acme.a", "acme.b", "acme.c"]),
    st.tuples(st.sampled_from(["1.0.0", "2.0.0"]), st.sets(st.sampled_from(GRANTS))),
)


@given(_PROFILES, _PROFILES)
def test_the_entries_lead_from_what_was_to_what_is(
    before: dict[str, tuple[str, set[str]]], after: dict[str, tuple[str, set[str]]]
) -> None:
    def made(number: int, profile: dict[str, tuple[str, set[str]]]) -> Generation:
        return generation(number, "update", *(plugin(n, v, tuple(sorted(g))) for n, (v, g) in profile.items()))

    replayed = {name: (version, set(held)) for name, (version, held) in before.items()}
    for entry in entries_of(made(1, before), made(2, after), "python"):
        detail_of(entry.kind, entry.detail)
        _replay(replayed, entry)
    assert replayed == after


def _replay(profile: dict[str, tuple[str, set[str]]], entry: Entry) -> None:
    version, held = profile.get(entry.plugin, ("", set()))
    match entry.kind:
        case "plugin-installed" | "plugin-updated":
            profile[entry.plugin] = (entry.version, held)
        case "plugin-removed":
            del profile[entry.plugin]
        case "grants-given":
            profile[entry.plugin] = (version, held | set(entry.detail["permissions"]))
        case "grants-gone" if entry.plugin in profile:
            profile[entry.plugin] = (version, held - set(entry.detail["permissions"]))


def test_what_is_undone_twice_is_done_again() -> None:
    assert undoing("install acme.a 1.0.0") == "undo install acme.a 1.0.0"
    assert undoing("undo install acme.a 1.0.0") == "redo install acme.a 1.0.0"
    assert undoing("redo install acme.a 1.0.0") == "undo install acme.a 1.0.0"
