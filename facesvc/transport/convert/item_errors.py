"""The error of one item of a batch or stream, which does not end the call."""

from __future__ import annotations

import structlog
from google.rpc import status_pb2

from facesvc.transport.interceptors.request_id import current_request_id
from facesvc.transport.status import is_callers_doing, to_status

_log = structlog.get_logger("facesvc.errors")


def item_status(error: Exception) -> status_pb2.Status:
    """Return the status that a call of this item alone would have had; log a defect."""
    request_id = current_request_id.get()
    if not is_callers_doing(error):
        _log.error("unforeseen error", request_id=request_id, exc_info=error)
    return to_status(error, request_id)
