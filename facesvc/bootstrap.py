"""The one place that names concrete adapters: builds the service from its settings."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import structlog

from facesvc import __version__
from facesvc.admission.permit_gate import PermitGate
from facesvc.application.detect_faces import DetectFaces
from facesvc.application.find_faces import FaceFinder
from facesvc.application.images import ImageLoader
from facesvc.domain.errors import FaceError
from facesvc.engine.config import EngineConfig, EngineError, Precision, Runtime
from facesvc.engine.engine import OnnxFaceEngine, build_engine
from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.gallery.stores.memory import MemoryStore
from facesvc.gallery.stores.port import GalleryStore
from facesvc.gallery.stores.sealing import KeyRing
from facesvc.gallery.stores.sqlite.store import SqliteStore
from facesvc.images.decode.decoder import DECODE_POLICY, SafeImageDecoder
from facesvc.images.decode.limits import DecodeLimits
from facesvc.images.fetch.fetcher import HttpImageSource
from facesvc.images.fetch.limits import FetchLimits
from facesvc.images.fetch.policy import AllowList
from facesvc.models.errors import PackError
from facesvc.models.load import load_pack
from facesvc.models.pack import Pack
from facesvc.settings import Settings, is_loopback
from facesvc.transport.authentication.api_keys import ApiKeys, ApiKeysError
from facesvc.transport.server import AddressInUseError, FaceServer, build_server
from facesvc.transport.services import ServiceRules, build_servicers

if TYPE_CHECKING:
    from facesvc.gallery.sharded.sharded_gallery import RedisSearchGallery

_log = structlog.get_logger("facesvc")

# Threads that only wait: fetches, streams between two photos, health checks.
_IDLE_THREADS = 64
# Fetches at once for batches, streams and second photos of Compare.
_FETCHES = 48


class StartupError(Exception):
    """The service cannot start; the message says why and what to do."""


@dataclass
class Service:
    """A built service; leaving the context releases everything in reverse order."""

    server: FaceServer
    summary: dict[str, Any]
    resources: contextlib.ExitStack = field(default_factory=contextlib.ExitStack, repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.resources.close()


def bootstrap(settings: Settings) -> Service:
    """Load the models and the gallery and bind the port. Raises StartupError."""
    with contextlib.ExitStack() as resources:
        try:
            service = _build(settings, resources)
        except (EngineError, FaceError, ValueError, OSError) as error:
            raise StartupError(str(error)) from error
        service.resources = resources.pop_all()
        return service


@contextlib.contextmanager
def _blaming(variable: str) -> Iterator[None]:
    """Name the setting to look at when what it names keeps the service from starting."""
    try:
        yield
    except (PackError, AddressInUseError, ApiKeysError, FaceError, OSError) as error:
        reason = str(error)
        raise StartupError(
            reason if reason.startswith(variable) else f"{variable}: {reason}"
        ) from error


def _build(settings: Settings, resources: contextlib.ExitStack) -> Service:
    permits = settings.compute_permits
    callers = _build_callers(settings)
    engine = _build_engine(settings)
    with _blaming("REDIS_URL" if settings.redis_url.get_secret_value() else "GALLERY_PATH"):
        gallery = _build_gallery(settings, engine.info.recognizer)
        resources.callback(gallery.close)
        gallery.open()
    source = _build_source(settings)
    resources.callback(source.close)
    # Threads that fetch are apart from those that compute the images of batches and streams, so
    # that slow web servers keep no photo waiting that is already here.
    workers = resources.enter_context(
        ThreadPoolExecutor(permits * 2 + 16, thread_name_prefix="item")
    )
    fetches = resources.enter_context(ThreadPoolExecutor(_FETCHES, thread_name_prefix="fetch"))
    detect_faces = DetectFaces(
        ImageLoader(source, settings.image_max_bytes, fetches),
        SafeImageDecoder(
            DecodeLimits(max_bytes=settings.image_max_bytes, max_pixels=settings.image_max_pixels),
            settings.detection_size,
        ),
        FaceFinder(engine, settings.detection_size, settings.rotation_retry),
        PermitGate(permits, settings.max_waiting),
    )
    rules = ServiceRules(
        version=__version__,
        match_threshold=settings.match_threshold,
        quality_threshold=settings.quality_threshold,
        detection_size=settings.detection_size,
        max_batch_size=settings.max_batch_size,
        in_flight=permits + 2,
        # 25 photos a second and core, from a server that takes half a second for each.
        fetch_ahead=permits * 12 + 8,
    )
    faces, people = build_servicers(detect_faces, engine, gallery, engine.info, workers, rules)
    with _blaming("HOST, GRPC_PORT"):
        server = build_server(
            faces,
            people,
            address=f"{settings.host}:{settings.grpc_port}",
            threads=permits + settings.max_waiting + _IDLE_THREADS,
            serve_reflection=settings.grpc_reflection,
            callers=callers,
        )
    status = gallery.status()
    summary = {
        "pack": engine.info.name,
        "provider": engine.info.provider,
        "compute_permits": permits,
        "store": status.store,
        "samples": status.samples,
    }
    return Service(server, summary)


def _build_callers(settings: Settings) -> ApiKeys | None:
    if settings.api_keys_file is not None:
        with _blaming("API_KEYS_FILE"):
            return ApiKeys(settings.api_keys_file)
    if not is_loopback(settings.host):
        _log.warning(
            "no API keys: everyone who reaches this address may enrol, search and delete",
            host=settings.host,
            setting="API_KEYS_FILE",
        )
    return None


def _build_engine(settings: Settings) -> OnnxFaceEngine:
    with _blaming("MODEL_PACK"):
        pack = load_pack(settings.model_pack, settings.model_root)
    config = EngineConfig(
        detection_size=settings.detection_size,
        cascade=settings.detection_cascade,
        precision=_precision(settings, pack),
        runtime=Runtime(settings.engine_runtime),
        use_gpu=settings.use_gpu,
        max_batch=settings.max_batch,
        decode_policy=DECODE_POLICY,
    )
    return build_engine(pack, config)


def _precision(settings: Settings, pack: Pack) -> Precision:
    if settings.engine_precision != "auto":
        return Precision(settings.engine_precision)
    if Runtime(settings.engine_runtime) is Runtime.TENSORRT:
        return Precision.FLOAT32
    return Precision.INT8 if pack.has_evaluated_int8() else Precision.FLOAT32


def _build_gallery(settings: Settings, recognizer: str) -> IndexedGallery | RedisSearchGallery:
    if settings.gallery_index == "memory":
        return IndexedGallery(_build_store(settings, recognizer))
    urls = settings.redis_url.get_secret_value().split()
    if not urls:
        raise StartupError("GALLERY_INDEX: redis-search needs REDIS_URL to list its servers.")
    if settings.gallery_key.get_secret_value():
        raise StartupError(
            "GALLERY_KEY: redis-search cannot search sealed embeddings; leave the key out."
        )
    from facesvc.gallery.sharded.sharded_gallery import RedisSearchGallery
    from facesvc.gallery.stores.redis.url import RedisUrlError

    try:
        return RedisSearchGallery(urls, recognizer)
    except RedisUrlError as error:
        raise StartupError(f"REDIS_URL: {error}") from error


def _build_store(settings: Settings, recognizer: str) -> GalleryStore:
    try:
        ring = KeyRing.parse(settings.gallery_key.get_secret_value())
    except ValueError as error:
        raise StartupError(str(error)) from error
    redis_url = settings.redis_url.get_secret_value()
    if redis_url:
        # Its client takes a tenth of a second to import, which a local gallery need not wait.
        from facesvc.gallery.stores.redis.store import RedisStore
        from facesvc.gallery.stores.redis.url import RedisUrlError

        try:
            return RedisStore(
                url=redis_url,
                recognizer=recognizer,
                ring=ring,
                allow_foreign=settings.gallery_migrate,
            )
        except RedisUrlError as error:
            raise StartupError(str(error)) from error
    if settings.gallery_path == ":memory:":
        return MemoryStore(recognizer=recognizer)
    path = Path(settings.gallery_path)
    path.parent.mkdir(parents=True, exist_ok=True)
    return SqliteStore(
        path, recognizer=recognizer, ring=ring, allow_foreign=settings.gallery_migrate
    )


def _build_source(settings: Settings) -> HttpImageSource:
    try:
        allow = AllowList.parse(settings.image_url_allow)
    except ValueError as error:
        raise StartupError(f"IMAGE_URL_ALLOW: {error}") from error
    return HttpImageSource(
        FetchLimits(max_bytes=settings.image_max_bytes, timeout_s=settings.image_fetch_timeout_s),
        allow,
        enabled=settings.image_url_fetch,
    )
