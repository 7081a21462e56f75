"""What is asked of releases that are published in a registry that this installation keeps, as traitlets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from traitlets import Bool, Enum, Float, Int, List, TraitError, Unicode
from traitlets.config import Configurable

from automatosx_nb.model.publishing import CHECK_NAMES
from automatosx_nb.model.publishing import PublishPolicy as Policy
from automatosx_nb.model.upload import UploadLimits

_DEFAULT, _UPLOADS = Policy(), UploadLimits()


class _Licenses(List):  # type: ignore[type-arg]
    """SPDX identifiers, in SPDX's own capitals."""

    def validate_elements(self, obj: Any, value: Any) -> Any:
        from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

        made = []
        for each in super().validate_elements(obj, value):
            try:
                made.append(str(canonicalize_license_expression(each)))
            except InvalidLicenseExpression as error:
                raise TraitError(f"the 'licenses' name {each!r}, which is no SPDX identifier") from error
        return made


class PublishPolicy(Configurable):
    """Which checks decide whether something is published, and how much is taken."""

    watched = List(Enum(CHECK_NAMES), help="Checks whose errors are told, and forbid nothing.").tag(config=True)
    enforced = List(Enum(CHECK_NAMES), help="Checks whose warnings forbid publishing, too.").tag(config=True)
    licenses = _Licenses(
        Unicode(), help="SPDX identifiers that a plugin may be licensed under, as in ['MIT', 'Apache-2.0']; empty: any."
    ).tag(config=True)
    signed = Bool(_DEFAULT.signed, help="Only drafts may be without a signature.").tag(config=True)
    size_mb = Float(_DEFAULT.size_mb, min=0.01, max=32, help="Largest artifact, MiB.").tag(config=True)
    run_notebooks = Bool(_DEFAULT.run_notebooks, help="Execute the documentation that a manifest names.").tag(
        config=True
    )
    notebook_s = Float(_DEFAULT.notebook_s, min=1, help="Wall time of one cell of it, seconds.").tag(config=True)
    notebooks_s = Float(_DEFAULT.notebooks_s, min=1, help="Wall time of all of it, seconds.").tag(config=True)
    open_uploads = Int(_UPLOADS.open_uploads, min=1, help="Uploads that one user has open at a time.").tag(config=True)
    expires_h = Float(_UPLOADS.expires_h, min=0.1, help="An upload that nobody goes on with is gone, hours.").tag(
        config=True
    )
    check_lease_s = Float(
        _UPLOADS.check_lease_s, min=0.5, help="A node that checks and is not heard of so long is followed, seconds."
    ).tag(config=True)


def publish_policy(value: Callable[[str, str], Any]) -> Policy:
    """From ``value(section, setting)``, what the layers come to."""
    said: dict[str, Any] = {name: value("PublishPolicy", name) for name in PublishPolicy.class_trait_names(config=True)}
    limits = {name: said.pop(name) for name in ("open_uploads", "expires_h", "check_lease_s")}
    said |= {name: frozenset(said[name]) for name in ("watched", "enforced", "licenses")}
    return Policy(**said, uploads=UploadLimits(**limits))


def stricter_publishing(setting: str, one: Any, other: Any) -> Any:
    """More checks enforced and fewer watched, licences that both name, and smaller numbers."""
    match setting:
        case "enforced":
            return [*one, *(each for each in other if each not in one)]
        case "watched":
            return [each for each in one if each in other]
        case "licenses":
            return [each for each in one if each in other] if one and other else one or other
        case "run_notebooks" | "signed":
            return one or other
        case _:
            return min(one, other)
