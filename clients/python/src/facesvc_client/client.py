"""The client whose calls wait for their answers."""

from __future__ import annotations

from facesvc_client.sync_calls.collections import CollectionCalls
from facesvc_client.sync_calls.events import EventCalls
from facesvc_client.sync_calls.faces import FaceCalls
from facesvc_client.sync_calls.people import PeopleCalls
from facesvc_client.sync_calls.recognition import RecognitionCalls


class Client(FaceCalls, PeopleCalls, RecognitionCalls, CollectionCalls, EventCalls):
    """Calls of one service; threads may share it. Every call raises FacesvcError.

    ``faces``, ``gallery`` and ``events`` are the generated stubs, for what has no method here; they
    take ``metadata=client.metadata`` where API keys are on.
    """
