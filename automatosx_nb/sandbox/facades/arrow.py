"""pyarrow, on grant: tables in memory and compute. Nothing that reads files, opens memory or registers functions."""

from __future__ import annotations

from typing import Any

from automatosx_nb.sandbox.facades.spec import Names, needs, words
from automatosx_nb.sandbox.libraries import LIBRARIES, Opened

_COMPUTE_OWN = (
    "and_ or_ bottom_k_unstable cast fill_null if_else index scalar field sort_indices take top_k_unstable "
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

LIBRARIES["pyarrow"] = Opened(
    names=words("""
        add_column add_metadata aggregate append append_column arity as_py bit_width byte_width cast child chunk
        chunks close column column_names columns combine_chunks count data days dictionary dictionary_decode
        dictionary_encode diff drop drop_columns drop_null empty_table equals field field_by_name fields fill_null
        filter flatten from_arrays from_batches from_pandas from_pydict from_pylist from_struct_array get get_all
        get_all_field_indices get_field_index group_by id index index_type indices insert is_nan is_null is_valid
        isin item_field item_type items iterchunks itercolumns join join_asof key key_field key_type keys
        keys_sorted length list_size metadata months name names nanoseconds nbytes null_count nullable num_buffers
        num_chunks num_columns num_fields num_rows offset offsets ordered precision read_all read_next_batch
        remove remove_column remove_metadata rename_columns replace_schema_metadata run_ends scale schema select
        set set_column shape slice sort sort_by sum take to_batches to_dict to_numpy to_pandas to_pydict to_pylist
        to_reader to_string to_struct_array tolist total_values_length type type_codes types tz unify_dictionaries
        unique unit validate value value_counts value_field value_lengths value_parent_indices value_type values
        with_metadata with_name with_nullable with_type
    """),
    checked={"from_pandas": needs("pandas"), "to_numpy": needs("numpy"), "to_pandas": needs("pandas")},
    instead={"to_pandas_dtype": "use str(x)", "to_tensor": "use to_numpy()", "view": "use cast(type)"},
)
