"""Calls about photos."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Unpack

import grpc

from facesvc_client import requests
from facesvc_client.choice import FaceOptions
from facesvc_client.errors import FacesvcError, error_of, outcome_of
from facesvc_client.photo import Photo
from facesvc_client.requests import AnalyzeOptions, CompareOptions, EmbedOptions
from facesvc_client.sync_calls.base import Calls
from facesvc_client.v1 import face_service_pb2 as face


class FaceCalls(Calls):
    """Calls about photos; the service keeps nothing of them."""

    def health(self) -> face.GetHealthResponse:
        """Tell what runs and how it is."""
        return self._call(face.GetHealthResponse, self.faces.GetHealth, face.GetHealthRequest())

    def embed(self, photo: Photo, **options: Unpack[EmbedOptions]) -> face.EmbedResponse:
        """Return the best face's embedding."""
        return self._call(face.EmbedResponse, self.faces.Embed, requests.embed(photo, **options))

    def embed_many(
        self, photos: Iterable[Photo], **options: Unpack[EmbedOptions]
    ) -> Iterator[tuple[int, face.StreamEmbedResponse | FacesvcError]]:
        """Embed as the photos come; yield each one's number, from 0, with its answer or error.

        A bad photo is an error of its own; the stream goes on. Answers come in any order.
        """
        items = (requests.embed_of(*each, **options) for each in enumerate(photos))
        try:
            for answer in self.faces.StreamEmbed(items, metadata=self.metadata):
                yield int(answer.item_id), outcome_of(answer)
        except grpc.RpcError as error:
            raise error_of(error) from error

    def compare(
        self, photo: Photo, other: Photo, **options: Unpack[CompareOptions]
    ) -> face.CompareResponse:
        """Tell whether two photos show the same person."""
        return self._call(
            face.CompareResponse, self.faces.Compare, requests.compare(photo, other, **options)
        )

    def check_liveness(
        self, photo: Photo, **options: Unpack[FaceOptions]
    ) -> face.CheckLivenessResponse:
        """Tell whether the best face looks live."""
        return self._call(
            face.CheckLivenessResponse,
            self.faces.CheckLiveness,
            requests.check_liveness(photo, **options),
        )

    def analyze(self, photo: Photo, **options: Unpack[AnalyzeOptions]) -> face.AnalyzeResponse:
        """Describe every face."""
        return self._call(
            face.AnalyzeResponse, self.faces.Analyze, requests.analyze(photo, **options)
        )
