"""The process: `python -m churn_service`."""

import logging
import os
import signal
import socket
import sys

import uvicorn

from churn_service.app import check_inputs, create_app
from churn_service.artifact import ArtifactError, load
from churn_service.model import ChurnModel
from churn_service.schema import ServedModel
from churn_service.settings import Settings, SettingsError

log = logging.getLogger("churn")


def main() -> int:
    """Load the model, serve until SIGTERM or SIGINT, and return the exit code.

    Returns:
        0 after a graceful end; 1 when it refused to start.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        settings = Settings.read(os.environ)
        artifact, digest = load(settings.model_path, settings.model_digest)
        check_inputs(artifact)
        listener = socket.create_server((settings.host, settings.port))
    except (SettingsError, ArtifactError) as error:
        log.error("%s", error)  # noqa: TRY400 -- for the operator the sentence is all; a traceback hides it
        return 1
    except OSError as error:
        log.error("cannot listen: %s; another process has the port, or HOST is not ours", error)  # noqa: TRY400
        return 1
    served = ServedModel(name=artifact.name, version=settings.model_version, digest=digest)
    app = create_app(ChurnModel(artifact), served)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=settings.grace_seconds,
    )
    # after its graceful end uvicorn raises the signal again for whoever handled it before; with the default
    # handler the process would die by SIGTERM (143) and Kubernetes would call a clean end an error
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.signal(signal.SIGINT, lambda *_: None)
    host, port = listener.getsockname()[:2]
    log.info("model %s version %s (%s)", artifact.name, settings.model_version, digest)
    log.info("listening on http://%s:%d", host, port)
    uvicorn.Server(config).run(sockets=[listener])
    log.info("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
