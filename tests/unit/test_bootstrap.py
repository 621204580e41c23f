"""Starts that must fail, with the setting to look at."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from pydantic import SecretStr

from facesvc.application.challenges import Challenges
from facesvc.application.ports.engine import PackInfo
from facesvc.bootstrap import engine as engine_wiring
from facesvc.bootstrap import service as service_wiring
from facesvc.bootstrap.access import challenge_key_of
from facesvc.bootstrap.service import bootstrap
from facesvc.bootstrap.startup import StartupError
from facesvc.engine.config import Precision
from facesvc.log import configure_logging
from facesvc.models.builtin import COMPACT, OPEN
from facesvc.models.pack import Pack
from facesvc.models.pack_errors import PackError
from facesvc.settings import Settings
from tests.fakes import FakeEngine
from tests.unit.engine.tiny_models import write_buffalo_l


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """No models are loaded; what stands behind them is what fails."""
    fake = FakeEngine()
    fake.info = PackInfo("fake", "none", "detector", "digest", 512, "CPU")  # type: ignore[attr-defined]
    fake.calibration = None  # type: ignore[attr-defined]
    monkeypatch.setattr(service_wiring, "engine_of", lambda _: fake)


def serving(folder: Path) -> Settings:
    """Return the settings that serve a pack on a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = int(server.getsockname()[1])
    return Settings(gallery_path=":memory:", grpc_port=port, metrics_port=0, model_pack=str(folder))


@pytest.fixture
def logged(capfd: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """Log as a server does; return what was logged since it was asked last."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logging("INFO", "json")

    def read() -> str:
        root.handlers[0].flush()
        return capfd.readouterr().err

    yield read
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def _below_a_file(folder: Path) -> Path:
    (folder / "file").write_text("")
    return folder / "file" / "gallery.sqlite3"


def _no_database(folder: Path) -> Path:
    (folder / "gallery.sqlite3").write_text("nothing of the kind, and long enough to be read" * 9)
    return folder / "gallery.sqlite3"


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("place", [_below_a_file, _no_database, lambda folder: folder])
def test_gallery_that_cannot_be_opened_names_its_setting(
    tmp_path: Path, place: Callable[[Path], Path]
) -> None:
    """Whether the folder, the file or its content is at fault."""
    with pytest.raises(StartupError, match=r"^GALLERY_PATH: "):
        bootstrap(Settings(gallery_path=str(place(tmp_path))))


@pytest.mark.usefixtures("engine")
def test_taken_port_names_its_setting() -> None:
    """A second instance is told what to change."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartupError, match=rf"^HOST, GRPC_PORT: .*127\.0\.0\.1:{port}"):
            bootstrap(Settings(gallery_path=":memory:", grpc_port=port))


@pytest.mark.usefixtures("engine")
def test_server_for_others_wants_keys_or_a_word() -> None:
    """Outside the loopback interface nobody enrols and deletes by accident."""
    with pytest.raises(StartupError, match=r"API_KEYS_FILE.*ALLOW_ANONYMOUS=true"):
        bootstrap(Settings(gallery_path=":memory:", host="0.0.0.0"))


def test_pack_that_cannot_be_loaded_names_its_setting(tmp_path: Path) -> None:
    """A folder without models is no pack."""
    with pytest.raises(StartupError, match=r"^MODEL_PACK: "):
        bootstrap(Settings(gallery_path=":memory:", model_pack=str(tmp_path)))


def test_a_pack_that_was_never_prepared_is_prepared_in_a_process_of_its_own(
    tmp_path: Path, logged: Callable[[], str]
) -> None:
    """The first start takes longer, says what it does, and the next one finds it done."""
    folder = write_buffalo_l(tmp_path / "mine")
    with bootstrap(serving(folder)) as service:
        assert service.summary["pack"] == "mine"
    assert "it lacks manifest.json. Run `python -m facesvc.models_build prepare" in logged()
    assert (folder / "prepared" / "det_10g.float32.onnx").exists()
    with bootstrap(serving(folder)):
        assert "preparing" not in logged()


def test_a_pack_that_cannot_be_written_is_prepared_at_every_start(
    tmp_path: Path, logged: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read-only pack serves all the same, is left as it is, and the log has the remedy."""
    folder = write_buffalo_l(tmp_path / "mine")
    before = sorted(folder.iterdir())
    monkeypatch.setattr(os, "access", lambda *_: False)  # root writes everywhere
    with bootstrap(serving(folder)):
        assert "prepared at every start" in logged()
    assert sorted(folder.iterdir()) == before


def test_a_pack_that_cannot_be_prepared_ends_the_start_with_the_reason(tmp_path: Path) -> None:
    """What the other process said last, and the setting to look at."""
    folder = write_buffalo_l(tmp_path / "mine")
    (folder / "det_10g.onnx").write_bytes(b"no model")
    with pytest.raises(StartupError, match=r"^MODEL_PACK: .*det_10g.onnx: is no ONNX model"):
        bootstrap(serving(folder))


def test_name_of_the_setting_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the reason begins with it already."""

    def refuse(*_: object) -> None:
        raise PackError("MODEL_PACK=x: there is no such folder.")

    monkeypatch.setattr(engine_wiring, "load_pack", refuse)
    with pytest.raises(StartupError, match=r"^MODEL_PACK=x: there is no such folder\.$"):
        bootstrap(Settings(gallery_path=":memory:"))


@pytest.mark.parametrize(
    ("settings", "precision"),
    [
        ({}, Precision.INT8),
        ({"use_gpu": True}, Precision.INT8),  # replicas of both kinds share a gallery
        ({"use_gpu": True, "engine_runtime": "tensorrt"}, Precision.FLOAT32),
        ({"engine_precision": "float32"}, Precision.FLOAT32),
    ],
)
def test_the_detectors_precision_is_the_one_that_was_evaluated(
    settings: dict[str, Any], precision: Precision
) -> None:
    """By default int8 for the compact pack, but not where int8 cannot run."""
    pack = Pack(Path("models/compact"), COMPACT)
    assert engine_wiring.precision_of(Settings(**settings), pack) is precision


@pytest.mark.parametrize(
    ("settings", "precision"),
    [
        ({}, Precision.INT8),
        ({"engine_runtime": "openvino"}, Precision.FLOAT32),  # its bfloat16 was not evaluated
        ({"engine_precision": "float32"}, Precision.FLOAT32),
    ],
)
def test_the_open_pack_has_an_int8_recognizer_beside_a_float32_detector(
    settings: dict[str, Any], precision: Precision
) -> None:
    """What was evaluated of a pack is used, though not all of it has an int8 form."""
    pack = Pack(Path("models/open"), OPEN)
    assert engine_wiring.precision_of(Settings(**settings), pack) is precision
    int8 = [model.file for model in OPEN.models if pack.runs_in_int8(model)]
    assert "sface.onnx" in int8
    assert not {"fr_feature.onnx", "yunet.onnx"} & set(int8)


def test_replicas_with_one_secret_know_each_others_challenges() -> None:
    """By CHALLENGE_KEY, else by GATEWAY_SECRET, which is not itself the key."""
    mine, other = (
        Challenges(challenge_key_of(Settings(gateway_secret=SecretStr("of both")))) for _ in "ab"
    )
    assert other.redeem(mine.start().token)
    assert Challenges(b"of both").key != mine.key
    both = Settings(gateway_secret=SecretStr("g"), challenge_key=SecretStr("chosen"))
    assert challenge_key_of(both) == b"chosen"


def test_replicas_without_a_common_key_are_warned(logged: Callable[[], str]) -> None:
    """Where the gallery is shared; one server alone needs no key."""
    assert challenge_key_of(Settings()) == b""
    assert "CHALLENGE_KEY" not in logged()
    assert challenge_key_of(Settings(redis_url=SecretStr("redis://r"))) == b""
    assert "CHALLENGE_KEY" in logged()
