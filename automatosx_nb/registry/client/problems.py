"""Answers that are refusals, as the errors that they are: ``application/problem+json`` (RFC 9457) above all."""

from __future__ import annotations

import time
from dataclasses import replace
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec

from automatosx_nb import errors
from automatosx_nb.errors import RegistryAnswerInvalid, RegistryRefused
from automatosx_nb.model.printable import printable
from automatosx_nb.model.release import CheckResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automatosx_nb.errors import AutomatosxError

_KINDS: tuple[type[AutomatosxError], ...] = (
    errors.ActionForbidden,
    errors.InvalidAccessRequest,
    errors.InvalidAct,
    errors.InvalidArtifact,
    errors.InvalidPluginId,
    errors.InvalidSearch,
    errors.InvalidSignature,
    errors.InvalidSignatureFile,
    errors.InvalidUpload,
    errors.KeyRefused,
    errors.LastAdmin,
    errors.LastOwner,
    errors.NotAnArchive,
    errors.OwnRating,
    errors.OwnSubmission,
    errors.PluginQuarantined,
    errors.PublishRefused,
    errors.PublishingElsewhere,
    errors.ReadingOnly,
    errors.ReleaseExists,
    errors.ReviewRejected,
    errors.ReviewedElse,
    errors.SignatureRequired,
    errors.TokenRefused,
    errors.TooManyUploads,
    errors.UnknownAdvisory,
    errors.UnknownKey,
    errors.UnknownMember,
    errors.UnknownPlugin,
    errors.UnknownPublisher,
    errors.UnknownRelease,
    errors.UnknownReport,
    errors.UnknownToken,
    errors.UnknownUpload,
    errors.UploadOffsetDiffers,
    errors.VersionUsed,
)
_TYPED = {each.code: each for each in _KINDS}


class TryAgain(Exception):
    """Nobody can be blamed yet. ``after_s``: what the registry asks to wait; None: it does not say."""

    def __init__(self, reason: str, after_s: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after_s = after_s


def refusal(address: str, status: int, headers: Mapping[str, str], body: bytes, *, sent: bool) -> Exception:
    """What an answer with a ``status`` of 300 and more means. ``sent``: whether a token was.

    It is one of ours, or :class:`TryAgain`.
    """
    typed = _typed(body) if "problem+json" in headers.get("content-type", "") else None
    if isinstance(typed, errors.TokenRefused):
        return errors.TokenRefused(typed.reason, address)
    if typed is not None:
        return typed
    if status == 429 or status >= 500:
        return TryAgain(f"it answered {status_text(status)}", retry_after(headers.get("retry-after", "")))
    if status in (401, 403):
        return RegistryRefused(address, status, sent)
    if 300 <= status < 400:
        where = printable(headers.get("location", "nowhere").partition("?")[0][:200])
        return RegistryAnswerInvalid(address, f"redirects to {where}, and is not followed there")
    if _is_jupyter(headers):
        return RegistryAnswerInvalid(
            address, f"is a Jupyter server with no registry at that path ({status_text(status)})"
        )
    return RegistryAnswerInvalid(address, f"answers {status_text(status)}")


def _is_jupyter(headers: Mapping[str, str]) -> bool:
    """Each answer of a Jupyter server, also one to a stranger, says where browsers report what its page tried."""
    return "/api/security/csp-report" in headers.get("content-security-policy", "")


def status_text(status: int) -> str:
    """As in ``503 Service Unavailable``."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def retry_after(text: str) -> float | None:
    """Seconds, of either form (RFC 9110, section 10.2.3); None: there is none that can be read."""
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None


def problem_code(headers: Mapping[str, str], body: bytes) -> str | None:
    """The code of a problem of the registry's own; None: it is somebody else's answer, or nothing but a status."""
    if "problem+json" not in headers.get("content-type", ""):
        return None
    try:
        code = msgspec.json.decode(body, type=dict[str, Any])["code"]
    except (msgspec.MsgspecError, KeyError):
        return None
    return None if not isinstance(code, str) or code.startswith("http-") else code


def problem_in(address: str, problem: dict[str, Any]) -> AutomatosxError:
    """The error that a document carries."""
    return _of(problem) or RegistryAnswerInvalid(address, f"refuses with {printable(str(problem.get('detail')))!r}")


def _typed(body: bytes) -> AutomatosxError | None:
    """The same error as where the registry is, if that says all that it carries."""
    try:
        return _of(msgspec.json.decode(body, type=dict[str, Any]))
    except msgspec.MsgspecError:
        return None


def _of(problem: dict[str, Any]) -> AutomatosxError | None:
    try:
        kind = _TYPED[problem["code"]]
        return kind(**{name: _value(problem[name]) for name in kind.fields() if name in problem})
    except (msgspec.MsgspecError, KeyError, TypeError):
        return None


def _value(value: Any) -> Any:
    """A text, a number, a check's result, or several; what is said there is shown to a person here."""
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        found = msgspec.convert(value, CheckResult)
        return replace(found, message=printable(found.message), file=printable(found.file))
    return tuple(map(_value, value))
