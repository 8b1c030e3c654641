"""How IAM writes roles and members.

Sources: IAM documentation, "Principal identifiers" (every form of a member, deleted ones too), "Roles and
permissions" and "Create and manage custom roles" (names of roles).
"""

from __future__ import annotations

import re
from typing import Final

_ROLE: Final = re.compile(
    r"roles/[a-zA-Z0-9_.]+|(projects/[a-z][a-z0-9-]{4,28}[a-z0-9]|organizations/\d+)/roles/[a-zA-Z0-9_.]{3,64}"
)
_EMAIL: Final = r"[^@:/\s]+@[^@:/\s]+\.[^@:/\s]+"
_POOL: Final = (
    r"//iam\.googleapis\.com/(projects/\d+/)?locations/[a-z0-9-]+/(workloadIdentityPools|workforcePools)/[a-z0-9.-]+"
)
_MEMBERS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(deleted:)?(user|group):{_EMAIL}(\?uid=\d+)?",
        rf"(deleted:)?serviceAccount:{_EMAIL}(\?uid=\d+)?",
        r"serviceAccount:[a-z][a-z0-9-]*\.svc\.id\.goog\[[a-z0-9-]+/[a-z0-9.-]+\]",
        r"domain:[a-z0-9.-]+\.[a-z]+",
        rf"principal:{_POOL}/subject/.+",
        rf"principalSet:{_POOL}/(\*|(group|attribute\.[a-z_]+|subject|namespace|kubernetes\.cluster)/.+)",
        r"(projectOwner|projectEditor|projectViewer):[a-z][a-z0-9-]+",
        r"allUsers|allAuthenticatedUsers",
    )
)


def role_refusal(role: str) -> str:
    """Why `role` is no role name, empty when it is."""
    if _ROLE.fullmatch(role):
        return ""
    hint = f"; did you mean 'roles/{role}'?" if re.fullmatch(r"[a-zA-Z0-9_.]+", role) else ""
    return f"{role!r} is not roles/NAME, projects/PROJECT/roles/NAME or organizations/NUMBER/roles/NAME{hint}"


def member_refusal(member: str) -> str:
    """Why `member` is no principal, empty when it is."""
    if any(pattern.fullmatch(member) for pattern in _MEMBERS):
        return ""
    kinds = "user:, group:, serviceAccount:, domain:, principal://, principalSet://, allUsers, allAuthenticatedUsers"
    hint = ""
    if re.fullmatch(_EMAIL, member):
        prefix = "serviceAccount" if member.endswith("gserviceaccount.com") else "user"
        hint = f"; did you mean '{prefix}:{member}'?"
    return f"{member!r} is no principal ({kinds}){hint}"
