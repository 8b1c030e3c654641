"""Quantities in the one spelling that the API server answers with.

Source: k8s.io/apimachinery `pkg/api/resource/quantity.go` (`ParseQuantity`, `CanonicalizeBytes`): `1000m` is `1`,
`0.5` is `500m`, `1024Mi` is `1Gi`, `1.5Gi` is `1536Mi`.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

_FORM = re.compile(r"([+-]?)(\d+\.?\d*|\.\d+)(?:([eE][+-]?\d+)|(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]))?")
_BINARY: Final = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_DECIMAL: Final = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_SUFFIXES: Final = {exponent: suffix for suffix, exponent in _DECIMAL.items()}
_SMALLEST, _LARGEST = -9, 18
_KIBI = 1024


def canonical(text: str) -> str:
    """`text` as the API server spells it. Raises ValueError for what is no quantity."""
    match = _FORM.fullmatch(text.strip())
    if match is None:
        message = f"{text!r} is no quantity"
        raise ValueError(message)
    sign, digits, exponent, suffix = match.groups()
    value = Fraction(digits) * (-1 if sign == "-" else 1)
    if suffix in _BINARY:
        value *= _KIBI ** _BINARY.index(suffix)
        # below 1024, or with a fraction, a binary suffix says less than a decimal one
        if abs(value) >= _KIBI and value.denominator == 1:
            return _binary(int(value))
    else:
        value *= Fraction(10) ** (int(exponent[1:]) if exponent else _DECIMAL[suffix or ""])
    return _decimal(value, scientific=bool(exponent))


def _binary(value: int) -> str:
    power = 0
    while value and value % _KIBI == 0 and power < len(_BINARY) - 1:
        value //= _KIBI
        power += 1
    return f"{value}{_BINARY[power]}"


def _decimal(value: Fraction, *, scientific: bool) -> str:
    if value == 0:
        return "0"
    scaled = value / Fraction(10) ** _SMALLEST
    mantissa = abs(scaled.numerator) // scaled.denominator
    if mantissa * scaled.denominator != abs(scaled.numerator):
        mantissa += 1  # finer than nano is rounded up, away from zero
    exponent = _SMALLEST
    while mantissa % 1000 == 0 and (exponent < _LARGEST or scientific):
        mantissa //= 1000
        exponent += 3
    sign = "-" if value < 0 else ""
    if scientific:
        return f"{sign}{mantissa}e{exponent}" if exponent else f"{sign}{mantissa}"
    return f"{sign}{mantissa}{_SUFFIXES[exponent]}"
