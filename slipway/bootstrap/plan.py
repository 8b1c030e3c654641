"""What `slipway bootstrap` makes for an environment, by name. Everything follows from the environment file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from slipway.errors import Refused
from slipway.schema.base import WrongAtError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from slipway.files import EnvironmentFile
    from slipway.schema.environment import Environment

LAYER: Final = "bootstrap"
"""`<environment>.bootstrap` is the stack; no team can have this name."""
PREVIEW, DEPLOY = "preview", "deploy"
SERVICES: Final = ("cloudkms", "cloudresourcemanager", "iam", "iamcredentials", "serviceusage", "storage", "sts")
"""APIs of what is made here, of federation (`sts`, `iamcredentials`), and to enable others and grant roles."""
ISSUER: Final = "https://token.actions.githubusercontent.com"
"""GitHub documentation, "OpenID Connect reference": issuer and claims of a workflow's token."""
_BUCKET: Final = re.compile(r"gs://([a-z0-9][a-z0-9._-]{1,61}[a-z0-9])(/[^?]*)?(\?.*)?")
_KEY: Final = re.compile(r"gcpkms://projects/([^/]+)/locations/([^/]+)/keyRings/([^/]+)/cryptoKeys/([^/?]+)")
_MAX_NAME: Final = 22
"""An account's id has 30 characters at most, of which `-preview` takes 8."""
_DEPLOYING: Final = ("push", "workflow_dispatch")
_PREVIEWING: Final = (*_DEPLOYING, "schedule", "workflow_run")


@dataclass(frozen=True)
class Plan:
    """Names of one environment's foundations. `location` is that of the key ring."""

    environment: str
    project: str
    number: str
    region: str
    bucket: str
    location: str
    ring: str
    key: str
    repository: str
    repository_id: str | None
    branch: str

    @property
    def pool(self) -> str:
        """Id of the workload identity pool."""
        return f"slipway-{self.environment}"

    def account(self, identity: str) -> str:
        """Id of the service account that workflows act as to preview or to deploy."""
        return f"{self.environment}-{identity}"

    def email(self, identity: str) -> str:
        """Address of that account."""
        return f"{self.account(identity)}@{self.project}.iam.gserviceaccount.com"

    def provider(self, identity: str) -> str:
        """Full name of the provider that a workflow's token goes to: what `google-github-actions/auth` is told."""
        return f"{self._pool_name}/providers/github-{identity}"

    def principals(self, identity: str) -> str:
        """Whoever came through that provider, as an IAM member.

        IAM documentation, "Principal identifiers". By a mapped attribute, since a pool has no member by provider.
        """
        return f"principalSet://iam.googleapis.com/{self._pool_name}/attribute.identity/{identity}"

    def mapping(self, identity: str) -> dict[str, str]:
        """Attributes of a token. The subject has 127 characters at most, which `assertion.sub` may exceed."""
        return {
            "google.subject": "assertion.repository_id + ':' + assertion.run_id",
            "attribute.repository": "assertion.repository",
            "attribute.ref": "assertion.ref",
            "attribute.identity": f"'{identity}'",
        }

    def condition(self, identity: str) -> str:
        """Which tokens are taken at all: GitHub signs those of every repository of the world with one key.

        No pull request's: what it brings is hostile. Also not `pull_request_target`, whose `ref` is the base branch.
        Source: IAM documentation, "Configure Workload Identity Federation with deployment pipelines".
        """
        terms = [f"assertion.repository == '{self.repository}'"]
        if self.repository_id:  # a name that was given up can be taken by somebody else, a number cannot
            terms.append(f"assertion.repository_id == '{self.repository_id}'")
        if identity == DEPLOY:
            terms.append(f"assertion.ref == 'refs/heads/{self.branch}'")
        events = _DEPLOYING if identity == DEPLOY else _PREVIEWING
        listed = ", ".join(f"'{event}'" for event in events)
        return " && ".join([*terms, f"assertion.event_name in [{listed}]"])

    @property
    def _pool_name(self) -> str:
        return f"projects/{self.number}/locations/global/workloadIdentityPools/{self.pool}"


def checked(file: EnvironmentFile) -> Plan:
    """The plan of an environment. Raises Refused, at the lines of its file, with all that it lacks."""
    problems = [file.document.problem(error.path, *_parted(str(error))) for error in _problems(file.name, file.value)]
    if problems:
        raise Refused(problems)
    return plan(file.name, file.value)


def plan(name: str, environment: Environment) -> Plan:
    """The plan of an environment that `checked` accepts; raises WrongAtError for another."""
    for error in _problems(name, environment):
        raise error
    state, forge, google = environment.state, environment.forge, environment.google
    bucket = _BUCKET.fullmatch(state.backend if state else "")
    key = _KEY.fullmatch(state.secrets if state else "")
    if not (bucket and key and forge and environment.branch):
        raise AssertionError(name)  # `_problems` has said each of these
    return Plan(
        environment=name,
        project=google.project,
        number=google.number,
        region=google.region,
        bucket=bucket[1],
        location=key[2],
        ring=key[3],
        key=key[4],
        repository=forge.github,
        repository_id=forge.repository_id,
        branch=environment.branch,
    )


def _problems(name: str, environment: Environment) -> Iterator[WrongAtError]:
    if len(name) > _MAX_NAME:
        what = f"the environment's name has {len(name)} characters, and its account is `{name}-{PREVIEW}`"
        yield WrongAtError((), f"{what}; use at most {_MAX_NAME} for one that is bootstrapped")
    if environment.template:
        what = "branches' environments keep their state with the environment whose bucket `state.backend` names"
        yield WrongAtError(("template",), f"{what}; bootstrap that one")
    elif environment.branch is None:
        yield WrongAtError((), "`branch` is missing; name the Git branch that deploys here")
    if environment.forge is None:
        what = "`forge` is missing, and identities are bound to a repository"
        yield WrongAtError((), f"{what}; add `forge: {{github: OWNER/REPOSITORY}}`")
    state = environment.state
    if state is None:
        yield WrongAtError((), "`state` is missing; name backend and secrets provider")
        return
    if not _BUCKET.fullmatch(state.backend):
        what = f"`{state.backend}` is no bucket that can be made here"
        yield WrongAtError(("state", "backend"), f"{what}; write gs://BUCKET, or make the backend by hand")
    key = _KEY.fullmatch(state.secrets)
    if key is None:
        what = f"`{state.secrets}` is no key that can be made here"
        right = "write gcpkms://projects/PROJECT/locations/REGION/keyRings/RING/cryptoKeys/KEY"
        yield WrongAtError(("state", "secrets"), f"{what}; {right}")
    elif key[1] != environment.google.project:
        what = f"the key is in project {key[1]}, the environment in {environment.google.project}"
        yield WrongAtError(("state", "secrets"), f"{what}; name a key in the environment's own project")


def _parted(message: str) -> tuple[str, str]:
    what, _, remedy = message.partition("; ")
    return what, remedy
