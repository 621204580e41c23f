"""What the process finds around it: variables, secrets in files, cores, the address it serves."""

from __future__ import annotations

import difflib
import ipaddress
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

# Of two names, by difflib's ratio: MATCH_TRESHOLD and MATCH_THRESHOLD have 0.97, HOSTNAME and
# HOST 0.67.
_ALIKE = 0.87


class SettingsError(Exception):
    """A setting is wrong; the message names each variable at fault."""


def secrets_in_files(fields: Iterable[str], environment: Mapping[str, str]) -> dict[str, str]:
    """Return the values of those secrets that NAME_FILE names a file of. Raises SettingsError."""
    found: dict[str, str] = {}
    for field in fields:
        variable = field.upper()
        path = environment.get(f"{variable}_FILE", "")
        if not path:
            continue
        if environment.get(variable):
            raise SettingsError(f"{variable} and {variable}_FILE are both set: leave one out.")
        try:
            found[field] = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{variable}_FILE={path} cannot be read: {error}") from None
    return found


def misspelt_variables(environment: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Return variables that are none of the known ones and look like one, with that one."""
    names = set(known)
    suspects = sorted(name for name in set(environment) - names if not name.startswith("_"))
    near = ((name, difflib.get_close_matches(name, names, 1, _ALIKE)) for name in suspects)
    return {name: matches[0] for name, matches in near if matches}


def cpu_quota(cgroup: Path = Path("/sys/fs/cgroup")) -> int:
    """Return the cores that this process may use: the cgroup's quota, else its affinity."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    try:
        quota, period = (cgroup / "cpu.max").read_text().split()[:2]
        if quota != "max":
            return max(1, min(cores or 1, round(int(quota) / int(period))))
    except (OSError, ValueError):
        pass  # no cgroup v2 here: the affinity is all there is
    return cores or 1


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches what listens on ``host``."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
