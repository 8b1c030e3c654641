"""Types that manifests and environments share. Each accepts one spelling and says what would be right for others."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from slipway import units

if TYPE_CHECKING:
    from collections.abc import Callable

_LABEL: Final = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_MAX_LABEL: Final = 40
"""Longest name (characters): Kubernetes allows 63 in a label, and objects made from a name append to it."""
_LABEL_VALUE: Final = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_LABEL_KEY: Final = re.compile(r"([a-z0-9][-a-z0-9.]{0,251}[a-z0-9]/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_RESERVED: Final = ("kubernetes.io", "k8s.io", "slipway.dev")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PRIVATE: Final = tuple(ipaddress.IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
_SHORTEST_AUTHORIZED: Final = 8
"""A range above this is no network of anybody's: it is the internet."""
_YEAR: Final = 366 * 24 * 3600
REGION: Final = re.compile(r"[a-z]+-[a-z]+[0-9]+")
"""A region of Google Cloud, such as europe-west4."""
ZONE: Final = re.compile(r"[a-z]+-[a-z]+[0-9]+-[a-z]")
"""A zone of Google Cloud, such as europe-west4-a."""


class Strict(BaseModel):
    """A block of YAML: unknown keys are refused, values are not converted, the result cannot be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=False)


class WrongAtError(ValueError):
    """What a check of a whole block found wrong, and at which key below the block."""

    def __init__(self, path: tuple[str | int, ...], message: str) -> None:
        self.path = path
        super().__init__(message)


def _text(value: Any) -> Any:
    """YAML reads `cpu: 1` as a number; what is meant is the quantity `1`."""
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def checked(check: Callable[[str], Any]) -> AfterValidator:
    """A type of text that `check` accepts; it raises ValueError with `what; what would be right`."""

    def validate(text: str) -> str:
        check(text)
        return text

    return AfterValidator(validate)


def form(pattern: str, what: str, remedy: str) -> AfterValidator:
    """A type of text that matches `pattern` as a whole."""
    compiled = re.compile(pattern)

    def check(text: str) -> None:
        if not compiled.fullmatch(text):
            raise ValueError(f"`{text}` is {what}; {remedy}")

    return checked(check)


def between(least: int, most: int, shown: str) -> Callable[[str], None]:
    """A check of a duration against limits in seconds, `shown` to people."""

    def check(text: str) -> None:
        if not least <= units.seconds(text) <= most:
            raise ValueError(f"`{text}` is out of bounds; write {shown}")

    return check


def _positive(quantity: Callable[[str], int]) -> Callable[[str], None]:
    def check(text: str) -> None:
        if quantity(text) == 0:
            raise ValueError(f"`{text}` is nothing; write more than 0")

    return check


def dns_label(text: str) -> str:
    """A name that Kubernetes takes as a label (RFC 1035), short enough to append to. Raises ValueError."""
    if not _LABEL.fullmatch(text):
        rule = "use lower-case letters, digits and dashes, starting with a letter, ending with a letter or digit"
        raise ValueError(f"`{text}` is no DNS label; {rule}")
    if len(text) > _MAX_LABEL:
        raise ValueError(f"`{text}` has {len(text)} characters; use at most {_MAX_LABEL}")
    return text


def _private_range(text: str) -> None:
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        base = ipaddress.ip_interface(text).network if "host bits" in str(error) else "10.0.0.0/20"
        why = "its address is not the first of the range" if "host bits" in str(error) else "no address with a length"
        raise ValueError(f"`{text}` is no network range ({why}); write it as {base}") from None
    if not isinstance(network, ipaddress.IPv4Network) or not any(network.subnet_of(each) for each in _PRIVATE):
        raise ValueError(f"`{text}` is no private IPv4 range; use one of RFC 1918, such as 10.0.0.0/20")


def region_or_zone(text: str) -> None:
    """A region or a zone. Raises ValueError."""
    if not REGION.fullmatch(text) and not ZONE.fullmatch(text):
        raise ValueError(f"`{text}` is no region or zone; write europe-west4 (three zones) or europe-west4-a (one)")


def public_range(text: str) -> None:
    """An IPv4 range that may reach a private endpoint, which all the world may not. Raises ValueError."""
    try:
        network = ipaddress.IPv4Network(text)
    except ValueError:
        raise ValueError(f"`{text}` is no IPv4 range; write one such as 203.0.113.0/24") from None
    if network.prefixlen < _SHORTEST_AUTHORIZED:
        raise ValueError(f"`{text}` has {network.num_addresses} addresses; write a /{_SHORTEST_AUTHORIZED} or smaller")


def _label_key(text: str) -> None:
    """A key of a label: Kubernetes documentation, "Labels and Selectors", syntax and character set."""
    if not _LABEL_KEY.fullmatch(text):
        raise ValueError(f"`{text}` is no key of a label; write a name such as cost-center or example.com/cost-center")
    domain = text.partition("/")[0]
    if "/" in text and any(domain == each or domain.endswith(f".{each}") for each in _RESERVED):
        raise ValueError(f"the label `{text}` is set by the platform; use a domain of your own")


def _label_value(text: str) -> None:
    if not _LABEL_VALUE.fullmatch(text):
        rule = "use up to 63 letters, digits, dashes, underscores and dots, with a letter or digit at both ends"
        raise ValueError(f"`{text}` is no value of a label; {rule}")


def _variable(text: str) -> None:
    if not _VARIABLE.fullmatch(text):
        raise ValueError(f"`{text}` is no name of an environment variable; use letters, digits and underscores")


Label = Annotated[str, checked(dns_label)]
LabelKey = Annotated[str, checked(_label_key)]
LabelValue = Annotated[str, checked(_label_value)]
Variable = Annotated[str, checked(_variable)]
Duration = Annotated[str, BeforeValidator(_text), checked(between(1, _YEAR, "at least 1s and at most 8784h"))]
Cpu = Annotated[str, BeforeValidator(_text), checked(_positive(units.millicores))]
Memory = Annotated[str, BeforeValidator(_text), checked(_positive(units.octets))]
Share = Annotated[str, BeforeValidator(_text), checked(units.checked_share)]
Range = Annotated[str, checked(_private_range)]
Zone = Annotated[str, form(ZONE.pattern, "no zone", "write one such as europe-west4-a")]
Member = Annotated[
    str,
    form(
        r"(user|group|serviceAccount):[^@\s]+@[^@\s]+\.[^@\s]+|domain:[^@\s]+\.[^@\s]+",
        "nobody that IAM knows",
        "write user:, group:, serviceAccount: with an address, or domain: (never allUsers)",
    ),
]
"""Somebody in an IAM policy; IAM documentation, "Principal identifiers". The public ones are left out on purpose."""
Short = Annotated[str, BeforeValidator(_text), checked(between(0, 3600, "0s to 1h"))]
"""A duration that Kubernetes limits to an hour (HorizontalPodAutoscaler v2, stabilizationWindowSeconds)."""
