"""Calls that recognize."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Unpack

from facesvc_client import requests
from facesvc_client.aio_calls.base import Calls
from facesvc_client.photo import Photo, PhotoFile
from facesvc_client.requests import CheckInOptions, IdentifyOptions, MatchOptions, SearchOptions
from facesvc_client.v1 import gallery_service_pb2 as gallery


class RecognitionCalls(Calls):
    """Calls that compare photos with who is enrolled."""

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

    async def check_in_frames(
        self,
        frames: Iterable[PhotoFile],
        *,
        challenge_token: str = "",
        **options: Unpack[CheckInOptions],
    ) -> gallery.CheckInResponse:
        """Decide on two to five frames of one person. With a challenge's token, one is straight
        ahead and then one for each movement.
        """
        request = requests.check_in_frames(frames, challenge_token, **options)
        return await self._call(gallery.CheckInResponse, self.gallery.CheckIn, request)

    async def start_challenge(self, collection: str = "") -> gallery.StartChallengeResponse:
        """Ask for movements that the frames of the next check-in must show."""
        request = gallery.StartChallengeRequest(collection=collection)
        return await self._call(
            gallery.StartChallengeResponse, self.gallery.StartChallenge, request
        )
