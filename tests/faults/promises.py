"""The service's promises, each with the tests that keep it and the figures that they record.

A part of the service adds its promises here; report.py makes docs/reliability.md of them.
"""

from __future__ import annotations

from dataclasses import dataclass

INTAKE = "tests/faults/intake"


def both(*names: str) -> tuple[str, ...]:
    """Return the figures of tests that run on Valkey and on Redis."""
    return tuple(f"redis-{name}-{server}" for name in names for server in ("valkey", "redis"))


@dataclass(frozen=True)
class Promise:
    """``figures`` are the keys that the tests give to figures.record, ``tests`` what pytest (or,
    for a script, Python) is given.
    """

    threat: str
    promise: str
    figures: tuple[str, ...]
    tests: str

    @property
    def command(self) -> str:
        """The command that prints the figures."""
        if self.tests.startswith("benchmarks/"):
            module = self.tests.removesuffix(".py").replace("/", ".")
            return f"python -m {module}"
        return f"pytest -s {self.tests}"


PROMISES = (
    Promise(
        "URLs with odd spellings of addresses, embedded IPv4, parser tricks, schemes, ports",
        "refused as INVALID_ARGUMENT; nothing is sent anywhere that is not public",
        ("urls", "urls_service"),
        f"{INTAKE}/test_urls.py",
    ),
    Promise(
        "DNS rebinding, mixed answers",
        "one lookup; any bad answer refuses; the connection is pinned to the checked address",
        ("rebinding",),
        f"{INTAKE}/test_urls.py -k rebinding",
    ),
    Promise(
        "redirects to where the URL itself could not lead",
        "at most 3, each checked like a caller's URL",
        ("redirects",),
        f"{INTAKE}/test_servers.py -k redirects",
    ),
    Promise(
        "proxy variables, .netrc",
        "ignored",
        ("proxies",),
        f"{INTAKE}/test_urls.py -k forbidden",
    ),
    Promise(
        "slow servers",
        "one deadline over the whole fetch, DNS included",
        ("slow",),
        f"{INTAKE}/test_servers.py -k slow",
    ),
    Promise(
        "endless answers, false lengths",
        "no more than the limit of bytes and 64 KiB is read",
        ("endless",),
        f"{INTAKE}/test_servers.py -k endless",
    ),
    Promise(
        "compressed bodies",
        "refused unread",
        ("compressed",),
        f"{INTAKE}/test_servers.py -k compressed",
    ),
    Promise(
        "wrong certificates",
        "refused before the request is sent",
        ("certificates",),
        f"{INTAKE}/test_servers.py -k certificates",
    ),
    Promise(
        "pixel bombs, false lengths and sizes",
        "refused before decoding",
        ("bombs", "images_service"),
        f"{INTAKE}/test_images.py -k lies",
    ),
    Promise(
        "malformed images",
        "an image or a clear error, never a crash, never INTERNAL",
        ("mutations", "coverage_fuzzing"),
        f"{INTAKE}/test_images.py -k 'mutated or fuzzing'",
    ),
    Promise(
        "EXIF 1-8, CMYK, grey, palette, alpha, 16-bit, progressive, 4:4:4",
        "the same face: cosine at least 0.99 to the plain file",
        ("same_face",),
        f"{INTAKE}/test_photos.py -k kind",
    ),
    Promise(
        "large photos, decoded at a fraction of their size",
        "the same face as in a small photo: cosine at least 0.985",
        ("reduced",),
        f"{INTAKE}/test_photos.py -k reduced",
    ),
    Promise(
        "tight crops",
        "at least 99 % found, one face each",
        ("tight_crops",),
        f"{INTAKE}/test_photos.py -k tight",
    ),
    Promise(
        "thin, tiny and huge photos",
        "faces, none, or a clear error",
        ("odd_shapes",),
        f"{INTAKE}/test_photos.py -k odd",
    ),
    Promise(
        "cancelled calls",
        "the fetch ends with its call: socket closed within 200 ms",
        ("cancelled", "cancelled_service"),
        f"{INTAKE} -k cancelled",
    ),
    Promise(
        "expired calls",
        "nothing is computed for nobody",
        ("expired",),
        f"{INTAKE}/test_service.py -k expired",
    ),
    Promise(
        "oversized messages",
        "IMAGE_TOO_LARGE, not a transport's error",
        ("oversized",),
        f"{INTAKE}/test_service.py -k personal",
    ),
    Promise(
        "personal data in logs",
        "none: no path or query of a URL, no name, no metadata",
        ("canary",),
        f"{INTAKE}/test_service.py -k personal",
    ),
    Promise(
        "cost of looking before decoding",
        "at most 3 % of an embed call on a 1 MP photo",
        ("precheck",),
        "benchmarks/intake.py",
    ),
    Promise(
        "cost of large photos",
        "a 12 MP JPEG takes at most 1.6 times as long as the same face at 1 MP",
        ("large_photos",),
        "benchmarks/intake.py",
    ),
    Promise(
        "SIGKILL in the middle of writes",
        "an answered write is durable",
        ("sqlite-kill",),
        "tests/faults/test_gallery_crash.py",
    ),
    Promise(
        "SIGKILL while CheckIn decides with EVENTS_DECISIONS_DURABLE",
        "each answered decision's event is kept, and sent to its endpoint at least once",
        ("sqlite-decisions-kill", "redis-decisions-kill-valkey"),
        "tests/faults/test_decisions_crash.py",
    ),
    Promise(
        "SIGKILL while people are seen whom a retention would delete",
        "each sighting that was answered is kept",
        ("sqlite-sightings-kill", "redis-sightings-kill-valkey"),
        "tests/faults/test_sightings_crash.py",
    ),
    Promise(
        "SIGKILL in the middle of a sweep of a collection's retention",
        "nobody else is deleted, whoever is left is whole, the next sweep ends it",
        ("sqlite-retention-kill", "redis-retention-kill-valkey"),
        "tests/faults/test_retention_crash.py",
    ),
    Promise(
        "SIGKILL in the middle of merges, moves and deletions of samples, in a file",
        "each is there whole or not at all; no sample is lost or there twice",
        ("sqlite-edit-kill-plain", "sqlite-edit-kill-sealed"),
        "tests/faults/test_edits_crash.py -k 'not replica'",
    ),
    Promise(
        "SIGKILL of a replica, or of Redis, in the middle of the same",
        "as in a file; a replica that follows agrees",
        both("edit-kill-plain", "edit-kill-sealed"),
        "tests/faults/test_edits_crash.py -k replica",
    ),
    Promise(
        "SIGKILL of a service, or of one of three searching servers, in the middle of the same",
        "as in a file; what was interrupted between two servers is finished or undone at the start",
        ("redis-search-edit-kill",),
        "tests/faults/test_sharded_edits_crash.py",
    ),
    Promise(
        "power loss (kill -9 cannot show it: the order of system calls does)",
        "the log is synced before the answer",
        ("sqlite-sync-order",),
        "tests/faults/test_gallery_crash.py",
    ),
    Promise(
        "disk full",
        "writes fail cleanly, reads go on, the database opens again",
        ("disk-full-tmpfs", "disk-full-limit"),
        "tests/faults/test_gallery_disk_full.py",
    ),
    Promise(
        "concurrent enrol, delete, search",
        "linearizable per user",
        ("sqlite-history",),
        "tests/faults/test_gallery_history.py",
    ),
    Promise(
        "stolen database",
        "ciphertext only",
        ("sqlite-stolen",),
        "tests/faults/test_gallery_sealing.py",
    ),
    Promise(
        "swapped or changed rows",
        "detected",
        ("sqlite-swapped",),
        "tests/faults/test_gallery_sealing.py",
    ),
    Promise(
        "key rotation under load",
        "no failed call",
        ("sqlite-rotation",),
        "tests/faults/test_gallery_sealing.py",
    ),
    Promise(
        "retried enrolment, restarts in between",
        "one version",
        ("sqlite-replay",),
        "tests/faults/test_gallery_sealing.py",
    ),
    Promise(
        "erasure",
        "nothing of a deleted user is left in the database and its log",
        ("sqlite-erasure",),
        "tests/faults/test_gallery_erasure.py",
    ),
    Promise(
        "SIGKILL of a replica in the middle of writes to Redis",
        "an answered write is durable, no record is half there, copies agree",
        both("replica-kill"),
        "tests/faults/test_redis_crash.py",
    ),
    Promise(
        "SIGKILL of Redis in the middle of writes",
        "an answered write is durable, copies agree",
        both("kill"),
        "tests/faults/test_redis_faults.py -k survive",
    ),
    Promise(
        "Redis gone or hanging",
        "searches go on, writes are refused within 200 ms, in step 2 s after its return",
        both("killed", "paused"),
        "tests/faults/test_redis_faults.py -k 'killed or paused'",
    ),
    Promise(
        "Redis emptied, written anew past the old version, its log trimmed",
        "noticed, loaded afresh; no copy differs from Redis",
        both("emptied-by-flushall", "emptied-by-restart", "overtaken", "trimmed"),
        "tests/faults/test_redis_faults.py -k 'emptied or overtakes or trimmed'",
    ),
    Promise(
        "Redis loses the very write that a copy was shown",
        "noticed, loaded afresh; no copy differs from Redis",
        both("lost-delete", "lost-replace", "lost-sent-again"),
        "tests/faults/test_redis_lost_writes.py",
    ),
    Promise(
        "the primary is killed, or hangs, and Sentinel fails over",
        "with wait_replicas=1 an answered write is on the new primary; copies agree",
        both("failover-kill", "failover-pause"),
        "tests/faults/test_redis_failover.py",
    ),
    Promise(
        "concurrent enrol, delete, search on two replicas, with kills of Redis and without",
        "linearizable per user",
        both("history-calm", "history-killed"),
        "tests/faults/test_redis_history.py",
    ),
    Promise(
        "retried enrolment over Redis, after a try without an answer",
        "one version",
        both("replay"),
        "tests/faults/test_redis_faults.py -k replay",
    ),
    Promise(
        "erasure over Redis",
        "nothing of a deleted user is left in memory, stream and files, the replicas' too",
        both("erasure", "erasure-replicas"),
        "tests/faults -k 'deleted_users_are_nowhere or files_of_the_replicas'",
    ),
    Promise(
        "stolen files of Redis, sealed",
        "ciphertext only",
        both("stolen"),
        "tests/faults/test_redis_files.py -k stolen",
    ),
    Promise(
        "one of three searching Redis servers killed",
        "UNAVAILABLE; where asked, a partial answer, marked so; all found after its restart",
        ("redis-search-killed",),
        "tests/integration/test_sharded_gallery.py -k dead",
    ),
    Promise(
        "a Redis Cluster reshards the collection's slot, or replaces its primary",
        "an answered write stays; copies follow to the other server and agree",
        both("resharding", "cluster-failover"),
        "tests/faults/test_redis_cluster.py",
    ),
    Promise(
        "missing, wrong and too narrow API keys",
        "denied, before the request is read",
        ("keys",),
        "tests/contract/test_access.py",
    ),
    Promise(
        "calls of which half is sent: 2,000 on one connection, 2,000 on twenty, on either port",
        "other callers on both ports and health at least 99 % answered, health in time, RSS"
        " +256 MiB at most",
        ("half_sent_grpc_1", "half_sent_envoy_1", "half_sent_grpc_20", "half_sent_envoy_20"),
        "tests/faults/test_half_sent.py",
    ),
    Promise(
        "four times the capacity, with deadlines from two service times on",
        "at least 90 % of the goodput without deadlines",
        ("deadlines_2", "deadlines_3", "deadlines_8", "deadlines_25"),
        "tests/faults/test_overload.py -k deadlines",
    ),
    Promise(
        "128 callers that call again at once, 64 streams, on one connection",
        "a single caller from the same address: at least 99 %, p99 at most 4 times as without",
        ("flood_callers", "flood_streams"),
        "tests/faults/test_overload.py -k flood",
    ),
    Promise(
        "ten times the capacity",
        "refusals p99 below 20 ms, health and lists below 50 ms, in one of six rounds at least:"
        " what else the machine does adds to all of them",
        ("refusals",),
        "tests/faults/test_overload.py -k refusals",
    ),
    Promise(
        "somebody who guesses keys",
        "waits for each refusal up to two seconds, makes at most 20 audit entries in ten minutes,"
        " and holds up nobody who has a key behind the same address",
        ("guesses",),
        "tests/contract/test_audit.py -k guessing",
    ),
    Promise(
        "keys that are added, removed or changed while the service runs",
        "an audit entry each, by name; who wrote the file is not known",
        ("key_changes",),
        "tests/contract/test_audit.py -k changes",
    ),
    Promise(
        "strangers who ask how many are enrolled",
        "with keys, only those that may list them are told",
        ("counts",),
        "tests/contract/test_access.py -k counts",
    ),
    Promise(
        "certificates in the place of keys, and forged names of them",
        "the keys file's names count, on both ports; a caller's own word for its certificate does"
        " not",
        ("certificates",),
        "tests/gateway/test_tls.py -k stands",
    ),
    Promise(
        "a collector of traces and metrics that is away",
        "costs no call and at most some seconds at the end",
        ("telemetry",),
        "tests/gateway/test_telemetry.py -k away",
    ),
    Promise(
        "libraries that phone home",
        "a whole run of the service looks no name up, reaches nobody and leaves nothing in the"
        " home folder",
        ("quiet",),
        "tests/faults/test_quiet_network.py",
    ),
    Promise(
        "a standard error that nobody reads",
        "no call waits for its log line",
        ("unread_stderr",),
        "tests/faults/test_logging.py -k nobody",
    ),
    Promise(
        "a flood of refused calls",
        "at most 10 log lines a second",
        ("refusal_lines",),
        "tests/faults/test_logging.py -k lines",
    ),
    Promise(
        "three replicas behind Envoy restarted in turn under load",
        "no failed call, with a lame duck and without",
        ("restarts_5", "restarts_0"),
        "tests/faults/test_rolling_restart.py -k turn",
    ),
    Promise(
        "SIGTERM under load, without a gateway",
        "no call is cut, new ones are UNAVAILABLE",
        ("ended",),
        "tests/faults/test_rolling_restart.py -k ends",
    ),
    Promise(
        "SIGTERM and SIGINT under load, one, two or twenty, close together",
        "the server ends with status 0: it neither crashes nor hangs",
        ("signals",),
        "tests/faults/test_signals.py",
    ),
    Promise(
        "clients that ping every 5.5 s, with calls and without, directly and through Envoy",
        "keep their connections",
        ("pings_with", "pings_without"),
        "tests/faults/test_keepalive.py",
    ),
)
