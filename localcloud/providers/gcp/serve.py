"""What `localcloud/providers/bin/gcp/pulumi-resource-gcp` runs."""

from __future__ import annotations

from localcloud.providers.protocol import prepare


def main() -> None:
    """Serve the engine that started this process."""
    prepare()
    from localcloud.providers.gcp.provider import GcpProvider  # noqa: PLC0415 - only after prepare()
    from localcloud.providers.server import serve  # noqa: PLC0415

    serve(GcpProvider())


if __name__ == "__main__":
    main()
