"""The two servicers over a set of use cases."""

from __future__ import annotations

import threading
from concurrent.futures import Executor
from dataclasses import dataclass

from facesvc.application.analyze import AnalyzeFaces
from facesvc.application.batch_runner import BatchRunner, Prefetch
from facesvc.application.check_in import CheckIn
from facesvc.application.check_liveness import CheckLiveness
from facesvc.application.compare import CompareFaces
from facesvc.application.detect_faces import DetectFaces
from facesvc.application.embed import EmbedFace
from facesvc.application.enroll import EnrollFace
from facesvc.application.health import GetHealth
from facesvc.application.identify import IdentifyFaces
from facesvc.application.ports import FaceEngine, Gallery, PackInfo
from facesvc.application.search import SearchFaces
from facesvc.application.transfer import ExportCollection, ImportCollection
from facesvc.application.verify import VerifyFace
from facesvc.transport.face_servicer import FaceServicer
from facesvc.transport.gallery_servicer import GalleryServicer

# Photos that all streams and batches together have fetched and not yet worked on, as a multiple
# of what one may be ahead: a bound on memory that one of them cannot use up alone.
_SHARED_AHEAD = 2


@dataclass(frozen=True)
class ServiceRules:
    """What an operator can tune of the calls' meaning and size. A stream or batch works on
    ``in_flight`` photos at once, and fetches up to ``fetch_ahead`` meanwhile.
    """

    version: str
    match_threshold: float
    quality_threshold: float
    detection_size: int
    max_batch_size: int
    in_flight: int
    fetch_ahead: int


def build_servicers(
    detect_faces: DetectFaces,
    engine: FaceEngine,
    gallery: Gallery,
    pack: PackInfo,
    workers: Executor,
    rules: ServiceRules,
) -> tuple[FaceServicer, GalleryServicer]:
    """Return the servicers; ``workers`` run the images of batches and streams."""
    embed = EmbedFace(detect_faces, engine)
    fetches, ahead = detect_faces.loader.fetches, rules.fetch_ahead
    room = threading.Semaphore(_SHARED_AHEAD * ahead)
    faces = FaceServicer(
        embed=embed,
        compare=CompareFaces(detect_faces, engine, rules.match_threshold),
        check_liveness=CheckLiveness(detect_faces, engine),
        analyze=AnalyzeFaces(detect_faces, engine),
        embed_many=BatchRunner(
            embed,
            workers,
            rules.in_flight,
            Prefetch(detect_faces.loader.fetched, fetches, ahead, room),
        ),
        get_health=GetHealth(
            rules.version,
            pack,
            gallery,
            rules.match_threshold,
            rules.quality_threshold,
            rules.detection_size,
        ),
        max_batch_size=rules.max_batch_size,
        model=pack.recognizer,
    )
    enroll = EnrollFace(
        detect_faces, engine, gallery, rules.quality_threshold, rules.match_threshold
    )
    people = GalleryServicer(
        enroll=enroll,
        enroll_many=BatchRunner(
            enroll, workers, rules.in_flight, Prefetch(enroll.fetched, fetches, ahead, room)
        ),
        search=SearchFaces(embed, gallery, rules.match_threshold),
        verify=VerifyFace(embed, gallery, rules.match_threshold),
        identify=IdentifyFaces(detect_faces, engine, gallery, rules.match_threshold),
        check_in=CheckIn(
            detect_faces, engine, gallery, rules.quality_threshold, rules.match_threshold
        ),
        export_collection=ExportCollection(gallery, pack.recognizer),
        import_collection=ImportCollection(gallery, pack.recognizer),
        gallery=gallery,
    )
    return faces, people
