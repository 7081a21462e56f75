"""SPDX licence expressions (https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automatosx_nb.model.reader import Spot

COMMON = (
    "0BSD",
    "AGPL-3.0-only",
    "AGPL-3.0-or-later",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "EUPL-1.2",
    "GPL-2.0-only",
    "GPL-2.0-or-later",
    "GPL-3.0-only",
    "GPL-3.0-or-later",
    "ISC",
    "LGPL-2.1-or-later",
    "LGPL-3.0-only",
    "LGPL-3.0-or-later",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unlicense",
    "Zlib",
)
"""What is suggested when an identifier is not one."""
VALID = "an SPDX licence expression, as in 'MIT' or 'Apache-2.0 OR BSD-3-Clause' (your own: LicenseRef-…)"


def license_expression(spot: Spot) -> str | None:
    """A reader of an expression; gives it back in SPDX's own capitals."""
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    text = spot.value if isinstance(spot.value, str) else ""
    if 0 < len(text) <= 200 and text.isascii() and text.isprintable() and text.count("(") <= 20:
        try:
            return str(canonicalize_license_expression(text))
        except InvalidLicenseExpression:
            pass
    spot.refuse(VALID, word=text, known=COMMON)
    return None
