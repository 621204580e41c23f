"""What reflection knows: protobuf's pool, and the methods that the pool does not find by name."""

from __future__ import annotations

from typing import Any, cast

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import FileDescriptor


def reflection_pool() -> descriptor_pool.DescriptorPool:
    """Return protobuf's default pool with methods as symbols: ``grpcurl describe`` shows one."""
    return cast(descriptor_pool.DescriptorPool, _ReflectionPool())


class _ReflectionPool:
    """Stands for the default pool, whose class is in C and cannot be inherited from."""

    def __init__(self) -> None:
        self._pool = descriptor_pool.Default()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)

    def FindFileContainingSymbol(self, symbol: str) -> FileDescriptor:  # noqa: N802 - the pool's name
        """Return the file that defines a message, enum, field, service or method. Raises
        KeyError.
        """
        try:
            return self._pool.FindFileContainingSymbol(symbol)
        except KeyError:
            service, _, method = symbol.rpartition(".")
            found = self._pool.FindServiceByName(service)
            if method not in found.methods_by_name:
                raise
            return found.file
