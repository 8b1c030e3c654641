"""Where tools come from: PATH, the cache, a download against its digest, a build."""

from __future__ import annotations

import hashlib
import http.server
import io
import os
import signal
import stat
import subprocess
import sys
import tarfile
import threading
import time
from typing import TYPE_CHECKING

import pytest

from slipway.errors import FailedError
from slipway.progress import NullProgress, Progress
from slipway.tools import ADDONS, CLUSTER, CRDS, ENGINE, cache, download, ensure, modules, pins
from tests.support.controlplane import until

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

PLATFORM = pins.this_platform()
GO_MOD = "module example.invalid/tools\n\ngo 1.21\n"
HELLO = 'package main\n\nfunc main() { println("hello " + word) }\n\nvar word = "nobody"\n'


@pytest.fixture(autouse=True)
def fresh() -> Generator[None]:
    download.forget()
    yield
    download.forget()


class Clone:
    """A folder of pins with a Go module of its own, whose one tool builds in a second."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for module in ("own", "kubernetes"):
            (folder / module).mkdir(parents=True)
            (folder / module / "go.mod").write_text(GO_MOD)
            (folder / module / "go.sum").write_text("")
        (folder / "own" / "hello").mkdir()
        (folder / "own" / "hello" / "main.go").write_text(HELLO)

    def pin(self, name: str = "hello", *, version: str = "1.2.3", extra: str = "", download: str = "") -> None:
        self.folder.joinpath("pins.toml").write_text(
            f'[{name}]\nversion = "{version}"\n{extra}\n[{name}.build]\nmodule = "own"\n'
            f'package = "example.invalid/tools/hello"\nldflags = ["-X", "main.word={{version}}"]\n{download}'
        )
        pins._load.cache_clear()

    def download_of(self, url: str, sha256: str, member: str = "") -> str:
        return f'[hello.download.{PLATFORM}]\nurl = "{url}"\nsha256 = "{sha256}"\nmember = "{member}"\n'


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path / "pinned")


@pytest.fixture
def vendor() -> Generator[dict[str, bytes]]:
    """Serve bytes by path on loopback; `url` under the key "" is where."""
    served: dict[str, bytes] = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = served.get(self.path)
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it so
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        served[""] = f"http://127.0.0.1:{server.server_port}".encode()
        yield served
        server.shutdown()


def run(path: Path) -> str:
    return subprocess.run([path], capture_output=True, text=True, check=True).stderr.strip()


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in (folder / "tools").glob(".partial-*")]


def test_a_tool_without_a_digest_is_built_and_then_cached(
    clone: Clone, tmp_path: Path, vendor: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    vendor["/hello"] = b"must not be used"
    clone.pin(download=clone.download_of(vendor[""].decode() + "/hello", ""))
    found = ensure(["hello"], Progress(), cache=tmp_path / "cache", pinned=clone.folder)
    assert run(found["hello"]) == "hello 1.2.3"
    assert "building hello" in capsys.readouterr().err
    assert ensure(["hello"], Progress(), cache=tmp_path / "cache", pinned=clone.folder) == found
    assert capsys.readouterr().err == ""
    assert leftovers(tmp_path / "cache") == []


def test_several_tools_of_one_module_are_built_at_once(
    clone: Clone, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each with its own flags; a package that ends in a major version is called after what stands before it."""
    clone.pin()
    (clone.folder / "own" / "server" / "v3").mkdir(parents=True)
    (clone.folder / "own" / "server" / "v3" / "main.go").write_text(HELLO)
    with (clone.folder / "pins.toml").open("a") as pins_file:
        pins_file.write(
            '[daemon]\nversion = "4.0.0"\n[daemon.build]\nmodule = "own"\npackage = "example.invalid/tools/server/v3"\n'
        )
    found = ensure(["hello", "daemon"], Progress(), cache=tmp_path, pinned=clone.folder)
    assert {name: path.name for name, path in found.items()} == {"hello": "hello", "daemon": "daemon"}
    assert {run(path) for path in found.values()} == {"hello 1.2.3"}, "one line of flags serves all"
    assert "building 2 tools at once: hello, daemon: done in" in capsys.readouterr().err
    assert all([p.name for p in path.parent.iterdir()] == [path.name] for path in found.values())


def test_a_changed_pin_is_built_anew(clone: Clone, tmp_path: Path) -> None:
    clone.pin()
    first = ensure(["hello"], NullProgress(), cache=tmp_path, pinned=clone.folder)["hello"]
    clone.pin(version="1.2.4")
    second = ensure(["hello"], NullProgress(), cache=tmp_path, pinned=clone.folder)["hello"]
    assert (run(first), run(second)) == ("hello 1.2.3", "hello 1.2.4")
    (clone.folder / "own" / "go.sum").write_text("example.invalid/x v1.0.0 h1:AAAA\n")
    pins._load.cache_clear()
    assert ensure(["hello"], NullProgress(), cache=tmp_path, pinned=clone.folder)["hello"] not in {first, second}


def test_a_download_with_the_right_digest_is_used(clone: Clone, tmp_path: Path, vendor: dict[str, bytes]) -> None:
    vendor["/hello"] = b"#!/bin/sh\necho from the vendor >&2\n"
    digest = hashlib.sha256(vendor["/hello"]).hexdigest()
    clone.pin(download=clone.download_of(vendor[""].decode() + "/hello", digest))
    path = ensure(["hello"], NullProgress(), cache=tmp_path, pinned=clone.folder)["hello"]
    assert run(path) == "from the vendor"
    assert stat.S_IMODE(path.stat().st_mode) == 0o755


def test_an_archive_is_unpacked_beside_its_member(clone: Clone, tmp_path: Path, vendor: dict[str, bytes]) -> None:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for name, text in {
            "release/hello": "#!/bin/sh\necho packed >&2\n",
            "release/helper": "x",
            "other": "y",
        }.items():
            item = tarfile.TarInfo(name)
            item.size, item.mode = len(text), 0o755
            tar.addfile(item, io.BytesIO(text.encode()))
    vendor["/h.tgz"] = content.getvalue()
    digest = hashlib.sha256(vendor["/h.tgz"]).hexdigest()
    clone.pin(download=clone.download_of(vendor[""].decode() + "/h.tgz", digest, "release/hello"))
    path = ensure(["hello"], NullProgress(), cache=tmp_path, pinned=clone.folder)["hello"]
    assert run(path) == "packed"
    assert sorted(p.name for p in path.parent.iterdir()) == ["hello", "helper"]


def test_a_wrong_digest_is_an_error_that_names_both(clone: Clone, tmp_path: Path, vendor: dict[str, bytes]) -> None:
    vendor["/hello"] = b"#!/bin/sh\necho evil\n"
    pinned = "a" * 64
    clone.pin(download=clone.download_of(vendor[""].decode() + "/hello", pinned))
    with pytest.raises(FailedError) as told:
        ensure(["hello"], NullProgress(), cache=tmp_path, pinned=clone.folder)
    assert pinned in str(told.value)
    assert hashlib.sha256(vendor["/hello"]).hexdigest() in str(told.value)
    assert list((tmp_path / "tools").iterdir()) == []


@pytest.mark.parametrize("url", ["{vendor}/gone", "http://127.0.0.1:1/hello", "http://nowhere.invalid/hello"])
def test_what_cannot_be_had_is_built(
    clone: Clone, tmp_path: Path, vendor: dict[str, bytes], url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    clone.pin(download=clone.download_of(url.format(vendor=vendor[""].decode()), "a" * 64))
    began = time.monotonic()
    path = ensure(["hello"], Progress(), cache=tmp_path, pinned=clone.folder)["hello"]
    assert run(path) == "hello 1.2.3"
    assert "hello is built instead" in capsys.readouterr().err
    assert time.monotonic() - began < 30


def test_a_host_that_does_not_answer_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def hang(host: str, port: int, found: threading.Event) -> None:
        tried.append((host, port))
        found.wait(60)

    monkeypatch.setattr(download, "_connect", hang)
    monkeypatch.setattr(download, "CONNECT_SECONDS", 0.1)
    for _ in range(3):
        with pytest.raises(download.UnreachableError, match=r"slow\.invalid cannot be reached"):
            download.open_url("https://slow.invalid/x")
    assert tried == [("slow.invalid", 443)]


def test_an_installed_one_is_used_and_said_so(
    clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clone.pin(extra="on_path = true")
    installed = tmp_path / "bin" / "hello"
    installed.parent.mkdir()
    monkeypatch.setenv("PATH", f"{installed.parent}:{os.environ['PATH']}")
    for version, used in {
        "v1.2.3": True,
        "1.10.0": True,
        "v1.2.2": False,
        "v1.3.0-alpha.1": False,
        "oops": False,
    }.items():
        installed.write_text(f"#!/bin/sh\necho {version}\n")
        installed.chmod(0o755)
        found = ensure(["hello"], Progress(), cache=tmp_path / "cache", pinned=clone.folder)["hello"]
        assert (found == installed) is used, version
        assert (f"using {installed}" in capsys.readouterr().err) is used


def test_a_failing_build_says_what_the_compiler_says(clone: Clone, tmp_path: Path) -> None:
    clone.pin()
    (clone.folder / "own" / "hello" / "main.go").write_text("package main\n\nfunc main() { undefined() }\n")
    with pytest.raises(FailedError, match="undefined: undefined"):
        ensure(["hello"], NullProgress(), cache=tmp_path, pinned=clone.folder)
    assert list((tmp_path / "tools").iterdir()) == []


@pytest.mark.parametrize(("version", "told"), [("", "no go on PATH"), ("go1.25.9", "but go on PATH is go1.25.9")])
def test_without_go_it_is_said(
    clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, told: str
) -> None:
    clone.pin()
    folder = tmp_path / "bin"
    folder.mkdir()
    if version:
        (folder / "go").write_text(f"#!/bin/sh\necho {version}\n")
        (folder / "go").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(FailedError, match=told):
        ensure(["hello"], NullProgress(), cache=tmp_path, pinned=clone.folder)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_build_leaves_no_half_tool(clone: Clone, tmp_path: Path, number: int) -> None:
    """Killed while go runs (a go that never ends, here), the next run builds."""
    clone.pin()
    slow = tmp_path / "bin" / "go"
    slow.parent.mkdir()
    slow.write_text('#!/bin/sh\n[ "$1" = env ] && { echo go1.26.1; exit; }\n[ "$1" = list ] && exit\nexec sleep 60\n')
    slow.chmod(0o755)
    program = (
        "from pathlib import Path\nfrom slipway.tools import ensure\nfrom slipway.progress import NullProgress\n"
        f"ensure(['hello'], NullProgress(), cache=Path({str(tmp_path)!r}), pinned=Path({str(clone.folder)!r}))\n"
    )
    environment = {**os.environ, "PATH": f"{slow.parent}:{os.environ['PATH']}"}
    with subprocess.Popen(
        [sys.executable, "-c", program], env=environment, stderr=subprocess.DEVNULL, start_new_session=True
    ) as builder:
        until(lambda: (tmp_path / "tools").exists() and leftovers(tmp_path))
        time.sleep(0.5)
        os.killpg(builder.pid, number)
    assert ensure(["hello"], NullProgress(), cache=tmp_path, pinned=clone.folder)["hello"].exists()
    assert leftovers(tmp_path) == []


def test_two_processes_do_not_build_the_same(clone: Clone, tmp_path: Path) -> None:
    clone.pin()
    said: list[str] = []

    class Told(NullProgress):
        def say(self, text: str) -> None:
            said.append(text)

    path = tmp_path / "cache"
    path.mkdir()
    with cache.locked("own", path, NullProgress()):
        other = threading.Thread(target=lambda: ensure(["hello"], Told(), cache=path, pinned=clone.folder), daemon=True)
        other.start()
        until(lambda: said)
        assert not (path / "tools").exists()
    other.join(30)
    assert said == ["another process is making the tools of own: waiting for it"]
    assert len(list((path / "tools").iterdir())) == 1


def test_an_unknown_tool_and_a_cache_that_cannot_be_written(clone: Clone, tmp_path: Path) -> None:
    clone.pin()
    with pytest.raises(FailedError, match="no tool is called hallo"):
        ensure(["hallo"], NullProgress(), cache=tmp_path, pinned=clone.folder)
    (tmp_path / "file").write_text("")
    with pytest.raises(FailedError, match="set SLIPWAY_CACHE"):
        ensure(["hello"], NullProgress(), cache=tmp_path / "file" / "cache", pinned=clone.folder)


def test_the_cache_is_outside_the_clone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SLIPWAY_CACHE", str(tmp_path / "own"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache.root() == tmp_path / "own"
    monkeypatch.delenv("SLIPWAY_CACHE")
    assert cache.root() == tmp_path / "xdg" / "slipway"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.root() == tmp_path / ".cache" / "slipway"


def test_the_pins_are_complete() -> None:
    """Each tool can be built, and its downloads are https with a digest of the right form or none."""
    for target in ("linux-amd64", "linux-arm64", "darwin-arm64"):
        known = pins.load(target=target)
        assert {*ENGINE, *CLUSTER, *CRDS, *ADDONS} <= set(known)
        for tool in known.values():
            assert tool.files or tool.build, tool.name
            if tool.download is not None:
                assert tool.download.url.startswith("https://")
                assert len(tool.download.sha256) in {0, 64}
    first, second = (pins.load(target=target)["pulumi"].key for target in ("linux-amd64", "linux-arm64"))
    assert first != second


def test_the_rollout_kinds_are_at_hand(tmp_path: Path) -> None:
    """Without building anything; the module's files are checked against go.sum."""
    (folder,) = ensure(CRDS, NullProgress(), cache=tmp_path).values()
    assert len(list(folder.iterdir())) == 5
    assert "kind: CustomResourceDefinition" in (folder / "rollout-crd.yaml").read_text()


def test_add_ons_have_pins_of_their_own() -> None:
    """Another version of an add-on's definitions rebuilds no tool, which would take twenty minutes."""
    known = pins.load()
    assert {known[name].module for name in ADDONS} == {"definitions"}
    assert not any(tool.module == "definitions" for name, tool in known.items() if name not in ADDONS)


def test_files_of_a_module_with_another_hash_are_refused(tmp_path: Path) -> None:
    source = "github.com/argoproj/argo-rollouts@v1.10.1"
    (tmp_path / "go.mod").write_text(f"{GO_MOD}\nrequire {source.replace('@', ' ')}\n")
    (tmp_path / "go.sum").write_text(f"{source.replace('@', ' ')} h1:{'A' * 43}=\n")
    with pytest.raises(FailedError):
        modules.copy(source, ("manifests/crds/rollout-crd.yaml",), tmp_path, tmp_path)
    assert not (tmp_path / "rollout-crd.yaml").exists()


def test_the_hash_of_a_module_is_gos() -> None:
    """As golang.org/x/mod/sumdb/dirhash.Hash1 computes it for these two files."""
    files = {"xyz": b"data for xyz", "abc": b"data for abc"}
    assert modules.hash_of(files) == "h1:EP6WfDoQTSk9klnxcjriWJOGztueJUywHNmWeq+efB8="
