"""The regular expressions of versions and ranges.

Every quantifier is possessive and no two ways lead through a text, so each character is looked at a few times at most.
"""

NUMBER = r"(?:0|[1-9][0-9]*+)"
_IDENTIFIER = r"(?!0[0-9]++(?![0-9A-Za-z-]))[0-9A-Za-z-]++"
PRERELEASE = rf"{_IDENTIFIER}(?:\.{_IDENTIFIER})*+"
BUILD = r"[0-9A-Za-z-]++(?:\.[0-9A-Za-z-]++)*+"

X = r"[xX*]"
_AFTER = rf"(?:-{PRERELEASE})?+"
PARTIAL = (
    rf"v?+(?:{X}(?:\.{X}(?:\.{X}{_AFTER})?+)?+"
    rf"|{NUMBER}(?:\.(?:{X}(?:\.{X}{_AFTER})?+|{NUMBER}(?:\.(?:{X}|{NUMBER}){_AFTER})?+))?+)"
    rf"(?:\+{BUILD})?+"
)
"""A version with parts left out or ``x``. A prerelease after an ``x`` says nothing, as in npm."""
OPERATOR = r"(?:\^|~>?+|>=?+|<=?+|=)\s*+"
TERM = rf"(?:{OPERATOR})?+{PARTIAL}"
SIDE = rf"\s*+(?:({OPERATOR})?+{PARTIAL}(?:(?(1)(?!))\s++-\s++{PARTIAL}|(?:\s++{TERM})*+)\s*+)?+"
"""What stands between two ``||``: terms, or two versions with a hyphen between them."""
SPACE = " \t\n\r\f\v"
"""What ``\\s`` is in a range."""
