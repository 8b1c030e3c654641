"""Look at the played cloud and change it behind Pulumi's back: `python -m localcloud.providers.gcp COMMAND`.

    list [TYPE]                     every record: type and id
    get TYPE ID                     one record as JSON
    set TYPE ID PATH=JSON ...       change properties (drift); PATH=null removes one
    delete TYPE ID                  remove a record, as someone in the console would; nodes of a pool go with it
    repair                          make missing nodes of all pools anew, as a managed instance group does, and what
                                    add-ons keep in the cluster
    clear                           forget everything

TYPE is a type token or its end (`NodePool`). The store is the one of SLIPWAY_LOCAL_DIR.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from localcloud.providers.gcp import addons, catalog, nodes
from localcloud.providers.gcp.api import Api
from localcloud.providers.gcp.services.cluster import CLUSTER, POOL
from localcloud.providers.gcp.store import Store
from localcloud.providers.model import ProviderError

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit code: 1 for a type or id that does not exist."""
    parser = argparse.ArgumentParser(
        prog="python -m localcloud.providers.gcp",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list").add_argument("type", nargs="?", default="")
    for name in ("get", "set", "delete"):
        command = commands.add_parser(name)
        command.add_argument("type")
        command.add_argument("id")
        if name == "set":
            command.add_argument("changes", nargs="+", metavar="PATH=JSON")
    commands.add_parser("repair")
    commands.add_parser("clear")
    options = parser.parse_args(arguments)
    try:
        return _run(options, Store())
    except ProviderError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _run(options: argparse.Namespace, store: Store) -> int:
    if options.command == "list":
        for token, identity in store.all(_token(options.type) if options.type else None):
            sys.stdout.write(f"{token}\t{identity}\n")
    elif options.command == "clear":
        store.path.unlink(missing_ok=True)
    elif options.command == "repair":
        repair(store)
    elif options.command == "get":
        record = _present(store, options)
        sys.stdout.write(json.dumps(record, indent=2, sort_keys=True) + "\n")
    elif options.command == "set":
        _present(store, options)
        store.change(_token(options.type), options.id, dict(_change(text) for text in options.changes))
    else:
        _present(store, options)
        delete(store, _token(options.type), options.id)
    return 0


def repair(store: Store) -> None:
    """Bring the nodes of every pool to its record, and what add-ons bring to the clusters' records."""
    api = Api(store, log=print)
    addons.reconcile(api, list(api.all(CLUSTER).values()))
    for (_, identity), values in store.all(POOL).items():
        nodes.reconcile(api, identity, values, values)


def delete(store: Store, token: str, identity: str) -> None:
    """Remove a record as the console would: what stands outside the store goes with it, a cluster's pools, too."""
    store.delete(token, identity)
    if token == CLUSTER:
        for _, pool in store.all(POOL, f"{identity}/nodePools/"):
            store.delete(POOL, pool)
        nodes.remove_all(Api(store), cluster=identity)
        addons.reconcile(Api(store), list(Api(store).all(CLUSTER).values()))
    elif token == POOL:
        nodes.remove_all(Api(store), cluster=identity.rsplit("/nodePools/", 1)[0], pool=identity)


def _token(given: str) -> str:
    for token in catalog.HOME:
        if given == token or given == token.rsplit(":", 1)[-1]:
            return token
    raise ProviderError(f"unknown type {given!r}; there are {', '.join(sorted(catalog.HOME))}")


def _present(store: Store, options: argparse.Namespace) -> dict[str, Any]:
    record = store.get(_token(options.type), options.id)
    if record is None:
        raise ProviderError(f"no {options.type} {options.id!r}; `list {options.type}` shows what there is")
    return record


def _change(text: str) -> tuple[str, Any]:
    path, separator, value = text.partition("=")
    if not separator:
        raise ProviderError(f"{text!r} is not PATH=JSON")
    try:
        return path, json.loads(value)
    except ValueError:
        return path, value


if __name__ == "__main__":
    sys.exit(main())
