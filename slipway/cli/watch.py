"""watch: services as they change, until Ctrl-C. On a terminal one picture, elsewhere a line for each change."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from slipway.addresses import full_image, kubeconfig
from slipway.cli.session import Session, console
from slipway.cli.status import chosen, published
from slipway.errors import FailedError
from slipway.health import State
from slipway.live import Cluster
from slipway.patience import POLL
from slipway.report import detail
from slipway.report.services import as_table, as_values
from slipway.waiting import Outcome, look

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType


@dataclass(frozen=True)
class Picture:
    """How the services are at one moment; `details` are of those that are shown in full, by TEAM/NAME."""

    outcomes: Sequence[Outcome]
    details: dict[str, dict[str, Any]]
    trouble: str = ""
    """Why the cluster could not be asked; the rest is then what it last said."""


def watch(environment: str, services: Sequence[str] | None, *, offline: bool, as_json: bool) -> None:
    """Show `services`, or all, until somebody interrupts it."""
    session = Session(environment, None, quiet=True, offline=offline)
    pictures = _pictures(session, services)
    with contextlib.suppress(KeyboardInterrupt):
        if as_json or not sys.stdout.isatty():
            _lines(environment, pictures, as_json=as_json)
        else:
            _screen(environment, pictures)


def _pictures(session: Session, services: Sequence[str] | None) -> Iterator[Picture]:
    """One picture a second, for ever. Raises FailedError when the cluster does not answer the first time."""
    shown = chosen(session, services)
    workspace = session.workspace()
    contract = published(session, workspace)
    cluster = Cluster(kubeconfig(contract, workspace.variables))
    images = {service.key: full_image(service, contract) for service in shown}
    last: Picture | None = None
    while True:
        try:
            outcomes = look(cluster, shown, images)
            details = {
                each.service.key: detail.as_values(
                    cluster.operated(each.service), cluster.pods(each.service), contract.registries
                )
                for each in outcomes
                if len(shown) == 1 or each.health.state is not State.HEALTHY
            }
            last = Picture(outcomes, details)
        except FailedError as error:
            if last is None:
                raise
            last = Picture(last.outcomes, last.details, str(error))
        yield last
        time.sleep(POLL)


def _lines(environment: str, pictures: Iterator[Picture], *, as_json: bool) -> None:
    """A line for each service that is another way than before; first, one for each."""
    before: dict[str, Any] = {}
    for picture in pictures:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        if picture.trouble and before.get("") != picture.trouble:
            _say(json.dumps({"at": now, "trouble": picture.trouble}) if as_json else f"{now} {picture.trouble}")
        before[""] = picture.trouble
        values = as_values(environment, picture.outcomes)
        for each in values:
            if as_json:
                told = {**each, **picture.details.get(each["service"], {})}
                line = json.dumps({"at": now, **told}, sort_keys=True)
            else:
                told = f"{each['service']} {each['ready']}/{each['wanted']} {each['state']}"
                told += f": {each['message']}" if each["message"] else ""
                line = f"{now} {told}"
            if before.get(each["service"]) != told:
                _say(line)
            before[each["service"]] = told


def _screen(environment: str, pictures: Iterator[Picture]) -> None:
    from rich.live import Live  # noqa: PLC0415 - lines need none

    with Live(console=console(), auto_refresh=False, vertical_overflow="ellipsis") as live:
        for picture in pictures:
            live.update(_drawn(environment, picture), refresh=True)


def _drawn(environment: str, picture: Picture) -> RenderableType:
    from rich.console import Group  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    parts: list[RenderableType] = [as_table(environment, picture.outcomes)]
    for key, values in picture.details.items():
        if len(picture.details) > 1:
            parts += [Text(""), Text(key, style="bold")]
        parts.append(detail.as_renderable(values))
    if picture.trouble:
        parts += [Text(""), Text(picture.trouble, style="red")]
    parts += [Text(""), Text(f"{datetime.now(UTC):%H:%M:%S} UTC, each second; Ctrl-C ends this", style="dim")]
    return Group(*parts)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
