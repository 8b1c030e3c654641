"""The control plane of the `local` environment: a real Kubernetes API on loopback, without containers.

etcd, kube-apiserver, kube-controller-manager and kube-scheduler are the real ones. The Argo Rollouts controller is
the real one, too. kwok plays nodes and pods: nothing runs in a pod, and nothing is served.
"""

from localcloud.controlplane.external import use_embedded, use_external
from localcloud.controlplane.plane import ControlPlane
from localcloud.controlplane.status import PartStatus

__all__ = ["ControlPlane", "PartStatus", "use_embedded", "use_external"]
