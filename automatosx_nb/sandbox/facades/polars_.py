"""polars, on grant: frames and lazy frames in memory. Nothing that scans, reads, writes, or takes SQL or plugins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from automatosx_nb.sandbox.facades.spec import Names, needs, words
from automatosx_nb.sandbox.libraries import LIBRARIES, Opened, bound, in_memory, reading


def _collect(method: Callable[..., Any], _name: str) -> Callable[..., Any]:
    """``collect`` without engines that are objects: those lead to other libraries and to other machines."""

    def call(*args: Any, **kwargs: Any) -> Any:
        if type(kwargs.get("engine", "auto")) is not str or kwargs.get("background"):
            raise TypeError("collect: engine is 'auto', 'in-memory' or 'streaming', and nothing runs in the background")
        return method(*args, **kwargs)

    return call


def _made(library: Any) -> Mapping[str, Any]:
    return {name: reading(getattr(library, name)) for name in ("read_csv", "read_json", "read_ndjson")}


FACADES = {
    "polars": Names(
        "Array Binary Boolean Categorical DataFrame DataType Date Datetime Decimal Duration Enum Expr Field Float32 "
        "Float64 Int16 Int32 Int64 Int8 LazyFrame List Null Object Schema Series String Struct Time UInt16 UInt32 "
        "UInt64 UInt8 Unknown Utf8 align_frames all all_horizontal any any_horizontal approx_n_unique arange arctan2 "
        "arg_sort_by arg_where business_day_count coalesce col collect_all concat concat_list concat_str corr count "
        "cov cum_count cum_fold cum_reduce cum_sum cum_sum_horizontal date date_range date_ranges datetime "
        "datetime_range datetime_ranges duration element exclude first fold format from_arrow from_dict from_dicts "
        "from_epoch from_numpy from_pandas from_records from_repr head implode int_range int_ranges json_normalize "
        "last len lit map_batches map_groups max max_horizontal mean mean_horizontal median min min_horizontal "
        "n_unique nth ones quantile reduce repeat rolling_corr rolling_cov select set_random_seed std struct sum "
        "sum_horizontal tail time time_range time_ranges var when zeros",
        newer="Float16 Int128 UInt128 concat_arr linear_space linear_spaces merge_sorted row_index union",
        made="read_csv read_json read_ndjson",
        more=_made,
    ),
    "polars.selectors": Names(
        "all alpha alphanumeric binary boolean by_dtype by_index by_name categorical contains date datetime decimal "
        "digit duration ends_with exclude expand_selector first float integer last matches numeric object "
        "signed_integer starts_with string temporal time unsigned_integer",
        newer="array empty enum list nested struct",
    ),
    "polars.exceptions": Names(
        "ColumnNotFoundError ComputeError DuplicateError InvalidOperationError NoDataError OutOfBoundsError "
        "PolarsError SchemaError SchemaFieldNotFoundError ShapeError StructFieldNotFoundError"
    ),
}

_NO_FILES = "there are no files here; return the frame, and the notebook has it"

LIBRARIES["polars"] = Opened(
    names=words("""
        abs add add_business_days agg alias all and_ any append approx_n_unique approx_quantile arccos arccosh
        arcsin arcsinh arctan arctanh arg_max arg_min arg_sort arg_true arg_unique arr as_expr backward_fill
        base_type base_utc_offset bin bin_intervals bin_quantiles bin_ranks bitwise_and bitwise_count_ones
        bitwise_count_zeros bitwise_leading_ones bitwise_leading_zeros bitwise_or bitwise_trailing_ones
        bitwise_trailing_zeros bitwise_xor bottom_k bottom_k_by cache cast cast_time_unit cat categories cbrt ceil
        century chunk_lengths clear clip clone collect collect_schema columns combine concat contains contains_any
        contains_dtype convert_time_zone copy corr cos cosh cot count count_matches cum_count cum_max cum_min
        cum_prod cum_sum cumulative_eval cut date day days_in_month decode degrees describe diff dot drop
        drop_in_place drop_nans drop_nulls dst_offset dt dtype dtypes encode ends_with entropy epoch eq eq_missing
        equals erf erfc escape_regex estimated_size eval ewm_mean ewm_mean_by ewm_std ewm_sum ewm_sum_by ewm_var
        exclude exp explain explode extend extend_constant extract extract_all extract_groups extract_many field
        fields fill_nan fill_null filter find find_many first flags floor floordiv fold forward_fill from_python
        gather gather_every ge get get_chunks get_column get_column_index get_columns group_by group_by_dynamic gt
        has_nulls hash hash_rows having head height hist hour hstack implode index_of inner insert_column
        interpolate interpolate_by is_ is_between is_business_day is_close is_decimal is_duplicated is_empty
        is_finite is_first_distinct is_float is_in is_infinite is_integer is_last_distinct is_leap_year is_nan
        is_nested is_not_nan is_not_null is_null is_numeric is_object is_signed_integer is_sorted is_temporal
        is_unique is_unsigned_integer iso_year item items iter_columns iter_rows iter_slices join join_asof
        join_where json_decode json_encode json_path_match keep keys kurtosis last lazy le len len_bytes len_chars
        limit list log log10 log1p lower_bound lt map map_batches map_columns map_elements map_fields map_groups
        map_rows match_to_schema max max_by max_horizontal mean mean_horizontal median merge_sorted microsecond
        millennium millisecond min min_by min_horizontal minute mod mode month month_end month_start mul n_chunks
        n_unique name names nan_max nan_min nanosecond ne ne_missing neg new_from_index normalize not_ null_count
        offset_by or_ ordinal_day otherwise over pad_end pad_start partition_by pct_change peak_max peak_min
        physical pipe pipe_with_dtype pipe_with_schema pivot pow precision prefix prefix_fields product qcut
        quantile quarter radians rank rechunk remove rename rename_fields repeat_by replace replace_all
        replace_column replace_many replace_strict replace_time_zone reshape reverse rle rle_id rolling
        rolling_kurtosis rolling_map rolling_max rolling_max_by rolling_mean rolling_mean_by rolling_median
        rolling_median_by rolling_min rolling_min_by rolling_quantile rolling_quantile_by rolling_rank
        rolling_rank_by rolling_skew rolling_std rolling_std_by rolling_sum rolling_sum_by rolling_var
        rolling_var_by round round_sig_figs row rows rows_by_key sample scale scatter schema search_sorted second
        select select_seq set set_difference set_intersection set_sorted set_symmetric_difference set_union shape
        shift shrink_dtype shrink_to_fit shuffle sign sin sinh size skew slice sort sort_by split split_exact
        splitn sqrt starts_with std str strftime strip_chars strip_chars_end strip_chars_start strip_prefix
        strip_suffix strptime struct sub suffix suffix_fields sum sum_horizontal tail tan tanh then time time_unit
        time_zone timestamp to to_array to_arrow to_date to_datetime to_decimal to_dict to_dicts to_dummies
        to_frame to_init_repr to_integer to_list to_lowercase to_map to_numpy to_pandas to_physical to_python
        to_schema to_series to_string to_struct to_time to_titlecase to_uppercase top_k top_k_by total_days
        total_hours total_microseconds total_milliseconds total_minutes total_nanoseconds total_seconds transpose
        truediv truncate truncdiv unique unique_counts unnest unpivot unstack update upper_bound upsample
        value_counts values var vstack week weekday when width with_columns with_columns_seq with_fields
        with_row_index write_csv write_json write_ndjson xor year zfill zip_with
    """),
    checked={
        "collect": bound(_collect),
        "to_arrow": needs("pyarrow"),
        "to_pandas": needs("pandas"),
        "write_csv": in_memory("file"),
        "write_json": in_memory("file"),
        "write_ndjson": in_memory("file"),
    },
    instead={
        **dict.fromkeys(("sql",), "there is no SQL here: write expressions, as in pl.col('x') > 1"),
        **dict.fromkeys(("plot", "style"), "nothing is drawn here: return sdk.ui nodes"),
        **dict.fromkeys(("show", "glimpse"), "use print(df)"),
        **dict.fromkeys(
            words("""
                sink_batches sink_csv sink_delta sink_iceberg sink_ipc sink_ndjson sink_parquet write_avro
                write_clipboard write_database write_delta write_excel write_iceberg write_ipc write_ipc_stream
                write_parquet
            """),
            _NO_FILES,
        ),
    },
)
