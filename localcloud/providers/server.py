"""The gRPC side of a stand-in: Pulumi's ResourceProvider service on top of a `Provider`.

Start-up protocol (pulumi/pulumi, `sdk/go/common/resource/plugin/plugin.go`): argv[1] is the engine's address, the
first line on stdout is the port, and nothing else may be printed there before it.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
import traceback
from concurrent import futures
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)

from localcloud.providers import values, wire
from localcloud.providers.faults import Faults
from localcloud.providers.model import (
    Autonaming,
    Diff,
    PartialFailureError,
    Provider,
    ProviderError,
    Request,
    ThrottledError,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

_MESSAGE_SIZE = 400 * 1024 * 1024  # the engine's own limit (rpcutil.GrpcChannelOptions)
_WORKERS = 64
MESSAGES = wire.Messages(provider_pb2.DESCRIPTOR)
"""The messages of provider.proto, with property maps as bytes."""


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Translates each remote call to plain values and back. Method names are gRPC's."""

    # ruff: noqa: N802 - gRPC's names
    # ruff: noqa: D102 - documented by provider.proto

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._faults = Faults(provider.name)

    def Handshake(self, request: Any, context: Any) -> Any:
        del request, context
        return MESSAGES.ProviderHandshakeResponse(accept_secrets=True, accept_resources=True)

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        del request, context
        return plugin_pb2.PluginInfo(version=self._provider.version)

    def CheckConfig(self, request: Any, context: Any) -> Any:
        del context
        failures = self._provider.check_config(values.decode(request.news))
        return MESSAGES.CheckResponse(inputs=request.news, failures=[_failure(f) for f in failures])

    def DiffConfig(self, request: Any, context: Any) -> Any:
        del context
        olds = values.decode(request.old_inputs)
        return _diff(self._provider.diff_config(olds, values.decode(request.news)))

    def Configure(self, request: Any, context: Any) -> Any:
        with self._errors(context):
            self._provider.configure(values.decode(request.args))
        return MESSAGES.ConfigureResponse(
            acceptSecrets=True,
            acceptResources=True,
            supportsPreview=True,
            acceptOutputs=False,
            supports_autonaming_configuration=self._provider.supports_autonaming,
        )

    def Check(self, request: Any, context: Any) -> Any:
        what = Request(request.urn, autonaming=_autonaming(request))
        with self._errors(context, "Check", what):
            inputs, failures = self._provider.check(
                what, values.decode(request.olds), values.decode(request.news), request.randomSeed
            )
        return MESSAGES.CheckResponse(inputs=values.encode(inputs), failures=[_failure(f) for f in failures])

    def Diff(self, request: Any, context: Any) -> Any:
        what = Request(request.urn, request.id)
        with self._errors(context, "Diff", what):
            answer = self._provider.diff(
                what,
                values.decode(request.old_inputs),
                values.decode(request.olds),
                values.decode(request.news),
                list(request.ignoreChanges),
            )
        return _diff(answer)

    def Create(self, request: Any, context: Any) -> Any:
        what = Request(request.urn, timeout=request.timeout, preview=request.preview)
        with self._errors(context, "Create", what):
            state = self._provider.create(what, values.decode(request.properties))
        return MESSAGES.CreateResponse(id=state.id, properties=values.encode(state.outputs))

    def Read(self, request: Any, context: Any) -> Any:
        what = Request(request.urn, request.id)
        with self._errors(context, "Read", what):
            state = self._provider.read(what, values.decode(request.inputs), values.decode(request.properties))
        if state is None:
            return MESSAGES.ReadResponse()
        return MESSAGES.ReadResponse(
            id=state.id, properties=values.encode(state.outputs), inputs=values.encode(state.inputs or {})
        )

    def Update(self, request: Any, context: Any) -> Any:
        what = Request(request.urn, request.id, request.timeout, request.preview)
        with self._errors(context, "Update", what):
            outputs = self._provider.update(
                what,
                values.decode(request.old_inputs),
                values.decode(request.olds),
                values.decode(request.news),
                list(request.ignoreChanges),
            )
        return MESSAGES.UpdateResponse(properties=values.encode(outputs))

    def Delete(self, request: Any, context: Any) -> Any:
        what = Request(request.urn, request.id, request.timeout)
        with self._errors(context, "Delete", what):
            self._provider.delete(what, values.decode(request.old_inputs), values.decode(request.properties))
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Any) -> Any:
        what = Request(f"urn:pulumi::::{request.tok}::invoke")
        with self._errors(context, "Invoke", what):
            answer = self._provider.invoke(request.tok, values.decode(request.args))
        return MESSAGES.InvokeResponse(**{"return": values.encode(answer)})  # pyright: ignore[reportArgumentType]

    def Construct(self, request: Any, context: Any) -> Any:
        what = f"{request.type} is a component that the official plugin builds"
        context.abort(grpc.StatusCode.UNIMPLEMENTED, f"{what}; it is not offered by this stand-in")

    def Cancel(self, request: Any, context: Any) -> Any:
        del request, context
        self._provider.cancelled.set()
        return empty_pb2.Empty()

    def _errors(self, context: Any, method: str = "", request: Request | None = None) -> _Call:
        return _Call(self._provider, self._faults, context, method, request)


class _Call:
    """One remote call: faults before and after it, and its errors in the form that the engine reads.

    A throttled call is tried again after each of the provider's `throttle_delays`, as its API client would.
    """

    def __init__(self, provider: Provider, faults: Faults, context: Any, method: str, request: Request | None) -> None:
        self._provider, self._faults, self._context = provider, faults, context
        self._method, self._request = method, request

    def __enter__(self) -> None:
        try:
            self._strike("before")
        except ProviderError as error:
            self._context.abort(grpc.StatusCode.UNKNOWN, str(error))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            try:
                self._strike("after")
            except ProviderError as fault:
                self._context.abort(grpc.StatusCode.UNKNOWN, str(fault))
        elif isinstance(error, PartialFailureError):
            self._context.abort_with_status(_partial(error))
        elif isinstance(error, ProviderError):
            self._context.abort(grpc.StatusCode.UNKNOWN, str(error))
        elif isinstance(error, Exception):
            where = f" of {self._request.name}" if self._request else ""
            trail = "".join(traceback.format_exception(kind, error, trace))
            self._context.abort(grpc.StatusCode.INTERNAL, f"defect in the stand-in, {self._method}{where}:\n{trail}")

    def _strike(self, when: str) -> None:
        if self._request is None or self._request.preview:
            return
        what = (self._method, self._request.type, self._request.name, when)
        for attempt, delay in enumerate(self._provider.throttle_delays, 1):
            try:
                self._faults.strike(*what)
            except ThrottledError as error:
                self._provider.log(self._request.urn, f"throttled, attempt {attempt}, again in {delay:g} s: {error}")
                if self._provider.cancelled.wait(delay):
                    raise
            else:
                return
        self._faults.strike(*what)


class _Status(grpc.Status):
    """A status with details, which grpc's Python API has no public class for."""

    def __init__(self, status: status_pb2.Status, message: str) -> None:
        self.code = grpc.StatusCode.UNKNOWN
        self.details = message
        self.trailing_metadata = (("grpc-status-details-bin", status.SerializeToString()),)


def _partial(error: PartialFailureError) -> _Status:
    detail = MESSAGES.ErrorResourceInitFailed(
        id=error.state.id,
        properties=values.encode(error.state.outputs),
        reasons=error.reasons,
        inputs=values.encode(error.state.inputs or {}),
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error))
    status.details.add().Pack(detail)
    return _Status(status, str(error))


def _autonaming(request: Any) -> Autonaming | None:
    if not request.HasField("autonaming"):
        return None
    disabled = request.autonaming.mode == MESSAGES.CheckRequest.AutonamingOptions.DISABLE
    return Autonaming(request.autonaming.proposed_name, disabled)


def _failure(failure: Any) -> Any:
    return MESSAGES.CheckFailure(property=failure.property, reason=failure.reason)


def _diff(diff: Diff) -> Any:
    detailed = {path: MESSAGES.PropertyDiff(kind=kind.value) for path, kind in diff.detailed.items()}  # pyright: ignore[reportArgumentType]
    replaces = diff.replaces
    if replaces is None:
        replaces = [path for path, kind in diff.detailed.items() if kind.replaces]
    changed = bool(detailed or replaces or diff.diffs)
    kinds = MESSAGES.DiffResponse.DiffChanges
    return MESSAGES.DiffResponse(
        changes=kinds.DIFF_SOME if changed else kinds.DIFF_NONE,
        replaces=replaces,
        diffs=list(diff.diffs),
        detailedDiff=detailed,
        hasDetailedDiff=diff.has_detailed,
        deleteBeforeReplace=diff.delete_before_replace,
    )


def _loggers(address: str) -> tuple[Callable[[str, str], None], Callable[[str, str], None]]:
    engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))

    def send(entry: Any) -> None:
        try:
            engine.Log(entry, timeout=5)
        except grpc.RpcError:
            return  # the engine is gone; `_end_with_parent` ends this process too

    def log(urn: str, message: str) -> None:
        send(engine_pb2.LogRequest(severity=engine_pb2.INFO, message=message, urn=urn, ephemeral=True))

    def warn(urn: str, message: str) -> None:
        send(engine_pb2.LogRequest(severity=engine_pb2.WARNING, message=message, urn=urn))

    return log, warn


def _end_with_parent(parent: int) -> None:
    """End when the engine is gone: a killed engine cannot end its plugins."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


def _serialized(message: Any) -> bytes:
    return message.SerializeToString()


def handlers(servicer: Servicer) -> grpc.GenericRpcHandler:
    """The service's methods, with messages that leave property maps as bytes (see `wire`)."""
    service = provider_pb2.DESCRIPTOR.services_by_name["ResourceProvider"]
    methods = {
        method.name: grpc.unary_unary_rpc_method_handler(
            getattr(servicer, method.name),
            request_deserializer=getattr(MESSAGES, method.input_type.name).FromString
            if method.input_type.file is provider_pb2.DESCRIPTOR
            else empty_pb2.Empty.FromString,
            response_serializer=_serialized,
        )
        for method in service.methods
        if method.name in vars(Servicer)
    }
    return grpc.method_handlers_generic_handler(service.full_name, methods)


def serve(provider: Provider) -> None:
    """Serve `provider` to the engine that started this process, until that engine ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("engine", nargs="?", default="")
    arguments, _ = parser.parse_known_args()
    # the engine has given the plugin a process group of its own, so that Ctrl-C does not reach it; it interrupts it to
    # end it, and waits five seconds for one that does not (pulumi/pulumi, `resource/plugin/plugin.go`)
    signal.signal(signal.SIGINT, lambda _number, _frame: os._exit(0))
    if arguments.engine:
        provider.log, provider.warn = _loggers(arguments.engine)
    limits = [
        ("grpc.max_receive_message_length", _MESSAGE_SIZE),
        ("grpc.max_send_message_length", _MESSAGE_SIZE),
    ]
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=_WORKERS), options=limits)
    server.add_generic_rpc_handlers((handlers(Servicer(provider)),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()
