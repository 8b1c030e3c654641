"""Runs the Pulumi program of a stack without an engine and records what it declares.

The program talks to a resource monitor over gRPC, as always; here the monitor only writes down. So what is recorded
is what the SDK would send to the engine: property names and values as providers see them, before their own defaults.
"""

from __future__ import annotations

from concurrent import futures
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import (
    engine_pb2_grpc,
    language_pb2,
    provider_pb2,
    resource_pb2,
    resource_pb2_grpc,
)

from slipway.engine.values import SECRET as _SECRET_WIRE
from slipway.engine.values import SIGNATURE as _SIGNATURE
from slipway.engine.values import UNKNOWN as _UNKNOWN_WIRE
from slipway.engine.values import to_wire
from slipway.errors import FailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PROJECT: Final = "slipway"
UNKNOWN: Final = "<unknown>"
SECRET: Final = "<secret>"  # noqa: S105 - what is shown instead of one
_FEATURES: Final = {"secrets", "resourceReferences", "aliasSpecs", "resourceHooks"}
_STACK_TYPE: Final = "pulumi:pulumi:Stack"


@dataclass(frozen=True)
class Declared:
    """One resource of the program. `provider` is the URN of an explicit provider, empty for the default one."""

    stack: str
    urn: str
    type: str
    name: str
    inputs: dict[str, Any]
    parent: str
    provider: str
    protect: bool
    custom: bool
    """False for components."""
    depends: tuple[str, ...] = ()
    """URNs that it waits for."""


@dataclass(frozen=True)
class Answers:
    """What the program is answered where a state is known: otherwise everything is new, and no function is called."""

    resources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, "Mapping[str, Any]"])
    """By URN: the resource as an exported state has it, with `id` and `outputs`."""
    functions: Callable[[str, Mapping[str, Any]], Mapping[str, Any] | None] = lambda _token, _args: None
    """Result of a provider's function by its token and arguments; None where it fails."""


@dataclass(frozen=True)
class Recording:
    """Everything that a program registered, in order, as it came over the wire."""

    requests: list[tuple[str, Any]]
    """URN and RegisterResourceRequest, the stack's own included."""
    outputs: dict[str, struct_pb2.Struct]
    """By URN: what components, and the stack, gave as outputs."""


def record(stack: str, program: Callable[[], None]) -> list[Declared]:
    """What `program` declares as `stack`, in the order of registration. Raises FailedError with the program's error."""
    requests = recording(stack, program).requests
    return [_declared(stack, urn, request) for urn, request in requests if request.type != _STACK_TYPE]


def recording(stack: str, program: Callable[[], None], answers: Answers | None = None) -> Recording:
    """All that `program` registers as `stack` when it gets these answers. Raises FailedError with its error."""
    monitor = _Monitor(stack, answers or Answers())
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(monitor, server)
    engine = _Engine()
    engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        request = language_pb2.RunRequest(
            project=PROJECT, stack=stack, monitor_address=address, args=[address], dryRun=True, parallel=4
        )
        answer: Any = LanguageServer(program).Run(request, None)  # type: ignore[arg-type] # a call, not a connection
    finally:
        server.stop(0)
    if answer.error:
        raise FailedError("\n".join(engine.errors) or answer.error)
    return monitor.recording


def _declared(stack: str, urn: str, request: Any) -> Declared:
    return Declared(
        stack=stack,
        urn=urn,
        type=request.type,
        name=request.name,
        inputs=plain(request.object),
        parent=request.parent,
        provider=request.provider.rsplit("::", 1)[0],
        protect=request.protect,
        custom=request.custom,
        depends=tuple(sorted(request.dependencies)),  # the SDK gathers them in a set
    )


class _Engine(engine_pb2_grpc.EngineServicer):
    """Takes the program's log; the root resource is kept by the SDK itself."""

    def __init__(self) -> None:
        self.errors: list[str] = []

    def Log(self, request: Any, context: Any) -> Any:
        del context
        if request.severity >= 3:  # noqa: PLR2004 - LogSeverity.ERROR
            self.errors.append(request.message)
        return empty_pb2.Empty()


class _Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """Answers like an engine in a preview of a stack that does not exist yet."""

    # ruff: noqa: N802 - gRPC's names

    def __init__(self, stack: str, answers: Answers) -> None:
        self._stack, self._answers = stack, answers
        self.recording = Recording([], {})

    def SupportsFeature(self, request: Any, context: Any) -> Any:
        del context
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in _FEATURES)

    def Invoke(self, request: Any, context: Any) -> Any:
        """A function fails unless there is an answer: nothing is asked of anybody."""
        del context
        found = self._answers.functions(request.tok, plain(request.args))
        if found is not None:
            answer: Any = provider_pb2.InvokeResponse()
            getattr(answer, "return").CopyFrom(to_wire(found))
            return answer
        failure = provider_pb2.CheckFailure(reason=f"{request.tok}: nothing is read without an engine")
        return provider_pb2.InvokeResponse(failures=[failure])

    def RegisterResourceHook(self, request: Any, context: Any) -> Any:
        """A hook runs when an engine makes or changes its resource: here nothing is."""
        del request, context
        return empty_pb2.Empty()

    def RegisterResource(self, request: Any, context: Any) -> Any:
        del context
        urn = self._urn(request)
        self.recording.requests.append((urn, request))
        known = self._answers.resources.get(urn)
        if known is None or not request.custom:
            return resource_pb2.RegisterResourceResponse(urn=urn, object=request.object)
        values = struct_pb2.Struct()
        values.CopyFrom(request.object)
        values.MergeFrom(to_wire(known.get("outputs") or {}))
        return resource_pb2.RegisterResourceResponse(urn=urn, id=known.get("id", ""), object=values)

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:
        del context
        self.recording.outputs[request.urn] = request.outputs
        return empty_pb2.Empty()

    def SignalAndWaitForShutdown(self, request: Any, context: Any) -> Any:
        del request, context
        return empty_pb2.Empty()

    def _urn(self, request: Any) -> str:
        qualified = request.type
        if request.parent and (parent := request.parent.split("::")[2]) != _STACK_TYPE:
            qualified = f"{parent}${request.type}"
        return f"urn:pulumi:{self._stack}::{PROJECT}::{qualified}::{request.name}"


def plain(struct: struct_pb2.Struct) -> dict[str, Any]:
    """Plain values; unknown and secret ones as a mark that says so."""
    return {key: _plain(value) for key, value in struct.fields.items()}


def _plain(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        fields = value.struct_value.fields
        signature = fields[_SIGNATURE].string_value if _SIGNATURE in fields else ""
        return SECRET if signature == _SECRET_WIRE else plain(value.struct_value)
    if kind == "list_value":
        return [_plain(item) for item in value.list_value.values]
    if kind == "number_value":
        return int(value.number_value) if value.number_value.is_integer() else value.number_value
    if kind == "string_value":
        return UNKNOWN if value.string_value == _UNKNOWN_WIRE else value.string_value
    return value.bool_value if kind == "bool_value" else None
