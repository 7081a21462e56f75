"""What became of an upload, as text that any node reads back: a report, or the error that it was refused with."""

from __future__ import annotations

from typing import Any

import msgspec

from automatosx_nb import errors
from automatosx_nb.errors import AutomatosxError, InvalidUpload
from automatosx_nb.model.release import CheckResult, PublishReport

VERDICTS: tuple[type[AutomatosxError], ...] = (
    errors.ActionForbidden,
    errors.InvalidArtifact,
    errors.InvalidManifest,
    errors.InvalidUpload,
    errors.NotAnArchive,
    errors.PluginQuarantined,
    errors.PublishRefused,
    errors.ReleaseExists,
    errors.SignatureRequired,
    errors.VersionUsed,
)
"""What says something of the artifact, and would say it again; all else is over when it is tried once more."""
_BY_CODE = {each.code: each for each in VERDICTS}


class _Refusal(msgspec.Struct):
    code: str
    carries: dict[str, Any]


class _Outcome(msgspec.Struct, omit_defaults=True):
    report: PublishReport | None = None
    refusal: _Refusal | None = None


def encode(outcome: PublishReport | AutomatosxError) -> str:
    if isinstance(outcome, PublishReport):
        return msgspec.json.encode(_Outcome(report=outcome)).decode()
    carries = {name: getattr(outcome, name) for name in outcome.fields()}
    return msgspec.json.encode(_Outcome(refusal=_Refusal(outcome.code, carries))).decode()


def decode(text: str) -> tuple[PublishReport | None, AutomatosxError | None]:
    """One of the two."""
    found = msgspec.json.decode(text, type=_Outcome)
    if found.refusal is None:
        return found.report, None
    kind = _BY_CODE.get(found.refusal.code)
    if kind is None:
        return None, InvalidUpload(f"a newer automatosx_nb answered it with {found.refusal.code!r}")
    return None, kind(**{name: _value(value) for name, value in found.refusal.carries.items()})


def _value(value: Any) -> Any:
    """As an error carries it: several are a tuple; records are results of checks, or a manifest's problems."""
    if isinstance(value, dict):
        return msgspec.convert(value, CheckResult if "check" in value else errors.ManifestProblem)
    return tuple(map(_value, value)) if isinstance(value, list) else value
