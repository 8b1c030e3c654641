"""What belongs to the project as a whole: APIs, admission of images, audit logs, readers, budget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from infra.gcp.admission import Admission, AdmissionArgs
from infra.gcp.audit import Audit, AuditArgs
from infra.gcp.budget import Budget, BudgetArgs
from infra.gcp.identity import Viewers, ViewersArgs
from slipway import contract, profiles

if TYPE_CHECKING:
    from slipway.desired import Desired
    from stacks.platform_settings import Settings

LABEL: Final = "slipway-environment"
"""On everything that takes labels, nodes included."""
_APIS: Final = (
    "artifactregistry",
    "binaryauthorization",
    "cloudresourcemanager",
    "compute",
    "container",
    "containerscanning",
    "iam",
    "iamcredentials",
    "logging",
    "monitoring",
    "secretmanager",
    "serviceusage",
    "storage",
)


def services(desired: Desired) -> list[str]:
    """The APIs that this environment uses, without `.googleapis.com`."""
    environment = desired.environment
    profile = profiles.profile(environment.profile)
    more = {
        "billingbudgets": environment.budget is not None,
        "certificatemanager": environment.gateway is not None,
        "cloudkms": profile.etcd_key or profile.data_keys,
        "dns": environment.gateway is not None or not profile.internet_egress,
        "gkebackup": any(cluster.backup for cluster in environment.clusters.values()),
        "gkehub": environment.mesh is not None,
        "iap": environment.gateway is not None,
        "mesh": environment.mesh is not None,
    }
    return sorted([*_APIS, *(name for name, used in more.items() if used)])


def declare_project(settings: Settings) -> None:
    """Declare what is the project's. A branch's environment leaves it to the one whose project it is."""
    environment, google = settings.desired.environment, settings.google
    if budget := environment.budget:
        Budget(
            "budget",
            BudgetArgs(
                name=settings.base_name,
                billing_account=budget.billing_account,
                number=google.number,
                amount=budget.amount,
                currency=budget.currency,
                labels={LABEL: settings.desired.name},
            ),
            settings.opts,
        )
    if settings.branch:
        return
    images = [
        contract.registry_path(settings.desired, name)
        for name, registry in environment.registries.items()
        if registry.format == "docker"
    ]
    enforce = settings.profile.image_admission == "enforce"
    Admission("admission", AdmissionArgs(google.project, images, enforce), settings.opts)
    if settings.profile.access_logs:
        Audit("audit", AuditArgs(google.project), settings.opts)
    viewers = [member for team in environment.teams.values() for member in team.viewers]
    if viewers:
        Viewers("viewers", ViewersArgs(google.project, viewers), settings.opts)
