"""Why a service cannot start."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from facesvc.audit.trail import AuditError
from facesvc.domain.errors import FaceError
from facesvc.models.pack_errors import PackError
from facesvc.transport.authentication.api_keys import ApiKeysError
from facesvc.transport.server import AddressInUseError


class StartupError(Exception):
    """The service cannot start; the message says why and what to do."""


@contextmanager
def blaming(variable: str) -> Iterator[None]:
    """Name the setting to look at when what it names keeps the service from starting."""
    try:
        yield
    except (PackError, AddressInUseError, ApiKeysError, AuditError, FaceError, OSError) as error:
        reason = str(error)
        raise StartupError(
            reason if reason.startswith(variable) else f"{variable}: {reason}"
        ) from error
