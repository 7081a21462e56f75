"""The check digits that tell a number from one that only looks like it."""

ODD = {
    **dict(zip("0123456789", (1, 0, 5, 7, 9, 13, 15, 17, 19, 21), strict=True)),
    **dict(
        zip(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
            strict=True,
        )
    ),
}
"""What a character in an odd place (the first is one) counts in an Italian fiscal code (decree of 23 December 1976)."""


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B: from the right every second digit counts twice, 10 and more by its digits."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def mod_97(text: str) -> int:
    """ISO/IEC 7064 MOD 97-10: letters are two digits, ``A`` is 10."""
    return int("".join(str(int(character, 36)) for character in text)) % 97


def mod_11_10(digits: str) -> bool:
    """ISO/IEC 7064 MOD 11,10, the check digit last."""
    product = 10
    for digit in digits[:-1]:
        product = 2 * ((int(digit) + product) % 10 or 10) % 11
    return (11 - product) % 10 == int(digits[-1])


def weighted(digits: str, weights: tuple) -> int:
    """The sum of each digit by its weight; digits beyond the weights do not count."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def ean_13(digits: str) -> bool:
    """GS1's check digit: from the left the weights are 1, 3, 1, 3, …"""
    return weighted(digits, (1, 3) * 6 + (1,)) % 10 == 0


def italian(code: str) -> bool:
    """The last letter of an Italian fiscal code."""
    total = sum(
        ODD[character] if place % 2 == 0 else int(character, 36) - (0 if character.isdigit() else 10)
        for place, character in enumerate(code[:15])
    )
    return chr(ord("A") + total % 26) == code[15]
