"""The smoke tests of `up` and `wait`: who is asked in an environment, and who is said to abort."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slipway.operations import actor
from slipway.operations.writer import Author
from slipway.smoke.asking import ByCluster, ByProcess
from slipway.smoke.testing import SmokeTests

if TYPE_CHECKING:
    from slipway.cli.session import Session
    from slipway.desired import WantedService
    from slipway.live import Cluster
    from slipway.smoke.asking import Way


def smoke_tests(session: Session, cluster: Cluster) -> SmokeTests:
    """The smoke tests of a command on the session's environment."""
    desired = session.desired

    def way(service: WantedService) -> Way | str:
        if not session.offline:
            return ByCluster(cluster)
        if address := desired.environment.answers.get(service.key):
            return ByProcess(address)
        if session.plane.is_external:
            return f"in a cluster of your own, `answers` of environment `{desired.name}` has to name who answers for it"
        if desired.environment.stand_ins:
            return "pods are played here, and `answers` names no process"
        return "pods are played on stand-ins"

    def author(service: WantedService) -> Author:
        file = session.repository.manifests[service.key].document.file
        return Author(actor.by(session.root), actor.commit(session.root, file))

    def back(service: WantedService) -> str:
        offline = " --offline" if session.offline and not desired.environment.stand_ins else ""
        return f"`slipway rollback {desired.name} {service.key}{offline}`"

    return SmokeTests(cluster, way, author, back)
