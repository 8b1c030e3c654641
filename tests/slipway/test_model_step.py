"""The step that copies a model, run as the process that it is in a pod, on real folders."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from slipway.models import SCRIPT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LISTED = "find . -type f -printf '%P\\0' | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum"
"""The rule as docs/workloads.md gives it to people."""


class Bucket:
    """A model in a folder, and what a pod does with it."""

    def __init__(self, root: Path) -> None:
        self.model, self.target = root / "bucket" / "churn" / "42", root / "models" / "churn" / "42"
        for name, content in {
            "model.json": b"{}",
            "a/weights.bin": b"\0" * 70_000,
            "a.txt": b"x",
            "Z": b"",
            ".h": b"h",
        }.items():
            path = self.model / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        (root / "models").mkdir()
        self.digest = self.listed()

    def listed(self) -> str:
        """The digest, by the tools that people have."""
        said = subprocess.run(["sh", "-c", LISTED], cwd=self.model, capture_output=True, text=True, check=True)
        return f"sha256:{said.stdout.split()[0]}"

    def command(self, digest: str = "") -> list[str]:
        return [sys.executable, "-I", "-B", "-c", SCRIPT, str(self.model), str(self.target), digest or self.digest]

    def run(self, digest: str = "", limit: str = "") -> tuple[int, str]:
        """`limit` is an option of a shell's ulimit. A function of ours between fork and exec is no safe way to set it:
        the tests' own process is larger than the limit, and its gRPC writes to the output that is compared.
        """
        shell = ["sh", "-c", f'ulimit {limit} && exec "$@"', "sh"] if limit else []
        command = [*shell, *self.command(digest)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert "Traceback" not in done.stderr
        assert len(done.stderr.splitlines()) == 1
        return done.returncode, done.stderr

    def content(self, folder: Path) -> dict[str, bytes]:
        return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


@pytest.fixture
def bucket(tmp_path: Path) -> Bucket:
    return Bucket(tmp_path)


def test_what_the_release_names_is_there_and_cannot_be_written(bucket: Bucket) -> None:
    assert bucket.run() == (0, f"model: 5 files of {bucket.model}, as the release names them\n")
    assert bucket.content(bucket.target) == bucket.content(bucket.model)
    assert {oct(each.stat().st_mode & 0o777) for each in bucket.target.rglob("*") if each.is_file()} == {"0o444"}
    assert bucket.run()[0] == 0, "a container that is started again finds its own copy, and makes it anew"


def test_another_digest_is_no_model(bucket: Bucket) -> None:
    code, said = bucket.run("sha256:" + "0" * 64)
    assert code == 1
    assert said.startswith(f"model: {bucket.model} is {bucket.digest}, and the release names sha256:0000")
    assert not list((bucket.target.parent).iterdir()), "nothing is left for a service to find"


WRONG: dict[str, Callable[[Bucket], object]] = {
    "a changed byte": lambda at: (at.model / "a" / "weights.bin").write_bytes(b"\0" * 69_999 + b"\1"),
    "a shorter file": lambda at: os.truncate(at.model / "a" / "weights.bin", 69_999),
    "a missing file": lambda at: (at.model / "a.txt").unlink(),
    "an extra file": lambda at: (at.model / "a" / "extra").touch(),
    "an extra hidden file": lambda at: (at.model / ".more").touch(),
    "a renamed file": lambda at: (at.model / "Z").rename(at.model / "z"),
    "two that were swapped": lambda at: (
        (at.model / "Z").rename(at.model / "t"), (at.model / "a.txt").rename(at.model / "Z"),
        (at.model / "t").rename(at.model / "a.txt"),
    ),
}  # fmt: skip
REFUSED: dict[str, tuple[Callable[[Bucket], object], str]] = {
    "a link to a file": (lambda at: (at.model / "l").symlink_to("/etc/passwd"), "'l' is neither a file nor a folder"),
    "a link to a folder": (lambda at: (at.model / "l").symlink_to("/etc"), "'l' is neither a file nor a folder"),
    "a link that leads nowhere": (lambda at: (at.model / "l").symlink_to("no"), "'l' is neither a file nor a folder"),
    "a pipe": (lambda at: os.mkfifo(at.model / "a" / "p"), "'a/p' is neither a file nor a folder"),
    "a name of two lines": (lambda at: (at.model / "a\nb").touch(), r"'a\nb' is no name that is the same everywhere"),
    "a name that is escaped": (lambda at: (at.model / "a\\b").touch(), r"'a\\b' is no name that is the same"),
    "a name that is no text": (lambda at: os.mknod(os.fsencode(at.model) + b"/\xff"), "no name that is the"),
    "no version": (lambda at: at.model.rename(at.model.with_name("43")), f"{os.sep}42 is not in the bucket"),
}  # fmt: skip


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG.keys())
def test_what_differs_in_any_way_is_told_by_its_digest(bucket: Bucket, change: Callable[[Bucket], object]) -> None:
    change(bucket)
    code, said = bucket.run()
    assert (code, f"is {bucket.listed()}, and the release names {bucket.digest}" in said) == (1, True), said
    assert not bucket.target.exists()


@pytest.mark.parametrize(("change", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_plain_file_is_refused(bucket: Bucket, change: Callable[[Bucket], object], expected: str) -> None:
    change(bucket)
    code, said = bucket.run()
    assert (code, expected in said) == (1, True), said
    assert not bucket.target.exists()


def test_an_empty_folder_is_no_model(bucket: Bucket) -> None:
    for path in sorted(bucket.model.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    code, said = bucket.run()
    assert (code, said) == (1, f"model: {bucket.model} has no files\n")


def test_a_disk_that_is_full_is_said(bucket: Bucket) -> None:
    code, said = bucket.run(limit="-f 97")  # of 512 bytes; Python itself ignores the signal
    assert (code, "File too large" in said) == (1, True), said
    assert not bucket.target.exists()


def test_a_large_file_passes_through_a_small_memory(bucket: Bucket) -> None:
    with (bucket.model / "large").open("wb") as file:
        file.truncate(256 << 20)

    assert bucket.run(bucket.listed(), f"-v {200 << 10}")[0] == 0
    assert (bucket.target / "large").stat().st_size == 256 << 20


def test_what_a_killed_try_left_is_done_again(bucket: Bucket) -> None:
    for folder in (bucket.target, bucket.target.with_name("42.partial")):
        (folder / "a").mkdir(parents=True)
        (folder / "a" / "weights.bin").write_bytes(b"half")
        (folder / "a" / "weights.bin").chmod(0o444)
        (folder / "more").touch()
    assert bucket.run()[0] == 0
    assert bucket.content(bucket.target) == bucket.content(bucket.model)
    assert [each.name for each in bucket.target.parent.iterdir()] == ["42"]
