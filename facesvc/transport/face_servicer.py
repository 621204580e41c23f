"""FaceService: convert, call, convert."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import grpc

from facesvc.application.analyze import AnalyzeFaces
from facesvc.application.batch_embed import BatchEmbed
from facesvc.application.check_liveness import CheckLiveness
from facesvc.application.compare import CompareFaces
from facesvc.application.embed import EmbedFace
from facesvc.application.get_health import GetHealth
from facesvc.application.stream_embed import StreamEmbed
from facesvc.transport.authentication.interceptor import counts_told
from facesvc.transport.call import to_call
from facesvc.transport.convert import (
    analyze,
    batch_embed,
    check_liveness,
    compare,
    embed,
    get_health,
    stream_embed,
)
from facesvc.transport.convert.requests import encoding_of, image_of
from facesvc.v1 import face_service_pb2 as pb
from facesvc.v1 import face_service_pb2_grpc as pb_grpc


@dataclass(frozen=True)
class FaceServicer(pb_grpc.FaceServiceServicer):
    """The stateless calls; ``model`` is the recognizer's digest."""

    embed: EmbedFace
    compare: CompareFaces
    check_liveness: CheckLiveness
    analyze: AnalyzeFaces
    batch_embed: BatchEmbed
    stream_embed: StreamEmbed
    get_health: GetHealth
    max_batch_size: int
    model: str

    def Embed(  # noqa: N802 - the contract's name, as all below
        self, request: pb.EmbedRequest, context: grpc.ServicerContext
    ) -> pb.EmbedResponse:
        encoding = encoding_of(request)
        result = self.embed(image_of(request), to_call(context))
        return embed.to_response(result, encoding, self.model)

    def Compare(  # noqa: N802
        self, request: pb.CompareRequest, context: grpc.ServicerContext
    ) -> pb.CompareResponse:
        return compare.to_response(self.compare(compare.to_request(request), to_call(context)))

    def CheckLiveness(  # noqa: N802
        self, request: pb.CheckLivenessRequest, context: grpc.ServicerContext
    ) -> pb.CheckLivenessResponse:
        answer = self.check_liveness(image_of(request), to_call(context))
        return check_liveness.to_response(answer)

    def Analyze(  # noqa: N802
        self, request: pb.AnalyzeRequest, context: grpc.ServicerContext
    ) -> pb.AnalyzeResponse:
        encoding, features = encoding_of(request), analyze.features_of(request)
        faces = self.analyze(image_of(request), features, to_call(context))
        return analyze.to_response(faces, encoding, self.model)

    def BatchEmbed(  # noqa: N802
        self, request: pb.BatchEmbedRequest, context: grpc.ServicerContext
    ) -> pb.BatchEmbedResponse:
        encoding = encoding_of(request)
        images = batch_embed.to_images(request, self.max_batch_size)
        results = self.batch_embed(images, to_call(context))
        return batch_embed.to_response(images, results, encoding)

    def StreamEmbed(  # noqa: N802
        self, request_iterator: Iterator[pb.StreamEmbedRequest], context: grpc.ServicerContext
    ) -> Iterator[pb.StreamEmbedResponse]:
        items = (
            ((request.item_id, request.encoding), stream_embed.to_item(request))
            for request in request_iterator
        )
        for outcome in self.stream_embed(items, to_call(context)):
            item_id, encoding = outcome.key
            yield stream_embed.to_response(item_id, outcome.result, encoding)

    def GetHealth(  # noqa: N802
        self,
        request: pb.GetHealthRequest,  # noqa: ARG002 - asks for nothing in particular
        context: grpc.ServicerContext,  # noqa: ARG002 - answers at once
    ) -> pb.GetHealthResponse:
        return get_health.to_response(self.get_health(), counts_told=counts_told.get())
