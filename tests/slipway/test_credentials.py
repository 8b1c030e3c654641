"""What a machine without credentials or network is told, and that it is told soon."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from slipway import credentials, repository
from slipway.errors import FailedError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from tests.support.repositories import Clone

VARIABLES = [
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_CREDENTIALS",
    "GOOGLE_OAUTH_ACCESS_TOKEN",
    "GCE_METADATA_HOST",
    "CLOUDSDK_CONFIG",
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
]


class Server(BaseHTTPRequestHandler):
    """Answers everything: by 400, as Cloud Storage answers a call without a bucket, and as a metadata server."""

    def do_HEAD(self) -> None:
        self.send_error(400)

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Metadata-Flavor", "Google")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Nothing: a test's output is its own."""


@pytest.fixture
def address() -> Generator[str]:
    server = HTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def closed() -> Generator[str]:
    """Return an address at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, closed: str) -> None:
    """Make this a machine on which nobody has logged in."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(credentials, "_METADATA", closed)


def refusal(clone: Clone) -> str:
    with pytest.raises(FailedError) as caught:
        credentials.needed(repository.load(clone.root).environment("dev"))
    return str(caught.value)


def test_without_credentials_both_ways_on_are_named(clone: Clone) -> None:
    assert refusal(clone) == (
        "environment `dev` is in Google Cloud project acme-dev, and there are no credentials for Google Cloud here: "
        "`gcloud auth application-default login`, or a rehearsal on this machine with --offline"
    )


def test_a_file_that_is_none(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")
    assert "GOOGLE_APPLICATION_CREDENTIALS names /nowhere/key.json, which is no file" in refusal(clone)


def test_credentials_without_a_network(clone: Clone, monkeypatch: pytest.MonkeyPatch, closed: str) -> None:
    monkeypatch.setenv("GOOGLE_OAUTH_ACCESS_TOKEN", "token")
    monkeypatch.setattr(credentials, "_STORAGE", f"http://{closed}/")
    told = refusal(clone)
    assert "cannot be reached" in told
    assert "Connection refused" in told
    assert "--offline" in told


def test_a_network_that_does_not_answer(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_OAUTH_ACCESS_TOKEN", "token")
    monkeypatch.setattr(credentials, "_SECONDS", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setattr(credentials, "_STORAGE", f"http://127.0.0.1:{silent.getsockname()[1]}/")
        assert "timed out" in refusal(clone)


@pytest.mark.parametrize("way", ["file", "gcloud", "gcloud elsewhere", "given", "attached"])
def test_every_way_to_have_credentials(
    clone: Clone, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, address: str, way: str
) -> None:
    monkeypatch.setattr(credentials, "_STORAGE", f"http://{address}/")
    folder = tmp_path / (".config/gcloud" if way == "gcloud" else "elsewhere")
    folder.mkdir(parents=True)
    if way.startswith("gcloud"):
        (folder / "application_default_credentials.json").write_text("{}")
    if way == "gcloud elsewhere":
        monkeypatch.setenv("CLOUDSDK_CONFIG", str(folder))
    if way == "file":
        (folder / "key.json").write_text("{}")
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(folder / "key.json"))
    if way == "given":
        monkeypatch.setenv("GOOGLE_CREDENTIALS", "{}")
    if way == "attached":
        monkeypatch.setattr(credentials, "_METADATA", address)
    credentials.needed(repository.load(clone.root).environment("dev"))
