"""Following a log: exactly once, in order, and never past a gap."""

from __future__ import annotations

import numpy as np
import pytest

from facesvc.gallery.stores.port import Change
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


GONE: Fetched = [b"", b"", None, None, None, b"s1", None, None, None, None]


def advance(replay: LogReplay, one: Entry, fetched: Fetched | None = None) -> Change:
    """Move a replay on."""
    return replay.advance(one, fetched, CODEC, "model")


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
    first = advance(replay, entry(1), record("s3", 3, 3))
    assert first.sample is not None
    assert (first.sample.sample_id, first.clears, first.version) == ("s3", True, 1)
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


def test_deleted_collection_forgets_what_was_ahead() -> None:
    """After a drop nobody is ahead: the next generation begins anew."""
    replay = LogReplay("c", 0, "")
    advance(replay, entry(1), record("s5", 5, 5))
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
