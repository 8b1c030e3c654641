"""A secret's value goes from Secret Manager to the pod, and is nowhere else: it is planted, and then looked for.

It is planted where a careless program would pick it up: in the (played) Secret Manager, and in the variables of the
shell that everything is run from. One story on one environment: its tests run in order.
"""

from __future__ import annotations

import base64
import gzip
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from tests.support.controlplane import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.environment import Clone, Done

pytestmark = pytest.mark.live

FRAUD = "manifests/growth/fraud.yaml"
STACK = ("--stack", "local.growth")
VALUE, CONTROL = (f"planted/{secrets.token_hex(12)}+=" for _ in range(2))
"""With characters that JSON, URLs and base64 write in their own ways."""
CLASSES = "/apis/secrets-store.csi.x-k8s.io/v1/namespaces/growth/secretproviderclasses"


def forms(value: str) -> list[bytes]:
    """The value as it is, and as it would be written by what encodes."""
    raw = value.encode()
    return [raw, base64.b64encode(raw).rstrip(b"="), quote(value, safe="").encode(), value.replace("/", "\\/").encode()]


def files(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file below a folder, with its content; what is compressed as it is and unpacked."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            yield path, content
            if content.startswith(b"\x1f\x8b"):
                yield path, gzip.decompress(content)


def found(clone: Clone, value: str, told: list[Done]) -> list[str]:
    """Where the value is: in what was told, or in a file of the clone that is not the played Secret Manager's own."""
    places = [
        str(path.relative_to(clone.root))
        for path, content in files(clone.root)
        if not path.is_relative_to(clone.local / "gcp") and any(form in content for form in forms(value))
    ]
    spoken = [f"{each.out}\n{each.err}".encode() for each in told]
    return places + [
        f"told {number}" for number, text in enumerate(spoken) if any(form in text for form in forms(value))
    ]


def everything(clone: Clone, *stacks: str, **variables: str) -> list[Done]:
    """Preview, update, look and export, as somebody does who wants to see it all."""
    return [
        clone.slipway("preview", "local", "--json", *stacks, **variables),
        clone.slipway("up", "local", "--json", *stacks, **variables),
        clone.slipway("status", "local", "--json", **variables),
        clone.pulumi("stack export --show-secrets -s local.growth"),
        clone.pulumi("stack output --json --show-secrets -s local.growth"),
    ]


def pods(clone: Clone) -> list[dict[str, Any]]:
    return clone.kube.pods("growth", "app.kubernetes.io/name=fraud")


def class_of(pod: dict[str, Any]) -> str:
    (volume,) = [each for each in pod["spec"]["volumes"] if each["name"] == "secrets"]
    return str(volume["csi"]["volumeAttributes"]["secretProviderClass"])


def test_a_planted_value_is_found_nowhere(clone: Clone) -> None:
    secret = "projects/slipway-local/secrets/growth-fraud-provider"
    clone.local.mkdir(parents=True, exist_ok=True)
    version = {"name": f"{secret}/versions/3", "secret": secret, "secretData": VALUE}
    told = everything(clone, PROVIDER_KEY=VALUE, PROVIDER_KEY_FILE=VALUE)
    clone.store.put("gcp:secretmanager/secretVersion:SecretVersion", version["name"], version)
    told += everything(clone, *STACK, PROVIDER_KEY=VALUE, PROVIDER_KEY_FILE=VALUE)
    assert found(clone, VALUE, told) == []
    (container,) = pods(clone)[0]["spec"]["containers"]
    variables = {each["name"]: each["value"] for each in container["env"]}
    assert variables["PROVIDER_KEY_FILE"] == "/var/run/secrets/slipway/PROVIDER_KEY"
    assert "PROVIDER_KEY" not in variables


def test_one_that_is_passed_on_is_found(clone: Clone) -> None:
    """The control: the same search, and a manifest that does what it should not."""
    clone.edit(FRAUD, {"env": {"CONTROL": CONTROL}})
    told = everything(clone, *STACK)
    places = found(clone, CONTROL, told)
    assert FRAUD in places
    assert any(place.endswith("stacks/slipway/local.growth.json") for place in places), "state"
    assert any("/etcd/" in place for place in places), "the cluster"
    assert any(place.startswith("told ") for place in places), "the export"
    clone.restore(FRAUD)


def test_a_new_version_rolls_out_and_the_old_one_can_still_start(clone: Clone) -> None:
    before = {class_of(pod) for pod in pods(clone)}
    clone.edit(FRAUD, {"secrets.PROVIDER_KEY.version": 4})
    clone.slipway("up", "local", *STACK)
    until(lambda: {class_of(pod) for pod in pods(clone)}.isdisjoint(before), 60)
    there = {item["metadata"]["name"] for item in clone.kube.api.call("GET", CLASSES)["items"]}
    assert before < there, "a pod of the old release finds its class"

    clone.restore(FRAUD)
    clone.slipway("up", "local", *STACK)
    until(lambda: {class_of(pod) for pod in pods(clone)} == before, 60)
    again = clone.slipway("up", "local", "--json", *STACK)
    assert {count for each in again.json["stacks"] for name, count in each["counts"].items() if name != "same"} <= {0}
