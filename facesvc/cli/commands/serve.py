"""``facesvc serve`` and ``facesvc up``."""

from __future__ import annotations

from facesvc.cli.output import Output


def serve(_: Output) -> int:
    """Run the gRPC server alone, with the settings of the environment."""
    from facesvc.serve import main  # imports every model class

    return main()


def up(_: Output) -> int:
    """Run the gRPC server and the REST gateway, with the settings of the environment."""
    from gateway.run import main  # needs Envoy's package

    return main()
