"""TLS of REST: Envoy takes the same files as the gRPC server, and follows them, too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from facesvc.settings import Settings

_TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3."


def downstream_tls(settings: Settings, folder: Path) -> dict[str, Any]:
    """Return the listener's transport socket; writes what Envoy follows into ``folder``.

    Envoy reads the files again when something is moved into their folder: replace them by a
    rename, as certbot and Kubernetes do.
    """
    assert settings.tls_cert_file is not None  # noqa: S101 - the settings come in pairs
    assert settings.tls_key_file is not None  # noqa: S101
    common: dict[str, Any] = {
        "alpn_protocols": ["h2", "http/1.1"],
        "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
        "tls_certificate_sds_secret_configs": [
            _secret(
                folder,
                "server",
                settings.tls_cert_file,
                {
                    "tls_certificate": {
                        "certificate_chain": _file(settings.tls_cert_file),
                        "private_key": _file(settings.tls_key_file),
                    }
                },
            )
        ],
    }
    if settings.tls_client_ca_file:
        common["validation_context_sds_secret_config"] = _secret(
            folder,
            "clients",
            settings.tls_client_ca_file,
            {"validation_context": {"trusted_ca": _file(settings.tls_client_ca_file)}},
        )
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": _TLS + "DownstreamTlsContext",
            "require_client_certificate": settings.tls_client_ca_file is not None,
            "common_tls_context": common,
        },
    }


def _file(path: Path) -> dict[str, str]:
    return {"filename": str(path.resolve().parent / path.name)}


def _secret(folder: Path, name: str, watched: Path, content: dict[str, Any]) -> dict[str, Any]:
    secret = {"@type": _TLS + "Secret", "name": name, **content}
    (kind,) = content
    secret[kind]["watched_directory"] = {"path": str(watched.absolute().parent)}
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"resources": [secret]}))
    return {"name": name, "sds_config": {"path_config_source": {"path": str(path)}}}
