"""The error of one item of a batch or stream, which does not end the call."""

from __future__ import annotations

import structlog
from google.rpc import status_pb2

from facesvc.transport.interceptors.call_metrics import current_observer
from facesvc.transport.interceptors.request_id import current_request_id
from facesvc.transport.status import is_callers_doing, reason_of, to_status

_log = structlog.get_logger("facesvc.errors")


def item_status(error: Exception) -> status_pb2.Status:
    """Return the status that a call of this item alone would have had; count it, and log
    a defect.
    """
    request_id, observer = current_request_id.get(), current_observer.get()
    if observer is not None:
        observer.refused(reason_of(error))
    if not is_callers_doing(error):
        _log.error("unforeseen error", request_id=request_id, exc_info=error)
    return to_status(error, request_id)
