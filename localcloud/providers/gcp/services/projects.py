"""Services (APIs) of a project. Sources: Service Usage REST reference, Terraform Registry google_project_service."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from localcloud.providers.gcp import enablement
from localcloud.providers.gcp.kind import Kind, Values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.providers.gcp.api import Api

_SERVICE: Final = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.(googleapis\.com|cloud\.goog)")


def _check(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    del api
    service = values.get("service")
    if isinstance(service, str) and not _SERVICE.fullmatch(service):
        yield "service", f"{service!r} is no service name (container.googleapis.com)"


def _release(api: Api, identity: str, values: Values) -> None:
    enablement.admit_disabling(api, identity, dependents=bool(values.get("disableDependentServices")))


def _stays_enabled(values: Values) -> bool:
    """`disable_on_destroy` is false unless it is said (google_project_service, since provider 7)."""
    return not values.get("disableOnDestroy")


KINDS: Final = [
    Kind(
        "gcp:projects/service:Service",
        "{project}/{service}",
        "project service",
        name_property="service",
        autoname=False,
        provider_only=frozenset({"deletionPolicy", "disableDependentServices", "disableOnDestroy"}),
        check=_check,
        overwrites=True,
        leaves=_stays_enabled,
        release=_release,
    )
]
