"""What people get wrong in configuration, volumes and sidecars, and what they are told."""

# ruff: noqa: E501 - one case is one row, and its message stands in it as people read it

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.repositories import DIGEST, FRAUD

if TYPE_CHECKING:
    from tests.support.repositories import Clone

SIDE = f"sidecars: {{proxy: {{image: ml/proxy@{DIGEST}"
FILE = "use letters, digits, dots, dashes and underscores; there are no folders in it"

# id, what is added to the manifest as its seventh line, what is told at which line
ROWS = [
    ("config-empty", "config: {path: /etc/a, files: {}}", "5: `config.files` is empty; write at least one"),
    (
        "config-folder",
        "config: {path: /etc/a, files: {a/b: x}}",
        f"5: config.files: `a/b` is no file name of a ConfigMap; {FILE}",
    ),
    (
        "config-dots",
        "config: {path: /etc/a, files: {..a: x}}",
        f"5: config.files: `..a` is no file name of a ConfigMap; {FILE}",
    ),
    (
        "config-large",
        f"config: {{path: /etc/a, files: {{a: {'x' * 1048577}}}}}",
        " is 1.0 MB large, and at most 256 KiB are read; is this a YAML file of this repository? split or remove it",
    ),
    (
        "config-relative",
        "config: {path: etc/a, files: {a: x}}",
        "5: config.path: `etc/a` is no path to mount at; write an absolute one without a slash at its end: /data",
    ),
    (
        "config-parent",
        "config: {path: /etc/.., files: {a: x}}",
        "5: config.path: `/etc/..` is no path to mount at; write an absolute one without a slash at its end: /data",
    ),
    (
        "config-taken",
        "config: {path: /tmp/a, files: {a: x}}",
        "5: config.path: `/tmp/a` collides with /tmp, which is for every container's own scratch space; choose another path",
    ),
    (
        "config-above-taken",
        "config: {path: /var/run, files: {a: x}}",
        "5: config.path: `/var/run` collides with /var/run/secrets, which is for secrets; choose another path",
    ),
    (
        "volume-nested",
        "volumes: {a: {path: /data, size: 1Gi}, b: {path: /data/b, size: 1Gi}}",
        "5: `/data/b` and `/data` of volumes.a lie in each other; give each a path of its own",
    ),
    (
        "volume-in-config",
        "config: {path: /data/c, files: {a: x}}\nvolumes: {a: {path: /data, size: 1Gi}}",
        "5: `/data/c` and `/data` of volumes.a lie in each other; give each a path of its own",
    ),
    (
        "volume-own",
        "volumes: {models: {path: /data, size: 1Gi}}",
        "5: `models` is a volume of the platform's; choose another name",
    ),
    (
        "volume-keep",
        "volumes: {a: {path: /data, size: 10Gi, keep: true}}",
        "5: a disk that is kept is one pod's own, and pods of a deployment have no names that stay; set `workload: stateful-set`, or put what has to stay into a bucket",
    ),
    (
        "volume-keep-everywhere",
        "workload: daemon-set\nvolumes: {a: {path: /data, size: 10Gi, keep: true}}",
        "6: a disk that is kept is one pod's own, and pods of a daemon-set have no names that stay; set `workload: stateful-set`, or put what has to stay into a bucket",
    ),
    (
        "volume-storage",
        "volumes: {a: {path: /data, size: 10Gi, storage: premium-rwo}}",
        "5: volumes.a: `storage` says what a kept disk is, and this is space on the node; add `keep: true`, or remove `storage`",
    ),
    (
        "volume-shared",
        "volumes: {a: {path: /data, size: 10Gi, keep: true, storage: standard-rwx}}",
        "5: volumes.a: `standard-rwx` is a Filestore share, whose driver the platform's clusters do not have; use standard-rwo or premium-rwo: each pod has its own disk",
    ),
    (
        "set-canary",
        "workload: stateful-set\nrollout: {strategy: canary, steps: [{weight: 50, for: 1m}]}",
        "6: canary is not for a stateful-set: there is one pod of each name and one disk of each pod, so no second release can run beside the first; use rolling, or workload: deployment",
    ),
    (
        "set-recreate",
        "workload: stateful-set\nrollout: {strategy: recreate}",
        "6: recreate is not for a stateful-set: a stateful set ends each pod before the next of its name starts, and that is all it can promise; use rolling, or workload: deployment",
    ),
    (
        "set-surge",
        "workload: stateful-set\nrollout: {strategy: rolling, max_surge: 1}",
        "6: max_surge 1: a stateful set replaces each pod in its place, and has none above; remove it",
    ),
    (
        "set-unavailable",
        "workload: stateful-set\nrollout: {strategy: rolling, max_unavailable: 2}",
        "6: max_unavailable 2: a stateful set replaces one pod after the other; any other number needs Kubernetes' feature gate MaxUnavailableStatefulSet, which is off; remove it",
    ),
    (
        "daemon-blue-green",
        "workload: daemon-set\nrollout: {strategy: blue-green}",
        "6: blue-green is not for a daemon-set: there is one pod on each node, and no controller that gives a share of the nodes to a new release; use rolling, or workload: deployment",
    ),
    (
        "daemon-scaled",
        "workload: daemon-set",
        "8: a daemon-set has one pod on each node that its resources choose, so nothing scales it; remove `scaling`",
    ),
    (
        "daemon-both",
        "workload: daemon-set\nrollout: {strategy: rolling, max_unavailable: 1}",
        "6: max_surge 25% and max_unavailable 1: a daemon set takes one; set the other to 0",
    ),
    ("volume-no-size", "volumes: {a: {path: /data}}", "5: the key `size` is missing; add it to `volumes.a`"),
    (
        "sidecar-tag",
        "sidecars: {proxy: {image: ml/proxy:2}}",
        "5: image `ml/proxy:2` is named by a tag, which can move; add the digest: NAME:TAG@sha256:<64 hex digits>",
    ),
    (
        "sidecar-registry",
        f"sidecars: {{proxy: {{image: mll/proxy@{DIGEST}}}}}",
        "5: environment `{}` has no registry `mll`; did you mean `ml`?",
    ),
    (
        "sidecar-own",
        f"sidecars: {{service: {{image: ml/proxy@{DIGEST}}}}}",
        "5: `service` is a container of the platform's; choose another name",
    ),
    (
        "sidecar-port",
        f"{SIDE}, port: 8080}}}}",
        "5: port 8080 is that of the service, and a pod has it once; choose another",
    ),
    (
        "sidecar-probe",
        f"{SIDE}, probes: {{ready: /r}}}}}}",
        "5: probe `/r` is an HTTP path but sidecar `proxy` has no port; set `port` or use exec",
    ),
    (
        "sidecar-volume",
        f"{SIDE}, volumes: [cache]}}}}",
        "5: the service has no volume `cache`; add it to `volumes`",
    ),
]


@pytest.mark.parametrize(("name", "text", "expected"), ROWS, ids=[row[0] for row in ROWS])
def test_it_is_refused(clone: Clone, name: str, text: str, expected: str) -> None:
    if "daemon-set" in text and name != "daemon-scaled":
        clone.edit(FRAUD, "scaling: {min: 3}\n", "")
    clone.edit(FRAUD, "port: 8080\n", f"{text}\nport: 8080\n")
    found = [str(problem) for problem in clone.problems()]
    environments = ("dev", "local", "production") if "{}" in expected else ("",)
    assert found == [f"{FRAUD}:{expected.replace('{}', name)}" for name in environments]


def test_a_tag_of_a_sidecar_is_good_enough_for_local(clone: Clone) -> None:
    clone.edit(FRAUD, "port: 8080\n", "sidecars: {proxy: {image: ml/proxy:2}}\nport: 8080\n")
    (fraud,) = [each for each in clone.desired("local").services if each.name == "fraud"]
    assert fraud.sidecars["proxy"].suffix == ":2"
