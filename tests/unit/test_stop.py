"""Signals that ask a process to end, however many and however close together."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

TERM, INT = signal.SIGTERM, signal.SIGINT
WAITER = """
import os, signal, threading
from facesvc.stop import Stop

def compute():
    while True:
        pass

def begin():
    while True:
        begun = threading.Thread(target=sum, args=((),))
        begun.start()
        begun.join()

for work in (compute, begin, begin):
    threading.Thread(target=work, daemon=True).start()
stop = Stop((signal.SIGTERM, signal.SIGINT))
os.write(1, b"ready\\n")
while not stop.wait({timeout}):
    pass
os.write(1, b"asked\\n")
os._exit(0)
"""


@pytest.mark.parametrize("timeout", ["None", "0.00001"])
@pytest.mark.parametrize("numbers", [(TERM,), (TERM, INT), (TERM, INT) * 10], ids=len)
def test_signal_ends_the_wait_of_a_process_that_computes(
    timeout: str, numbers: tuple[signal.Signals, ...]
) -> None:
    """Also where another thread is given the signal, and where further ones follow at once."""
    command = [sys.executable, "-c", WAITER.format(timeout=timeout)]
    waiters = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(8)]
    try:
        for waiter in waiters:
            assert waiter.stdout is not None
            assert waiter.stdout.readline() == b"ready\n"
        for waiter in waiters:
            for number in numbers:
                waiter.send_signal(number)
        for waiter in waiters:
            told, _ = waiter.communicate(timeout=30)
            assert (told, waiter.returncode) == (b"asked\n", 0)
    finally:
        for waiter in waiters:
            waiter.kill()
            waiter.wait()
