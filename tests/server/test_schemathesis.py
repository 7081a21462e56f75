"""What is asked as the OpenAPI document says is answered as it says, whatever is in the parameters.

``AUTOMATOSX_SCHEMATHESIS_EXAMPLES=200`` asks for that many of each operation in place of a few.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from automatosx_nb.server.openapi import DOCUMENT
from tests.bench.registry import TOKEN, jupyter

EXAMPLES = int(os.environ.get("AUTOMATOSX_SCHEMATHESIS_EXAMPLES", "4"))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
READS = sorted(path for path, operations in DOCUMENT["paths"].items() if "get" in operations)


@pytest.fixture(scope="module")
def address(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with jupyter(tmp_path_factory.mktemp("schemathesis"), published, search_processes=1) as port:
        yield f"http://127.0.0.1:{port}/automatosx/api/v1"


@pytest.mark.parametrize("path", READS)
def test_every_answer_to_a_reading_request_is_one_that_the_document_has(path: str, address: str) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(SCHEMA[path]["GET"].as_strategy())
    def ask(case: Any) -> None:
        said = {"Authorization": f"token {TOKEN}"}
        case.call_and_validate(base_url=address, headers=said, checks=CHECKS)

    ask()
