"""What services ask of an environment's gateway, and what the environment allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from slipway.errors import Problem
    from slipway.files import EnvironmentFile, Manifest, Repository


def problems(repository: Repository, file: EnvironmentFile) -> Iterator[Problem]:
    """Hosts without a gateway, hosts that may not be public, and hosts that two services want."""
    exposed = {key: manifest for key, manifest in repository.manifests.items() if manifest.value.expose}
    for manifest in exposed.values():
        yield from _allowed(manifest, file)
    yield from _twice(exposed)


def _allowed(manifest: Manifest, file: EnvironmentFile) -> Iterator[Problem]:
    expose, say, gateway = manifest.value.expose, manifest.document.problem, file.value.gateway
    if expose is None:
        return
    if gateway is None:
        what = f"environment `{file.name}` has no gateway to expose `{expose.host}` at"
        yield say(("expose",), what, f"add `gateway: {{domain: ...}}` to {file.document.file}")
    elif expose.auth == "iap" and expose.host not in gateway.public:
        what = f"environment `{file.name}` does not allow the host `{expose.host}` to be public"
        remedy = f"list it under gateway.public in {file.document.file}, or use auth: none, inside of the VPC"
        yield say(("expose", "host"), what, remedy)
    elif expose.auth == "none" and expose.host in gateway.public:
        what = f"environment `{file.name}` lists the host `{expose.host}` as public, and nothing would ask who calls"
        yield say(("expose", "auth"), what, f"use auth: iap, or remove the host from {file.document.file}")


def _twice(exposed: Mapping[str, Manifest]) -> Iterator[Problem]:
    seen: dict[str, Manifest] = {}
    for manifest in exposed.values():
        host = manifest.value.expose.host if manifest.value.expose else ""
        first = seen.setdefault(host, manifest)
        if first is not manifest:
            what = f"the host `{host}` is exposed by {first.document.file} already"
            yield manifest.document.problem(("expose", "host"), what, "give this service another host")
