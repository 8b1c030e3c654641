"""Imports of one resource of an SDK that do not import all of its package.

`from pulumi_gcp.compute import Network` runs the package's own `__init__`, which imports each of some three hundred
resource types: a second of processor time in each command. The module of one type, `pulumi_gcp.compute.network`, needs
none of the others. A narrow package finds the module of a name by the SDK's own rule for names of files, and runs the
real `__init__` for every other name: nothing that works without this works differently with it.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from importlib.machinery import PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec

PACKAGES: Final = tuple(
    f"pulumi_gcp.{name}"
    for name in ("artifactregistry", "compute", "container", "projects", "serviceaccount", "storage")
)
"""Those that cost something; a package that is not here is imported as ever."""
_ANNOUNCED: Final = "_LazyModule"
"""Type of what `pulumi._utils.lazy_import` leaves for a package until an attribute of it is used."""
_WORDS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def narrow(*packages: str) -> None:
    """Make packages of an SDK narrow, but those that are imported already (the SDK itself only announces them)."""
    for name in packages:
        above, _, short = name.rpartition(".")
        parent = importlib.import_module(above)
        if name in sys.modules and type(sys.modules[name]).__name__ != _ANNOUNCED:
            continue
        spec = PathFinder.find_spec(name, parent.__path__)
        if spec is not None and spec.submodule_search_locations is not None:
            sys.modules[name] = module = _Narrow(spec)
            setattr(parent, short, module)


def module_of(name: str) -> str:
    """The module that defines a name in an SDK: `BucketIAMMember` is in `bucket_iam_member`."""
    return _WORDS.sub("_", name).lower()


class _Narrow(ModuleType):
    """A package whose `__init__` runs only when a name is asked for that has no module of its own."""

    def __init__(self, spec: ModuleSpec) -> None:
        super().__init__(spec.name)
        self.__spec__ = spec
        self.__package__ = spec.name
        self.__path__ = list(spec.submodule_search_locations or ())
        self.__file__ = spec.origin

    def __getattr__(self, name: str) -> Any:
        """Only called for what is not there yet."""
        if name.startswith("__"):
            raise AttributeError(name)
        place = f"{self.__name__}.{module_of(name)}"
        if importlib.util.find_spec(place) is not None:
            module = importlib.import_module(place)
            if name in vars(module):
                return vars(module)[name]
            if name == module_of(name):  # a module that is no resource's, such as `outputs`
                return module
        self._widen()
        return vars(self)[name] if name in vars(self) else _missing(self.__name__, name)

    def __setattr__(self, name: str, value: Any) -> None:
        """Also called by Python for a module that was imported: a function has the name of its module, and wins."""
        super().__setattr__(name, vars(value).get(name, value) if isinstance(value, ModuleType) else value)

    def _widen(self) -> None:
        """Become the package as the SDK has it."""
        spec = self.__spec__
        if self.__class__ is _Narrow and spec is not None and spec.loader is not None:
            self.__class__ = ModuleType  # type: ignore[assignment] # pyright: ignore[reportAttributeAccessIssue]
            spec.loader.exec_module(self)


def _missing(package: str, name: str) -> Any:
    raise AttributeError(f"module {package!r} has no attribute {name!r}")
