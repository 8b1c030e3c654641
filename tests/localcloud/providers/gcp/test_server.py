"""The provider as the engine meets it: each remote call over gRPC once, and faults."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent import futures
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from localcloud.providers import faults, values
from localcloud.providers.gcp import retry
from localcloud.providers.gcp.store import Store
from localcloud.providers.server import Servicer, handlers
from tests.support.gcp import BUCKET, NETWORK, PROJECT, VALID, Cloud, enable_apis

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.providers.gcp.provider import GcpProvider

_URN = f"urn:pulumi:test::slipway::{NETWORK}::it"
_BINARY = Path(__file__).parents[4] / "localcloud/providers/bin/gcp/pulumi-resource-gcp"


@contextmanager
def _serving(provider: GcpProvider) -> Iterator[Any]:
    server = grpc.server(futures.ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers((handlers(Servicer(provider)),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield provider_pb2_grpc.ResourceProviderStub(channel)
    server.stop(None)


@pytest.fixture
def stub(cloud: Cloud) -> Iterator[Any]:
    with _serving(cloud.provider) as found:
        yield found


def _struct(plain: dict[str, Any]) -> struct_pb2.Struct:
    return struct_pb2.Struct.FromString(values.encode(plain))


def _plain(struct: struct_pb2.Struct) -> dict[str, Any]:
    return values.decode(struct.SerializeToString())


def _check(stub: Any, **changes: Any) -> Any:
    news = _struct({**VALID[NETWORK], **changes})
    return stub.Check(provider_pb2.CheckRequest(urn=_URN, news=news, randomSeed=b"seed"))


def test_each_call_once(stub: Any) -> None:
    assert stub.GetPluginInfo(empty_pb2.Empty()).version == "10.2.0"
    configuration = _struct({"project": PROJECT, "region": "europe-west4"})
    assert not stub.CheckConfig(provider_pb2.CheckRequest(urn=_URN, news=configuration)).failures
    assert stub.Configure(provider_pb2.ConfigureRequest(args=configuration)).acceptSecrets
    checked = _check(stub)
    assert not checked.failures
    assert _check(stub, mtu=1).failures[0].property == "mtu"
    made = stub.Create(provider_pb2.CreateRequest(urn=_URN, properties=checked.inputs))
    assert made.id == f"projects/{PROJECT}/global/networks/net"
    changed = _check(stub, description="x").inputs
    diff = stub.Diff(
        provider_pb2.DiffRequest(
            id=made.id, urn=_URN, olds=made.properties, old_inputs=checked.inputs, news=changed, ignoreChanges=[]
        )
    )
    assert list(diff.replaces) == ["description"]
    assert diff.deleteBeforeReplace
    read = stub.Read(provider_pb2.ReadRequest(id=made.id, urn=_URN, properties=made.properties, inputs=checked.inputs))
    assert (read.id, read.properties, read.inputs) == (made.id, made.properties, checked.inputs)
    updated = stub.Update(
        provider_pb2.UpdateRequest(
            id=made.id, urn=_URN, olds=made.properties, old_inputs=checked.inputs, news=_check(stub, mtu=1500).inputs
        )
    )
    assert _plain(updated.properties)["mtu"] == 1500
    client = stub.Invoke(provider_pb2.InvokeRequest(tok="gcp:organizations/getClientConfig:getClientConfig"))
    assert _plain(getattr(client, "return"))["project"] == PROJECT
    stub.Delete(provider_pb2.DeleteRequest(id=made.id, urn=_URN, properties=made.properties))
    assert stub.Read(provider_pb2.ReadRequest(id=made.id, urn=_URN)).id == ""
    stub.Cancel(empty_pb2.Empty())


def test_refusals_arrive_in_their_own_words(stub: Any) -> None:
    stub.Create(provider_pb2.CreateRequest(urn=_URN, properties=_check(stub).inputs))
    with pytest.raises(grpc.RpcError) as refused:
        stub.Create(provider_pb2.CreateRequest(urn=_URN, properties=_check(stub).inputs))
    assert refused.value.details() == (
        "Error creating Network: googleapi: Error 409: The resource "
        "'projects/demo-project/global/networks/net' already exists, alreadyExists"
    )


def _create(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, **rule: Any) -> str:
    """Create a network while a fault is on; the refusal's words, empty when it was made."""
    monkeypatch.setenv(faults.ENVIRONMENT_VARIABLE, json.dumps([{"provider": "gcp", "method": "Create", **rule}]))
    cloud.provider.throttle_delays = [0.0, 0.0, 0.0]
    with _serving(cloud.provider) as stub:
        try:
            stub.Create(provider_pb2.CreateRequest(urn=_URN, properties=_check(stub).inputs))
        except grpc.RpcError as refused:
            return str(refused.details())
    return ""


def test_a_throttled_call_is_tried_again(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _create(cloud, monkeypatch, action="throttle", call=1, times=2) == ""
    assert len([line for line in cloud.logged if line.startswith("throttled, attempt")]) == 2


def test_a_throttled_call_fails_in_the_end(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Error 429" in _create(cloud, monkeypatch, action="throttle")
    assert len(cloud.logged) == 3
    assert not cloud.store.all()


def test_a_failure_before_and_after(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "injected fault" in _create(cloud, monkeypatch, action="fail")
    assert not cloud.store.all()
    assert "injected fault" in _create(cloud, monkeypatch, action="fail", when="after")
    assert cloud.store.all(NETWORK)


def test_faults_of_another_type_do_not_strike(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _create(cloud, monkeypatch, action="fail", type=BUCKET) == ""


def test_back_off_doubles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(retry.VARIABLE, "0.1")
    assert retry.delays() == pytest.approx([0.1, 0.2, 0.4, 0.8])


def _start(tmp_path: Path, **environment: str) -> tuple[subprocess.Popen[str], Any]:
    variables = {**os.environ, "SLIPWAY_PYTHON": sys.executable, "SLIPWAY_LOCAL_DIR": str(tmp_path), **environment}
    process = subprocess.Popen([_BINARY], stdout=subprocess.PIPE, text=True, env=variables)
    assert process.stdout is not None
    return process, grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}")


def test_the_executable_prints_its_port_and_answers(tmp_path: Path) -> None:
    process, channel = _start(tmp_path)
    try:
        assert provider_pb2_grpc.ResourceProviderStub(channel).GetPluginInfo(empty_pb2.Empty()).version == "10.2.0"
    finally:
        process.terminate()
        process.wait(10)


def test_a_crash_after_the_work_leaves_the_record(tmp_path: Path) -> None:
    enable_apis(Store(tmp_path / "gcp"))
    rule = {"provider": "gcp", "method": "Create", "action": "crash", "when": "after"}
    process, channel = _start(tmp_path, SLIPWAY_FAULTS=json.dumps([rule]))
    stub = provider_pb2_grpc.ResourceProviderStub(channel)
    try:
        stub.Configure(provider_pb2.ConfigureRequest(args=_struct({"project": PROJECT})))
        with pytest.raises(grpc.RpcError):
            stub.Create(provider_pb2.CreateRequest(urn=_URN, properties=_check(stub).inputs))
        assert process.wait(10) == 70
    finally:
        process.kill()
    assert Cloud(tmp_path).store.all(NETWORK)
