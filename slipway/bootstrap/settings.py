"""Each stack's committed settings, `stacks/Pulumi.<stack>.yaml`: who encrypts its secrets.

The engine adds `encryptedkey`, a key of the stack's own that only the environment's key opens, when it makes the stack
(pulumi/pulumi, `pkg/secrets/cloud`): no secret, and to be committed, for without it the stack's secrets are lost. No
path of a machine is in them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml

from slipway.errors import Problem, Refused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_PROVIDER: Final = "secretsprovider"
_KEY: Final = "encryptedkey"


def path_of(root: Path, stack: str) -> Path:
    """The settings file of a stack, where `stackConfigDir` of Pulumi.yaml says."""
    return root / "stacks" / f"Pulumi.{stack}.yaml"


def lacking(root: Path, stacks: Sequence[str], secrets: str) -> list[Path]:
    """Files that `write` would write. Raises Refused for one whose key another provider holds."""
    problems: list[Problem] = []
    found: list[Path] = []
    for stack in stacks:
        path = path_of(root, stack)
        content = _content(path)
        if content.get(_PROVIDER) == secrets:
            continue
        if content.get(_KEY):
            what = f"the stack's key is held by `{content.get(_PROVIDER)}`, the environment names `{secrets}`"
            remedy = f"run: pulumi stack change-secrets-provider --stack {stack} {secrets}"
            problems.append(Problem(path.relative_to(root).as_posix(), 0, what, remedy))
        found.append(path)
    if problems:
        raise Refused(problems)
    return found


def write(root: Path, stacks: Sequence[str], secrets: str) -> list[Path]:
    """Name the secrets provider in the settings of `stacks`, in files that do not yet; says which were written."""
    changed = lacking(root, stacks, secrets)
    for path in changed:
        content = {**_content(path), _PROVIDER: secrets}
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return changed


def _content(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        found: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = where.line + 1 if where else 0
        raise Refused([Problem(f"stacks/{path.name}", line, "is no YAML", "restore it from Git")]) from None
    return dict(found or {})
