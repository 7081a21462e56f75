"""The sdk as plugin code sees it: its documented names, without the wire behind them."""

from __future__ import annotations

from automatosx_nb.sandbox.facades.spec import Names

FACADES = {
    "automatosx_nb.sdk.ui": Names(
        "Cell Node button checkbox form heading markdown metric number pick png row select slider stack svg table text"
        " text_field"
    ),
    "automatosx_nb.sdk.storage": Names(
        "Conflict Entry Transaction delete entry get items keys put replace scan transaction update usage"
    ),
    "automatosx_nb.sdk.http": Names("Response get post request"),
    "automatosx_nb.sdk.files": Names("exists list read_bytes read_text write_bytes write_text"),
    "automatosx_nb.sdk.secrets": Names("get"),
    "automatosx_nb.sdk.settings": Names("get"),
    "automatosx_nb.sdk.permissions": Names("held request"),
    "automatosx_nb.sdk.log": Names("info warning"),
    "automatosx_nb.sdk.events": Names("Event publish"),
    "automatosx_nb.sdk.tables": Names("Table"),
    "automatosx_nb.sdk.handed": Names("InputFile OutputFile Secret"),
    "automatosx_nb.sdk.variables": Names("get names set"),
    "automatosx_nb.sdk.services": Names(
        "get Provider InvalidServiceReply InvalidServiceRequest ServiceBusy ServiceCycle ServiceError ServiceFailed "
        "ServiceMissing ServiceNotInRange ServiceSuspended ServiceTimeout ServiceTooDeep"
    ),
}
