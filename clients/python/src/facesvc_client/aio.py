"""The client for asyncio."""

from __future__ import annotations

from facesvc_client.aio_calls.collections import CollectionCalls
from facesvc_client.aio_calls.events import EventCalls
from facesvc_client.aio_calls.faces import FaceCalls
from facesvc_client.aio_calls.people import PeopleCalls
from facesvc_client.aio_calls.recognition import RecognitionCalls


class AsyncClient(FaceCalls, PeopleCalls, RecognitionCalls, CollectionCalls, EventCalls):
    """Calls of one service, to be made and used in one event loop. Every call raises FacesvcError.

    ``faces``, ``gallery`` and ``events`` are the generated stubs, for what has no method here; they
    take ``metadata=client.metadata`` where API keys are on.
    """
