"""Calls about photos."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable
from typing import Unpack

import grpc

from facesvc_client import requests
from facesvc_client.aio_calls.base import Calls, numbered
from facesvc_client.choice import FaceOptions
from facesvc_client.errors import FacesvcError, error_of, outcome_of
from facesvc_client.photo import Photo
from facesvc_client.requests import AnalyzeOptions, CompareOptions, EmbedOptions
from facesvc_client.v1 import face_service_pb2 as face


class FaceCalls(Calls):
    """Calls about photos; the service keeps nothing of them."""

    async def health(self) -> face.GetHealthResponse:
        """Tell what runs and how it is."""
        return await self._call(
            face.GetHealthResponse, self.faces.GetHealth, face.GetHealthRequest()
        )

    async def embed(self, photo: Photo, **options: Unpack[EmbedOptions]) -> face.EmbedResponse:
        """Return the best face's embedding."""
        return await self._call(
            face.EmbedResponse, self.faces.Embed, requests.embed(photo, **options)
        )

    async def embed_many(
        self, photos: Iterable[Photo] | AsyncIterable[Photo], **options: Unpack[EmbedOptions]
    ) -> AsyncIterator[tuple[int, face.StreamEmbedResponse | FacesvcError]]:
        """Embed as the photos come; yield each one's number, from 0, with its answer or error.

        A bad photo is an error of its own; the stream goes on. Answers come in any order.
        """
        items = (
            requests.embed_of(number, photo, **options) async for number, photo in numbered(photos)
        )
        try:
            async for answer in self.faces.StreamEmbed(items, metadata=self.metadata):
                yield int(answer.item_id), outcome_of(answer)
        except grpc.RpcError as error:
            raise error_of(error) from error

    async def compare(
        self, photo: Photo, other: Photo, **options: Unpack[CompareOptions]
    ) -> face.CompareResponse:
        """Tell whether two photos show the same person."""
        return await self._call(
            face.CompareResponse, self.faces.Compare, requests.compare(photo, other, **options)
        )

    async def check_liveness(
        self, photo: Photo, **options: Unpack[FaceOptions]
    ) -> face.CheckLivenessResponse:
        """Tell whether the best face looks live."""
        return await self._call(
            face.CheckLivenessResponse,
            self.faces.CheckLiveness,
            requests.check_liveness(photo, **options),
        )

    async def analyze(
        self, photo: Photo, **options: Unpack[AnalyzeOptions]
    ) -> face.AnalyzeResponse:
        """Describe every face."""
        return await self._call(
            face.AnalyzeResponse, self.faces.Analyze, requests.analyze(photo, **options)
        )
