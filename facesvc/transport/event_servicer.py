"""EventService: convert, call, convert."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import grpc

from facesvc.application.list_dead_letters import ListDeadLetters
from facesvc.application.list_events import ListEvents
from facesvc.application.replay_dead_letters import ReplayDeadLetters
from facesvc.application.stream_events import StreamEvents
from facesvc.transport.call import to_call
from facesvc.transport.convert import dead_letters, events
from facesvc.v1 import event_service_pb2 as pb
from facesvc.v1 import event_service_pb2_grpc as pb_grpc


@dataclass(frozen=True)
class EventServicer(pb_grpc.EventServiceServicer):
    """The calls on what happened."""

    list_events: ListEvents
    stream_events: StreamEvents
    list_dead_letters: ListDeadLetters
    replay_dead_letters: ReplayDeadLetters

    def end_streams(self) -> None:
        """Let go of who follows the events: they would hold up the end of the server."""
        self.stream_events.tails.end()

    def ListEvents(  # noqa: N802 - the contract's name
        self, request: pb.ListEventsRequest, context: grpc.ServicerContext
    ) -> pb.ListEventsResponse:
        most = events.to_page_size(request)
        page = self.list_events(events.to_request(request), most, to_call(context))
        return events.to_response(page)

    def StreamEvents(  # noqa: N802
        self, request: pb.StreamEventsRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.StreamEventsResponse]:
        wanted, follow = events.to_request(request), not request.no_wait
        for told in self.stream_events(wanted, to_call(context), follow=follow):
            yield events.to_stream_response(told)

    def ListDeadLetters(  # noqa: N802
        self,
        request: pb.ListDeadLettersRequest,
        context: grpc.ServicerContext,  # noqa: ARG002 - answers soon
    ) -> pb.ListDeadLettersResponse:
        wanted = dead_letters.to_request(request)
        return dead_letters.to_response(self.list_dead_letters(*wanted))

    def ReplayDeadLetters(  # noqa: N802
        self,
        request: pb.ReplayDeadLettersRequest,
        context: grpc.ServicerContext,  # noqa: ARG002 - answers soon
    ) -> pb.ReplayDeadLettersResponse:
        wanted = dead_letters.to_replay(request)
        return pb.ReplayDeadLettersResponse(replayed=self.replay_dead_letters(*wanted))
