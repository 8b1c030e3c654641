"""What each environment declares is what somebody reviewed."""

from __future__ import annotations

import difflib

import pytest
import yaml

from tests import golden

REGENERATE = "make golden   (or: python -m tests.golden), then read the difference before you commit it"


@pytest.mark.parametrize("name", golden.names())
def test_inventory(name: str) -> None:
    path = golden.FOLDER / f"{name}.yaml"
    reviewed = path.read_text(encoding="utf-8") if path.exists() else ""
    declared = golden.golden(name)
    if declared != reviewed:
        lines = difflib.unified_diff(
            reviewed.splitlines(),
            declared.splitlines(),
            f"tests/golden/{name}.yaml",
            f"declared by {name}",
            lineterm="",
        )
        pytest.fail("\n".join([*lines, "", f"If this is what you want: {REGENERATE}"]), pytrace=False)


def test_a_mismatch_shows_the_difference_and_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    reviewed = (golden.FOLDER / "local.yaml").read_text(encoding="utf-8")
    monkeypatch.setattr(
        golden, "golden", lambda _: reviewed.replace("      region: europe-west4", "      region: x", 1)
    )
    with pytest.raises(pytest.fail.Exception) as failed:
        test_inventory("local")
    assert "-      region: europe-west4\n+      region: x\n" in str(failed.value)
    assert str(failed.value).endswith(REGENERATE)


def test_no_golden_is_left_of_an_environment_that_is_gone() -> None:
    assert sorted(path.stem for path in golden.FOLDER.glob("*.yaml")) == golden.names()


@pytest.mark.parametrize("name", golden.names())
def test_goldens_hold_no_path_of_a_machine_and_no_secret(name: str) -> None:
    content = (golden.FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    assert str(golden.ROOT) not in content
    assert "/home/" not in content.replace("/home/argo-rollouts/", "")  # a mount in the controller's image
    stacks = yaml.safe_load(content)
    assert list(stacks) == [f"{name}.{layer}" for layer in ("platform", "cluster", "growth", "search")]
    assert all(entry["urn"].startswith(f"urn:pulumi:{stack}::slipway::") for stack in stacks for entry in stacks[stack])
