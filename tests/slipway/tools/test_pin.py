"""The maintainer's script that writes vendors' digests into pins.toml."""

from __future__ import annotations

import importlib.util
import json
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from slipway.tools import pins

if TYPE_CHECKING:
    from pathlib import Path

PINS = (pins.FOLDER / "pins.toml").read_text(encoding="utf-8")


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("pin", pins.FOLDER / "pin.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    copy = tmp_path / "pins.toml"
    copy.write_text(PINS)
    monkeypatch.setattr(module, "PINS", copy)
    monkeypatch.setattr("sys.argv", ["pin.py"])
    return module


def answers(script: Any, monkeypatch: pytest.MonkeyPatch, digest: str) -> None:
    names = [url.rpartition("/")[2] for url, _, _ in script.wanted(PINS)]
    release = {"assets": [{"name": name, "digest": f"sha256:{digest}"} for name in names]}

    def get(url: str) -> bytes:
        return json.dumps(release).encode() if "api.github.com" in url else f"{digest}  name\n".encode()

    monkeypatch.setattr(script, "_get", get)


def test_it_fills_in_what_is_missing_and_names_what_differs(
    script: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers(script, monkeypatch, "b" * 64)
    known = {url for url, digest, _ in script.wanted(PINS) if digest}
    assert script.main() == 1, "some are pinned to other digests"
    told = capsys.readouterr().err
    assert all(url in told for url in known)
    after = script.PINS.read_text()
    assert {digest for url, digest, _ in script.wanted(after) if url not in known} == {"b" * 64}
    assert {url: d for url, d, _ in script.wanted(after) if url in known} == {
        url: d for url, d, _ in script.wanted(PINS) if url in known
    }
    assert after.splitlines()[0] == PINS.splitlines()[0], "comments stay"
    assert tomllib.loads(after).keys() == tomllib.loads(PINS).keys()


def test_replace_takes_all(script: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(script, monkeypatch, "c" * 64)
    monkeypatch.setattr("sys.argv", ["pin.py", "--replace"])
    assert script.main() == 0
    assert {digest for _, digest, _ in script.wanted(script.PINS.read_text())} == {"c" * 64}


def test_a_vendor_that_does_not_answer_changes_nothing(
    script: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def get(url: str) -> bytes:
        raise OSError(f"no route to {url}")

    monkeypatch.setattr(script, "_get", get)
    assert script.main() == 1
    assert "no route to https://dl.k8s.io" in capsys.readouterr().err
    assert script.PINS.read_text() == PINS
