"""``str.format`` that reads items and no attributes: a template is text, and text can come from anywhere."""

from __future__ import annotations

import importlib
import string
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_fields_of = string.Formatter().parse
_split_field: Callable[[str], tuple[Any, Any]] = vars(importlib.import_module("_string"))["formatter_field_name_split"]


def _without_walks(template: str) -> str:
    """``template`` as a plain str, when no field of it reads an attribute, nor one in a format spec.

    :raises ValueError: one does, or the template cannot be read.
    """
    text = str.__str__(template)
    if "." in text:
        _check_fields(text)
    return text


def _check_fields(text: str) -> None:
    for _, field, spec, _ in _fields_of(text):
        if field and "." in field:
            _, steps = _split_field(field)
            if any(is_attribute for is_attribute, _ in steps):
                raise ValueError(f"{{{field}}}: format strings cannot read attributes here: write an f-string")
        if spec and "." in spec and "{" in spec:
            _check_fields(spec)


def format_string(template: str, /, *args: object, **kwargs: object) -> str:
    """``template.format(*args, **kwargs)`` without attribute walks."""
    return str.format(_without_walks(template), *args, **kwargs)


def format_string_map(template: str, mapping: Mapping[str, object], /) -> str:
    """``template.format_map(mapping)`` without attribute walks."""
    return str.format_map(_without_walks(template), mapping)


FORMATTERS: Mapping[str, Callable[..., str]] = {"format": format_string, "format_map": format_string_map}
