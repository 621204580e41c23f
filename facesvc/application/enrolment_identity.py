"""Whether a new sample is of whom it is enrolled for, and of nobody else who is enrolled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facesvc.application.call import Call
from facesvc.application.collection_rules import CollectionRules
from facesvc.application.ports.gallery_reader import GalleryReader
from facesvc.domain.errors import UserNotFoundError
from facesvc.domain.gallery import Enrolment, SearchQuery
from facesvc.domain.rejection import Rejection, RejectionReason
from facesvc.domain.similarity import is_match


@dataclass(frozen=True)
class IdentityDoubts:
    """Which doubts about whose face it is refuse an enrolment."""

    duplicate: bool = False
    not_same_person: bool = False

    def __or__(self, other: IdentityDoubts) -> IdentityDoubts:
        """Return what either of both refuses."""
        return IdentityDoubts(
            self.duplicate or other.duplicate, self.not_same_person or other.not_same_person
        )


NO_DOUBTS = IdentityDoubts()


@dataclass(frozen=True)
class CheckIdentity:
    """Compares an enrolment with who is enrolled. ``always`` is looked for whether a call asks or
    not.

    Two enrolments at the same time do not see each other.
    """

    reader: GalleryReader
    rules: CollectionRules
    always: IdentityDoubts = NO_DOUBTS

    def __call__(self, enrolment: Enrolment, asked: IdentityDoubts, call: Call) -> list[Rejection]:
        """Return why it is refused; an empty list when it is not. Raises what reads raise."""
        wanted = self.always | asked
        found = self._not_same_person(enrolment, call) if wanted.not_same_person else []
        return found + (self._duplicates(enrolment, call) if wanted.duplicate else [])

    def _not_same_person(self, enrolment: Enrolment, call: Call) -> list[Rejection]:
        """Say so when the face is not like any of the user's earlier samples."""
        place = enrolment.collection, enrolment.user_id
        try:
            samples = self.reader.get(*place, call).samples
            similarity = self.reader.similarity(*place, enrolment.embedding, call)
        except UserNotFoundError:  # the first sample
            return []
        rule = self.rules.thresholds_of(enrolment.collection)
        threshold = rule.same_person_threshold(samples)
        if is_match(similarity, threshold):
            return []
        hint = "This is not the face that the user was enrolled with; check the photo and user_id."
        return [Rejection(RejectionReason.NOT_SAME_PERSON, similarity, threshold, hint)]

    def _duplicates(self, enrolment: Enrolment, call: Call) -> list[Rejection]:
        size = self.reader.size(enrolment.collection)
        rule = self.rules.thresholds_of(enrolment.collection)
        threshold = rule.duplicate_threshold(size)
        # Two matches are enough: the user's own earlier samples are at most one of them.
        query = SearchQuery(enrolment.collection, enrolment.embedding[np.newaxis], 2, threshold)
        matches = self.reader.search(query, call).first
        others = [match for match in matches if match.user_id != enrolment.user_id]
        if not others:
            return []
        hint = "Another user has this face already: a search with the photo tells who."
        reason = RejectionReason.DUPLICATE_PERSON
        return [Rejection(reason, others[0].similarity, threshold, hint)]
