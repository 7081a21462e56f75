"""What is about to come in, tried where it will run: it starts, and passes its self-test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automatosx_nb.errors import AutomatosxError, SelfTestFailed
from automatosx_nb.host.programs import limits_of, program_of
from automatosx_nb.host.recording import record_worker
from automatosx_nb.sandbox.self_test import run_self_test, why_it_failed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automatosx_nb.host.audit import Audit
    from automatosx_nb.package import Package
    from automatosx_nb.sandbox.limits import Limits
    from automatosx_nb.sandbox.supervisor import Sandbox


def try_out(package: Package, grants: Iterable[str], sandbox: Sandbox, limits: Limits, audit: Audit) -> None:
    """Start ``package`` once with the libraries of ``grants``; what becomes of it is written into ``audit``.

    :param limits: what the user's configuration allows; the plugin's own count where they are below, as in a kernel.

    :raises SelfTestFailed: with what it raised, or what stopped it. All else as ``Sandbox.start``.
    """
    program, manifest = program_of(package, grants), package.manifest
    try:
        worker = sandbox.start(program, limits_of(package, limits))
    except AutomatosxError as error:
        record_worker(audit, program, error, "trial")
        raise
    try:
        record_worker(audit, program, worker.layers, "trial")
        if manifest.self_test is not None:
            run_self_test(worker, manifest.self_test)
    except AutomatosxError as error:
        record_worker(audit, program, error, "trial")
        raise SelfTestFailed(manifest.id, str(manifest.version), why_it_failed(error)) from error
    finally:
        worker.stop()
