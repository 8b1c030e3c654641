"""IAM service accounts.

Sources: IAM REST reference (projects.serviceAccounts), "Create service accounts" (account ids), Terraform Registry
google_service_account.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localcloud.providers.gcp import agents
from localcloud.providers.gcp.api import stable_number
from localcloud.providers.gcp.kind import Kind, Values
from localcloud.providers.gcp.names import SERVICE_ACCOUNT
from localcloud.providers.gcp.references import Reference, last

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.providers.gcp.api import Api

ACCOUNT: Final = "gcp:serviceaccount/account:Account"
ACCOUNT_ID: Final = "projects/{project}/serviceAccounts/{email}"
_MOST_DISPLAY: Final = 100
_MOST_DESCRIPTION: Final = 256


@dataclass(frozen=True)
class _AccountReference(Reference):
    """An account by e-mail address or full name; Google's own accounts (default, agents) have no record here."""

    def identity(self, value: str, known: dict[str, str]) -> str:
        """The record's id; the project is in the address."""
        del known
        email = last(value)
        project = email.partition("@")[2].removesuffix(".iam.gserviceaccount.com")
        return f"projects/{project}/serviceAccounts/{email}"


ACCOUNT_REFERENCE: Final = _AccountReference(ACCOUNT, ACCOUNT_ID, external=frozenset({"default"}))


def is_ours(email: str) -> bool:
    """Whether an address is of an account that a project's owner makes (not one of Google's own)."""
    return email.endswith(".iam.gserviceaccount.com") and not agents.project_number_of(email)


def email_of(account: str, project: str) -> str:
    """The address of an account."""
    return f"{account}@{project}.iam.gserviceaccount.com"


def _parts(api: Api, values: Values) -> dict[str, str]:
    return {"email": email_of(values["accountId"], values.get("project") or api.project)}


def _check(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    del api
    for name, most in (("displayName", _MOST_DISPLAY), ("description", _MOST_DESCRIPTION)):
        text = values.get(name)
        if isinstance(text, str) and len(text.encode()) > most:
            yield name, f"{len(text.encode())} bytes, at most {most} are allowed"


def _settle(api: Api, identity: str, values: Values) -> Values:
    del api, values
    email = last(identity)
    return {
        "email": email,
        "member": f"serviceAccount:{email}",
        "name": identity,
        "uniqueId": str(stable_number(identity, 21)),
        "disabled": False,
    }


KINDS: Final = [
    Kind(
        ACCOUNT,
        ACCOUNT_ID,
        "service account",
        name=SERVICE_ACCOUNT,
        name_property="accountId",
        autoname=False,
        parts=_parts,
        exists="Service account {name} already exists within project projects/{project}.",
        provider_only=frozenset({"deletionPolicy", "createIgnoreAlreadyExists"}),
        check=_check,
        settle=_settle,
    )
]
