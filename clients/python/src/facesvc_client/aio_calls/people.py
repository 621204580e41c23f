"""Calls about who is enrolled."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping
from typing import Any, Unpack

import grpc

from facesvc_client import people_requests, requests
from facesvc_client.aio_calls.base import Calls, numbered
from facesvc_client.connection import PAGE_SIZE
from facesvc_client.errors import FacesvcError, error_of, outcome_of
from facesvc_client.people_requests import (
    DeleteUsersOptions,
    EditOptions,
    GetOptions,
    ReadOptions,
)
from facesvc_client.photo import Photo
from facesvc_client.requests import EnrollOptions, Enrolment, Where
from facesvc_client.v1 import gallery_service_pb2 as gallery


class PeopleCalls(Calls):
    """Calls about who is enrolled."""

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
        items = (requests.enrolment_of(number, item) async for number, item in numbered(enrolments))
        try:
            async for answer in self.gallery.StreamEnroll(items, metadata=self.metadata):
                yield int(answer.item_id), outcome_of(answer)
        except grpc.RpcError as error:
            raise error_of(error) from error

    async def get(
        self, user_id: str, **options: Unpack[GetOptions]
    ) -> gallery.GetEnrollmentResponse:
        """Return what is known of a user. Raises NotFoundError."""
        request = gallery.GetEnrollmentRequest(user_id=user_id, **options)
        return await self._call(gallery.GetEnrollmentResponse, self.gallery.GetEnrollment, request)

    async def samples(
        self, user_id: str, **options: Unpack[ReadOptions]
    ) -> gallery.ListSamplesResponse:
        """Return what is known of a user's samples. Raises NotFoundError."""
        request = gallery.ListSamplesRequest(user_id=user_id, **options)
        return await self._call(gallery.ListSamplesResponse, self.gallery.ListSamples, request)

    async def delete(
        self, user_id: str, **options: Unpack[EditOptions]
    ) -> gallery.DeleteEnrollmentResponse:
        """Remove every sample of a user. Raises NotFoundError."""
        request = people_requests.delete(user_id, **options)
        return await self._call(
            gallery.DeleteEnrollmentResponse, self.gallery.DeleteEnrollment, request
        )

    async def delete_users(
        self,
        user_ids: Iterable[str] = (),
        *,
        where: Where | None = None,
        **options: Unpack[DeleteUsersOptions],
    ) -> gallery.DeleteUsersResponse:
        """Remove users by a list or by a filter, at most 1000; a dry run tells whom it would."""
        request = people_requests.delete_users(user_ids, where or {}, **options)
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
        request = people_requests.update(user_id, name, metadata, **options)
        return await self._call(gallery.UpdateUserResponse, self.gallery.UpdateUser, request)

    async def delete_sample(
        self, user_id: str, sample_id: str, **options: Unpack[EditOptions]
    ) -> gallery.DeleteSampleResponse:
        """Remove one sample of a user who has others. Raises NotFoundError."""
        request = people_requests.delete_sample(user_id, sample_id, **options)
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
        request = people_requests.move_sample(user_id, sample_id, target, create, options)
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
        request = people_requests.merge(user_id, source, expected_source_version, options)
        return await self._call(gallery.MergeUsersResponse, self.gallery.MergeUsers, request)

    async def users(
        self, *, where: Where | None = None, **options: Unpack[ReadOptions]
    ) -> AsyncIterator[gallery.EnrolledUser]:
        """Yield the users of a collection whom a filter chooses, page by page."""
        token = ""
        while True:
            request = people_requests.page(token, PAGE_SIZE, where or {}, **options)
            page = await self._call(gallery.ListGalleryResponse, self.gallery.ListGallery, request)
            for one in page.users:
                yield one
            token = page.next_page_token
            if not token:
                return
