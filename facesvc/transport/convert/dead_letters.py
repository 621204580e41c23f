"""ListDeadLetters and ReplayDeadLetters: their requests, and letters as messages."""

from __future__ import annotations

from facesvc.domain import limits
from facesvc.domain.deliveries import DeadLetter, LetterPage
from facesvc.domain.errors import InvalidFieldError
from facesvc.transport.convert.events import DEFAULT_PAGE, to_event
from facesvc.v1 import event_service_pb2 as pb

MOST_LETTER_IDS = 1000
_MOST_CHARS = 64


def to_request(request: pb.ListDeadLettersRequest) -> tuple[str, int, str]:
    """Return the endpoint, the most letters and the page. Raises InvalidFieldError."""
    endpoint = limits.text(request.endpoint, "endpoint", _MOST_CHARS)
    return endpoint, limits.page_size(request.page_size, DEFAULT_PAGE), request.page_token


def to_replay(request: pb.ReplayDeadLettersRequest) -> tuple[str, list[str]]:
    """Return the endpoint and the letters. Raises InvalidFieldError."""
    ids = list(request.letter_ids)
    if len(ids) > MOST_LETTER_IDS:
        raise InvalidFieldError(
            f"letter_ids has more than {MOST_LETTER_IDS}.",
            field="letter_ids",
            limit=MOST_LETTER_IDS,
        )
    if not all(one.isascii() and one.isdigit() and len(one) <= _MOST_CHARS for one in ids):
        raise InvalidFieldError("letter_ids must be those of ListDeadLetters.", field="letter_ids")
    return limits.text(request.endpoint, "endpoint", _MOST_CHARS), ids


def to_letter(letter: DeadLetter) -> pb.DeadLetter:
    """Return the message of a letter."""
    message = pb.DeadLetter(
        letter_id=letter.letter_id,
        endpoint=letter.endpoint,
        event=to_event(letter.event),
        attempts=letter.attempts,
        error=letter.error,
        replays=letter.replays,
    )
    message.failed_at.FromDatetime(letter.failed_at)
    return message


def to_response(page: LetterPage) -> pb.ListDeadLettersResponse:
    """Return the answer of ListDeadLetters."""
    return pb.ListDeadLettersResponse(
        dead_letters=[to_letter(letter) for letter in page.letters],
        total=page.total,
        next_page_token=page.next_page_token,
    )
