"""The process's settings, from environment variables."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class SettingsError(Exception):
    """A variable is missing or wrong."""


@dataclass(frozen=True)
class Settings:
    """How to serve.

    Attributes:
        model_path: Folder of the artifact.
        model_version: What answers and metrics call the model.
        model_digest: What the artifact has to be, or None to take what is there.
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        grace_seconds: How long requests may go on after SIGTERM.
    """

    model_path: Path
    model_version: str
    model_digest: str | None
    host: str
    port: int
    grace_seconds: int

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """Read and check the variables.

        Raises:
            SettingsError: One is missing or no number; the message names it.
        """
        path = environment.get("MODEL_PATH")
        if not path:
            raise SettingsError("MODEL_PATH is not set; it has to name the folder of the model")
        return cls(
            model_path=Path(path),
            model_version=environment.get("MODEL_VERSION") or "unversioned",
            model_digest=environment.get("MODEL_DIGEST") or None,
            host=environment.get("HOST") or "127.0.0.1",
            port=_number(environment, "PORT", 8080, 65535),
            grace_seconds=_number(environment, "GRACE_SECONDS", 20, 3600),
        )


def _number(environment: Mapping[str, str], name: str, default: int, greatest: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isdecimal() or int(text) > greatest:
        raise SettingsError(f"{name} is {text!r}; it has to be a whole number from 0 to {greatest}")
    return int(text)
