"""numpy, on grant: arrays in memory. Nothing that reads or writes files, or hands out addresses."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable
from typing import Any

from automatosx_nb.sandbox import classes
from automatosx_nb.sandbox.facades.spec import Names, words
from automatosx_nb.sandbox.libraries import LIBRARIES, Opened, reading, without_objects


class _ArrayType(type):
    """``numpy.ndarray`` to ask for and to annotate with: called, it would make objects out of any bytes."""

    def __call__(cls, *_args: object, **_options: object) -> Any:
        raise TypeError("numpy.ndarray cannot be called here: write numpy.array, numpy.empty or numpy.frombuffer")

    def __getattr__(cls, name: str) -> Any:
        return getattr(_ndarray(), name)

    def __instancecheck__(cls, obj: object) -> bool:
        return isinstance(obj, _ndarray())

    def __subclasscheck__(cls, other: type) -> bool:
        return other is cls or issubclass(other, _ndarray())


def _ndarray() -> type:
    import numpy

    return numpy.ndarray


def _item(cls: Any, item: Any) -> Any:
    return types.GenericAlias(cls, item)


ndarray = _ArrayType("ndarray", (), {"__module__": "numpy", "__slots__": (), "__class_getitem__": classmethod(_item)})


def _made(library: Any) -> dict[str, Any]:
    classes.STAND_INS[library.ndarray] = ndarray
    readers = {name: reading(getattr(library, name)) for name in ("genfromtxt", "loadtxt")}
    return {**readers, "frombuffer": _frombuffer(library.frombuffer), "ndarray": ndarray}


def _frombuffer(function: Callable[..., Any]) -> Callable[..., Any]:
    def frombuffer(buffer: Any, *args: Any, **options: Any) -> Any:
        return function(without_objects(buffer), *args, **options)

    return frombuffer


def _typing(library: Any) -> dict[str, Any]:
    import numpy

    scalar: Any = typing.TypeVar("scalar", bound=numpy.generic)  # type: ignore[misc]
    dtype: Any = numpy.dtype
    return {"NDArray": types.GenericAlias(ndarray, (Any, dtype[scalar]))}


FACADES = {
    "numpy": Names(
        "False_ True_ abs absolute acos acosh add all allclose amax amin angle any append apply_along_axis "
        "apply_over_axes arange arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax argmin argpartition "
        "argsort argwhere around array array2string array_equal array_equiv array_repr array_split array_str "
        "asanyarray asarray asarray_chkfinite ascontiguousarray asfortranarray asin asinh astype atan atan2 atanh "
        "atleast_1d atleast_2d atleast_3d average bartlett base_repr binary_repr bincount bitwise_and bitwise_count "
        "bitwise_invert bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor blackman block "
        "bool bool_ broadcast broadcast_arrays broadcast_shapes broadcast_to busday_count busday_offset "
        "busdaycalendar byte bytes_ c_ can_cast cbrt cdouble ceil character choose clip clongdouble column_stack "
        "common_type complex128 complex64 complexfloating compress concat concatenate conj conjugate convolve copy "
        "copysign copyto corrcoef correlate cos cosh count_nonzero cov cross csingle cumprod cumsum datetime64 "
        "datetime_as_string datetime_data deg2rad degrees delete diag diag_indices diag_indices_from diagflat "
        "diagonal diff digitize divide divmod dot double dsplit dstack dtype e ediff1d einsum einsum_path empty "
        "empty_like equal errstate euler_gamma exp exp2 expand_dims expm1 extract eye fabs fill_diagonal finfo fix "
        "flatiter flatnonzero flexible flip fliplr flipud float16 float32 float64 float_power floating floor "
        "floor_divide fmax fmin fmod format_float_positional format_float_scientific frexp fromfunction "
        "fromiter frompyfunc fromstring full full_like gcd generic geomspace get_printoptions geterr gradient "
        "greater greater_equal half hamming hanning heaviside histogram histogram2d histogram_bin_edges histogramdd "
        "hsplit hstack hypot i0 identity iinfo imag index_exp indices inexact inf inner insert int16 int32 int64 "
        "int8 int_ intc integer interp intersect1d intp invert is_busday isclose iscomplex iscomplexobj isdtype "
        "isfinite isfortran isin isinf isnan isnat isneginf isposinf isreal isrealobj isscalar issubdtype iterable "
        "ix_ kaiser kron lcm ldexp left_shift less less_equal lexsort linspace little_endian log log10 log1p log2 "
        "logaddexp logaddexp2 logical_and logical_not logical_or logical_xor logspace long longdouble longlong "
        "mask_indices matmul matrix_transpose max maximum may_share_memory mean median meshgrid mgrid min "
        "min_scalar_type minimum mintypecode mod modf moveaxis multiply nan nan_to_num nanargmax nanargmin "
        "nancumprod nancumsum nanmax nanmean nanmedian nanmin nanpercentile nanprod nanquantile nanstd nansum nanvar "
        "ndenumerate ndim ndindex negative newaxis nextafter nonzero not_equal number object_ ogrid ones "
        "ones_like outer packbits pad partition percentile permute_dims pi piecewise place poly poly1d polyadd "
        "polyder polydiv polyfit polyint polymul polysub polyval positive pow power printoptions prod promote_types "
        "ptp put put_along_axis putmask quantile r_ rad2deg radians ravel ravel_multi_index real real_if_close "
        "reciprocal remainder repeat require reshape resize result_type right_shift rint roll rollaxis roots rot90 "
        "round s_ searchsorted select set_printoptions setdiff1d seterr setxor1d shape shares_memory short sign "
        "signbit signedinteger sin sinc single sinh size sort sort_complex spacing split sqrt square squeeze stack "
        "std str_ subtract sum swapaxes take take_along_axis tan tanh tensordot tile timedelta64 trace transpose "
        "trapezoid tri tril tril_indices tril_indices_from trim_zeros triu triu_indices triu_indices_from "
        "true_divide trunc ubyte ufunc uint uint16 uint32 uint64 uint8 uintc uintp ulong ulonglong union1d unique "
        "unique_all unique_counts unique_inverse unique_values unpackbits unravel_index unsignedinteger unwrap "
        "ushort vander var vdot vecdot vectorize void vsplit vstack where zeros zeros_like",
        newer="cumulative_prod cumulative_sum matvec unstack vecmat",
        made="frombuffer genfromtxt loadtxt ndarray",
        more=_made,
    ),
    "numpy.linalg": Names(
        "LinAlgError cholesky cond cross det diagonal eig eigh eigvals eigvalsh inv lstsq matmul matrix_norm "
        "matrix_power matrix_rank matrix_transpose multi_dot norm outer pinv qr slogdet solve svd svdvals tensordot "
        "tensorinv tensorsolve trace vecdot vector_norm"
    ),
    "numpy.fft": Names(
        "fft fft2 fftfreq fftn fftshift hfft ifft ifft2 ifftn ifftshift ihfft irfft irfft2 irfftn rfft rfft2 rfftfreq "
        "rfftn"
    ),
    "numpy.random": Names(
        "Generator RandomState SeedSequence beta binomial bytes chisquare choice default_rng dirichlet exponential f "
        "gamma geometric gumbel hypergeometric laplace logistic lognormal logseries multinomial multivariate_normal "
        "negative_binomial noncentral_chisquare noncentral_f normal pareto permutation poisson power rand randint "
        "randn random random_sample rayleigh seed shuffle standard_cauchy standard_exponential standard_gamma "
        "standard_normal standard_t triangular uniform vonmises wald weibull zipf"
    ),
    "numpy.typing": Names("ArrayLike DTypeLike", made="NDArray", more=_typing),
}

LIBRARIES["numpy"] = Opened(
    names=words("""
        accumulate all any argmax argmin argpartition argsort as_integer_ratio astype at beta binomial bit_count
        bits bytes byteswap c capitalize casefold center chisquare choice choose clip coef coefficients coeffs
        compress conj conjugate coords copy count cumprod cumsum decode denominator deriv diagonal dirichlet dot
        dtype dtypes encode endswith eps expandtabs exponential f fields fill find flat flatten fromhex gamma
        geometric gumbel hex hypergeometric identity imag index integ integers is_integer isalnum isalpha isascii
        isdecimal isdigit isidentifier islower isnative isnumeric isprintable isspace istitle isupper item
        itemsize iters join kind laplace ljust logistic lognormal logseries lower lstrip maketrans max mean min mT
        multinomial multivariate_hypergeometric multivariate_normal name names nargs nbytes nd ndim
        negative_binomial nin noncentral_chisquare noncentral_f nonzero normal nout numerator numiter o order
        outer pareto partition permutation permuted poisson power precision prod ptp put r rand randint randn
        random random_sample ravel rayleigh real reduce reduceat removeprefix removesuffix repeat replace reset
        reshape resolution rfind rindex rjust roots round rpartition rsplit rstrip searchsorted seed shape shuffle
        signature size smallest_normal smallest_subnormal sort spawn split splitlines squeeze standard_cauchy
        standard_exponential standard_gamma standard_normal standard_t startswith std str strides strip sum
        swapaxes swapcase T take tiny title tobytes tolist trace translate transpose triangular type types uniform
        upper var variable vonmises wald weibull zfill zipf
    """),
    settable=frozenset({"flat", "imag", "real", "shape"}),
    instead={
        "ctypes": "there is no way to an address",
        "data": "use tobytes(), or index it",
        "base": "use copy()",
        "dump": "there are no files here; return the array as a list or a table",
        "dumps": "use tobytes()",
        "tofile": "there are no files here; return the array as a list or a table",
        "resize": "use numpy.resize(a, shape)",
        "setflags": "use copy()",
        "view": "use astype(dtype)",
    },
)
