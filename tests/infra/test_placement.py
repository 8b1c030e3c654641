"""What a pod says about the nodes that it needs, against GKE's labels and taints."""

from __future__ import annotations

from infra.kubernetes.placement import devices, grace, placement
from slipway.schema.manifest import Gpu, Resources, Tpu

GPU = Resources(gpu=Gpu(type="nvidia-l4", count=2))
TPU = Resources(tpu=Tpu(type="tpu-v6e-slice", topology="2x4", chips=4))


def test_any_node_is_not_spoken_of() -> None:
    assert placement(Resources()) == {}
    assert devices(Resources()) == {}
    assert grace(Resources(), 30) == 30


def test_gpu() -> None:
    assert placement(GPU) == {
        "nodeSelector": {"cloud.google.com/gke-accelerator": "nvidia-l4"},
        "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
    }
    assert devices(GPU) == {"nvidia.com/gpu": "2"}


def test_tpu_slice() -> None:
    assert placement(TPU) == {
        "nodeSelector": {
            "cloud.google.com/gke-tpu-accelerator": "tpu-v6e-slice",
            "cloud.google.com/gke-tpu-topology": "2x4",
        },
        "tolerations": [{"key": "google.com/tpu", "operator": "Exists", "effect": "NoSchedule"}],
    }
    assert devices(TPU) == {"google.com/tpu": "4"}
    assert TPU.tpu
    assert TPU.tpu.hosts == 2


def test_spot_with_a_gpu() -> None:
    both = GPU.model_copy(update={"spot": True})
    found = placement(both)
    assert found["nodeSelector"] == {
        "cloud.google.com/gke-accelerator": "nvidia-l4",
        "cloud.google.com/gke-spot": "true",
    }
    assert {"key": "cloud.google.com/gke-spot", "operator": "Equal", "value": "true", "effect": "NoSchedule"} in found[
        "tolerations"
    ]
    assert grace(both, 30) == 15
