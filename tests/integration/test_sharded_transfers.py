"""Edits of two users who live on two of three real searching servers: stopped at each step, beside
other writes, and all at once.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from facesvc.domain.errors import FaceError, StoreUnavailableError, UserNotFoundError
from facesvc.domain.gallery import EnrollMode
from facesvc.domain.gallery_edits import SampleMove, UserMerge, UserUpdate
from facesvc.gallery.sharded.shard_layout import shard_of
from facesvc.gallery.sharded.sharded_gallery import ShardedGallery
from facesvc.gallery.stores.redis.toolkit.writer import Writer
from harness import redis_servers
from harness.redis_fakes import eventually
from tests.unit.gallery.gallery_fixtures import CALL, DIGEST, face, query, vector

SHARDS = 3
STEPS = 5  # look, hold, take, decide, end
Servers = list[redis_servers.RedisServer]
ADA = "ada"


def apart(*users: str) -> str:
    """Return a user whom these servers keep apart from others."""
    taken = {shard_of("staff", user, SHARDS) for user in users}
    names = (f"{users[-1]}-{number}" for number in range(99))
    return next(name for name in names if shard_of("staff", name, SHARDS) not in taken)


BOB = apart(ADA)
EVE = apart(ADA, BOB)
BEN = apart(ADA, EVE)  # with BOB


class KilledError(BaseException):
    """Nothing runs after it, as after SIGKILL."""


@pytest.fixture(scope="module")
def shared_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Yield three servers that search."""
    program = redis_servers.redis_stack()
    if program.missing:
        pytest.skip(program.missing)
    servers = [
        redis_servers.RedisServer(program, tmp_path_factory.mktemp(f"shard-{n}")).start()
        for n in range(SHARDS)
    ]
    yield servers
    for server in servers:
        server.stop()


@pytest.fixture
def servers(shared_servers: Servers) -> Servers:
    """Empty the servers before a test."""
    for server in shared_servers:
        server.client().flushall()
    return shared_servers


def connect(servers: Servers) -> ShardedGallery:
    """Return a gallery over the servers, open."""
    gallery = ShardedGallery([server.patient_url for server in servers], DIGEST)
    gallery.open()
    return gallery


def enrolled(gallery: ShardedGallery) -> list[str]:
    """Enrol ADA with one face and BOB with two; return BOB's samples."""
    gallery.enroll(face(ADA, 1, name="Ada"), CALL)
    both = [gallery.enroll(face(BOB, n, mode=EnrollMode.ADD, name="Bob"), CALL) for n in (2, 3)]
    return [one.sample_id for one in both]


def kill_at(monkeypatch: pytest.MonkeyPatch, step: int, *, sent: bool) -> None:
    """Let a step, from 1, be the last that is sent, or the first that is not."""
    asked, real = iter(range(1, 100)), Writer.ask

    def ask(writer: Writer, write: Any) -> Any:
        now = next(asked)
        if now == step and not sent:
            raise KilledError
        answer = real(writer, write)
        if now == step:
            raise KilledError
        return answer

    monkeypatch.setattr(Writer, "ask", ask)


def held(gallery: ShardedGallery) -> dict[str, list[str]]:
    """Return the samples of every user."""
    return {
        one.user.user_id: [sample.sample_id for sample in one.samples]
        for one in gallery.export_users("staff", CALL)
    }


@pytest.mark.parametrize("sent", [False, True])
@pytest.mark.parametrize("step", range(1, STEPS + 1))
@pytest.mark.parametrize("kind", ["merge", "move"])
def test_killed_at_any_step_is_whole_or_not_at_all_after_the_next_start(
    servers: Servers, monkeypatch: pytest.MonkeyPatch, kind: str, step: int, sent: bool
) -> None:
    """Until then every sample is there at least once; from the step that takes the samples on, the
    edit is made, and sent again it answers as it would have.
    """
    gallery = connect(servers)
    second, third = enrolled(gallery)
    first = held(gallery)[ADA]
    merge = UserMerge("staff", ADA, BOB, request_id="r1")
    edit = merge if kind == "merge" else SampleMove("staff", BOB, second, ADA, request_id="r1")
    with monkeypatch.context() as patch:
        kill_at(patch, step, sent=sent)
        with pytest.raises(KilledError):
            gallery.edit(edit, CALL)
        seen = {sample for samples in held(gallery).values() for sample in samples}
        assert seen == {*first, second, third}
        gallery.close()

    again = connect(servers)
    made = {
        "merge": {ADA: [*first, second, third]},
        "move": {ADA: [*first, second], BOB: [third]},
    }[kind]
    taken = step > 3 or (step == 3 and sent)
    assert held(again) == (made if taken else {ADA: first, BOB: [second, third]})
    receipt = again.edit(edit, CALL)
    assert held(again) == made
    assert receipt.samples == len(made[ADA])
    assert again.get("staff", ADA, CALL).version == receipt.version
    assert again.edit(edit, CALL) == receipt
    assert not any(server.client().hlen("facesvc:{@shard}:transfers") for server in servers)
    assert again.size("staff").samples == 3
    again.close()


@pytest.mark.parametrize("step", [2, 3])
def test_write_to_a_held_user_ends_the_transfer_first(
    servers: Servers, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Held and left: whoever deletes or enrols finds the user as before, or gone, and no face of a
    deleted user lives on.
    """
    gallery = connect(servers)
    enrolled(gallery)
    with monkeypatch.context() as patch:
        kill_at(patch, step, sent=True)
        with pytest.raises(KilledError):
            gallery.edit(UserMerge("staff", ADA, BOB), CALL)
    if step == 2:
        assert gallery.delete("staff", BOB, CALL).removed == 2
        assert [len(ids) for ids in held(gallery).values()] == [1]
    else:
        with pytest.raises(UserNotFoundError):
            gallery.delete("staff", BOB, CALL)
        assert gallery.enroll(face(BOB, 9, mode=EnrollMode.ADD), CALL).samples == 1
        assert gallery.get("staff", BOB, CALL).name == ""
        assert len(held(gallery)[ADA]) == 3
    gallery.close()


def test_running_service_ends_what_another_one_left(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within some seconds, without a write to the user."""
    gallery = connect(servers)
    enrolled(gallery)
    with monkeypatch.context() as patch:
        kill_at(patch, 3, sent=True)
        with pytest.raises(KilledError):
            gallery.edit(UserMerge("staff", ADA, BOB), CALL)
    assert sorted(held(gallery)) == [ADA, BOB]
    eventually(lambda: list(held(gallery)) == [ADA], within_s=15)
    gallery.close()


def test_sample_that_comes_back_at_once_is_kept(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sample that was taken but not yet removed where it came from goes on, to a third user of
    that server: the first transfer is ended before, and does not remove it there.
    """
    gallery = connect(servers)
    second, third = enrolled(gallery)
    with monkeypatch.context() as patch:
        kill_at(patch, 3, sent=True)
        with pytest.raises(KilledError):
            gallery.edit(SampleMove("staff", BOB, second, ADA), CALL)
    gallery.edit(SampleMove("staff", ADA, second, BEN, create_target=True), CALL)
    now = held(gallery)
    assert (now[BEN], now[BOB], len(now[ADA])) == ([second], [third], 1)
    found = gallery.search(query("staff", vector(2), 3, 0.9), CALL).first
    assert [match.user_id for match in found] == [BEN]
    gallery.close()


def test_deleted_collection_takes_along_what_was_on_its_way(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sample whose collection goes where it came from, when it was just taken elsewhere, is
    nowhere afterwards; nor is the user whom the move made.
    """
    gallery = connect(servers)
    second, _ = enrolled(gallery)
    source = gallery._shards.home("staff", BOB)
    real, asked = Writer.ask, iter(range(1, 100))

    def ask(writer: Writer, write: Any) -> Any:
        answer = real(writer, write)
        if next(asked) == 3:  # taken
            source.writer.submit([source.requests.drop("staff")])
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(Writer, "ask", ask)
        gallery.edit(SampleMove("staff", BOB, second, EVE, create_target=True), CALL)
    assert [(user, len(samples)) for user, samples in held(gallery).items()] == [(ADA, 1)]
    assert gallery.search(query("staff", vector(2), 3, 0.9), CALL).first == []
    gallery.close()


def test_edits_of_the_same_people_at_once_lose_and_double_no_sample(servers: Servers) -> None:
    """Threads of two services merge and move the samples of the same ten users in circles; every
    sample is there once, and found at its user.
    """
    galleries = [connect(servers), connect(servers)]
    people = [f"p{n}" for n in range(10)]
    seeds = {
        galleries[0].enroll(face(user, n * 10 + k, mode=EnrollMode.ADD), CALL).sample_id: n * 10 + k
        for n, user in enumerate(people)
        for k in range(3)
    }
    answers: Counter[str] = Counter()

    def edit_on(number: int) -> None:
        rng, gallery = random.Random(number), galleries[number % 2]
        for _ in range(60):
            user, other = rng.sample(people, 2)
            try:
                what = rng.choice(["merge", "move", "move", "update"])
                if what == "merge":
                    gallery.edit(UserMerge("staff", user, other), CALL)
                elif what == "update":
                    gallery.edit(UserUpdate("staff", user, name=f"n{number}"), CALL)
                else:
                    sample = gallery.enrolled("staff", other, CALL).samples[0].sample_id
                    move = SampleMove("staff", other, sample, user, create_target=True)
                    gallery.edit(move, CALL)
                answers[what] += 1
            except StoreUnavailableError:
                answers["busy"] += 1
            except FaceError:
                answers["refused"] += 1

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(edit_on, range(6)))
    gallery = galleries[0]
    now = held(gallery)
    every = [sample for samples in now.values() for sample in samples]
    assert sorted(every) == sorted(seeds)
    assert not any(server.client().hlen("facesvc:{@shard}:transfers") for server in servers)
    for user, samples in now.items():
        for sample in samples:
            found = gallery.search(query("staff", vector(seeds[sample]), 3, 0.9), CALL).first
            assert [match.user_id for match in found] == [user]
    assert answers["move"] > 20
    assert answers["busy"] < 20
    for one in galleries:
        one.close()
