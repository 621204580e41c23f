"""Wrapping an RPC's behaviour whatever its kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, TypeAlias

import grpc

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"


if TYPE_CHECKING:
    Interceptor: TypeAlias = grpc.ServerInterceptor[Any, Any]
else:  # generic for the type checker only
    Interceptor = grpc.ServerInterceptor


class AroundCall(Interceptor, ABC):
    """Base of interceptors that run something around a call.

    A stream's answer is produced while it is iterated, so for streams the context manager
    spans the iteration, not only the call that returns the iterator.
    """

    @abstractmethod
    def around(self, method: str, context: grpc.ServicerContext) -> AbstractContextManager[None]:
        """Return what is entered before the behaviour and left when its answer is complete."""

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Handler | None],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        handler = continuation(handler_call_details)
        if handler is None:
            return None
        return wrap(handler, lambda context: self.around(handler_call_details.method, context))


def wrap(
    handler: Handler, around: Callable[[grpc.ServicerContext], AbstractContextManager[None]]
) -> Handler:
    """Return the handler with its behaviour inside ``around(context)``."""

    def respond_once(behaviour: Callable[..., Any]) -> Callable[..., Any]:
        def call(request: Any, context: grpc.ServicerContext) -> Any:
            with around(context):
                return behaviour(request, context)

        return call

    def respond_stream(behaviour: Callable[..., Any]) -> Callable[..., Any]:
        def call(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
            with around(context):
                yield from behaviour(request, context)

        return call

    codec = {
        "request_deserializer": handler.request_deserializer,
        "response_serializer": handler.response_serializer,
    }
    if handler.unary_unary:
        return grpc.unary_unary_rpc_method_handler(respond_once(handler.unary_unary), **codec)
    if handler.unary_stream:
        return grpc.unary_stream_rpc_method_handler(respond_stream(handler.unary_stream), **codec)
    if handler.stream_unary:
        return grpc.stream_unary_rpc_method_handler(respond_once(handler.stream_unary), **codec)
    assert handler.stream_stream is not None, "an RPC has one of the four kinds"  # noqa: S101
    return grpc.stream_stream_rpc_method_handler(respond_stream(handler.stream_stream), **codec)


# From the requests of one call to what its behaviour gets; raises what refuses the call.
RequestFilter = Callable[[Iterator[Any]], Iterator[Any]]


def wrap_requests(
    handler: Handler, passes: RequestFilter, decode: Callable[[bytes], Any] | None = None
) -> Handler:
    """Return the handler with its requests filtered, and decoded by ``decode`` when it is given."""

    def once(behaviour: Callable[..., Any]) -> Callable[..., Any]:
        return lambda request, context: behaviour(next(passes(iter((request,)))), context)

    def stream(behaviour: Callable[..., Any]) -> Callable[..., Any]:
        return lambda requests, context: behaviour(passes(requests), context)

    codec = {
        "request_deserializer": decode or handler.request_deserializer,
        "response_serializer": handler.response_serializer,
    }
    if handler.unary_unary:
        return grpc.unary_unary_rpc_method_handler(once(handler.unary_unary), **codec)
    if handler.unary_stream:
        return grpc.unary_stream_rpc_method_handler(once(handler.unary_stream), **codec)
    if handler.stream_unary:
        return grpc.stream_unary_rpc_method_handler(stream(handler.stream_unary), **codec)
    assert handler.stream_stream is not None, "an RPC has one of the four kinds"  # noqa: S101
    return grpc.stream_stream_rpc_method_handler(stream(handler.stream_stream), **codec)
