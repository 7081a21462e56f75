"""Numbers: mathematics, statistics, chance, exact arithmetic."""

from __future__ import annotations

from automatosx_nb.sandbox.facades.spec import Names

FACADES = {
    "math": Names(
        "acos acosh asin asinh atan atan2 atanh cbrt ceil comb copysign cos cosh degrees dist e erf erfc exp exp2 "
        "expm1 fabs factorial floor fmod frexp fsum gamma gcd hypot inf isclose isfinite isinf isnan isqrt lcm ldexp "
        "lgamma log log10 log1p log2 modf nan nextafter perm pi pow prod radians remainder sin sinh sqrt tan tanh tau "
        "trunc ulp",
        newer="sumprod fma",
    ),
    "cmath": Names(
        "acos acosh asin asinh atan atanh cos cosh e exp inf infj isclose isfinite isinf isnan log log10 nan nanj "
        "phase pi polar rect sin sinh sqrt tan tanh tau"
    ),
    "statistics": Names(
        "NormalDist StatisticsError correlation covariance fmean geometric_mean harmonic_mean linear_regression mean "
        "median median_grouped median_high median_low mode multimode pstdev pvariance quantiles stdev variance",
        newer="kde kde_random",
    ),
    "random": Names(
        "Random SystemRandom betavariate choice choices expovariate gammavariate gauss getrandbits getstate "
        "lognormvariate normalvariate paretovariate randbytes randint random randrange sample seed setstate shuffle "
        "triangular uniform vonmisesvariate weibullvariate",
        newer="binomialvariate",
    ),
    "decimal": Names(
        "BasicContext Clamped Context ConversionSyntax Decimal DecimalException DecimalTuple DefaultContext "
        "DivisionByZero DivisionImpossible DivisionUndefined ExtendedContext FloatOperation Inexact InvalidContext "
        "InvalidOperation MAX_EMAX MAX_PREC MIN_EMIN MIN_ETINY Overflow ROUND_05UP ROUND_CEILING ROUND_DOWN "
        "ROUND_FLOOR ROUND_HALF_DOWN ROUND_HALF_EVEN ROUND_HALF_UP ROUND_UP Rounded Subnormal Underflow getcontext "
        "localcontext setcontext",
        writable="Context",
    ),
    "fractions": Names("Fraction"),
    "colorsys": Names("hls_to_rgb hsv_to_rgb rgb_to_hls rgb_to_hsv rgb_to_yiq yiq_to_rgb"),
    "numbers": Names("Complex Integral Number Rational Real"),
}
