"""The maintainer's script that writes vendors' digests into pins.toml."""

from __future__ import annotations

import importlib.util
import json
import tomllib
from email.message import Message
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError

import pytest

from slipway.tools import images, pins

if TYPE_CHECKING:
    from pathlib import Path

PINS = (pins.FOLDER / "pins.toml").read_text(encoding="utf-8")
IMAGES = (pins.FOLDER / "images.toml").read_text(encoding="utf-8")
STATED = f"sha256:{'d' * 64}"


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
    images = tmp_path / "images.toml"
    images.write_text(IMAGES)
    monkeypatch.setattr(module, "IMAGES", images)
    monkeypatch.setattr(module, "_head", lambda _url, _headers: {"Docker-Content-Digest": STATED})
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

    def head(url: str, headers: dict[str, str]) -> dict[str, str]:
        del headers
        return {"body": get(url).decode()}

    monkeypatch.setattr(script, "_get", get)
    monkeypatch.setattr(script, "_head", head)
    assert script.main() == 1
    told = capsys.readouterr().err
    assert "no route to https://dl.k8s.io" in told
    assert "quay.io/argoproj/argo-rollouts:v1.10.1: no route to https://quay.io/v2/argoproj/argo-rollouts/" in told
    assert script.PINS.read_text() == PINS
    assert script.IMAGES.read_text() == IMAGES


def test_an_image_gets_the_digest_that_its_registry_states(
    script: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers(script, monkeypatch, "b" * 64)
    monkeypatch.setattr("sys.argv", ["pin.py", "--replace"])
    assert script.main() == 0
    assert images.pinned(images.ROLLOUTS, tmp_path).digest == STATED
    assert script.IMAGES.read_text().splitlines()[0] == IMAGES.splitlines()[0], "comments stay"
    other = STATED.replace("d", "e")
    monkeypatch.setattr(script, "_head", lambda _url, _headers: {"Docker-Content-Digest": other})
    monkeypatch.setattr("sys.argv", ["pin.py"])
    assert script.main() == 1
    assert f"pinned {STATED}, but the registry states {other}" in capsys.readouterr().err
    assert images.pinned(images.ROLLOUTS, tmp_path).digest == STATED


def test_a_registry_that_asks_for_a_token_gets_one(script: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def head(url: str, headers: dict[str, str]) -> dict[str, str]:
        if headers.get("Authorization") != "Bearer abc":
            said = Message()
            said["WWW-Authenticate"] = 'Bearer realm="https://quay.io/v2/auth",service="quay.io"'
            raise HTTPError(url, 401, "Unauthorized", said, None)
        return {"Docker-Content-Digest": STATED}

    monkeypatch.setattr(script, "_head", head)
    monkeypatch.setattr(script, "_get", lambda url: asked.append(url) or b'{"token": "abc"}')
    assert script.image_digest("quay.io", "a/b", "v1") == STATED
    assert asked == ["https://quay.io/v2/auth?service=quay.io&scope=repository:a/b:pull"]


@pytest.mark.parametrize("stated", ["", "sha256:abc", f"sha512:{'a' * 128}"])
def test_an_answer_without_a_digest_is_an_error(script: Any, monkeypatch: pytest.MonkeyPatch, stated: str) -> None:
    monkeypatch.setattr(script, "_head", lambda _url, _headers: {"Docker-Content-Digest": stated})
    with pytest.raises(ValueError, match=r"quay\.io states no sha256 of a/b:v1"):
        script.image_digest("quay.io", "a/b", "v1")
