"""Telling of what is no write: the decisions of CheckIn, the findings of CheckGallery."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from facesvc.application.call import Call
from facesvc.application.check_gallery import CheckEvent, CheckRequest
from facesvc.application.check_in import CheckedIn, CheckInRequest
from facesvc.application.ports.events import EventJournal
from facesvc.application.ports.gallery_reader import GalleryReader
from facesvc.domain.events import Event, EventKind
from facesvc.domain.gallery_findings import Finding

Deciding = Callable[[CheckInRequest, Call], CheckedIn]
Checking = Callable[[CheckRequest, Call], Iterator[CheckEvent]]

FINDINGS_AT_ONCE = 100


@dataclass(frozen=True)
class AnnounceDecisions:
    """Decides as ``check_in`` does, and has each decision kept as an event. With ``wait`` the
    answer comes when the event is durable, without it a moment before.
    """

    check_in: Deciding
    gallery: GalleryReader
    journal: EventJournal
    wait: bool

    def __call__(self, request: CheckInRequest, call: Call) -> CheckedIn:
        """Return the decision. Raises what CheckIn raises, with ``wait`` StoreUnavailableError."""
        checked = self.check_in(request, call)
        collection = self.gallery.resolve(request.collection)
        self.journal.append([_decided(collection, request, checked)], call, wait=self.wait)
        return checked


@dataclass(frozen=True)
class AnnounceFindings:
    """Checks as ``check_gallery`` does, and has each finding kept as an event before it is told."""

    check_gallery: Checking
    gallery: GalleryReader
    journal: EventJournal

    def __call__(self, request: CheckRequest, call: Call) -> Iterator[CheckEvent]:
        """Yield the check's progress and findings. Raises what CheckGallery raises."""
        collection = self.gallery.resolve(request.collection)
        held: list[Finding] = []
        for told in self.check_gallery(request, call):
            if isinstance(told, Finding):
                held.append(told)
            if held and (told is not held[-1] or len(held) == FINDINGS_AT_ONCE):
                events = [_found(collection, finding) for finding in held]
                self.journal.append(events, call, wait=True)
                yield from held
                held = []
            if not isinstance(told, Finding):
                yield told


def _decided(collection: str, request: CheckInRequest, checked: CheckedIn) -> Event:
    verdict = checked.verdict
    data: dict[str, Any] = {
        "decision": verdict.decision.value,
        "reasons": [reason.reason.value for reason in verdict.reasons],
    }
    if request.user_id:
        data["claimed_user_id"] = request.user_id
    if verdict.match is not None:
        data["similarity"] = round(float(verdict.match.similarity), 6)
    user_id = verdict.match.user_id if verdict.match else ""
    return Event(EventKind.CHECKIN_DECIDED, collection, user_id, data)


def _found(collection: str, finding: Finding) -> Event:
    data = {
        "finding": finding.kind.value,
        "sample_id": finding.sample_id,
        "other_user_id": finding.other_user_id,
        "other_sample_id": finding.other_sample_id,
        "measured": round(float(finding.measured), 6),
        "limit": round(float(finding.limit), 6),
    }
    told = {name: value for name, value in data.items() if value != ""}
    return Event(EventKind.DOCTOR_FINDING, collection, finding.user_id, told)
