"""Numbers, sizes and names as a person reads them."""

import math


def number(value: int | float | None) -> str:
    """About four digits, a comma at the thousands: ``4,202``, ``17.15``, ``0.0031``, ``1.2e+30``."""
    if value is None:
        return "–"
    if not math.isfinite(value):
        return str(value)
    size = abs(value)
    if size >= 1e15 or 0 < size < 1e-4:
        return f"{value:.3g}"
    if value == int(value) or size >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def percent(share: float) -> str:
    """``share`` is 0–1. Never ``0 %`` for something, and never ``100 %`` for less than everything."""
    if 0 < share < 0.001:
        return "< 0.1 %"
    if 0.999 < share < 1:
        return "> 99.9 %"
    return f"{share * 100:.1f} %".replace(".0 %", " %")


def count_of(count: int, one: str) -> str:
    return f"{count:,} {one}" if count == 1 else f"{count:,} {one}s"


def size(count: int) -> str:
    """``count`` bytes, in the unit that fits."""
    amount = float(count)
    for unit in ("B", "KiB", "MiB"):
        if amount < 1024:
            return f"{amount:.3g} {unit}" if amount < 999.5 else f"{amount:.0f} {unit}"
        amount = amount / 1024
    return f"{amount:,.1f} GiB"


def width(text: str) -> int:
    """How wide ``text`` is in characters of Latin script; those of East Asia are two."""
    return sum(2 if ord(character) >= 0x1100 else 1 for character in text)


def cut(text: str, most: int) -> str:
    """``text`` on one line, at most ``most`` wide."""
    line = " ".join(text.split()) if text.strip() else repr(text)
    if width(line) <= most:
        return line
    kept, used = [], 1
    for character in line:
        used += width(character)
        if used > most:
            break
        kept.append(character)
    return "".join(kept).rstrip() + "…"


def example(value: object) -> str:
    return number(value) if isinstance(value, (int, float)) else cut(str(value), 26)
