"""What a stand-in provider is: one class with one method for each remote call, on plain values."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class DiffKind(Enum):
    """How one property differs; values are those of `PropertyDiff.Kind` in provider.proto."""

    ADD = 0
    ADD_REPLACE = 1
    DELETE = 2
    DELETE_REPLACE = 3
    UPDATE = 4
    UPDATE_REPLACE = 5

    @property
    def replaces(self) -> bool:
        """Whether this difference can only be made by a new resource."""
        return self in {DiffKind.ADD_REPLACE, DiffKind.DELETE_REPLACE, DiffKind.UPDATE_REPLACE}


@dataclass(frozen=True)
class CheckFailure:
    """One refused input: `property` is a path such as `spec.ports[0].port`, empty for the whole resource."""

    property: str
    reason: str


@dataclass(frozen=True)
class Diff:
    """What an update would do. `detailed` maps a property path to its kind; no entry means no change."""

    detailed: Mapping[str, DiffKind] = field(default_factory=dict)
    delete_before_replace: bool = False
    #: replace keys, where they are others than the paths whose kind replaces
    replaces: Sequence[str] | None = None
    #: top-level properties that differ (the engine's `diffs`); most providers leave it to `detailed`
    diffs: Sequence[str] = ()
    #: false where only `diffs` and `replaces` are known: the engine then compares the properties itself
    has_detailed: bool = True


@dataclass(frozen=True)
class Autonaming:
    """What the stack's `pulumi:autonaming` says about an automatic name."""

    #: the name to use, empty for the provider's own choice
    proposed: str = ""
    #: no automatic names: the program has to give one
    disabled: bool = False


@dataclass(frozen=True)
class Request:
    """What every call about a resource carries."""

    urn: str
    id: str = ""
    #: seconds from customTimeouts; 0 when the program sets none
    timeout: float = 0
    preview: bool = False
    #: in Check only, and only where the stack configures it
    autonaming: Autonaming | None = None

    @property
    def type(self) -> str:
        """The resource's own type token, without its parents'."""
        return self.urn.split("::")[2].rsplit("$", 1)[-1]

    @property
    def name(self) -> str:
        """The resource's logical name."""
        return self.urn.split("::", 3)[3]


@dataclass(frozen=True)
class State:
    """A resource as the provider knows it: id, outputs and, from a read, the inputs that would make it."""

    id: str
    outputs: dict[str, Any]
    inputs: dict[str, Any] | None = None


class ProviderError(Exception):
    """A refusal in the words a user reads; the engine shows it beside the resource."""


class ThrottledError(ProviderError):
    """The API asks for patience (429): the provider's client tries again, see `Provider.throttle_delays`."""


class PartialFailureError(ProviderError):
    """The resource exists but did not come up: the engine keeps `state` and the next update goes on with it."""

    def __init__(self, state: State, reasons: Sequence[str]) -> None:
        super().__init__("; ".join(reasons))
        self.state = state
        self.reasons = list(reasons)


class Provider(ABC):
    """Base of the stand-ins. Methods may be called from many threads at once.

    `log(urn, message)` tells the user about progress, `warn(urn, message)` what stays on the screen; `cancelled`
    is set when the user interrupts the update, and every wait inside a method ends when it is.
    """

    name: str
    version: str
    #: whether Check honours `Request.autonaming`
    supports_autonaming = False
    #: seconds to wait before each further attempt of a throttled call; none by default: the call fails at once
    throttle_delays: Sequence[float] = ()

    def __init__(self) -> None:
        self.cancelled = threading.Event()
        self.log: Callable[[str, str], None] = lambda _urn, _message: None
        self.warn: Callable[[str, str], None] = lambda _urn, _message: None

    def check_config(self, news: dict[str, Any]) -> list[CheckFailure]:
        """Refuse a provider configuration; none by default."""
        del news
        return []

    def diff_config(self, olds: dict[str, Any], news: dict[str, Any]) -> Diff:
        """How a change of configuration affects its resources: by default an update in place."""
        return Diff(
            {key: DiffKind.UPDATE for key in {*olds, *news} if olds.get(key) != news.get(key) and key != "version"}
        )

    @abstractmethod
    def configure(self, config: dict[str, Any]) -> None:
        """Take the provider's configuration, as plain values (may hold UNKNOWN in a preview)."""

    @abstractmethod
    def check(
        self, request: Request, olds: dict[str, Any], news: dict[str, Any], seed: bytes
    ) -> tuple[dict[str, Any], list[CheckFailure]]:
        """Inputs with defaults and automatic names filled in, and what is refused. `seed` makes names repeatable."""

    @abstractmethod
    def diff(
        self,
        request: Request,
        old_inputs: dict[str, Any],
        old_outputs: dict[str, Any],
        news: dict[str, Any],
        ignore_changes: Sequence[str],
    ) -> Diff:
        """What an update from the old inputs to `news` would do."""

    @abstractmethod
    def create(self, request: Request, inputs: dict[str, Any]) -> State:
        """Make the resource; in a preview only say what it would be."""

    @abstractmethod
    def read(self, request: Request, inputs: dict[str, Any], outputs: dict[str, Any]) -> State | None:
        """The resource as it is now, None when it is gone. With empty inputs and outputs it is an import."""

    @abstractmethod
    def update(
        self,
        request: Request,
        old_inputs: dict[str, Any],
        old_outputs: dict[str, Any],
        news: dict[str, Any],
        ignore_changes: Sequence[str],
    ) -> dict[str, Any]:
        """Change the resource in place and return its outputs; in a preview only say what they would be."""

    @abstractmethod
    def delete(self, request: Request, inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
        """Remove the resource; one that is gone already is no error."""

    def invoke(self, token: str, args: dict[str, Any]) -> dict[str, Any]:
        """A function (`get_*`)."""
        del args
        raise ProviderError(f"{self.name}: function {token} is not offered by this stand-in")
