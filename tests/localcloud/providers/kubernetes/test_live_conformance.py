"""The stand-in against the recording of the official plugin, under the real engine on a real control plane."""

from __future__ import annotations

import base64
import json
import os
import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.localcloud.providers.kubernetes import conforming

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.engine import Engine

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

RECORDED = Path(__file__).parent / "recorded"
SECRET_SIGNATURE = "4dabf18193072939515e22adb298388d"
#: differs from run to run and has no brackets in the recording
MANAGER = re.compile(r"pulumi-kubernetes-[0-9a-f]{8}")
AUTOMATIC = re.compile(r"auto-[0-9a-f]{8}")


def differences(path: str, recorded: Any, found: Any) -> list[str]:
    """Where `found` is not what was recorded."""
    if isinstance(found, dict) and SECRET_SIGNATURE in found:
        found = "<secret>"
    if isinstance(recorded, str) and isinstance(found, (str, int)):
        if recorded.startswith("<") and recorded != "<secret>":
            return []
        for form in (MANAGER, AUTOMATIC):
            recorded, found = form.sub("", recorded), form.sub("", found) if isinstance(found, str) else found
    if isinstance(recorded, dict) and isinstance(found, dict):
        found = {key: value for key, value in found.items() if key != "managedFields"}
        missing = [f"{path}.{key}: missing" for key in recorded.keys() - found.keys()]
        extra = [f"{path}.{key}: not recorded" for key in found.keys() - recorded.keys()]
        both = [
            line
            for key in recorded.keys() & found.keys()
            for line in differences(f"{path}.{key}", recorded[key], found[key])
        ]
        return missing + extra + both
    if isinstance(recorded, list) and isinstance(found, list) and len(recorded) == len(found):
        pairs = enumerate(zip(recorded, found, strict=True))
        return [line for index, (a, b) in pairs for line in differences(f"{path}[{index}]", a, b)]
    return [] if recorded == found else [f"{path}: {found!r}, recorded {recorded!r}"]


def test_operations_ids_and_outputs_are_those_of_the_official_plugin(
    engine: Callable[..., Engine], kubeconfig: str, request: pytest.FixtureRequest
) -> None:
    if "SLIPWAY_TEST_KUBECONFIG" not in os.environ:
        request.getfixturevalue("rollouts")
    stack = engine("conf", "kubernetes")
    expected = json.loads((RECORDED / "edits.json").read_text())
    for edit in range(conforming.LAST_EDIT + 1):
        program = conforming.program(kubeconfig, edit)
        planned = {urn: asdict(step) for urn, step in stack.preview(program).items()}
        assert differences(f"edit {edit}", expected[edit], planned) == []
        stack.up(program)
        assert stack.unchanged(program), f"edit {edit} shows a change after its update"
        if edit == 0:
            check_state(stack, program)
    last = conforming.program(kubeconfig, conforming.LAST_EDIT)
    stack.stack(last).refresh(expect_no_changes=True)
    stack.stack(last).destroy()
    assert conforming.SECRET not in "".join(stack.output)


def check_state(stack: Engine, program: Callable[[], None]) -> None:
    recorded = json.loads((RECORDED / "state.json").read_text())
    found = {item["urn"].split("::", 2)[2]: item for item in stack.resources(program)}
    lines: list[str] = []
    for urn, item in recorded.items():
        same = {key: found[urn][key] for key in item if key in found[urn]}
        lines += differences(urn, item, same)
    assert lines == []
    assert conforming.SECRET not in stack.state()
    assert base64.b64encode(conforming.SECRET.encode()).decode() not in stack.state()
