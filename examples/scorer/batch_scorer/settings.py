"""The process's settings, from environment variables."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class SettingsError(Exception):
    """A variable is missing or wrong."""


@dataclass(frozen=True)
class Settings:
    """How to work.

    Attributes:
        root: Folder of inbox/, results/, done/ and failed/, on one file system.
        model_path: Folder of the artifact.
        model_version: What results call the model.
        model_digest: What the artifact has to be, or None to take what is there.
        poll_seconds: Pause when the inbox is empty.
        heartbeat: File of the heartbeat.
        heartbeat_age: Seconds after which the probe gives up.
    """

    root: Path
    model_path: Path
    model_version: str
    model_digest: str | None
    poll_seconds: int
    heartbeat: Path
    heartbeat_age: int

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """Read and check the variables.

        Raises:
            SettingsError: One is missing or no number; the message names it.
        """
        root = Path(_required(environment, "SCORER_DIR", "the folder of inbox/"))
        return cls(
            root=root,
            model_path=Path(_required(environment, "MODEL_PATH", "the folder of the model")),
            model_version=environment.get("MODEL_VERSION") or "unversioned",
            model_digest=environment.get("MODEL_DIGEST") or None,
            poll_seconds=_number(environment, "POLL_SECONDS", 2),
            heartbeat=Path(environment.get("HEARTBEAT_FILE") or root / ".heartbeat"),
            heartbeat_age=_number(environment, "HEARTBEAT_MAX_AGE", 60),
        )


def _required(environment: Mapping[str, str], name: str, what: str) -> str:
    value = environment.get(name)
    if not value:
        raise SettingsError(f"{name} is not set; it has to name {what}")
    return value


def _number(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isdecimal() or not 0 < int(text) <= 3600:
        raise SettingsError(f"{name} is {text!r}; it has to be a whole number of seconds from 1 to 3600")
    return int(text)
