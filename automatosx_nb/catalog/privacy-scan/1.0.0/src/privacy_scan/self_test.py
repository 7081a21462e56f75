"""Run before an install is made: whether this computer's Arrow finds and masks as it does elsewhere."""

import pyarrow as pa

from . import masking, stand_ins
from .detectors import KINDS
from .scan import scan_table


def self_test() -> None:
    table = pa.table(
        {
            "contact": ["ada@example.org", "bob@example.org", None],
            "account": ["GB82 WEST 1234 5698 7654 32", "DE89370400440532013000", "GB00WEST12345698765432"],
            "note": ["call 4111 1111 1111 1111", "nothing", "nothing more"],
            "amount": [1.5, 2.5, 3.5],
        }
    )
    found = scan_table(table, list(KINDS), 100)
    kinds = {finding.column: finding.kind for finding in found.findings}
    assert kinds == {"contact": "email", "account": "iban", "note": "card"}, kinds
    masked, _done = masking.mask_table(table, masking.plan(found), stand_ins.PARTIAL, b"")
    assert masked.column("contact").to_pylist() == ["a***@example.org", "b***@example.org", None]
    coded, _done = masking.mask_table(table, masking.plan(found), stand_ins.HASH, b"salt")
    assert coded.column("contact").to_pylist()[0] == stand_ins.code("ada@example.org", b"salt")
