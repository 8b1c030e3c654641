"""What a stateful set or a daemon set cannot do, said where the manifest or an environment's overlay asks for it.

Sources: Kubernetes documentation, "StatefulSets" (section "Update strategies"), "Perform a Rolling Update on a
DaemonSet", "Disruptions"; Kubernetes 1.36, pkg/apis/apps/validation (a daemon set's shares), and its table of feature
gates (MaxUnavailableStatefulSet).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from slipway import units
from slipway.schema.rollout import Rolling

if TYPE_CHECKING:
    from collections.abc import Iterator

    from slipway.desired import WantedService
    from slipway.errors import Problem
    from slipway.files import EnvironmentFile, Manifest

_GATE: Final = "MaxUnavailableStatefulSet"
_WHY: Final = {
    "stateful-set": {
        "recreate": "a stateful set ends each pod before the next of its name starts, and that is all it can promise",
        "*": "there is one pod of each name and one disk of each pod, so no second release can run beside the first",
    },
    "daemon-set": {
        "recreate": "a daemon set replaces pods node by node, and never ends all of them first",
        "*": "there is one pod on each node, and no controller that gives a share of the nodes to a new release",
    },
}


def problems(service: WantedService, manifest: Manifest, file: EnvironmentFile) -> Iterator[Problem]:
    """What this environment asks of the service that its workload cannot do."""
    spec = service.spec
    if spec.workload == "deployment":
        return
    document, path = file.place(manifest, "rollout")
    rollout = spec.rollout
    if not isinstance(rollout, Rolling):
        reasons = _WHY[spec.workload]
        what = f"{rollout.strategy} is not for a {spec.workload}: {reasons.get(rollout.strategy, reasons['*'])}"
        yield document.problem((*path, "strategy"), what, "use rolling, or workload: deployment")
    elif spec.workload == "stateful-set":
        for key, remedy in _beyond_one(rollout):
            yield document.problem((*path, key), *remedy)
    elif not units.is_none(rollout.max_surge) and not units.is_none(rollout.max_unavailable):
        what = f"max_surge {rollout.max_surge} and max_unavailable {rollout.max_unavailable}: a daemon set takes one"
        key = "max_unavailable" if (*path, "max_unavailable") in document.lines else "max_surge"
        yield document.problem((*path, key), what, "set the other to 0")
    if spec.workload == "daemon-set":
        document, path = file.place(manifest, "scaling")
        if path in document.lines:
            what = "a daemon-set has one pod on each node that its resources choose, so nothing scales it"
            yield document.problem(path, what, "remove `scaling`")


def _beyond_one(rollout: Rolling) -> Iterator[tuple[str, tuple[str, str]]]:
    """Shares that somebody wrote, and that a stateful set cannot keep: key, what is wrong, what would be right."""
    written = rollout.model_fields_set
    if "max_surge" in written and not units.is_none(rollout.max_surge):
        what = f"max_surge {rollout.max_surge}: a stateful set replaces each pod in its place, and has none above"
        yield "max_surge", (what, "remove it")
    if "max_unavailable" in written and rollout.max_unavailable != "1":
        what = f"max_unavailable {rollout.max_unavailable}: a stateful set replaces one pod after the other; any other"
        yield "max_unavailable", (f"{what} number needs Kubernetes' feature gate {_GATE}, which is off", "remove it")
