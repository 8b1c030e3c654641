"""The process: `python -m fraud_service`, gunicorn with one worker of several threads.

The model is loaded once, before the worker is forked: a model that is refused ends the process at once, instead of
in a loop of workers that die.
"""

import logging
import os
import sys
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from fraud_service.app import Loaded, check_inputs, create_app
from fraud_service.artifact import ArtifactError, load
from fraud_service.settings import Settings, SettingsError

log = logging.getLogger("fraud")
THREADS = 4


class Server(BaseApplication):
    """Gunicorn with this service's options; no command line and no configuration file of its own."""

    def __init__(self, app: Flask, options: dict[str, Any]) -> None:
        self._app = app
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        """Take the options given (called by gunicorn)."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Return the application (called by gunicorn)."""
        return self._app


def options_of(settings: Settings) -> dict[str, Any]:
    """Return gunicorn's options."""
    return {
        "bind": f"{settings.host}:{settings.port}",
        "worker_class": "gthread",
        "workers": 1,
        "threads": THREADS,
        "graceful_timeout": settings.grace_seconds,
        # the worker's heartbeat file; on a disk it can block, and the root file system is read-only
        "worker_tmp_dir": "/dev/shm",  # noqa: S108 -- gunicorn unlinks the file as soon as it is open
        "control_socket_disable": True,
        "proc_name": "fraud",
    }


def main() -> int:
    """Load the model, serve until SIGTERM, and return the exit code.

    Returns:
        0 after a graceful end (gunicorn exits by itself); 1 when it refused to start.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        settings = Settings.read(os.environ)
        forest, about, digest = load(settings.model_path, settings.model_digest)
        check_inputs(about)
    except (SettingsError, ArtifactError) as error:
        log.error("%s", error)  # noqa: TRY400 -- for the operator the sentence is all; a traceback hides it
        return 1
    log.info("model %s version %s (%s)", about.name, settings.model_version, digest)
    Server(create_app(Loaded(forest, about, settings.model_version, digest)), options_of(settings)).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
