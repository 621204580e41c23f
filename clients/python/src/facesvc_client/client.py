"""The client whose calls wait for their answers."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

import grpc

from facesvc_client import requests
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
TIMEOUT_S = 30.0
PAGE_SIZE = 200


class Client:
    """Calls of one service; threads may share it. Every call raises FacesvcError.

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
            grpc.secure_channel(checked(address), credentials, options)
            if credentials
            else grpc.insecure_channel(checked(address), options)
        )
        self.faces: Any = FaceServiceStub(self.channel)  # type: ignore[no-untyped-call] # generated
        self.gallery: Any = GalleryServiceStub(self.channel)  # type: ignore[no-untyped-call] # generated
        self.events: Any = EventServiceStub(self.channel)  # type: ignore[no-untyped-call] # generated
        self.metadata = metadata_of(api_key)
        self._timeout_s = timeout_s

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection."""
        self.channel.close()

    def health(self) -> face.GetHealthResponse:
        """Tell what runs and how it is."""
        return self._call(face.GetHealthResponse, self.faces.GetHealth, face.GetHealthRequest())

    def embed(self, photo: Photo) -> face.EmbedResponse:
        """Return the best face's embedding."""
        return self._call(
            face.EmbedResponse, self.faces.Embed, face.EmbedRequest(**source_of(photo))
        )

    def compare(
        self, photo: Photo, other: Photo, *, threshold: float | None = None
    ) -> face.CompareResponse:
        """Tell whether two photos show the same person."""
        return self._call(
            face.CompareResponse, self.faces.Compare, requests.compare(photo, other, threshold)
        )

    def check_liveness(self, photo: Photo) -> face.CheckLivenessResponse:
        """Tell whether the best face looks live."""
        return self._call(
            face.CheckLivenessResponse,
            self.faces.CheckLiveness,
            face.CheckLivenessRequest(**source_of(photo)),
        )

    def analyze(self, photo: Photo) -> face.AnalyzeResponse:
        """Describe every face."""
        return self._call(
            face.AnalyzeResponse, self.faces.Analyze, face.AnalyzeRequest(**source_of(photo))
        )

    def enroll(
        self, user_id: str, photo: Photo, **options: Unpack[EnrollOptions]
    ) -> gallery.EnrollResponse:
        """Store the best face for a user.

        A face that the quality gate refuses is no error: ``success`` is False, with rejections.
        """
        return self._call(
            gallery.EnrollResponse, self.gallery.Enroll, requests.enroll(user_id, photo, **options)
        )

    def enroll_many(
        self, enrolments: Iterable[Enrolment]
    ) -> Iterator[tuple[int, gallery.EnrollResponse | FacesvcError]]:
        """Enrol as the photos come; yield each one's number, from 0, with its answer or error.

        A bad photo is an error of its own; the stream goes on. Answers come in any order.
        """
        items = (requests.enrolment_of(*each) for each in enumerate(enrolments))
        try:
            for answer in self.gallery.StreamEnroll(items, metadata=self.metadata):
                yield int(answer.item_id), outcome_of(answer)
        except grpc.RpcError as error:
            raise error_of(error) from error

    def get(self, user_id: str, *, collection: str = "") -> gallery.GetEnrollmentResponse:
        """Return what is known of a user. Raises NotFoundError."""
        request = gallery.GetEnrollmentRequest(user_id=user_id, collection=collection)
        return self._call(gallery.GetEnrollmentResponse, self.gallery.GetEnrollment, request)

    def samples(self, user_id: str, *, collection: str = "") -> gallery.ListSamplesResponse:
        """Return what is known of a user's samples. Raises NotFoundError."""
        request = gallery.ListSamplesRequest(user_id=user_id, collection=collection)
        return self._call(gallery.ListSamplesResponse, self.gallery.ListSamples, request)

    def delete(
        self, user_id: str, *, collection: str = "", expected_version: int | None = None
    ) -> gallery.DeleteEnrollmentResponse:
        """Remove every sample of a user. Raises NotFoundError."""
        request = requests.delete(user_id, collection=collection, expected_version=expected_version)
        return self._call(gallery.DeleteEnrollmentResponse, self.gallery.DeleteEnrollment, request)

    def delete_users(
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
        return self._call(gallery.DeleteUsersResponse, self.gallery.DeleteUsers, request)

    def update(
        self,
        user_id: str,
        *,
        name: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        **options: Unpack[EditOptions],
    ) -> gallery.UpdateUserResponse:
        """Change a user's name or metadata; None leaves what there is. Raises NotFoundError."""
        request = requests.update(user_id, name, metadata, **options)
        return self._call(gallery.UpdateUserResponse, self.gallery.UpdateUser, request)

    def delete_sample(
        self, user_id: str, sample_id: str, **options: Unpack[EditOptions]
    ) -> gallery.DeleteSampleResponse:
        """Remove one sample of a user who has others. Raises NotFoundError."""
        request = requests.delete_sample(user_id, sample_id, **options)
        return self._call(gallery.DeleteSampleResponse, self.gallery.DeleteSample, request)

    def move_sample(
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
        return self._call(gallery.MoveSampleResponse, self.gallery.MoveSample, request)

    def merge(
        self,
        user_id: str,
        source: str,
        *,
        expected_source_version: int | None = None,
        **options: Unpack[EditOptions],
    ) -> gallery.MergeUsersResponse:
        """Make all samples of the source the user's; the source is gone. Raises NotFoundError."""
        request = requests.merge(user_id, source, expected_source_version, options)
        return self._call(gallery.MergeUsersResponse, self.gallery.MergeUsers, request)

    def users(
        self, *, collection: str = "", where: Where | None = None
    ) -> Iterator[gallery.EnrolledUser]:
        """Yield the users of a collection whom a filter chooses, page by page."""
        token = ""
        while True:
            request = requests.page(collection, token, PAGE_SIZE, where or {})
            page = self._call(gallery.ListGalleryResponse, self.gallery.ListGallery, request)
            yield from page.users
            token = page.next_page_token
            if not token:
                return

    def collection(self, collection: str = "") -> gallery.GetCollectionResponse:
        """Tell a collection's counts, settings and what they come to. Raises NotFoundError."""
        request = gallery.GetCollectionRequest(collection=collection)
        return self._call(gallery.GetCollectionResponse, self.gallery.GetCollection, request)

    def set_collection(
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
        return self._call(gallery.SetCollectionResponse, self.gallery.SetCollection, request)

    def search(self, photo: Photo, **options: Unpack[SearchOptions]) -> gallery.SearchResponse:
        """Find out who looks like the best face (1:N)."""
        return self._call(
            gallery.SearchResponse, self.gallery.Search, requests.search(photo, **options)
        )

    def verify(
        self, user_id: str, photo: Photo, **options: Unpack[MatchOptions]
    ) -> gallery.VerifyResponse:
        """Tell whether a photo shows the user (1:1)."""
        return self._call(
            gallery.VerifyResponse, self.gallery.Verify, requests.verify(user_id, photo, **options)
        )

    def identify(
        self, photo: Photo, **options: Unpack[IdentifyOptions]
    ) -> gallery.IdentifyResponse:
        """Find out who is in a group photo."""
        return self._call(
            gallery.IdentifyResponse, self.gallery.Identify, requests.identify(photo, **options)
        )

    def check_in(self, photo: Photo, **options: Unpack[CheckInOptions]) -> gallery.CheckInResponse:
        """Decide on a selfie."""
        return self._call(
            gallery.CheckInResponse, self.gallery.CheckIn, requests.check_in(photo, **options)
        )

    def list_events(
        self, cursor: str = "", *, page_size: int = 0, **options: Unpack[EventOptions]
    ) -> events.ListEventsResponse:
        """Tell the next events behind a cursor, "" for the oldest."""
        request = events.ListEventsRequest(cursor=cursor, page_size=page_size, **options)
        return self._call(events.ListEventsResponse, self.events.ListEvents, request)

    def follow_events(
        self, cursor: str = "", **options: Unpack[EventOptions]
    ) -> Iterator[tuple[events.Event, str]]:
        """Yield each event from a cursor on as it happens, for ever, with the cursor to keep: it
        is behind this event or an earlier one. A service that ends or is away is called again;
        other errors are raised, CURSOR_EXPIRED for one.
        """
        following = Following(cursor, options)
        while True:
            failed = None
            try:
                call = self.events.StreamEvents(following.request(), metadata=self.metadata)
                for answer in call:
                    event = following.take(answer)
                    if event is not None:
                        yield event, following.cursor
            except grpc.RpcError as error:
                failed = error_of(error)
            time.sleep(following.wait_s(failed))

    def dead_letters(
        self, endpoint: str = "", *, page_token: str = ""
    ) -> events.ListDeadLettersResponse:
        """Page through what webhook endpoints did not take."""
        request = events.ListDeadLettersRequest(endpoint=endpoint, page_token=page_token)
        return self._call(events.ListDeadLettersResponse, self.events.ListDeadLetters, request)

    def replay_dead_letters(
        self, endpoint: str = "", letter_ids: Iterable[str] = ()
    ) -> events.ReplayDeadLettersResponse:
        """Have dead letters sent again: these, or with none every one of the endpoint."""
        request = events.ReplayDeadLettersRequest(endpoint=endpoint, letter_ids=letter_ids)
        return self._call(events.ReplayDeadLettersResponse, self.events.ReplayDeadLetters, request)

    def _call(self, _: type[Answer], method: Any, request: Any) -> Answer:
        try:
            answer: Answer = method(request, timeout=self._timeout_s, metadata=self.metadata)
        except grpc.RpcError as error:
            raise error_of(error) from error
        return answer
