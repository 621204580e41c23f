"""The whole service over a gallery that three Redis servers search."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import grpc
import pytest

from facesvc.bootstrap.service import bootstrap
from facesvc.bootstrap.startup import StartupError
from facesvc.settings import Settings
from facesvc.v1 import gallery_service_pb2 as pb
from harness import redis_servers
from tests.contract.expect import failure
from tests.integration.conftest import ROOT, live_service

PEOPLE = ("barack_obama", "joe_biden", "jacinda_ardern", "emmanuel_macron", "rishi_sunak")


def named(match: pb.Match) -> tuple[str, float]:
    """Who, and how similar; the risk goes by counts, which these servers tell late."""
    return match.user_id, match.similarity


def test_people_are_found_and_a_part_is_answered_only_when_asked(
    tmp_path: Path, photo: Callable[[str], bytes]
) -> None:
    """Enrol, search, then kill one server."""
    program = redis_servers.redis_stack()
    if program.missing:
        pytest.skip(program.missing)
    servers = [redis_servers.RedisServer(program, tmp_path / str(number)) for number in range(3)]
    try:
        for number, server in enumerate(servers):
            (tmp_path / str(number)).mkdir(exist_ok=True)
            server.start()
        urls = " ".join(server.patient_url for server in servers)
        with live_service(gallery_index="redis-search", redis_url=urls) as live:
            for user in PEOPLE:
                image = photo(f"{user}/1.jpg")
                assert live.gallery.Enroll(pb.EnrollRequest(user_id=user, image=image)).success
            probe = photo("barack_obama/3.jpg")
            found = live.gallery.Search(pb.SearchRequest(image=probe))
            assert [match.user_id for match in found.matches] == ["barack_obama"]
            checked_in = live.gallery.CheckIn(pb.CheckInRequest(image=probe))
            assert checked_in.decision == pb.CheckInResponse.MATCH
            assert named(checked_in.match) == named(found.matches[0])
            roll = live.gallery.Identify(pb.IdentifyRequest(image=probe))
            assert [*map(named, roll.users)] == [*map(named, found.matches)]
            servers[2].kill()
            for ask in (
                lambda: live.gallery.Search(pb.SearchRequest(image=probe)),
                lambda: live.gallery.CheckIn(pb.CheckInRequest(image=probe)),
                lambda: live.gallery.Identify(pb.IdentifyRequest(image=probe)),
            ):
                said = failure(ask)
                assert said.code is grpc.StatusCode.UNAVAILABLE
                assert said.reason == "STORE_UNAVAILABLE"
            part = live.gallery.Search(pb.SearchRequest(image=probe, allow_partial=True))
            assert list(part.missing_servers) == [3]
    finally:
        for server in servers:
            server.stop()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "needs REDIS_URL"),
        ({"redis_url": "redis://h", "gallery_key": "A" * 43 + "="}, "GALLERY_KEY"),
        ({"redis_url": "http://h"}, "REDIS_URL"),
    ],
)
def test_wrong_combination_ends_the_start(settings: dict[str, str], says: str) -> None:
    """Each names the variable."""
    values = {"model_root": ROOT / "models", "gallery_index": "redis-search", **settings}
    with pytest.raises(StartupError, match=says):
        bootstrap(Settings(**values))
