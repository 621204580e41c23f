"""All settings, read once from the environment at start."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from facesvc.environment import SettingsError, cpu_quota, secrets_in_files

Text = Annotated[str, Field(min_length=1)]
Port = Annotated[int, Field(ge=1, le=65535)]


_SWITCHES = {
    **dict.fromkeys(("1", "on", "yes", "y", "t"), "true"),
    **dict.fromkeys(("0", "off", "no", "n", "f"), "false"),
}


class Settings(BaseSettings):
    """Frozen. Each field's environment variable is its name in capitals."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", validate_default=True)

    host: Text = "127.0.0.1"
    """Address that gRPC and REST listen on."""
    port: Port = 8000
    """Port of REST, by Envoy."""
    grpc_port: Port = 50051
    """Port of gRPC."""
    grpc_socket: str = ""
    """Unix socket on which gRPC is served, too, without TLS, to who may open it: a gateway beside
    it. python -m gateway.run chooses one of its own."""
    tls_cert_file: Path | None = None
    """PEM file of the certificate, with its chain, of gRPC and REST; with TLS_KEY_FILE."""
    tls_key_file: Path | None = None
    """PEM file of the certificate's key."""
    tls_client_ca_file: Path | None = None
    """PEM file of authorities; with it, callers must show a certificate of one of them."""
    allow_anonymous: bool = False
    """Start without API_KEYS_FILE though other machines reach HOST: everyone may do everything."""
    metrics_port: int = Field(default=9464, ge=0, le=65535)
    """Port of the metrics for Prometheus, on HOST; 0 serves none."""
    match_threshold: float = Field(default=0.45, ge=-1, le=1)
    """Cosine similarity from which two faces match."""
    quality_threshold: float = Field(default=0.3, ge=0, le=1)
    """Quality score below which a face is not enrolled."""
    enroll_check_duplicate: bool = False
    """Refuse every enrolment of a face that another user matches; else only where a call asks."""
    enroll_check_same_person: bool = False
    """Refuse every enrolment that is not like the user's earlier samples; else if a call asks."""
    detection_size: int = Field(default=640, ge=128, le=1280, multiple_of=32)
    """Side in pixels of the square that a photo is scaled into for detection."""
    rotation_retry: Literal["auto", "true", "false"] = "auto"
    """When a photo is turned to look for faces: auto where there is a sign that it does not stand
    upright, true unless a face is surely upright, false never."""
    recognizability_threshold: float | None = Field(default=None, ge=0, le=1)
    """Recognizability below which a face carries no identity; without one, the model pack's."""
    match_unrecognizable: bool = False
    """Let faces without an identity match, where a call does not say."""
    liveness_threshold: float | None = Field(default=None, ge=0, le=1)
    """Confidence from which a face is live; without one, the model pack's (docs/liveness.md)."""
    liveness_small_faces: Literal["refuse", "accept"] = "refuse"
    """What is said of faces that are too small to tell whether they are live."""
    challenge_key: SecretStr = SecretStr("")
    """Key that signs the challenges of check-ins, the same in every replica; empty means one
    made of GATEWAY_SECRET, else one of the process's own."""
    target_fpir: float | None = Field(default=None, gt=0, lt=1)
    """Share of strangers whom Search, Identify and CheckIn may answer with somebody: makes the
    threshold for each collection's size, in MATCH_THRESHOLD's place."""
    target_fmr: float | None = Field(default=None, gt=0, lt=1)
    """Share of comparisons of different people that Verify and Compare may match: makes the
    threshold, in MATCH_THRESHOLD's place."""
    engine_precision: Literal["auto", "float32", "int8"] = "auto"
    """Arithmetic of the models; auto is int8 for those of which it was evaluated on labelled
    photos, else float32. Each makes embeddings that need a gallery of their own."""
    engine_runtime: Literal["onnxruntime", "openvino", "tensorrt"] = "onnxruntime"
    """What runs the models: openvino on the CPU, after installing requirements/openvino.lock, or
    tensorrt with USE_GPU. Both make embeddings that need a gallery of their own."""
    detection_cascade: bool = False
    """Detect at 320 pixels first and be content with one certain, large face: twice as fast for
    portraits, but a second, small face is not seen and faces_detected says 1."""
    use_gpu: bool = False
    """Compute on CUDA; an error at start when that does not work."""
    gpu_batch: int = Field(default=16, ge=1, le=64)
    """Most inputs of different calls that a model computes at once on the GPU; 1 is one by one."""
    redis_url: SecretStr = SecretStr("")
    """Redis that shares the gallery between replicas; empty means the gallery is local."""
    gallery_index: Literal["memory", "redis-search"] = "memory"
    """What searches: this process's memory, or the Redis servers that REDIS_URL lists, separated
    by blanks, for galleries larger than one machine."""
    gallery_path: Text = "data/gallery.sqlite3"
    """File of the local gallery; ":memory:" keeps nothing."""
    gallery_key: SecretStr = SecretStr("")
    """Keys that seal embeddings at rest: base64 of 32 bytes each, comma-separated, the first
    seals and every one opens, the word plain at the end while an existing gallery is being
    sealed; empty means plain."""
    gallery_migrate: bool = False
    """Start beside the collections of another recognizer, to enrol the photos anew."""
    events: bool = False
    """Keep an event of each write, in its transaction, of each decision of CheckIn and each finding
    of CheckGallery, for ListEvents, StreamEvents and webhooks."""
    events_keep_days: float = Field(default=7.0, gt=0, le=365)
    """Age in days at which events are forgotten."""
    events_keep_count: int = Field(default=50_000, ge=100, le=10_000_000)
    """Most events that are kept; in Redis of each collection."""
    webhooks_file: Path | None = None
    """TOML file of the endpoints that events are sent to, signed; needs EVENTS."""
    events_decisions_durable: bool = False
    """Let CheckIn answer once the event of its decision is durable, not a moment before."""
    model_pack: Text = "open"
    """Model pack: open, compact, compact-single, an InsightFace pack's name, or a folder."""
    model_root: Path = Path("models")
    """Folder that holds the packs."""
    api_keys_file: Path | None = None
    """TOML file of the API keys' hashes, read again when it changes; without one everyone who
    reaches the service may call everything."""
    retention_sweep_s: float = Field(default=3600.0, ge=1, le=86400)
    """Seconds between two looks for users whom their collection's retention no longer keeps."""
    audit_file: Path | None = None
    """File that takes an entry for every write, export, erasure and refused access; without one
    they stand in the log."""
    audit_key: SecretStr = SecretStr("")
    """Secret that user_ids are hashed with in the audit; without one, one is made and kept beside
    AUDIT_FILE."""
    image_url_fetch: bool = True
    """Whether image_url is served at all."""
    image_url_allow: str = ""
    """Comma-separated hosts, addresses and networks that image_url may name though not public."""
    image_url_headers: SecretStr = SecretStr("")
    """JSON of hosts and the headers that requests to them carry, such as a private store's key:
    {"host" or "host:port": {"header": "value"}}."""
    image_url_user_agent: Text = "facesvc"
    """User agent of the requests for images."""
    image_max_bytes: int = Field(default=10 * 1024 * 1024, ge=1024, le=50 * 1024 * 1024)
    """Largest image in bytes."""
    image_max_pixels: int = Field(default=50_000_000, ge=10_000, le=200_000_000)
    """Largest image in pixels."""
    image_fetch_timeout_s: float = Field(default=5.0, gt=0, le=60)
    """Time in seconds for fetching an image, from the look-up of its name to its last byte."""
    max_batch_size: int = Field(default=64, ge=1, le=1024)
    """Most images in a BatchEmbed."""
    compute_threads: int = Field(default=0, ge=0, le=256)
    """Calls that compute at the same time; 0 means the cores of the container's quota, and with
    USE_GPU a batch more."""
    max_waiting: int = Field(default=64, ge=1, le=1024)
    """Most calls that wait for a compute slot before others are refused; fewer when they are more
    than 0.3 s of work."""
    request_timeout_s: float = Field(default=30.0, gt=0, le=600)
    """Time in seconds that the message of a single request may take to arrive over gRPC."""
    connection_age_s: float = Field(default=300.0, ge=1, le=86400)
    """Age in seconds at which a gRPC connection is closed once its calls are done, so that callers
    connect again and replicas get even shares."""
    gateway_secret: SecretStr = SecretStr("")
    """Shared with a gateway that runs elsewhere, so that its word is taken for whom it calls for;
    python -m gateway.run makes one of its own."""
    grpc_reflection: bool = True
    """Serve gRPC reflection."""
    lame_duck_s: float = Field(default=0.0, ge=0, le=600)
    """Time in seconds after SIGTERM in which health says NOT_SERVING and calls are still taken, so
    that load balancers look elsewhere before calls are refused."""
    drain_s: float = Field(default=10.0, ge=0, le=600)
    """Time in seconds that calls in flight have to finish after that."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """Least severe log line that is written."""
    log_format: Literal["json", "console"] = "json"
    """Form of the log lines."""

    @field_validator("model_root", mode="before")
    @classmethod
    def _not_empty(cls, value: Any) -> Any:
        if value == "":
            raise ValueError("Input should name a folder")
        return value

    @field_validator(
        "api_keys_file",
        "audit_file",
        "webhooks_file",
        "tls_cert_file",
        "tls_key_file",
        "tls_client_ca_file",
        mode="before",
    )
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return None if value == "" else value

    @field_validator(
        "recognizability_threshold",
        "liveness_threshold",
        "target_fpir",
        "target_fmr",
        mode="before",
    )
    @classmethod
    def _empty_is_unset(cls, value: Any) -> Any:
        return None if value == "" else value

    @field_validator("rotation_retry", mode="before")
    @classmethod
    def _switch(cls, value: Any) -> Any:
        """Read what a switch of on and off may say, as before there was a third way."""
        word = str(value).lower()
        return _SWITCHES.get(word, word)

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value

    @model_validator(mode="after")
    def _tls_is_whole(self) -> Self:
        if (self.tls_cert_file is None) != (self.tls_key_file is None):
            raise ValueError("TLS_CERT_FILE and TLS_KEY_FILE go together")
        if self.tls_client_ca_file and not self.tls_cert_file:
            raise ValueError("TLS_CLIENT_CA_FILE needs TLS_CERT_FILE and TLS_KEY_FILE")
        return self

    @model_validator(mode="after")
    def _webhooks_have_events(self) -> Self:
        if self.webhooks_file and not self.events:
            raise ValueError("WEBHOOKS_FILE needs EVENTS=true")
        return self

    @property
    def serves_tls(self) -> bool:
        """Whether gRPC and REST are encrypted."""
        return self.tls_cert_file is not None

    @property
    def compute_permits(self) -> int:
        """Calls that may compute at the same time."""
        # Calls whose models wait for the GPU need no core: others may decode meanwhile.
        return self.compute_threads or cpu_quota() + self.max_batch * self.use_gpu

    @property
    def max_batch(self) -> int:
        """Most inputs that a model computes at once: on a CPU eight cost as much as eight calls."""
        return self.gpu_batch if self.use_gpu else 1


def load_settings() -> Settings:
    """Read the environment. Raises SettingsError naming each variable that is wrong.

    A secret may also stand in a file that NAME_FILE names, as containers keep them.
    """
    fields = Settings.model_fields.items()
    secrets = [name for name, info in fields if info.annotation is SecretStr]
    values: dict[str, Any] = dict(secrets_in_files(secrets, os.environ))
    try:
        return Settings(**values)
    except ValidationError as error:
        problems = [
            f"{'.'.join(map(str, item['loc'])).upper() or 'settings'}: {item['msg']}"
            f" (got {str(item['input'])!r})"
            for item in error.errors(include_url=False)
        ]
        raise SettingsError("\n".join(problems)) from None
