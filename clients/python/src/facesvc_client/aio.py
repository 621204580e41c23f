"""The client for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

import grpc

from facesvc_client import requests
from facesvc_client.client import PAGE_SIZE, TIMEOUT_S
from facesvc_client.connection import (
    Retries,
    channel_options,
    checked,
    credentials_of,
    metadata_of,
)
from facesvc_client.errors import FacesvcError, error_of, outcome_of
from facesvc_client.following import EventOptions, Following
from facesvc_client.photo import Photo, source_of
from facesvc_client.requests import (
    CheckInOptions,
    CollectionOptions,
    EditOptions,
    EnrollOptions,
    Enrolment,
    IdentifyOptions,
    MatchOptions,
    SearchOptions,
    Where,
)
from facesvc_client.v1 import event_service_pb2 as events
from facesvc_client.v1 import face_service_pb2 as face
from facesvc_client.v1 import gallery_service_pb2 as gallery
from facesvc_client.v1.event_service_pb2_grpc import EventServiceStub
from facesvc_client.v1.face_service_pb2_grpc import FaceServiceStub
from facesvc_client.v1.gallery_service_pb2_grpc import GalleryServiceStub

Answer = TypeVar("Answer")


class AsyncClient:
    """Calls of one service, to be made and used in one event loop. Every call raises FacesvcError.

    ``faces``, ``gallery`` and ``events`` are the generated stubs, for what has no method here; they
    take ``metadata=client.metadata`` where API keys are on.
    """

    def __init__(
        self,
        address: str,
        *,
        api_key: str = "",
        tls: bool | grpc.ChannelCredentials = False,
        retries: Retries | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """``address`` is host:port of gRPC; ``timeout_s`` bounds each unary call."""
        options = channel_options(retries or Retries())
        credentials = credentials_of(tls)
        self.channel = (
            grpc.aio.secure_channel(checked(address), credentials, options)
            if credentials
            else grpc.aio.insecure_channel(checked(address), options)
        )
        self.faces: Any = FaceServiceStub(self.channel)  # type: ignore[no-untyped-call] # generated
        self.gallery: Any = GalleryServiceStub(self.channel)  # type: ignore[no-untyped-call] # generated
        self.events: Any = EventServiceStub(self.channel)  # type: ignore[no-untyped-call] # generated
        self.metadata = metadata_of(api_key)
        self._timeout_s = timeout_s

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End the connection."""
        await self.channel.close(None)

    async def health(self) -> face.GetHealthResponse:
        """Tell what runs and how it is."""
        return await self._call(
            face.GetHealthResponse, self.faces.GetHealth, face.GetHealthRequest()
        )

    async def embed(self, photo: Photo) -> face.EmbedResponse:
        """Return the best face's embedding."""
        return await self._call(
            face.EmbedResponse, self.faces.Embed, face.EmbedRequest(**source_of(photo))
        )

    async def compare(
        self, photo: Photo, other: Photo, *, threshold: float | None = None
    ) -> face.CompareResponse:
        """Tell whether two photos show the same person."""
        return await self._call(
            face.CompareResponse, self.faces.Compare, requests.compare(photo, other, threshold)
        )

    async def check_liveness(self, photo: Photo) -> face.CheckLivenessResponse:
        """Tell whether the best face looks live."""
        return await self._call(
            face.CheckLivenessResponse,
            self.faces.CheckLiveness,
            face.CheckLivenessRequest(**source_of(photo)),
        )

    async def analyze(self, photo: Photo) -> face.AnalyzeResponse:
        """Describe every face."""
        return await self._call(
            face.AnalyzeResponse, self.faces.Analyze, face.AnalyzeRequest(**source_of(photo))
        )

    async def enroll(
        self, user_id: str, photo: Photo, **options: Unpack[EnrollOptions]
    ) -> gallery.EnrollResponse:
        """Store the best face for a user.

        A face that the quality gate refuses is no error: ``success`` is False, with rejections.
        """
        return await self._call(
            gallery.EnrollResponse, self.gallery.Enroll, requests.enroll(user_id, photo, **options)
        )

    async def enroll_many(
        self, enrolments: Iterable[Enrolment] | AsyncIterable[Enrolment]
    ) -> AsyncIterator[tuple[int, gallery.EnrollResponse | FacesvcError]]:
        """Enrol as the photos come; yield each one's number, from 0, with its answer or error.

        A bad photo is an error of its own; the stream goes on. Answers come in any order.
        """

        async def items() -> AsyncIterator[gallery.StreamEnrollRequest]:
            number = 0
            async for each in _aiter(enrolments):
                yield requests.enrolment_of(number, each)
                number += 1

        try:
            async for answer in self.gallery.StreamEnroll(items(), metadata=self.metadata):
                yield int(answer.item_id), outcome_of(answer)
        except grpc.RpcError as error:
            raise error_of(error) from error

    async def get(self, user_id: str, *, collection: str = "") -> gallery.GetEnrollmentResponse:
        """Return what is known of a user. Raises NotFoundError."""
        request = gallery.GetEnrollmentRequest(user_id=user_id, collection=collection)
        return await self._call(gallery.GetEnrollmentResponse, self.gallery.GetEnrollment, request)

    async def samples(self, user_id: str, *, collection: str = "") -> gallery.ListSamplesResponse:
        """Return what is known of a user's samples. Raises NotFoundError."""
        request = gallery.ListSamplesRequest(user_id=user_id, collection=collection)
        return await self._call(gallery.ListSamplesResponse, self.gallery.ListSamples, request)

    async def delete(
        self, user_id: str, *, collection: str = "", expected_version: int | None = None
    ) -> gallery.DeleteEnrollmentResponse:
        """Remove every sample of a user. Raises NotFoundError."""
        request = requests.delete(user_id, collection=collection, expected_version=expected_version)
        return await self._call(
            gallery.DeleteEnrollmentResponse, self.gallery.DeleteEnrollment, request
        )

    async def delete_users(
        self,
        user_ids: Iterable[str] = (),
        *,
        where: Where | None = None,
        collection: str = "",
        dry_run: bool = False,
        request_id: str = "",
    ) -> gallery.DeleteUsersResponse:
        """Remove users by a list or by a filter, at most 1000; a dry run tells whom it would."""
        request = requests.delete_users(
            user_ids,
            where or {},
            collection=collection,
            dry_run=dry_run,
            request_id=request_id,
        )
        return await self._call(gallery.DeleteUsersResponse, self.gallery.DeleteUsers, request)

    async def update(
        self,
        user_id: str,
        *,
        name: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        **options: Unpack[EditOptions],
    ) -> gallery.UpdateUserResponse:
        """Change a user's name or metadata; None leaves what there is. Raises NotFoundError."""
        request = requests.update(user_id, name, metadata, **options)
        return await self._call(gallery.UpdateUserResponse, self.gallery.UpdateUser, request)

    async def delete_sample(
        self, user_id: str, sample_id: str, **options: Unpack[EditOptions]
    ) -> gallery.DeleteSampleResponse:
        """Remove one sample of a user who has others. Raises NotFoundError."""
        request = requests.delete_sample(user_id, sample_id, **options)
        return await self._call(gallery.DeleteSampleResponse, self.gallery.DeleteSample, request)

    async def move_sample(
        self,
        user_id: str,
        sample_id: str,
        target: str,
        *,
        create: bool = False,
        **options: Unpack[EditOptions],
    ) -> gallery.MoveSampleResponse:
        """Make one sample of a user the target's, whom ``create`` makes. Raises NotFoundError."""
        request = requests.move_sample(user_id, sample_id, target, create, options)
        return await self._call(gallery.MoveSampleResponse, self.gallery.MoveSample, request)

    async def merge(
        self,
        user_id: str,
        source: str,
        *,
        expected_source_version: int | None = None,
        **options: Unpack[EditOptions],
    ) -> gallery.MergeUsersResponse:
        """Make all samples of the source the user's; the source is gone. Raises NotFoundError."""
        request = requests.merge(user_id, source, expected_source_version, options)
        return await self._call(gallery.MergeUsersResponse, self.gallery.MergeUsers, request)

    async def users(
        self, *, collection: str = "", where: Where | None = None
    ) -> AsyncIterator[gallery.EnrolledUser]:
        """Yield the users of a collection whom a filter chooses, page by page."""
        token = ""
        while True:
            request = requests.page(collection, token, PAGE_SIZE, where or {})
            page = await self._call(gallery.ListGalleryResponse, self.gallery.ListGallery, request)
            for user in page.users:
                yield user
            token = page.next_page_token
            if not token:
                return

    async def collection(self, collection: str = "") -> gallery.GetCollectionResponse:
        """Tell a collection's counts, settings and what they come to. Raises NotFoundError."""
        request = gallery.GetCollectionRequest(collection=collection)
        return await self._call(gallery.GetCollectionResponse, self.gallery.GetCollection, request)

    async def set_collection(
        self,
        collection: str = "",
        *,
        expected_version: int | None = None,
        **settings: Unpack[CollectionOptions],
    ) -> gallery.SetCollectionResponse:
        """Change the settings that are given, all at once; None is the server's default again.
        A collection that does not exist comes to be.
        """
        request = requests.set_collection(collection, expected_version, **settings)
        return await self._call(gallery.SetCollectionResponse, self.gallery.SetCollection, request)

    async def search(
        self, photo: Photo, **options: Unpack[SearchOptions]
    ) -> gallery.SearchResponse:
        """Find out who looks like the best face (1:N)."""
        return await self._call(
            gallery.SearchResponse, self.gallery.Search, requests.search(photo, **options)
        )

    async def verify(
        self, user_id: str, photo: Photo, **options: Unpack[MatchOptions]
    ) -> gallery.VerifyResponse:
        """Tell whether a photo shows the user (1:1)."""
        return await self._call(
            gallery.VerifyResponse, self.gallery.Verify, requests.verify(user_id, photo, **options)
        )

    async def identify(
        self, photo: Photo, **options: Unpack[IdentifyOptions]
    ) -> gallery.IdentifyResponse:
        """Find out who is in a group photo."""
        return await self._call(
            gallery.IdentifyResponse, self.gallery.Identify, requests.identify(photo, **options)
        )

    async def check_in(
        self, photo: Photo, **options: Unpack[CheckInOptions]
    ) -> gallery.CheckInResponse:
        """Decide on a selfie."""
        return await self._call(
            gallery.CheckInResponse, self.gallery.CheckIn, requests.check_in(photo, **options)
        )

    async def list_events(
        self, cursor: str = "", *, page_size: int = 0, **options: Unpack[EventOptions]
    ) -> events.ListEventsResponse:
        """Tell the next events behind a cursor, "" for the oldest."""
        request = events.ListEventsRequest(cursor=cursor, page_size=page_size, **options)
        return await self._call(events.ListEventsResponse, self.events.ListEvents, request)

    async def follow_events(
        self, cursor: str = "", **options: Unpack[EventOptions]
    ) -> AsyncIterator[tuple[events.Event, str]]:
        """Yield each event from a cursor on as it happens, for ever, with the cursor to keep: it
        is behind this event or an earlier one. A service that ends or is away is called again;
        other errors are raised, CURSOR_EXPIRED for one.
        """
        following = Following(cursor, options)
        while True:
            failed = None
            try:
                call = self.events.StreamEvents(following.request(), metadata=self.metadata)
                async for answer in call:
                    event = following.take(answer)
                    if event is not None:
                        yield event, following.cursor
            except grpc.RpcError as error:
                failed = error_of(error)
            await asyncio.sleep(following.wait_s(failed))

    async def dead_letters(
        self, endpoint: str = "", *, page_token: str = ""
    ) -> events.ListDeadLettersResponse:
        """Page through what webhook endpoints did not take."""
        request = events.ListDeadLettersRequest(endpoint=endpoint, page_token=page_token)
        return await self._call(
            events.ListDeadLettersResponse, self.events.ListDeadLetters, request
        )

    async def replay_dead_letters(
        self, endpoint: str = "", letter_ids: Iterable[str] = ()
    ) -> events.ReplayDeadLettersResponse:
        """Have dead letters sent again: these, or with none every one of the endpoint."""
        request = events.ReplayDeadLettersRequest(endpoint=endpoint, letter_ids=letter_ids)
        return await self._call(
            events.ReplayDeadLettersResponse, self.events.ReplayDeadLetters, request
        )

    async def _call(self, _: type[Answer], method: Any, request: Any) -> Answer:
        try:
            answer: Answer = await method(request, timeout=self._timeout_s, metadata=self.metadata)
        except grpc.RpcError as error:
            raise error_of(error) from error
        return answer


async def _aiter(
    enrolments: Iterable[Enrolment] | AsyncIterable[Enrolment],
) -> AsyncIterator[Enrolment]:
    if isinstance(enrolments, AsyncIterable):
        async for each in enrolments:
            yield each
    else:
        for each in enrolments:
            yield each
