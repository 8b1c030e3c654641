"""rollback, pause, resume, promote, abort, retry, scale, history: one service of one environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from slipway.addresses import kubeconfig
from slipway.cli.session import Session, answer, console
from slipway.cli.status import published
from slipway.errors import Problem, Refused
from slipway.live import Cluster
from slipway.operations import actor, lasting
from slipway.operations.scale import scale
from slipway.operations.verbs import adapter
from slipway.operations.writer import Author, found, operate
from slipway.report import history
from slipway.schema.reading import near
from slipway.stamp import stamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from slipway.desired import WantedService
    from slipway.operations.decisions import Decision
    from slipway.operations.live import Live, Revision


class Operation:
    """One command on one service. Reaches the cluster in its constructor; writes nothing there."""

    def __init__(self, environment: str, key: str, *, offline: bool, as_json: bool, quiet: bool) -> None:
        self._session = Session(environment, None, quiet=quiet, offline=offline)
        self._as_json = as_json
        self._service = self._wanted(key)
        self._document = self._session.repository.manifests[key].document
        workspace = self._session.workspace()
        contract = published(self._session, workspace)
        self._registries = contract.registries
        self._cluster = Cluster(kubeconfig(contract, workspace.variables))

    def rollback(self, number: int | None, *, steps: bool) -> None:
        """Back to a revision."""
        decision = self._do("rollback", lambda live: adapter(live).rollback(live, number, steps=steps))
        self._tell("rollback", decision)

    def plain(self, verb: str) -> None:
        """`pause`, `resume`, `abort` or `retry`: what needs nothing but the service."""
        wanted = stamp(self._service.spec)
        decide: dict[str, Callable[[Live], Decision]] = {
            "pause": lambda live: adapter(live).pause(live),
            "resume": lambda live: adapter(live).resume(live),
            "abort": lambda live: adapter(live).abort(live),
            "retry": lambda live: adapter(live).retry(live, wanted),
        }
        self._tell(verb, self._do(verb, decide[verb]))

    def promote(self, *, full: bool) -> None:
        """To the next step, or to the end."""
        self._tell("promote", self._do("promote", lambda live: adapter(live).promote(live, full=full)))

    def scale(self, pods: int, most: int | None) -> None:
        """Other numbers of pods."""
        self._tell("scale", self._do("scale", lambda live: scale(live, pods, most)))

    def history(self, number: int | None) -> None:
        """The revisions, or one of them."""
        live = found(self._cluster, self._service)
        if number is not None:
            one = history.one(live, number, self._registries)
            if self._as_json:
                answer(one)
            else:
                typer.echo(history.as_text(one))
        elif self._as_json:
            answer(history.as_values(live, self._registries))
        else:
            console().print(history.as_table(live, self._registries))

    def _wanted(self, key: str) -> WantedService:
        known = {service.key: service for service in self._session.desired.services}
        if key not in known:
            what = f"environment `{self._session.desired.name}` has no service `{key}`"
            raise Refused([Problem("SERVICE", 0, what, near(key, list(known)))])
        return known[key]

    def _do(self, verb: str, decide: Callable[[Live], Decision]) -> tuple[Decision, Live]:
        author = Author(actor.by(self._session.root), actor.commit(self._session.root, self._document.file))
        return operate(self._cluster, self._service, verb, author, decide)

    def _tell(self, verb: str, done: tuple[Decision, Live]) -> None:
        decision, live = done
        comes = list(decision.comes)
        changes: list[str] = []
        target: Revision | None = decision.target
        if target is None and verb == "abort" and live.kind.name == "Rollout":
            target = adapter(live).last_good(live)
        if target and verb != "retry":
            found_changes = lasting.changes(self._session.root, self._document, target, self._registries)
            changes = [str(change) for change in found_changes]
            others = lasting.differences(target, live.current) if live.current else []
            if others:
                comes.append(f"also different in that revision: {', '.join(others)} ({self._document.file})")
        if self._as_json:
            said = {"service": live.key, "verb": verb, "changed": not decision.already, "said": decision.said}
            answer({**said, "revision": target.number if target else None, "comes": comes, "git": changes})
            return
        typer.echo(decision.said)
        if changes:
            comes.append("what makes it last is a change in Git; until then `slipway up` says that it differs:")
        for line in comes:
            typer.echo(f"  {line}")
        for line in changes:
            typer.echo(f"    {line}")
