"""The plugin as a process: its start, and each remote call over gRPC."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Generator

pytestmark = pytest.mark.live

PLUGIN = Path(__file__).parents[4] / "localcloud/providers/bin/kubernetes/pulumi-resource-kubernetes"
URN = "urn:pulumi:t::t::kubernetes:core/v1:ConfigMap::x"


@contextlib.contextmanager
def running(**variables: str) -> Generator[Any]:
    """A plugin process and a stub of it."""
    # as the engine starts it: with an address, from anywhere, and without our PYTHONPATH
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    process = subprocess.Popen(
        [str(PLUGIN), "127.0.0.1:1", "--logtostderr"],
        env=kept | {"SLIPWAY_PYTHON": sys.executable} | variables,
        cwd="/",
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield provider_pb2_grpc.ResourceProviderStub(channel)
    finally:
        process.kill()
        process.wait()


def struct(**fields: Any) -> struct_pb2.Struct:
    made = struct_pb2.Struct()
    made.update(fields)
    return made


def test_it_starts_soon_enough_for_every_engine_command() -> None:
    start = time.monotonic()
    with running() as plugin:
        assert plugin.GetPluginInfo(empty_pb2.Empty()).version == "4.34.2"
    assert time.monotonic() - start < 3  # 0.2 s on a quiet machine


def test_each_remote_call(kubeconfig: str, namespace: str) -> None:
    with running() as plugin:
        shaken = plugin.Handshake(provider_pb2.ProviderHandshakeRequest())
        assert shaken.accept_secrets
        given = struct(kubeconfig=kubeconfig, clusterIdentifier="i")
        assert not plugin.CheckConfig(provider_pb2.CheckRequest(urn=URN, news=given)).failures
        same = provider_pb2.DiffRequest(urn=URN, old_inputs=given, news=given)
        assert plugin.DiffConfig(same).changes == provider_pb2.DiffResponse.DIFF_NONE
        configured = plugin.Configure(provider_pb2.ConfigureRequest(args=given))
        assert configured.supportsPreview
        assert configured.supports_autonaming_configuration
        obj = struct(apiVersion="v1", kind="ConfigMap", metadata={"name": "x", "namespace": namespace}, data={"a": "1"})
        news = plugin.Check(provider_pb2.CheckRequest(urn=URN, news=obj, randomSeed=b"s")).inputs
        assert news == obj
        plugin.Create(provider_pb2.CreateRequest(urn=URN, properties=news, preview=True))
        made = plugin.Create(provider_pb2.CreateRequest(urn=URN, properties=news))
        assert made.id == f"{namespace}/x"
        labelled = struct_pb2.Struct()
        labelled.CopyFrom(news)
        labelled.fields["metadata"].struct_value.update({"labels": {"l": "1"}})
        change = {"urn": URN, "id": made.id, "olds": made.properties, "news": labelled, "old_inputs": news}
        answer = plugin.Diff(provider_pb2.DiffRequest(**change))
        assert list(answer.detailedDiff) == ["metadata.labels"]
        assert not answer.replaces
        updated = plugin.Update(provider_pb2.UpdateRequest(**change)).properties
        assert updated["metadata"]["labels"]["l"] == "1"  # pyright: ignore[reportIndexIssue, reportCallIssue, reportArgumentType]
        held = {"urn": URN, "id": made.id, "properties": updated}
        assert plugin.Read(provider_pb2.ReadRequest(**held, inputs=labelled)).id == made.id
        text = provider_pb2.InvokeRequest(tok="kubernetes:yaml:decode", args=struct(text="{}"))
        with pytest.raises(grpc.RpcError, match="no Kubernetes object"):
            plugin.Invoke(text)
        plugin.Delete(provider_pb2.DeleteRequest(**held, old_inputs=labelled))
        assert not plugin.Read(provider_pb2.ReadRequest(**held, inputs=labelled)).id
        plugin.Cancel(empty_pb2.Empty())


def test_a_defect_of_a_user_is_one_sentence(kubeconfig: str) -> None:
    with running() as plugin:
        plugin.Configure(provider_pb2.ConfigureRequest(args=struct(kubeconfig=kubeconfig)))
        nothing = provider_pb2.CheckRequest(urn=URN, news=struct(metadata={}))
        with pytest.raises(grpc.RpcError, match="`apiVersion` has to be set") as error:
            plugin.Check(nothing)
        assert "Traceback" not in str(error.value.details())  # pyright: ignore[reportAttributeAccessIssue]
        release = provider_pb2.CheckRequest(urn="urn:pulumi:t::t::kubernetes:helm.sh/v3:Release::x", news=struct(a="b"))
        with pytest.raises(grpc.RpcError, match="Helm charts are rendered and installed by the official plugin only"):
            plugin.Check(release)
