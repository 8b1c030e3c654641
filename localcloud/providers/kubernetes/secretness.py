"""Which values of an object stay encrypted in state.

Source: pulumi-kubernetes `provider.go` (`annotateSecrets`, `checkpointObject`): a Secret's data always; elsewhere
what the program marked, where a list with one secret in it becomes secret as a whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.providers.values import Secret, has_secret

if TYPE_CHECKING:
    from localcloud.providers.kubernetes.objects import Object


def conceal(plain: Object, marked: Any) -> Object:
    """`plain` with the secrets of `marked` (the same object as the program gave it)."""
    marks = marked if isinstance(marked, dict) else {}
    always = {"data", "stringData"} if plain.get("kind") == "Secret" else set()
    return {key: Secret(value) if key in always else _conceal(value, marks.get(key)) for key, value in plain.items()}


def _conceal(plain: Any, marked: Any) -> Any:
    if isinstance(plain, dict) and isinstance(marked, dict):
        return conceal(plain, marked)
    return Secret(plain) if has_secret(marked) else plain
