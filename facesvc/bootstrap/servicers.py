"""The servicers over their use cases, one a call."""

from __future__ import annotations

import secrets
import threading
from concurrent.futures import Executor
from dataclasses import dataclass

from facesvc.application.analyze import AnalyzeFaces
from facesvc.application.announcements import (
    AnnounceDecisions,
    AnnounceFindings,
    Checking,
    Deciding,
)
from facesvc.application.batch_embed import BatchEmbed
from facesvc.application.batch_runner import BatchRunner, Prefetch
from facesvc.application.challenges import Challenges
from facesvc.application.check_gallery import CheckGallery
from facesvc.application.check_in import CheckIn
from facesvc.application.check_liveness import CheckLiveness
from facesvc.application.collection_rules import CollectionRules
from facesvc.application.compare import CompareFaces
from facesvc.application.delete_alias import DeleteAlias
from facesvc.application.delete_collection import DeleteCollection
from facesvc.application.delete_enrollment import DeleteUser
from facesvc.application.delete_sample import DeleteSample
from facesvc.application.delete_users import DeleteUsers
from facesvc.application.detect_faces import DetectFaces
from facesvc.application.embed import EmbedFace
from facesvc.application.enroll import EnrollFace
from facesvc.application.enrolment_identity import NO_DOUBTS, CheckIdentity, IdentityDoubts
from facesvc.application.erase_deleted import EraseDeleted
from facesvc.application.events import EventSource, Tails
from facesvc.application.export_gallery import ExportCollection
from facesvc.application.get_collection import GetCollection
from facesvc.application.get_enrollment import GetUser
from facesvc.application.get_health import GetHealth
from facesvc.application.identify import IdentifyFaces
from facesvc.application.import_gallery import ImportCollection
from facesvc.application.list_collections import ListCollections
from facesvc.application.list_dead_letters import ListDeadLetters
from facesvc.application.list_events import ListEvents
from facesvc.application.list_gallery import ListUsers
from facesvc.application.list_samples import ListSamples
from facesvc.application.merge_users import MergeUsers
from facesvc.application.move_sample import MoveSample
from facesvc.application.ports.engine import FaceEngine, PackInfo
from facesvc.application.ports.gallery import Gallery
from facesvc.application.probe import MakeProbe
from facesvc.application.replay_dead_letters import ReplayDeadLetters
from facesvc.application.search import SearchFaces
from facesvc.application.set_alias import SetAlias
from facesvc.application.set_collection import SetCollection
from facesvc.application.sightings import Sightings
from facesvc.application.start_challenge import StartChallenge
from facesvc.application.stream_embed import StreamEmbed
from facesvc.application.stream_enroll import StreamEnroll
from facesvc.application.stream_events import StreamEvents
from facesvc.application.update_user import UpdateUser
from facesvc.application.verify import VerifyFace
from facesvc.domain.operating_point import ThresholdRule
from facesvc.transport.event_servicer import EventServicer
from facesvc.transport.face_servicer import FaceServicer
from facesvc.transport.gallery_servicer import GalleryServicer
from facesvc.transport.servicers import Servicers

# Photos that all streams and batches together have fetched and not yet worked on, as a multiple
# of what one may be ahead: a bound on memory that one of them cannot use up alone.
_SHARED_AHEAD = 2


@dataclass(frozen=True)
class ServiceRules:
    """What an operator can tune of the calls' meaning and size. A stream or batch works on
    ``in_flight`` photos at once, and fetches up to ``fetch_ahead`` meanwhile. ``challenge_key``
    signs challenges; empty means one of this process's own. ``wait_for_decisions``: whether CheckIn
    answers once its event is durable. ``enrolment_doubts`` refuse every enrolment.
    """

    version: str
    thresholds: ThresholdRule
    quality_threshold: float
    detection_size: int
    max_batch_size: int
    in_flight: int
    fetch_ahead: int
    challenge_key: bytes = b""
    wait_for_decisions: bool = False
    enrolment_doubts: IdentityDoubts = NO_DOUBTS


def build_servicers(
    detect_faces: DetectFaces,
    engine: FaceEngine,
    gallery: Gallery,
    pack: PackInfo,
    workers: Executor,
    rules: ServiceRules,
    sightings: Sightings | None = None,
) -> Servicers:
    """Return the servicers; ``workers`` run the images of batches and streams."""
    embed = EmbedFace(detect_faces, engine)
    make_probe = MakeProbe(embed, pack.recognizer)
    own = CollectionRules(gallery, rules.thresholds, rules.quality_threshold)
    sightings = sightings or Sightings(gallery)
    challenges = Challenges(rules.challenge_key or secrets.token_bytes(32))
    check_identity = CheckIdentity(gallery, own, rules.enrolment_doubts)
    enroll = EnrollFace(detect_faces, engine, gallery, own, check_identity, pack.recognizer)
    fetches, ahead = detect_faces.loader.fetches, rules.fetch_ahead
    room = threading.Semaphore(_SHARED_AHEAD * ahead)
    embed_many = BatchRunner(
        embed,
        workers,
        rules.in_flight,
        Prefetch(detect_faces.loader.fetched, fetches, ahead, room),
    )
    enroll_many = BatchRunner(
        enroll, workers, rules.in_flight, Prefetch(enroll.fetched, fetches, ahead, room)
    )
    faces = FaceServicer(
        embed=embed,
        compare=CompareFaces(make_probe, rules.thresholds),
        check_liveness=CheckLiveness(detect_faces, engine),
        analyze=AnalyzeFaces(detect_faces, engine),
        batch_embed=BatchEmbed(embed_many),
        stream_embed=StreamEmbed(embed_many),
        get_health=GetHealth(
            rules.version,
            pack,
            gallery,
            own,
            rules.detection_size,
            detect_faces.rule,
        ),
        max_batch_size=rules.max_batch_size,
        model=pack.recognizer,
    )
    check_in, check_gallery = _announced(
        CheckIn(detect_faces, engine, gallery, own, sightings, challenges),
        CheckGallery(gallery, own),
        gallery,
        wait=rules.wait_for_decisions,
    )
    people = GalleryServicer(
        enroll=enroll,
        stream_enroll=StreamEnroll(enroll_many),
        get_enrollment=GetUser(gallery),
        list_samples=ListSamples(gallery),
        update_user=UpdateUser(gallery),
        delete_sample=DeleteSample(gallery),
        move_sample=MoveSample(gallery),
        merge_users=MergeUsers(gallery),
        delete_enrollment=DeleteUser(gallery),
        delete_users=DeleteUsers(gallery),
        list_gallery=ListUsers(gallery),
        search=SearchFaces(make_probe, gallery, own, sightings),
        verify=VerifyFace(make_probe, gallery, own, sightings),
        identify=IdentifyFaces(detect_faces, engine, gallery, own, sightings),
        check_in=check_in,
        start_challenge=StartChallenge(challenges),
        list_collections=ListCollections(gallery),
        get_collection=GetCollection(gallery, own),
        set_collection=SetCollection(gallery, rules.thresholds),
        delete_collection=DeleteCollection(gallery),
        set_alias=SetAlias(gallery),
        delete_alias=DeleteAlias(gallery),
        erase_deleted=EraseDeleted(gallery),
        check_gallery=check_gallery,
        export_gallery=ExportCollection(gallery, pack.recognizer),
        import_gallery=ImportCollection(gallery, pack.recognizer),
    )
    return Servicers(faces, people, _event_servicer(gallery))


def _announced(
    check_in: CheckIn, check_gallery: CheckGallery, gallery: Gallery, *, wait: bool
) -> tuple[Deciding, Checking]:
    """Return the calls that are no writes and yet have events, where events are kept."""
    journal = gallery.events
    if journal is None:
        return check_in, check_gallery
    return (
        AnnounceDecisions(check_in, gallery, journal, wait),
        AnnounceFindings(check_gallery, gallery, journal),
    )


def _event_servicer(gallery: Gallery) -> EventServicer:
    source = EventSource(gallery)
    return EventServicer(
        list_events=ListEvents(source),
        stream_events=StreamEvents(source, Tails()),
        list_dead_letters=ListDeadLetters(gallery),
        replay_dead_letters=ReplayDeadLetters(gallery),
    )
