"""What an error tells a caller, whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from facesvc.domain.errors import FaceError


@dataclass(frozen=True)
class Payload:
    """Everything that reaches a caller."""

    reason: str
    message: str
    field: str
    metadata: dict[str, str]

    @classmethod
    def of(cls, error: FaceError) -> Payload:
        """Take it from an error."""
        return cls(error.reason, error.message, error.field, error.metadata)


def refusal(call: Callable[[], Any]) -> Payload:
    """Run a call that must fail; return what the caller is told."""
    with pytest.raises(FaceError) as caught:
        call()
    return Payload.of(caught.value)
