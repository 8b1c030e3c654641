"""Types that manifests and environments share. Each accepts one spelling and says what would be right for others."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from slipway import units

_LABEL: Final = re.compile(r"^[a-z]([-a-z0-9]*[a-z0-9])?$")
_MAX_LABEL: Final = 40
"""Longest name (characters): Kubernetes allows 63 in a label, and objects made from a name append to it."""


class Strict(BaseModel):
    """A block of YAML: unknown keys are refused, values are not converted, the result cannot be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=False)


def _text(value: Any) -> Any:
    """YAML reads `cpu: 1` as a number; what is meant is the quantity `1`."""
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _unit(check: Any) -> AfterValidator:
    def validate(text: str) -> str:
        check(text)
        return text

    return AfterValidator(validate)


def dns_label(text: str) -> str:
    """A name that Kubernetes takes as a label (RFC 1035), short enough to append to. Raises ValueError."""
    if not _LABEL.match(text):
        message = f"`{text}` is no DNS label; use lower-case letters, digits and dashes, starting with a letter"
        raise ValueError(message)
    if len(text) > _MAX_LABEL:
        raise ValueError(f"`{text}` has {len(text)} characters; use at most {_MAX_LABEL}")
    return text


def _private_range(text: str) -> str:
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        raise ValueError(f"`{text}` is no network range ({error}); write it as 10.0.0.0/20") from None
    if network.version != 4 or not network.is_private:  # noqa: PLR2004 - IPv4
        raise ValueError(f"`{text}` is no private IPv4 range; use one of RFC 1918, such as 10.0.0.0/20")
    return text


Label = Annotated[str, AfterValidator(dns_label)]
Duration = Annotated[str, BeforeValidator(_text), _unit(units.seconds)]
Cpu = Annotated[str, BeforeValidator(_text), _unit(units.millicores)]
Memory = Annotated[str, BeforeValidator(_text), _unit(units.octets)]
Share = Annotated[str, BeforeValidator(_text), AfterValidator(units.checked_share)]
Range = Annotated[str, AfterValidator(_private_range)]
