"""Takes files out of a Go module, checked against the hash that go.sum has for it; nothing is built.

With Go installed, `go mod download` finds the module (in its cache, or where GOPROXY says); without, the module's
zip comes from the public proxy and its hash is computed here.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import io
import json
import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

from slipway.errors import FailedError
from slipway.tools.download import UnreachableError, open_url


def copy(source: str, files: tuple[str, ...], module: Path, place: Path) -> None:
    """Copy files of a Go module into a folder, by their last name.

    Args:
        source: the module as `path@version`.
        files: their names inside the module.
        module: the folder of the go.mod and go.sum that pin it.
        place: where they go.

    Raises:
        FailedError: the module cannot be had, or is not the one that go.sum names.
    """
    pinned = _pinned(source, module)
    read = _with_go(source, module, pinned) or _from_proxy(source, pinned)
    for name in files:
        try:
            content = read[name]
        except KeyError as error:
            raise FailedError(f"{source} holds no {name}: correct `files` in tools/pins.toml") from error
        (place / name.rpartition("/")[2]).write_bytes(content)


class _Folder(dict[str, bytes]):
    """The files of a module that Go has unpacked, read when asked for."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def __missing__(self, name: str) -> bytes:
        try:
            return (self.folder / name).read_bytes()
        except OSError as error:
            raise KeyError(name) from error

    def __bool__(self) -> bool:
        return True


def _pinned(source: str, module: Path) -> str:
    path, _, version = source.partition("@")
    for line in (module / "go.sum").read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{path} {version} h1:"):
            return line.rpartition(" ")[2]
    raise FailedError(f"{module / 'go.sum'} has no hash of {source}: run `go mod tidy` there")


def _with_go(source: str, module: Path, pinned: str) -> dict[str, bytes] | None:
    """Let Go find the module; None when there is no Go or it cannot."""
    if shutil.which("go") is None:
        return None
    answer = subprocess.run(
        ["go", "mod", "download", "-json", source],
        cwd=module,
        env={**os.environ, "GOWORK": "off"},
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode != 0:
        return None
    found = json.loads(answer.stdout)
    if found.get("Sum") != pinned:
        raise FailedError(
            f"{source} has hash {found.get('Sum')}, but {module / 'go.sum'} says {pinned}: it is not used"
        )
    return _Folder(Path(found["Dir"]))


def _from_proxy(source: str, pinned: str) -> dict[str, bytes]:
    path, _, version = source.partition("@")
    # the proxy's way to write capitals: golang.org/ref/mod, "Module proxies"
    escaped = "".join(f"!{letter.lower()}" if letter.isupper() else letter for letter in path)
    proxies = [part for part in re.split("[,|]", os.environ.get("GOPROXY", "")) if part.startswith("https://")]
    if not proxies:
        raise FailedError(f"{source} cannot be fetched: install Go, or name a module proxy in GOPROXY")
    url = f"{proxies[0]}/{escaped}/@v/{version}.zip"
    try:
        with open_url(url) as answer:
            content = answer.read()
    except (UnreachableError, OSError, http.client.HTTPException) as error:
        raise FailedError(
            f"{source} cannot be fetched ({error}): install Go, or name another module proxy in GOPROXY"
        ) from error
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = sorted(archive.namelist())
        found = hash_of({name: archive.read(name) for name in names})
        if found != pinned:
            raise FailedError(f"{url} has hash {found}, but go.sum says {pinned}: it is not used")
        start = f"{source}/"
        return {name.removeprefix(start): archive.read(name) for name in names}


def hash_of(files: dict[str, bytes]) -> str:
    """Compute Go's `h1:` hash of a module's files (golang.org/x/mod/sumdb/dirhash, Hash1)."""
    lines = "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    return "h1:" + base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()
