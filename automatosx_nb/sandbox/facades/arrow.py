"""pyarrow, on grant: tables in memory and compute. Nothing that reads files, opens memory or registers functions."""

from __future__ import annotations

from typing import Any

from automatosx_nb.sandbox.facades.spec import Names

_COMPUTE_OWN = (
    "bottom_k_unstable cast fill_null if_else index scalar field sort_indices take top_k_unstable "
    "value_counts unique count_substring find_substring match_substring split_pattern"
)


def compute_functions(module: Any) -> dict[str, Any]:
    """Arrow's own compute functions and the option classes: an allow-list from the names of its registry.

    All of them are pure; functions of Python can only be added by ``register_*``, which is not among them.
    """
    known = module.function_registry().list_functions()
    names = {name for name in known if not name.startswith(("_", "hash_"))}
    names |= {name for name in dir(module) if name.endswith("Options") and not name.startswith("_")}
    return {name: getattr(module, name) for name in sorted(names) if callable(getattr(module, name, None))}


FACADES = {
    "pyarrow": Names(
        "Array ArrowException ArrowIndexError ArrowInvalid ArrowKeyError ArrowNotImplementedError ArrowTypeError "
        "ChunkedArray DataType Field RecordBatch Scalar Schema Table array binary bool_ chunked_array concat_arrays "
        "concat_tables date32 date64 decimal128 dictionary duration field float16 float32 float64 int16 int32 int64 "
        "int8 large_binary large_list large_string list_ map_ nulls null record_batch repeat scalar schema string "
        "struct table time32 time64 timestamp uint16 uint32 uint64 uint8 unify_schemas utf8"
    ),
    "pyarrow.types": Names(
        "is_binary is_boolean is_date is_date32 is_date64 is_decimal is_dictionary is_duration is_fixed_size_binary "
        "is_float16 is_float32 is_float64 is_floating is_int16 is_int32 is_int64 is_int8 is_integer is_interval "
        "is_large_binary is_large_list is_large_string is_large_unicode is_list is_map is_nested is_null is_primitive "
        "is_signed_integer is_string is_struct is_temporal is_time is_time32 is_time64 is_timestamp is_uint16 "
        "is_uint32 is_uint64 is_uint8 is_unicode is_unsigned_integer"
    ),
    "pyarrow.compute": Names(_COMPUTE_OWN, more=compute_functions),
}
