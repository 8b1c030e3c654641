"""The image's entrypoint: render models.config, then become TensorFlow Serving.

`exec` replaces this process, so Kubernetes' SIGTERM reaches the server itself.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ranking_serving.digest import DigestError, check
from ranking_serving.serving_config import ServingConfig, SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

BINARY = "tensorflow_model_server"
MONITORING = Path(__file__).with_name("monitoring.config")


def command(environment: Mapping[str, str], models: Path) -> list[str]:
    """Return the server's command line.

    Args:
        environment: GRPC_PORT and REST_PORT are read.
        models: The rendered models.config.
    """
    return [
        BINARY,
        f"--port={environment.get('GRPC_PORT') or '8500'}",
        f"--rest_api_port={environment.get('REST_PORT') or '8501'}",
        f"--model_config_file={models}",
        f"--monitoring_config_file={MONITORING}",
        # at the start no version is loaded yet, and labels of such versions are refused without this flag
        "--allow_version_labels_for_unavailable_models=true",
        "--enable_model_warmup=true",
    ]


def main(arguments: list[str]) -> int:
    """Render and exec; `--print-config` only prints what would be rendered.

    Returns:
        1 when a variable is wrong or there is no server to become; otherwise it does not return.
    """
    try:
        config = ServingConfig.read(os.environ)
        wanted = os.environ.get("MODEL_DIGEST")
        if wanted and config.base.startswith("/"):
            check(Path(config.base_path) / str(config.labels["stable"]), wanted)
    except (SettingsError, DigestError) as error:
        sys.stderr.write(f"ranking: {error}\n")
        return 1
    if arguments == ["--print-config"]:
        sys.stdout.write(config.render())
        return 0
    # the root file system is read-only; the platform mounts an empty /tmp
    models = Path(os.environ.get("CONFIG_DIRECTORY") or "/tmp") / "models.config"  # noqa: S108
    line = [*command(os.environ, models), *arguments]
    try:
        models.write_text(config.render(), encoding="utf-8")
        sys.stderr.write(f"ranking: {' '.join(line)}\n")
        os.execvp(BINARY, line)  # noqa: S606 -- no shell is wanted
    except OSError as error:
        sys.stderr.write(f"ranking: cannot start {BINARY}: {error}; without it, run ranking_serving.plain\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
