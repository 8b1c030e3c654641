"""How Kubernetes asks whether a container is well."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from slipway.schema.base import Duration, Strict, WrongAtError, form


class Command(Strict):
    """A probe that runs a program in the container; exit 0 is well."""

    exec: Annotated[list[str], Field(min_length=1)] = Field(description="Program and arguments.")


def _kind_of_probe(value: Any) -> str | None:
    return "Command" if isinstance(value, (dict, Command)) else "path" if isinstance(value, str) else None


Path = Annotated[str, form(r"/[!-~]*", "no path", "write one that starts with a slash, such as /readyz")]
Probe = Annotated[
    Annotated[Path, Tag("path")] | Annotated[Command, Tag("Command")],
    Discriminator(
        _kind_of_probe,
        custom_error_type="no_probe",
        custom_error_message="neither a path nor a command",
    ),
]


class Probes(Strict):
    """How Kubernetes asks whether a pod is well: an HTTP path on `port`, or a command."""

    ready: Probe | None = Field(default=None, description="Ready for traffic?")
    live: Probe | None = Field(default=None, description="Alive? If not, the container is restarted.")
    start_within: Duration = Field(default="2m", description="Time to load before `ready` and `live` count.")


def answers(probes: Probes, port: int | None, *below: str) -> None:
    """Check that what is asked by HTTP has a port to be asked on. Raises WrongAtError at the probe."""
    for name, probe in (("ready", probes.ready), ("live", probes.live)):
        if port is None and isinstance(probe, str):
            who = f"sidecar `{below[-1]}`" if below else "the service"
            message = f"probe `{probe}` is an HTTP path but {who} has no port; set `port` or use exec"
            raise WrongAtError((*below, "probes", name), message)
