"""Quantities as people write them in manifests, and as numbers.

Source of the Kubernetes forms: Kubernetes documentation, "Resource Management for Pods and Containers".
"""

from __future__ import annotations

import re
from typing import Final

_DURATION: Final = re.compile(r"([0-9]{1,9})(s|m|h)")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}
_CPU: Final = re.compile(r"([0-9]{1,9})(m?)|([0-9]{1,9}\.[0-9]{1,3})")
_BYTES: Final = re.compile(r"([0-9]{1,12})(Ki|Mi|Gi|Ti)")
_BINARY: Final = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_PERCENT: Final = re.compile(r"([0-9]{1,3})%")
_PODS: Final = re.compile(r"[0-9]{1,3}")
_HUNDRED: Final = 100
_THRESHOLD: Final = re.compile(r"(-?[0-9]{1,12}(?:\.[0-9]{1,9})?)(%|ms|s)?")
_FACTORS: Final = {"%": 0.01, "ms": 0.001, "s": 1.0, "": 1.0}


def seconds(text: str) -> int:
    """A duration such as `90s`, `5m` or `2h`, in seconds. Raises ValueError."""
    match = _DURATION.fullmatch(text)
    if not match:
        raise ValueError(f"`{text}` is no duration; write a whole number with s, m or h, such as 90s or 5m")
    return int(match[1]) * _SECONDS[match[2]]


def millicores(text: str) -> int:
    """CPU such as `500m`, `2` or `0.5`, in thousandths of a core. Raises ValueError."""
    match = _CPU.fullmatch(text)
    if not match:
        raise ValueError(f"`{text}` is no amount of CPU; write cores, such as 500m, 2 or 0.5")
    if match[3]:
        return round(float(match[3]) * 1000)
    return int(match[1]) * (1 if match[2] else 1000)


def octets(text: str) -> int:
    """Memory such as `512Mi` or `2Gi`, in bytes. Raises ValueError."""
    match = _BYTES.fullmatch(text)
    if not match:
        raise ValueError(f"`{text}` is no amount of memory; write Ki, Mi, Gi or Ti, such as 512Mi or 2Gi")
    return int(match[1]) * _BINARY[match[2]]


def checked_share(text: str) -> str:
    """A share of the pods: `25%` or a number of pods. Raises ValueError."""
    match = _PERCENT.fullmatch(text)
    if match and int(match[1]) <= _HUNDRED:
        return text
    if _PODS.fullmatch(text):
        return text
    form = "write a percentage up to 100% or a number of pods below 1000, such as 25% or 1"
    raise ValueError(f"`{text}` is no share of pods; {form}")


def is_none(share: str) -> bool:
    """Whether a share of pods is no pod at all."""
    return int(share.removesuffix("%")) == 0


def threshold(text: str) -> tuple[float, str]:
    """A limit such as `1%`, `250ms`, `2s` or `30`: as a number (a share of 1, seconds, or as it is), and its unit.

    Raises ValueError.
    """
    match = _THRESHOLD.fullmatch(text)
    if not match:
        raise ValueError(f"`{text}` is no limit; write a number, or one with %, ms or s, such as 1% or 250ms")
    unit = match[2] or ""
    return round(float(match[1]) * _FACTORS[unit], 12), unit
