"""A secret arrives where it was named and nowhere else, and variables come by permission."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

from automatosx_nb.errors import AutomatosxError, NoSecretStore, PermissionDenied, PluginFailed, UnknownSecret
from tests.scenarios.handing_over.desk import Desk, MakeDesk


def test_a_secret_is_named_and_arrives_as_itself(desk: Desk) -> None:
    assert desk.run("secret token") == ["token", 14, "<Secret 'token'>", "<Secret 'token'>"]


@pytest.mark.parametrize("how", ["print", "log", "raise", "return", "show", "object"])
def test_a_secrets_value_is_nowhere_where_people_look(desk: Desk, how: str, capsys: pytest.CaptureFixture[str]) -> None:
    seen = ""
    try:
        shown = desk.run(f"secret token --how {how}")
        seen += repr(shown) + str(shown)
        desk.run(f"secret token --how {how} --into kept")
    except AutomatosxError as error:
        seen += str(error) + repr(error) + repr(error.args) + repr(error.__cause__)
    printed = capsys.readouterr()
    seen += printed.out + printed.err + repr(desk.ns) + repr(list(desk.log.lines))
    assert "s3cr3t" not in seen
    assert "[secret]" in seen or how == "object"


def test_a_secret_that_is_not_there_is_not_repeated(desk: Desk, make_desk: MakeDesk) -> None:
    for typed in ("ghp_pasted", "theirs"):
        with pytest.raises(UnknownSecret) as caught:
            desk.run(f"secret {typed}")
        assert typed not in str(caught.value) + repr(caught.value)
    with pytest.raises(NoSecretStore):
        make_desk(secrets=None).run("secret token")


def test_without_the_permission_no_variable_is_read_named_or_set(desk: Desk) -> None:
    for line in ("names", "get df", "put df", "put new"):
        with pytest.raises(PermissionDenied) as caught:
            desk.run(line)
        assert caught.value.permission.startswith("variables:")
    assert "new" not in desk.ns


def test_a_pattern_opens_the_names_that_it_matches_and_no_other(make_desk: MakeDesk) -> None:
    desk = make_desk(grants=("variables:read:train_*",))
    desk.ns |= {"train_x": [1], "train_y": pd.DataFrame({"a": [1]}), "test_x": 2, "_train": 3, "train_f": print}
    assert desk.run("names") == ["train_x", "train_y"]
    assert desk.run("get train_x") == [1]
    assert desk.run("get train_y").to_pydict() == {"a": [1]}
    for name in ("test_x", "_train", "train_f", "train_z", "In", "train_x.y", "train_x[0]"):
        with pytest.raises((PermissionDenied, PluginFailed)) as caught:
            desk.run(f"get {name}")
        assert "test_x" not in str(caught.value) or name == "test_x"
    with pytest.raises(PermissionDenied, match="variables:write:train_x"):
        desk.run("put train_x")


def test_writing_keeps_the_kind_of_frame_and_never_replaces_code(make_desk: MakeDesk) -> None:
    desk = make_desk(grants=("variables:write",))
    desk.ns |= {"df": pd.DataFrame({"a": [1]}), "value": pa.table({"b": [2]}), "pd": pd, "f": len, "C": int}
    desk.run("put df --value value")
    pd.testing.assert_frame_equal(desk.ns["df"], pd.DataFrame({"b": [2]}))
    desk.run("put new --value value")
    assert desk.ns["new"].equals(pa.table({"b": [2]}))
    for name in ("pd", "f", "C", "print", "class", "In", "exit", "_x", "__builtins__", "'a b'", "a.b"):
        before = desk.ns.get(name)
        with pytest.raises((PermissionDenied, PluginFailed)):
            desk.run(f"put {name} --value value")
        assert desk.ns.get(name) is before
    with pytest.raises(PermissionDenied):
        desk.run("get df")
