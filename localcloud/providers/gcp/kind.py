"""What the table of offered types says of one of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from localcloud.providers.gcp import schema as schemas
from localcloud.providers.gcp.references import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from localcloud.providers.gcp.api import Api
    from localcloud.providers.gcp.names import NameRule
    from localcloud.providers.gcp.references import Reference

Values = dict[str, Any]


def _no_refusals(api: Api, values: Values) -> Iterable[tuple[str, str]]:
    del api, values
    return ()


def _nothing(api: Api, identity: str, values: Values) -> Values:
    del api, identity, values
    return {}


def _no_parts(api: Api, values: Values) -> dict[str, str]:
    del api, values
    return {}


def _accept(api: Api, identity: str, values: Values, old: Values | None) -> None:
    del api, identity, values, old


def _release(api: Api, identity: str, values: Values) -> None:
    del api, identity, values


def _same(path: str, old: Any, new: Any) -> bool:
    del path, old, new
    return False


def _no_replacements(old: Values, new: Values) -> Iterable[str]:
    del old, new
    return ()


def _appear(api: Api, identity: str, values: Values, old: Values | None) -> None:
    del api, identity, values, old


def _goes(values: Values) -> bool:
    del values
    return False


@dataclass(frozen=True)
class Kind:
    """One type of resource. `id` is the real provider's id form; every function has the rules' source beside it.

    Scope comes from the id's placeholders: `{project}`, `{region}`, `{location}` default to the provider's
    configuration. Functions get values without secrets and, but for `check`, without unknowns.
    """

    token: str
    id: str
    #: the noun of the real provider's messages ("Error creating Network: ...")
    noun: str
    #: where a type that has no schema file takes its fields from
    table: schemas.Schema | None = None
    #: the self link's prefix before the id; empty where the type has none
    link: str = ""
    name: NameRule | None = None
    #: property that holds the name
    name_property: str = "name"
    autoname: bool = True
    references: Mapping[str, Reference] = field(default_factory=dict)
    #: the reference without whose target there is no such resource: its deletion takes this one along
    parent: str = ""
    #: properties that the API never sees: they live in Pulumi's state only
    provider_only: frozenset[str] = frozenset()
    #: properties that an import leaves out: they exclude others that say the same
    not_imported: frozenset[str] = frozenset()
    #: property with the user's labels
    labels: str = ""
    #: parts of the id that are not simply properties
    parts: Callable[[Api, Values], dict[str, str]] = _no_parts
    #: the API's 409; gets `id`, `name`, `project`
    exists: str = ""
    #: (path, reason) of inputs refused before anything is made; values may hold UNKNOWN
    check: Callable[[Api, Values], Iterable[tuple[str, str]]] = _no_refusals
    #: raises ApiError for a record that may not be written; inside the transaction, `old` None on create
    admit: Callable[[Api, str, Values, Values | None], None] = _accept
    #: values that the API decides where the program gives none; stored with the record
    settle: Callable[[Api, str, Values], Values] = _nothing
    #: values computed anew at each answer, never stored
    view: Callable[[Api, str, Values], Values] = _nothing
    #: whether two values of a path that differ mean the same
    same: Callable[[str, Any, Any], bool] = _same
    #: property paths whose change needs a new resource although the schema has no force_new
    replaces: Callable[[Values, Values], Iterable[str]] = _no_replacements
    #: raises ProviderError when the provider refuses to destroy it (deletion protection); gets Pulumi's state
    protect: Callable[[Api, str, Values], None] = _release
    #: raises ApiError while the resource may not go; inside the transaction, which it may use to remove children
    release: Callable[[Api, str, Values], None] = _release
    #: after the transaction: what shows outside the store (nodes); `values` have the provider-only properties,
    #: too, and are empty on delete
    appear: Callable[[Api, str, Values, Values | None], None] = _appear
    #: whether destroying leaves the record (Cloud KMS)
    stays: bool = False
    #: whether destroying one with this state leaves the record (an API that stays enabled)
    leaves: Callable[[Values], bool] = _goes
    #: whether creating what exists replaces it without an error, as the real provider's create does for this type
    overwrites: bool = False
    #: days for which a destroyed resource keeps its id, so that making it again is a conflict
    kept_days: int = 0

    @property
    def schema(self) -> schemas.Schema:
        """The type's fields; raises KeyError when it has neither file nor table."""
        found = self.table or schemas.load(self.token)
        if found is None:
            raise KeyError(self.token)
        return found

    def parse(self, identity: str) -> dict[str, str] | None:
        """The id's parts, None when it is of another form."""
        return parse(self.id, identity)
