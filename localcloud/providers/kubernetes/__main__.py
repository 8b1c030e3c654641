"""Entry point of the plugin process: `python -m localcloud.providers.kubernetes ENGINE`."""

from __future__ import annotations


def main() -> None:
    """Serve until the engine ends."""
    from localcloud.providers import protocol  # noqa: PLC0415 - has to come before anything imports pulumi

    protocol.prepare()
    from localcloud.providers.kubernetes.provider import Kubernetes  # noqa: PLC0415 - after the preparation
    from localcloud.providers.server import serve  # noqa: PLC0415 - same

    serve(Kubernetes())


if __name__ == "__main__":
    main()
