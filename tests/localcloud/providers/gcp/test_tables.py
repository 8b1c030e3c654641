"""Tables written in code name the properties that the SDK has, no more and no fewer."""

from __future__ import annotations

import importlib

import pytest
from pulumi import _types

from localcloud.providers.gcp import catalog
from tools import gcp_schema

TABLES = sorted(token for token in catalog.HOME if catalog.find(token).table is not None)


@pytest.mark.parametrize("token", TABLES)
def test_a_table_has_the_sdks_properties(token: str) -> None:
    _, path, name = token.split(":")
    module, file = path.split("/")
    sdk = importlib.import_module(f"pulumi_gcp.{module}.{gcp_schema.snake(file)}")
    known = catalog.find(token).schema
    state = {pulumi for _, pulumi, _ in _types._py_properties(getattr(sdk, f"_{name}State"))}
    arguments = {pulumi for _, pulumi, _ in _types._py_properties(getattr(sdk, f"{name}Args"))}
    assert set(known.fields) | known.unsourced == state
    assert not set(known.fields) & known.unsourced
    settable = {field.name for field in known.fields.values() if field.settable}
    assert settable == arguments - known.unsourced
