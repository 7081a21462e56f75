"""pandas, on grant: frames in memory. Nothing that reads or writes files, evaluates text or draws.

pandas looks functions up by name, among its own methods and then in numpy (``df.agg("sum")``), and would find
``to_pickle`` and ``save`` there. So where a function may be named, it has to be one of :data:`FUNCTIONS`.
"""

from __future__ import annotations

import functools
import io
import types
from collections.abc import Callable, Mapping
from typing import Any

from automatosx_nb.sandbox import libraries
from automatosx_nb.sandbox.classes import is_own
from automatosx_nb.sandbox.facades.spec import Names, words
from automatosx_nb.sandbox.libraries import LIBRARIES, Opened, bound, in_memory, reading

FUNCTIONS = words("""
        abs all any argmax argmin bfill ceil count cumcount cummax cummin cumprod cumsum describe diff exp ffill first
        floor head idxmax idxmin kurt last log log10 log1p log2 max mean median min mode ngroup nunique ohlc
        pct_change prod quantile rank round sem shift size skew sqrt square std sum tail unique value_counts var
    """)
"""What may be named in ``agg``, ``apply``, ``transform`` and pivot tables."""


def _named(value: Any) -> Any:
    """``value`` as pandas may see it: lists, tuples and dicts rebuilt, so that what was looked at is what it gets.

    :raises ValueError: ``value``, or something in it, names a function that is not open.
    :raises TypeError: it is neither a function nor the name of one.
    """
    kind = type(value)
    if kind is str:
        if value not in FUNCTIONS:
            raise ValueError(f"{value!r} cannot be named as a function here: hand over a function, as in lambda x: ...")
        return value
    if issubclass(kind, dict):
        return {key: _named(item) for key, item in dict.items(value)}
    if issubclass(kind, list):
        return [_named(item) for item in list.__iter__(value)]
    if issubclass(kind, tuple):
        return tuple(_named(item) for item in tuple.__iter__(value))
    if issubclass(kind, str) or not (callable(value) or value is None):
        raise TypeError(f"a function, or the name of one, is wanted here, not a {kind.__name__}")
    return _plain_function(value)


_PLAIN_FUNCTIONS = (type(None), types.FunctionType, types.BuiltinFunctionType)


def _plain_function(value: Any) -> Any:
    """``value``, or a function that calls it: pandas takes a callable that also has a length for a list of names."""
    kind = type(value)
    is_kind = kind is type and not is_own(value)
    if kind in _PLAIN_FUNCTIONS or is_kind or libraries.library_of(kind) is not None:
        return value

    def call(*args: Any, **kwargs: Any) -> Any:
        return value(*args, **kwargs)

    name = getattr(value.func if kind is functools.partial else value, "__name__", None)
    call.__name__ = name if type(name) is str else kind.__name__
    return call


def _pair(value: Any) -> Any:
    """``total=("price", "sum")``: a column, and what to do with it."""
    if issubclass(type(value), tuple) and tuple.__len__(value) == 2:
        column, function = tuple.__iter__(value)
        return column, _named(function)
    return _named(value)


def _aggregation(method: Callable[..., Any], _name: str) -> Callable[..., Any]:
    """``agg(func)`` or ``agg(total=("price", "sum"))``."""

    def call(*args: Any, **kwargs: Any) -> Any:
        if args:
            args = (_named(args[0]), *args[1:])
        elif "func" in kwargs:
            kwargs["func"] = _named(kwargs["func"])
        if (args[0] if args else kwargs.get("func")) is None:
            kwargs = {name: _pair(value) for name, value in kwargs.items()}
        return method(*args, **kwargs)

    return call


def _pivot(position: int) -> Callable[[Callable[..., Any], str], Callable[..., Any]]:
    """For a function whose argument ``aggfunc`` stands at ``position``."""

    def checked(function: Callable[..., Any], _name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if len(args) > position:
                args = (*args[:position], _named(args[position]), *args[position + 1 :])
            elif "aggfunc" in kwargs:
                kwargs["aggfunc"] = _named(kwargs["aggfunc"])
            return function(*args, **kwargs)

        return call

    return checked


def _info(method: Callable[..., Any], _name: str) -> Callable[..., Any]:
    """``df.info()`` prints where plugin code prints."""

    def call(*args: Any, **kwargs: Any) -> None:
        buffer = args[1] if len(args) > 1 else kwargs.get("buf")
        if buffer is None:
            text = io.StringIO()
            method(*args, **{**kwargs, "buf": text})
            libraries.printed(text.getvalue())
        elif type(buffer) is io.StringIO:
            method(*args, **kwargs)
        else:
            raise TypeError("info: buf has to be an io.StringIO; without it, info prints")

    return call


def _made(library: Any) -> Mapping[str, Any]:
    return {
        "crosstab": _pivot(5)(library.crosstab, "crosstab"),
        "pivot_table": _pivot(4)(library.pivot_table, "pivot_table"),
        "read_csv": reading(library.read_csv),
        "read_json": reading(library.read_json),
    }


FACADES = {
    "pandas": Names(
        "ArrowDtype BooleanDtype Categorical CategoricalDtype CategoricalIndex DataFrame DateOffset DatetimeIndex "
        "DatetimeTZDtype Float32Dtype Float64Dtype Grouper Index IndexSlice Int16Dtype Int32Dtype Int64Dtype Int8Dtype "
        "Interval IntervalDtype IntervalIndex MultiIndex NA NaT NamedAgg Period PeriodDtype PeriodIndex RangeIndex "
        "Series StringDtype Timedelta TimedeltaIndex Timestamp UInt16Dtype UInt32Dtype UInt64Dtype UInt8Dtype array "
        "bdate_range concat cut date_range factorize from_dummies get_dummies infer_freq interval_range isna isnull "
        "json_normalize lreshape melt merge merge_asof merge_ordered notna notnull period_range pivot qcut "
        "timedelta_range to_datetime to_numeric to_timedelta unique wide_to_long",
        made="crosstab pivot_table read_csv read_json",
        more=_made,
    ),
    "pandas.api.types": Names(
        "CategoricalDtype DatetimeTZDtype IntervalDtype PeriodDtype infer_dtype is_any_real_numeric_dtype "
        "is_array_like is_bool is_bool_dtype is_complex is_complex_dtype is_datetime64_any_dtype is_datetime64_dtype "
        "is_datetime64_ns_dtype is_dict_like is_dtype_equal is_extension_array_dtype is_float is_float_dtype "
        "is_hashable is_integer is_integer_dtype is_iterator is_list_like is_named_tuple is_number is_numeric_dtype "
        "is_object_dtype is_re is_scalar is_signed_integer_dtype is_string_dtype is_timedelta64_dtype "
        "is_timedelta64_ns_dtype is_unsigned_integer_dtype union_categoricals"
    ),
    "pandas.errors": Names(
        "DtypeWarning EmptyDataError IntCastingNaNError InvalidIndexError MergeError OutOfBoundsDatetime "
        "OutOfBoundsTimedelta ParserError PerformanceWarning UndefinedVariableError"
    ),
    "pandas.tseries.offsets": Names(
        "BDay BMonthBegin BMonthEnd BQuarterBegin BQuarterEnd BYearBegin BYearEnd BusinessDay BusinessHour "
        "DateOffset Day Easter Hour LastWeekOfMonth Micro Milli Minute MonthBegin MonthEnd Nano QuarterBegin "
        "QuarterEnd Second SemiMonthBegin SemiMonthEnd Week WeekOfMonth YearBegin YearEnd"
    ),
}

_NO_FILES = "there are no files here; return the frame, and the notebook has it"
_NO_TEXT = "there is no code from text here: write df[df['x'] > 1]"
_NO_PLOTS = "nothing is drawn here: return sdk.ui nodes"

LIBRARIES["pandas"] = Opened(
    names=words("""
        abs add add_categories add_prefix add_suffix agg aggregate align all any append apply argmax argmin
        argsort array as_ordered as_unit as_unordered asfreq asi8 asm8 asof asof_locs assign astimezone astype at
        at_time attrs autocorr axes axis between between_time bfill capitalize case_when casefold cat categories
        ceil center check_for_ordered clip closed closed_left closed_right codes columns combine combine_first
        compare components contains convert_dtypes copy corr corrwith count cov ctime cumcount cummax cummin
        cumprod cumsum date day day_name day_of_week day_of_year dayofweek dayofyear days days_in_month
        daysinmonth decode delete describe diff difference div divide divmod dot drop drop_duplicates droplevel
        dropna dst dt dtype dtypes duplicated empty encode end_time endswith eq equal_levels equals ewm expanding
        explode extract extractall factorize ffill field fillna filter find findall first first_valid_index
        flatten floor floordiv fold freq freqstr from_arrays from_breaks from_codes from_dict from_fields
        from_frame from_ordinals from_product from_range from_records from_tuples fromisocalendar fromisoformat
        fromordinal fromtimestamp fullmatch ge get get_dummies get_group get_indexer get_indexer_for
        get_indexer_non_unique get_level_values get_loc get_loc_level get_locs get_slice_bound groupby groups gt
        has_duplicates hasnans head hour iat identical idxmax idxmin iloc index indexer_at_time
        indexer_between_time infer_objects inferred_freq inferred_type info insert interpolate intersection is_
        is_dtype is_empty is_full is_leap_year is_monotonic_decreasing is_monotonic_increasing is_month_end
        is_month_start is_non_overlapping_monotonic is_normalized is_on_offset is_overlapping is_quarter_end
        is_quarter_start is_signed_integer is_unique is_unsigned_integer is_year_end is_year_start isalnum isalpha
        isascii isdecimal isdigit isetitem isin islower isna isnull isnumeric isocalendar isoformat isoweekday
        isspace istitle isupper item items itemsize iterrows itertuples join keys kind kurt kurtosis last
        last_valid_index le left len length levels levshape list ljust loc lower lstrip lt map mask match max mean
        median melt memory_usage merge microsecond microseconds mid millisecond min minute mod mode month
        month_name mul multiply n na_value name names nanos nanosecond nanoseconds nbytes ndim ne nearest ngroup
        ngroups nlargest nlevels normalize notna notnull now nsmallest nth nunique obj ohlc open_left open_right
        ordered ordinal overlaps pad partition pct_change pipe pivot pivot_table pop pow prod product quantile
        quarter qyear radd rank ravel rdiv rdivmod reindex reindex_like remove_categories remove_unused_categories
        remove_unused_levels removeprefix removesuffix rename rename_axis rename_categories reorder_categories
        reorder_levels repeat replace resample reset_index reshape resolution resolution_string rfind rfloordiv
        right rindex rjust rmod rmul rollback rollforward rolling round rpartition rpow rsplit rstrip rsub
        rtruediv rule_code sample searchsorted second seconds select select_dtypes sem set_axis set_categories
        set_closed set_codes set_index set_levels set_names set_ordered shape shift size skew slice slice_indexer
        slice_locs slice_replace snap sort sort_index sort_values sortlevel split squeeze stack start start_time
        startswith std step stop storage str strftime strip strptime struct sub subtract subtype sum swapaxes
        swapcase swaplevel symmetric_difference T tail take time timestamp timetuple timetz title to_csv
        to_datetime64 to_dict to_flat_index to_frame to_html to_json to_julian_date to_list to_markdown to_numpy
        to_period to_pydatetime to_pytimedelta to_records to_series to_string to_timedelta64 to_timestamp
        to_tuples today tolist toordinal total_seconds transform translate transpose truediv truncate tz
        tz_convert tz_localize tzinfo tzname union unique unit unstack update upper utcfromtimestamp utcnow
        utcoffset utctimetuple value value_counts values var week weekday weekofyear where wrap xs year zfill
    """),
    checked={
        **dict.fromkeys(("agg", "aggregate", "apply", "transform"), bound(_aggregation)),
        "info": bound(_info),
        "pivot_table": bound(_pivot(3)),
        "to_csv": in_memory("path_or_buf"),
        "to_html": in_memory("buf"),
        "to_json": in_memory("path_or_buf"),
        "to_markdown": in_memory("buf"),
        "to_string": in_memory("buf"),
    },
    settable=frozenset({"attrs", "columns", "index", "name", "names"}),
    instead={
        **dict.fromkeys(("eval", "query"), _NO_TEXT),
        **dict.fromkeys(("boxplot", "hist", "plot", "style"), _NO_PLOTS),
        **dict.fromkeys(
            words("""
                to_clipboard to_excel to_feather to_hdf to_iceberg to_latex to_orc to_parquet to_pickle to_sql
                to_stata to_xarray to_xml
            """),
            _NO_FILES,
        ),
    },
    holds=frozenset({"DataFrame", "Series", "GroupBy"}),
)
