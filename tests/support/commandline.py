"""`slipway` as a shell sees it, in the process of the test."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from slipway.cli import main

if TYPE_CHECKING:
    from tests.support.repositories import Clone


@dataclass
class CommandLine:
    """`slipway` in this process, inside a clone: what it answers with, as a shell sees it."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def run(self, clone: Clone, *arguments: str) -> tuple[int, str, str]:
        """Exit code, standard output, standard error."""
        self.monkeypatch.chdir(clone.root)
        self.monkeypatch.setattr(sys, "argv", ["slipway", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        output = self.capsys.readouterr()
        return int(ended.value.code or 0), output.out, output.err


@pytest.fixture
def slipway(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """The command line."""
    return CommandLine(monkeypatch, capsys)
