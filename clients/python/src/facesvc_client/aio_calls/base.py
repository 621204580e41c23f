"""The connection of AsyncClient, and how a call is made."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable
from types import TracebackType
from typing import Any, Self, TypeVar

import grpc

from facesvc_client.connection import (
    TIMEOUT_S,
    Retries,
    channel_options,
    checked,
    credentials_of,
    metadata_of,
)
from facesvc_client.errors import error_of
from facesvc_client.v1.event_service_pb2_grpc import EventServiceStub
from facesvc_client.v1.face_service_pb2_grpc import FaceServiceStub
from facesvc_client.v1.gallery_service_pb2_grpc import GalleryServiceStub

Answer = TypeVar("Answer")
Item = TypeVar("Item")


class Calls:
    """What every call stands on."""

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

    async def _call(self, _: type[Answer], method: Any, request: Any) -> Answer:
        try:
            answer: Answer = await method(request, timeout=self._timeout_s, metadata=self.metadata)
        except grpc.RpcError as error:
            raise error_of(error) from error
        return answer


async def numbered(items: Iterable[Item] | AsyncIterable[Item]) -> AsyncIterator[tuple[int, Item]]:
    """Yield each item with its number, from 0."""
    number = 0
    if isinstance(items, AsyncIterable):
        async for each in items:
            yield number, each
            number += 1
    else:
        for each in items:
            yield number, each
            number += 1
