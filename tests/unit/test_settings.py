"""Settings from the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from facesvc.environment import SettingsError, cpu_quota, misspelt_variables
from facesvc.serve import READ_ELSEWHERE
from facesvc.settings import Settings, load_settings
from gateway.settings import GatewaySettings


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_defaults_are_the_contracts() -> None:
    """The six variables that integrators know."""
    settings = load_settings()
    assert settings.port == 8000
    assert settings.match_threshold == 0.45
    assert settings.quality_threshold == 0.3
    assert settings.detection_size == 640
    assert settings.use_gpu is False
    assert settings.redis_url.get_secret_value() == ""
    assert (settings.host, settings.grpc_port) == ("127.0.0.1", 50051)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "http"),
        ("MATCH_THRESHOLD", "2"),
        ("MATCH_THRESHOLD", "nan"),
        ("QUALITY_THRESHOLD", "-0.1"),
        ("DETECTION_SIZE", "650"),
        ("DETECTION_SIZE", "96"),
        ("DETECTION_SIZE", "1312"),
        ("USE_GPU", "perhaps"),
        ("GRPC_PORT", "70000"),
        ("MAX_BATCH_SIZE", "0"),
        ("LOG_LEVEL", "loud"),
        ("IMAGE_FETCH_TIMEOUT_S", "0"),
        *((name, "") for name in ("PORT", "HOST", "GALLERY_PATH", "MODEL_PACK", "MODEL_ROOT")),
    ],
)
def test_wrong_value_is_an_error_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """And shows the value that it got."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=rf"(?i){name}: .*{value}"):
        load_settings()


@pytest.mark.parametrize("size", range(128, 1281, 32))
def test_every_multiple_of_32_is_a_detection_size(
    monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """From 128 to 1280."""
    monkeypatch.setenv("DETECTION_SIZE", str(size))
    assert load_settings().detection_size == size


def test_redis_password_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A settings object in a log must not tell it."""
    monkeypatch.setenv("REDIS_URL", "redis://:hunter2@host")
    assert "hunter2" not in repr(load_settings())


@pytest.mark.parametrize(("text", "cores"), [("50000 100000", 1), ("100000 100000", 1)])
def test_cpu_quota_follows_the_cgroup(tmp_path: Path, text: str, cores: int) -> None:
    """A container with one core's quota computes one call at a time, on any host."""
    (tmp_path / "cpu.max").write_text(text)
    assert cpu_quota(tmp_path) == cores


def test_cpu_quota_without_a_limit_is_the_affinity(tmp_path: Path) -> None:
    """No file, or no limit in it."""
    free = cpu_quota(tmp_path)
    (tmp_path / "cpu.max").write_text("max 100000")
    assert cpu_quota(tmp_path) == free >= 1


def test_calls_that_wait_for_the_gpu_leave_the_cores_to_others() -> None:
    """A batch more than cores may compute with USE_GPU; a number that is set stays."""
    on_cpu, on_gpu = Settings(), Settings(use_gpu=True, gpu_batch=8)
    assert (on_cpu.max_batch, on_gpu.max_batch) == (1, 8)
    assert on_gpu.compute_permits == on_cpu.compute_permits + 8
    assert Settings(use_gpu=True, compute_threads=3).compute_permits == 3


@pytest.mark.parametrize(
    "given",
    [
        {"TLS_CERT_FILE": "a.pem"},
        {"TLS_KEY_FILE": "a.pem"},
        {"TLS_CLIENT_CA_FILE": "a.pem"},
    ],
)
def test_half_of_tls_is_refused(monkeypatch: pytest.MonkeyPatch, given: dict[str, str]) -> None:
    """The certificate, its key, and only with both the authorities of clients."""
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match="TLS_CERT_FILE"):
        load_settings()


def test_secret_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without the line's end; both forms, and a file that is not there, are errors by name."""
    path = tmp_path / "url"
    path.write_text("redis://redis:6379/0\n")
    monkeypatch.setenv("REDIS_URL_FILE", str(path))
    assert load_settings().redis_url.get_secret_value() == "redis://redis:6379/0"
    monkeypatch.setenv("REDIS_URL", "redis://other")
    with pytest.raises(SettingsError, match="REDIS_URL and REDIS_URL_FILE"):
        load_settings()
    monkeypatch.delenv("REDIS_URL")
    monkeypatch.setenv("REDIS_URL_FILE", str(tmp_path / "gone"))
    with pytest.raises(SettingsError, match=r"REDIS_URL_FILE=.*gone"):
        load_settings()


def test_misspelt_settings_are_noticed_and_others_left_alone() -> None:
    """A letter that is missing or wrong; not the variables that every process has."""
    known = [name.upper() for name in Settings.model_fields]
    given = ["MATCH_TRESHOLD", "DETECTON_SIZE", "METRIC_PORT", "PORT", "HOSTNAME", "PATH", "HOME"]
    given += ["LANG", "TERM", "USER", "PWD", "SHELL", "PYTHONPATH", "REDIS_PORT", "SUPPORT"]
    assert misspelt_variables(given, known) == {
        "DETECTON_SIZE": "DETECTION_SIZE",
        "MATCH_TRESHOLD": "MATCH_THRESHOLD",
        "METRIC_PORT": "METRICS_PORT",
    }


def test_variables_of_the_gateway_are_known_to_the_server() -> None:
    """They are no misspelt settings."""
    assert {name.upper() for name in GatewaySettings.model_fields} == READ_ELSEWHERE
