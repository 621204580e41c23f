"""Following a log: exactly once, in order, and never past a gap."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from facesvc.gallery.stores.port import Change, Rewrite
from facesvc.gallery.stores.redis.codec import Codec
from facesvc.gallery.stores.redis.log_replay import Entry, Fetched, LogReplay, OutOfStepError
from facesvc.gallery.stores.redis.toolkit.server_faults import BehindError

CODEC = Codec()
VECTOR = np.eye(1, 512, dtype=np.float32)[0].tobytes()


def entry(version: int, operation: str = "put", *, user: str = "ann", **fields: str) -> Entry:
    """Return an entry that chains to the one before it."""
    return Entry(
        version=version,
        operation=operation,
        user_id=user,
        sample_id=fields.get("sample", f"s{version}"),
        samples=1,
        link=fields.get("link", f"n{version}"),
        previous=fields.get("previous", f"n{version - 1}" if version > 1 else ""),
        generation="0",
        model="",
    )


def record(sample: str, version: int, user_version: int) -> Fetched:
    """Return what the server says of a user and a sample."""
    user = [b'"Ann"', b"", b"1", b"2", str(user_version).encode()]
    return [*user, sample.encode(), VECTOR, b"0.5", b"3", str(version).encode()]


GONE: Fetched = [b"", b"", None, None, None]


def advance(replay: LogReplay, one: Entry, *fetched: Fetched) -> Change:
    """Move a replay on, by a write of one user."""
    change = replay.advance(one, fetched, CODEC, "model")
    assert isinstance(change, Change)
    return change


def rewrite(replay: LogReplay, one: Entry, *fetched: Fetched) -> Rewrite:
    """Move a replay on, by what shows users whole."""
    change = replay.advance(one, fetched, CODEC, "model")
    assert isinstance(change, Rewrite)
    return change


def whole(user_version: int, *samples: str, name: bytes = b'"Ann"') -> Fetched:
    """Return what the server says of a user with all samples."""
    row: list[bytes | None] = [name, b"", b"1", b"2", str(user_version).encode()]
    for sample in samples:
        row += [sample.encode(), VECTOR, b"0.5", b"3", b"1"]
    return row


def test_entry_becomes_a_change() -> None:
    """The sample that the entry names, with the user's name and the entry's version."""
    replay = LogReplay("c", 0, "")
    change = advance(replay, entry(1), record("s1", 1, 1))
    assert (change.version, change.clears) == (1, True)
    assert change.user is not None
    assert change.sample is not None
    assert (change.user.name, change.user.version, change.sample.sample_id) == ("Ann", 1, "s1")
    assert (replay.version, replay.last) == (1, "n1")


@pytest.mark.parametrize(
    "wrong", [entry(5), entry(4), entry(3), entry(4, previous="other", link="n4")]
)
def test_gap_repetition_and_another_history_are_refused(wrong: Entry) -> None:
    """Only the next version after the link that was seen last is followed."""
    replay = LogReplay("c", 4 if wrong.version == 4 and wrong.previous == "n3" else 3, "n3")
    if wrong.version == 4 and wrong.previous == "n3":
        replay.last = "n4"
    with pytest.raises(OutOfStepError):
        advance(replay, wrong, record(wrong.sample_id, wrong.version, wrong.version))


def test_replaced_sample_shows_the_surviving_state_at_once() -> None:
    """Write 1's sample is gone since write 3 replaced it: 3 is shown at 1, and 1 to 3 change
    nothing more.
    """
    replay = LogReplay("c", 0, "")
    first = rewrite(replay, entry(1), record("s3", 3, 3))
    (state,) = first.states
    assert (first.version, len(state.embeddings)) == (1, 1)
    assert state.user is not None
    assert (state.user.version, state.user.samples) == (3, 1)
    for version in (2, 3):
        later = advance(replay, entry(version), record(f"s{version}", version, 3))
        assert (later.sample, later.clears, later.version) == (None, False, version)
        assert later.user is not None
    assert replay.ahead == {}
    added = advance(replay, entry(4, "add"), record("s4", 4, 4))
    assert added.sample is not None
    assert not added.clears


def test_user_that_is_gone_is_gone_at_once() -> None:
    """An enrolment whose user was deleted meanwhile shows the deletion."""
    replay = LogReplay("c", 0, "")
    change = advance(replay, entry(1), GONE)
    assert (change.user, change.sample, change.clears) == (None, None, True)
    change = advance(replay, entry(2, "del"))
    assert (change.user, change.clears) == (None, True)


def edit(version: int, user: str, other: str = "") -> Entry:
    """Return the entry of an edit."""
    return replace(entry(version, "edit", user=user, sample=""), other_id=other)


def test_edit_shows_each_user_whole() -> None:
    """A merge: one user has every sample, the other is gone, at one moment."""
    replay = LogReplay("c", 1, "n1")
    merged = edit(2, "ann", "bob")
    assert merged.wanted == [("ann", ""), ("bob", "")]
    change = rewrite(replay, merged, whole(2, "s1", "s2"), GONE)
    ann, bob = change.states
    assert (ann.user_id, ann.user and ann.user.samples, len(ann.embeddings)) == ("ann", 2, 2)
    assert (bob.user_id, bob.user, len(bob.embeddings)) == ("bob", None, 0)
    assert replay.ahead == {}


def test_sample_that_was_moved_on_shows_what_the_user_has_now() -> None:
    """Write 2 added a sample that write 4 moved away: the user is shown as of 4 from 2 on, and what
    write 4 says of it changes nothing more.
    """
    replay = LogReplay("c", 1, "n1")
    change = rewrite(replay, entry(2, "add"), whole(4, "s1"))
    assert [len(state.embeddings) for state in change.states] == [1]
    assert advance(replay, entry(3, "add", sample="s3"), whole(4, "s1")).sample is None
    (other,) = rewrite(replay, edit(4, "ann", "bob"), whole(4, "s1"), whole(4, "s2")).states
    assert (other.user_id, len(other.embeddings)) == ("bob", 1)
    assert replay.ahead == {}


def test_edit_chains_by_a_field_that_older_releases_do_not_read() -> None:
    """They see a gap and load afresh, where they would take it for a deletion."""
    fields = {b"o": b"edit", b"u": b"ann", b"w": b"", b"k": b"n2", b"p": b"edit", b"q": b"n1"}
    parsed = Entry.parse(b"2-0", fields | {b"g": b"0"})
    assert (parsed.previous, parsed.wanted) == ("n1", [("ann", "")])


def test_deleted_collection_forgets_what_was_ahead() -> None:
    """After a drop nobody is ahead: the next generation begins anew."""
    replay = LogReplay("c", 0, "")
    rewrite(replay, entry(1), record("s5", 5, 5))
    assert replay.ahead
    change = advance(replay, entry(2, "drop", user=""))
    assert change.user_id == ""
    assert replay.ahead == {}


def test_records_of_a_server_that_is_behind_are_not_used() -> None:
    """They may lack the very write that they are read for."""
    replay = LogReplay("c", 3, "n3")
    with pytest.raises(BehindError):
        replay.reach(4, "n4", least=5)
    replay.reach(3, "n3", least=3)
    assert replay.reached == {}


@pytest.mark.parametrize(("version", "link"), [(3, "other"), (6, "other")])
def test_records_of_another_history_are_not_used(version: int, link: str) -> None:
    """Another link at a version that is known."""
    replay = LogReplay("c", 3, "n3")
    replay.reach(6, "n6", least=3)
    with pytest.raises(OutOfStepError, match="another history"):
        replay.reach(version, link, least=3)


def test_log_must_lead_to_where_the_records_were_read() -> None:
    """A log that passes that version with another write has lost what the copy was shown."""
    replay = LogReplay("c", 0, "")
    replay.reach(2, "lost", least=1)
    advance(replay, entry(1), record("s1", 1, 1))
    with pytest.raises(OutOfStepError, match="not the one that was read"):
        advance(replay, entry(2), record("s2", 2, 2))
    replay.reached = {2: "n2"}
    advance(replay, entry(2), record("s2", 2, 2))
    assert replay.reached == {}


@pytest.mark.parametrize(("version", "link"), [(2, "n2"), (4, "n4"), (3, "other"), (5, "other")])
def test_end_of_another_history_is_noticed(version: int, link: str) -> None:
    """The server's counters end before what was seen, or elsewhere."""
    replay = LogReplay("c", 3, "n3")
    if version > 3:
        replay.reach(5, "n5", least=3)
    with pytest.raises(OutOfStepError):
        replay.check_end(version, link)


def test_end_that_goes_on_is_no_trouble() -> None:
    """The same history, further on, or just where it was."""
    replay = LogReplay("c", 3, "n3")
    replay.check_end(3, "n3")
    replay.reach(5, "n5", least=3)
    replay.check_end(5, "n5")
    replay.check_end(9, "n9")
