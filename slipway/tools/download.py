"""Fetches vendors' releases: only against a pinned digest, and without hanging where there is no internet."""

from __future__ import annotations

import hashlib
import http.client
import socket
import tarfile
import threading
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING

from slipway.errors import FailedError

if TYPE_CHECKING:
    from pathlib import Path

    from slipway.progress import Step
    from slipway.tools.pins import Download

CONNECT_SECONDS = 3.0
"""A host that does not answer within this time counts as unreachable for the rest of the run."""

READ_SECONDS = 60.0
CHUNK = 1 << 20

_reachable: dict[str, bool] = {}
_lock = threading.Lock()


class UnreachableError(Exception):
    """The vendor cannot be reached or does not have the file: the tool is to be built instead."""


def fetch(download: Download, target: Path, step: Step) -> None:
    """Fetch a release into a file.

    Args:
        download: what; its digest must not be empty.
        target: where; written whether or not the digest is right, so it must be a temporary place.
        step: told how much has come.

    Raises:
        UnreachableError: no connection, or the vendor answers with an error.
        FailedError: what came has another digest than the pinned one.
    """
    if not download.sha256:
        raise UnreachableError(f"{download.url} has no pinned digest")
    digest = hashlib.sha256()
    try:
        with open_url(download.url) as answer, target.open("wb") as file:
            whole = int(answer.headers.get("Content-Length") or 0)
            got = 0
            while chunk := answer.read(CHUNK):
                file.write(chunk)
                digest.update(chunk)
                got += len(chunk)
                step.note(f"{got >> 20} of {whole >> 20} MB" if whole else f"{got >> 20} MB")
            if whole and got != whole:
                raise UnreachableError(f"{download.url} ended after {got} of {whole} bytes")
    except (OSError, http.client.HTTPException) as error:  # a URLError is an OSError
        raise UnreachableError(f"{download.url}: {error}") from error
    if digest.hexdigest() != download.sha256:
        raise FailedError(
            f"{download.url} has sha256 {digest.hexdigest()}, but tools/pins.toml pins {download.sha256}: it is not "
            "used; find out which one is right before changing the pin"
        )


def open_url(url: str) -> http.client.HTTPResponse:
    """Open a URL, after trying its host (or the proxy that leads to it) once for this run.

    Raises:
        UnreachableError: the host does not answer within `CONNECT_SECONDS`.
        OSError: the server answers with an error or the connection breaks.
    """
    parts = urllib.parse.urlsplit(url)
    host, port = parts.hostname or "", parts.port or (80 if parts.scheme == "http" else 443)
    proxy = urllib.request.getproxies().get(parts.scheme)
    if proxy and not urllib.request.proxy_bypass(host):
        through = urllib.parse.urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        host, port = through.hostname or host, through.port or 80
    if not _answers(host, port):
        raise UnreachableError(f"{host} cannot be reached")
    answer = urllib.request.urlopen(url, timeout=READ_SECONDS)  # noqa: S310  the URL is a pin of ours
    if not isinstance(answer, http.client.HTTPResponse):  # file: and data: have no place in a pin
        raise UnreachableError(f"{url} is not served over HTTP")
    return answer


def _answers(host: str, port: int) -> bool:
    """Say whether something listens there; a name server that hangs counts as no, too."""
    key = f"{host}:{port}"
    with _lock:
        if key not in _reachable:
            found = threading.Event()
            # a thread, because looking up a name has no timeout of its own
            trial = threading.Thread(target=_connect, args=(host, port, found), daemon=True)
            trial.start()
            trial.join(CONNECT_SECONDS)
            _reachable[key] = found.is_set()
        return _reachable[key]


def _connect(host: str, port: int, found: threading.Event) -> None:
    try:
        with socket.create_connection((host, port), timeout=CONNECT_SECONDS):
            found.set()
    except OSError:
        return


def unpack(archive: Path, member: str, place: Path) -> None:
    """Put the folder of `member` out of a tar archive into `place`.

    Raises:
        FailedError: the archive does not hold the member, or holds something that leads outside.
    """
    inside = member.rpartition("/")[0]
    start = f"{inside}/" if inside else ""
    try:
        with tarfile.open(archive) as tar:
            for item in tar.getmembers():
                if item.isfile() and item.name.startswith(start):
                    item.name = item.name[len(start) :]
                    tar.extract(item, place, filter="data")
    except (tarfile.TarError, EOFError) as error:
        raise FailedError(f"{archive.name}: {error}; the pin in tools/pins.toml names the wrong file") from error
    if not (place / member.rpartition("/")[2]).is_file():
        raise FailedError(f"{archive.name} holds no {member}: correct `member` in tools/pins.toml")


def forget() -> None:
    """Forget which hosts answered: what tests start has not been there before."""
    with _lock:
        _reachable.clear()
