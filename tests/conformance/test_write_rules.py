"""The table of write_rules.py, driven through every implementation."""

from __future__ import annotations

import numpy as np
import pytest

from facesvc.domain.errors import FaceError, UserNotFoundError
from facesvc.domain.gallery import Enrolment, WriteReceipt
from tests.conformance.implementations import OpenGallery
from tests.conformance.payload import Payload
from tests.conformance.write_rules import (
    RULES,
    Held,
    Refused,
    Replayed,
    Rule,
    Stored,
    Version,
    Write,
)
from tests.unit.gallery.gallery_fixtures import CALL, face, vector

Outcome = WriteReceipt | FaceError


class Run:
    """One rule in one collection: what each write answered so far."""

    def __init__(self, gallery: OpenGallery, collection: str, rule: Rule) -> None:
        self._gallery = gallery
        self._collection = collection
        self._rule = rule
        self.outcomes: list[Outcome] = []

    def one_by_one(self) -> None:
        """Make each write a call of its own."""
        for write in self._rule.writes:
            try:
                outcome: Outcome = self._make(write)
            except FaceError as error:
                outcome = error
            self._check(write, outcome)

    def in_batches(self) -> None:
        """Send enrolments that follow each other and need no earlier answer as one batch."""
        batch: list[Write] = []
        for write in self._rule.writes:
            if write.seed is None or isinstance(write.expected, Version):
                self._send(batch)
                batch = []
            if write.seed is None:
                try:
                    outcome: Outcome = self._make(write)
                except FaceError as error:
                    outcome = error
                self._check(write, outcome)
            else:
                batch.append(write)
        self._send(batch)

    def check_after(self) -> None:
        """Compare every user of the table with what the gallery holds."""
        for user_id in {write.user for write in self._rule.writes} | set(self._rule.after):
            held = self._rule.after.get(user_id)
            if held is None:
                with pytest.raises(UserNotFoundError):
                    self._gallery.get(self._collection, user_id, CALL)
            else:
                self._check_held(user_id, held)

    def _make(self, write: Write) -> WriteReceipt:
        if write.seed is not None:
            return self._gallery.enroll(self._enrolment(write), CALL)
        return self._gallery.delete(
            self._collection,
            write.user,
            CALL,
            request_id=write.request_id,
            expected_version=self._number(write.expected),
        )

    def _enrolment(self, write: Write) -> Enrolment:
        return face(
            write.user,
            write.seed or 0,
            collection=self._collection,
            mode=write.mode,
            name=write.name,
            metadata=write.metadata,
            request_id=write.request_id,
            expected_version=self._number(write.expected),
        )

    def _send(self, batch: list[Write]) -> None:
        outcomes = self._gallery.enroll_many([self._enrolment(write) for write in batch], CALL)
        for write, outcome in zip(batch, outcomes, strict=True):
            self._check(write, outcome)

    def _number(self, number: int | Version | None) -> int | None:
        return self._version(number) if isinstance(number, Version) else number

    def _version(self, version: Version) -> int:
        receipt = self.outcomes[version.of_step]
        assert isinstance(receipt, WriteReceipt)
        return receipt.version

    def _check(self, write: Write, outcome: Outcome) -> None:
        step = len(self.outcomes)
        self.outcomes.append(outcome)
        match write.answer:
            case Refused(reason, message, field, metadata):
                told = {key: str(self._number(value)) for key, value in metadata.items()}
                assert isinstance(outcome, FaceError), (step, outcome)
                assert Payload.of(outcome) == Payload(reason, message, field, told), step
            case Replayed(of_step):
                assert outcome == self.outcomes[of_step], step
            case Stored(samples, removed):
                assert isinstance(outcome, WriteReceipt), (step, outcome)
                assert (outcome.samples, outcome.removed) == (samples, removed), step
                assert bool(outcome.sample_id) == (write.seed is not None), step
                earlier = [
                    one.version
                    for one, made in zip(self.outcomes[:-1], self._rule.writes, strict=False)
                    if isinstance(one, WriteReceipt) and made.user == write.user
                ]
                assert outcome.version > max(earlier, default=0), step

    def _check_held(self, user_id: str, held: Held) -> None:
        user = self._gallery.get(self._collection, user_id, CALL)
        assert (user.name, dict(user.metadata)) == (held.name, dict(held.metadata))
        assert (user.samples, user.version) == (len(held.seeds), self._version(held.version))
        (exported,) = (
            one
            for one in self._gallery.export_users(self._collection, CALL)
            if one.user.user_id == user_id
        )
        rows = np.stack([sample.embedding for sample in exported.samples])
        wanted = np.stack([vector(seed) for seed in held.seeds])
        np.testing.assert_allclose(rows, wanted, atol=2e-4)  # half precision
        told = {one.sample_id for one in self.outcomes if isinstance(one, WriteReceipt)}
        assert {sample.sample_id for sample in exported.samples} <= told


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.promise.replace(" ", "-"))
@pytest.mark.parametrize("how", [Run.one_by_one, Run.in_batches], ids=["one-by-one", "in-batches"])
def test_write_rules(gallery: OpenGallery, collection: str, rule: Rule, how: object) -> None:
    """Every write answers as the table says, and what is held afterwards is what it says."""
    run = Run(gallery, collection, rule)
    how(run)  # type: ignore[operator]
    run.check_after()
