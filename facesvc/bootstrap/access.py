"""Who may call: keys, TLS and the trail that tells of both."""

from __future__ import annotations

import contextlib
import hashlib
import hmac

import grpc
import structlog

from facesvc.audit.known_keys import KnownKeys
from facesvc.audit.trail import Entry, FileTrail, LogTrail, Trail
from facesvc.bootstrap.startup import StartupError, blaming
from facesvc.environment import is_loopback
from facesvc.settings import Settings
from facesvc.transport.authentication.api_keys import ApiKeys, TellChange
from facesvc.transport.tls import TlsError, TlsFiles, server_credentials

_log = structlog.get_logger("facesvc")


def callers_of(settings: Settings, trail: Trail) -> ApiKeys | None:
    """Return who may call, None for everybody; the trail is told of changes of keys, those since
    the last run, too. Raises StartupError.
    """
    known = KnownKeys(settings.audit_file, trail.hash_of) if settings.audit_file else None

    def tell_change(what: str, name: str) -> None:
        trail.write(Entry("ApiKeys", what, key=name))

    if settings.api_keys_file is not None:
        with blaming("API_KEYS_FILE"):
            keys = ApiKeys(settings.api_keys_file, tell_change, lambda: _remember(known, keys))
        _tell_since_last_run(known, keys, tell_change)
        return keys
    _tell_since_last_run(known, None, tell_change)
    if not is_loopback(settings.host):
        text = "everyone who reaches this address may enrol, search and delete"
        if not settings.allow_anonymous:
            raise StartupError(
                f"HOST={settings.host} can be reached from other machines, and without"
                f" API_KEYS_FILE {text}. Set API_KEYS_FILE, or ALLOW_ANONYMOUS=true."
            )
        _log.warning(f"no API keys: {text}", host=settings.host, setting="API_KEYS_FILE")
    return None


def challenge_key_of(settings: Settings) -> bytes:
    """Return what signs challenges, empty for a key of the process's own. Without CHALLENGE_KEY it
    is made of GATEWAY_SECRET, which replicas behind one gateway share.
    """
    key = settings.challenge_key.get_secret_value().encode()
    shared = settings.gateway_secret.get_secret_value().encode()
    if not key and shared:
        return hmac.digest(shared, b"facesvc challenges", hashlib.sha256)
    if not key and settings.redis_url.get_secret_value():
        _log.warning(
            "challenges of this process are refused by others that share the gallery",
            setting="CHALLENGE_KEY",
        )
    return key


def _tell_since_last_run(
    known: KnownKeys | None, keys: ApiKeys | None, tell_change: TellChange
) -> None:
    if known is None:
        return
    changes = known.changes_to(keys.described if keys else {})
    for what, name in changes:
        tell_change(what, name)
    if changes:
        _remember(known, keys)


def _remember(known: KnownKeys | None, keys: ApiKeys | None) -> None:
    if known is None:
        return
    try:
        known.remember(keys.described if keys else {})
    except OSError as error:  # the next start tells once more
        _log.error("the keys that the audit told of cannot be kept", reason=error.strerror)


def trail_of(settings: Settings, resources: contextlib.ExitStack) -> Trail:
    """Return what takes the audit's entries, closed with the resources. Raises StartupError."""
    key = settings.audit_key.get_secret_value().encode()
    if settings.audit_file is None:
        return LogTrail(key)
    with blaming("AUDIT_FILE"):
        trail = FileTrail(settings.audit_file, key)
    resources.callback(trail.close)
    return trail


def credentials_of(settings: Settings) -> grpc.ServerCredentials | None:
    """Return what gRPC is encrypted with, None for plain text. Raises StartupError."""
    if settings.tls_cert_file is None or settings.tls_key_file is None:
        return None
    files = TlsFiles(settings.tls_cert_file, settings.tls_key_file, settings.tls_client_ca_file)
    try:
        return server_credentials(files)
    except (TlsError, OSError) as error:
        raise StartupError(f"TLS_CERT_FILE, TLS_KEY_FILE: {error}") from error
