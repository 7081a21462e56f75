"""Errors over HTTP: ``application/problem+json`` (RFC 9457), with our error's ``code`` beside the standard members."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from tornado.web import HTTPError

from automatosx_nb import errors

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 5

_STATUS: dict[type[errors.AutomatosxError], HTTPStatus] = {
    errors.ActionForbidden: HTTPStatus.FORBIDDEN,
    errors.TokenRefused: HTTPStatus.UNAUTHORIZED,
    errors.KeyRefused: HTTPStatus.CONFLICT,
    errors.LastAdmin: HTTPStatus.CONFLICT,
    errors.LastOwner: HTTPStatus.CONFLICT,
    errors.UnknownKey: HTTPStatus.NOT_FOUND,
    errors.UnknownMember: HTTPStatus.NOT_FOUND,
    errors.UnknownPublisher: HTTPStatus.NOT_FOUND,
    errors.UnknownToken: HTTPStatus.NOT_FOUND,
    errors.OwnRating: HTTPStatus.FORBIDDEN,
    errors.OwnSubmission: HTTPStatus.FORBIDDEN,
    errors.PluginQuarantined: HTTPStatus.CONFLICT,
    errors.ReviewRejected: HTTPStatus.CONFLICT,
    errors.ReviewedElse: HTTPStatus.CONFLICT,
    errors.UnknownAdvisory: HTTPStatus.NOT_FOUND,
    errors.UnknownReport: HTTPStatus.NOT_FOUND,
    errors.UnknownPlugin: HTTPStatus.NOT_FOUND,
    errors.UnknownRelease: HTTPStatus.NOT_FOUND,
    errors.InvalidArtifact: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidManifest: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.PublishRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.VersionTaken: HTTPStatus.CONFLICT,
    errors.UnknownUpload: HTTPStatus.NOT_FOUND,
    errors.UploadOffsetDiffers: HTTPStatus.CONFLICT,
    errors.UploadTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.TooManyUploads: HTTPStatus.TOO_MANY_REQUESTS,
    errors.PublishingElsewhere: HTTPStatus.NOT_IMPLEMENTED,
    errors.ReadingOnly: HTTPStatus.NOT_IMPLEMENTED,
    errors.ResolutionConflict: HTTPStatus.CONFLICT,
    errors.DependencyCycle: HTTPStatus.CONFLICT,
    errors.PlanTooHard: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidConfiguration: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.RegistryBusy: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.RequestTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.SearchFailed: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.ServerOverloaded: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    errors.TooManyWaiting: HTTPStatus.TOO_MANY_REQUESTS,
    errors.StoreUnreachable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StorageFull: HTTPStatus.INSUFFICIENT_STORAGE,
    errors.ProfileReadOnly: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.ArtifactMismatch: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.UserError: HTTPStatus.BAD_REQUEST,
    errors.AutomatosxError: HTTPStatus.INTERNAL_SERVER_ERROR,
}


_CONFLICT = ("causes", "wishes", "suggestions", "cycle")
_MEMBERS: dict[type[errors.AutomatosxError], tuple[str, ...]] = {
    errors.ResolutionConflict: _CONFLICT,
    errors.DependencyCycle: _CONFLICT,
    errors.UnknownPlugin: ("plugin", "nearest"),
    errors.UnknownRelease: ("plugin", "version", "available"),
    errors.InvalidSearch: ("part", "found", "valid"),
    errors.ActionForbidden: ("actor", "action", "missing"),
    errors.InvalidArtifact: ("name", "reason", "member"),
    errors.PublishRefused: ("plugin", "version", "findings", "checks"),
    errors.PluginQuarantined: ("plugin", "reason"),
    errors.SignatureRequired: ("plugin", "version"),
    errors.InvalidUpload: ("reason",),
    errors.InvalidAct: ("reason", "valid"),
    errors.OwnRating: ("actor", "plugin", "publisher"),
    errors.OwnSubmission: ("actor", "plugin", "version"),
    errors.ReadingOnly: ("address",),
    errors.ReviewRejected: ("plugin", "version", "reviewer", "reason"),
    errors.ReviewedElse: ("plugin", "version", "reviewed", "published"),
    errors.UnknownAdvisory: ("advisory",),
    errors.UnknownReport: ("number",),
    errors.UnknownUpload: ("upload",),
    errors.UploadOffsetDiffers: ("upload", "expected", "provided"),
    errors.TooManyUploads: ("user", "allowed"),
    errors.TooManyWaiting: ("what", "allowed"),
    errors.InvalidAccessRequest: ("part", "found", "valid"),
    errors.InvalidSignature: ("plugin", "version", "reason"),
    errors.InvalidSignatureFile: ("name", "reason"),
    errors.KeyRefused: ("key", "reason"),
    errors.LastAdmin: ("user",),
    errors.LastOwner: ("publisher", "user"),
    errors.TokenRefused: ("reason",),
    errors.UnknownKey: ("key", "nearest"),
    errors.UnknownMember: ("publisher", "user", "members"),
    errors.UnknownPublisher: ("publisher", "nearest"),
    errors.UnknownToken: ("id",),
}
"""What a problem says besides: why versions do not go together, and from what a client makes the same error again."""


def retry_after_of(status: int, error: BaseException | None) -> int | None:
    """Whole seconds, for ``Retry-After``; None: asking again is no use, or nobody knows when."""
    said: int | None = getattr(error, "retry_after", None)
    return said if said is not None else RETRY_AFTER_S if status == HTTPStatus.SERVICE_UNAVAILABLE else None


def status_of(error: BaseException) -> HTTPStatus:
    """The status for an exception; an :class:`AutomatosxError`'s is that of the nearest class above it."""
    if isinstance(error, HTTPError):
        return HTTPStatus(error.status_code)
    found = (_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)
    return next(found, HTTPStatus.INTERNAL_SERVER_ERROR)


def document(status: int, error: BaseException | None) -> dict[str, Any]:
    """The problem document. What is not an error of ours says no more than its status: its text is for the log."""
    title = HTTPStatus(status).phrase
    if isinstance(error, errors.AutomatosxError):
        kind, detail, code = f"urn:automatosx:problem:{error.code}", str(error), error.code
    else:
        kind, detail, code = "about:blank", title, f"http-{status}"
    named = next((names for kind, names in _MEMBERS.items() if isinstance(error, kind)), ())
    more = {name: getattr(error, name) for name in named if hasattr(error, name)}
    return {"type": kind, "title": title, "status": status, "detail": detail, "code": code, **more}
