"""Dates, clocks and calendars."""

from __future__ import annotations

from automatosx_nb.sandbox.facades.spec import Names

FACADES = {
    "datetime": Names("MAXYEAR MINYEAR UTC date datetime time timedelta timezone tzinfo"),
    "zoneinfo": Names("ZoneInfo ZoneInfoNotFoundError available_timezones"),
    "time": Names(
        "gmtime localtime mktime monotonic monotonic_ns perf_counter perf_counter_ns process_time sleep strftime "
        "strptime struct_time time time_ns"
    ),
    "calendar": Names("day_abbr day_name isleap leapdays month_abbr month_name monthrange timegm weekday"),
}
