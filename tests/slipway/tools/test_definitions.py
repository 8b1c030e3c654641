"""Definitions out of pinned modules: what they come to, and that they are parsed once."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from slipway.tools import ADDONS, CRDS, definitions

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SLIPWAY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "tools"


def test_what_the_add_ons_define(own_cache: Path) -> None:
    found = {item["metadata"]["name"]: item for item in definitions.definitions(ADDONS)}
    assert list(found) == sorted(found)
    assert {
        "gatewayclasses.gateway.networking.k8s.io",
        "gateways.gateway.networking.k8s.io",
        "httproutes.gateway.networking.k8s.io",
        "referencegrants.gateway.networking.k8s.io",
        "gcpbackendpolicies.networking.gke.io",
        "gcpgatewaypolicies.networking.gke.io",
        "healthcheckpolicies.networking.gke.io",
        "secretproviderclasses.secrets-store.csi.x-k8s.io",
    } <= set(found)
    assert {item["kind"] for item in found.values()} == {"CustomResourceDefinition"}
    assert len(list(own_cache.glob("*/parsed-*.json"))) == len(ADDONS)


def test_descriptions_go_but_properties_of_that_name_stay() -> None:
    """Everything else is as the release has it."""
    schema: dict[str, Any] = {
        "description": "words",
        "properties": {"description": {"type": "string", "description": "words"}},
        "items": [{"description": "words", "type": "object"}],
    }
    kept = definitions._brief(schema)
    assert kept == {"properties": {"description": {"type": "string"}}, "items": [{"type": "object"}]}


def test_they_are_parsed_once(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = definitions.definitions(CRDS)
    assert len(first) == 5
    with monkeypatch.context() as patched:
        patched.setattr(yaml, "load_all", lambda *_args, **_more: pytest.fail("parsed again"))
        started = time.monotonic()
        assert definitions.rollouts_definitions() == first
        assert time.monotonic() - started < 0.5  # 0.02 s here; parsing them takes 0.9 s
    (kept,) = own_cache.glob("*/parsed-*.json")
    kept.write_text('[{"half')
    assert definitions.definitions(CRDS) == first
    assert json.loads(kept.read_text()) == first


def test_another_way_to_trim_is_another_file(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    definitions.definitions(CRDS)
    monkeypatch.setattr(definitions, "_version", lambda: "another")
    definitions.definitions(CRDS)
    assert len(list(own_cache.glob("*/parsed-*.json"))) == 2
