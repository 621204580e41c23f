"""Parsing the command line."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import grpc

from facesvc.cli.archive import export_file, import_file
from facesvc.cli.backup import NoFileError, backup_gallery
from facesvc.cli.enrolment.bulk import EnrollOptions
from facesvc.cli.enrolment.outcome import Account
from facesvc.cli.enrolment.photos import PhotoListError, read_photo_list
from facesvc.cli.enrolment.run import enroll_photos
from facesvc.cli.errors import describe
from facesvc.cli.reembed import reembed
from facesvc.cli.service import Service, connect
from facesvc.domain.access import Scope
from facesvc.domain.errors import FaceError
from facesvc.settings import SettingsError, load_settings
from facesvc.transport.authentication.api_keys import ApiKeysError, make_api_key


class UsageError(Exception):
    """The command line cannot be obeyed."""


# Their messages are for whoever typed the command.
_TOLD = (
    ApiKeysError,
    PhotoListError,
    UsageError,
    NoFileError,
    SettingsError,
    FaceError,
    OSError,
    EOFError,
)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the process's exit status."""
    options = _parser().parse_args(arguments)
    try:
        if options.needs_no_server:
            alone: int = options.run(options)
            return alone
        with connect(options.server, _secret(options.api_key_env, "API key")) as service:
            status: int = options.run(service, options)
            return status
    except _TOLD as error:
        return _fail(str(error))
    except grpc.RpcError as error:
        return _fail(describe(error, options.server))
    except KeyboardInterrupt:
        return _fail("Interrupted; the same command goes on where it stopped.", 130)


def _enroll(service: Service, options: argparse.Namespace) -> int:
    photos = read_photo_list(options.photos, user=options.user, name=options.name)
    how = EnrollOptions(
        options.collection, not options.add, options.check_liveness, options.check_duplicate
    )
    account = enroll_photos(service, photos, how, options.results)
    return _tell(account, options.results)


def _reembed(service: Service, options: argparse.Namespace) -> int:
    photos = read_photo_list(options.photos)
    account = reembed(service, photos, options.into, options.alias, options.results)
    status = _tell(account, options.results)
    if options.alias and not account.complete:
        sys.stdout.write("The alias was not set: see to these photos and run it again.\n")
    return status


def _tell(account: Account, results: Path) -> int:
    """Write the account; return the exit status."""
    sys.stdout.write("".join(f"{line}\n" for line in account.lines()))
    sys.stdout.write(f"Each file's outcome is in {results}\n")
    if account.stopped:
        return _fail(f"{account.stopped} The same command goes on where it stopped.")
    return 0 if account.complete else 3


def _export(service: Service, options: argparse.Namespace) -> int:
    size = export_file(service.gallery, options.collection, options.file, _passphrase(options))
    sys.stdout.write(f"{options.file}: {size} bytes\n")
    return 0


def _import(service: Service, options: argparse.Namespace) -> int:
    users, samples = import_file(
        service.gallery, options.file, options.collection, _passphrase(options)
    )
    sys.stdout.write(f"{users} users with {samples} samples imported\n")
    return 0


def _backup(options: argparse.Namespace) -> int:
    made = backup_gallery(load_settings(), options.target)
    sys.stdout.write(
        f"{options.target}: {made.users} users with {made.samples} samples,"
        f" {made.size_bytes} bytes, checked\n"
    )
    return 0


def _key(options: argparse.Namespace) -> int:
    key, entry = make_api_key(options.name, options.scope, options.collection)
    sys.stderr.write(f"The key, which is shown this once: {key}\n")
    sys.stdout.write(entry)
    return 0


def _passphrase(options: argparse.Namespace) -> str:
    return _secret(options.passphrase_env, "passphrase")


def _secret(variable: str | None, what: str) -> str:
    """Return what the named variable holds: a secret must not stand in the process list."""
    if not variable:
        return ""
    secret = os.environ.get(variable, "")
    if not secret:
        raise UsageError(f"The variable {variable} holds no {what}.")
    return secret


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="facesvc", description="Client of a running facesvc, its backups and its keys."
    )
    default = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('GRPC_PORT', '50051')}"
    parser.add_argument(
        "--server",
        "--address",
        default=os.environ.get("FACESVC_SERVER") or default,
        help="gRPC address, also by FACESVC_SERVER (default %(default)s)",
    )
    parser.add_argument(
        "--api-key-env", metavar="VARIABLE", help="variable that holds the API key to send"
    )
    parser.set_defaults(needs_no_server=False)
    commands = parser.add_subparsers(required=True, metavar="command")

    enroll = commands.add_parser(
        "enroll",
        help="enrol a folder of photos, or a CSV file's",
        epilog="Exit status: 0 every photo is enrolled, 3 some are not (each is named), 1 nothing"
        " could be done or the service went away, 2 wrong usage, 130 interrupted.",
    )
    enroll.add_argument(
        "photos",
        type=Path,
        help="folder with a folder per user, folder of photos named by user, CSV file with"
        " user_id, photo, name, metadata, or with --user one photo or one user's folder",
    )
    enroll.add_argument("--user", default="", help="whose photo or folder it is")
    enroll.add_argument("--name", default="", help="with --user: the name to be shown")
    enroll.add_argument("--collection", default="", help="default: the service's default")
    enroll.add_argument("--add", action="store_true", help="keep the users' earlier samples")
    enroll.add_argument("--check-liveness", action="store_true", help="refuse spoofs")
    enroll.add_argument("--check-duplicate", action="store_true", help="refuse known faces")
    enroll.add_argument(
        "--results",
        type=Path,
        default=Path("enroll-results.jsonl"),
        help="outcome of each photo; an existing file makes the run go on (default %(default)s)",
    )
    enroll.set_defaults(run=_enroll)

    gallery = commands.add_parser("gallery", help="look after the gallery")
    tasks = gallery.add_subparsers(required=True, metavar="task")
    again = tasks.add_parser(
        "reembed", help="enrol the photos anew, after a change of the recognizer"
    )
    again.add_argument("photos", type=Path, help="as for enroll")
    again.add_argument("--into", required=True, help="new collection that they go into")
    again.add_argument("--alias", default="", help="name that leads to it once all are enrolled")
    again.add_argument(
        "--results",
        type=Path,
        default=Path("reembed-results.jsonl"),
        help="as for enroll (default %(default)s)",
    )
    again.set_defaults(run=_reembed)

    for name, run, text in (
        ("export", _export, "write a collection into a file"),
        ("import", _import, "enrol the users of such a file"),
    ):
        transfer = commands.add_parser(name, help=text)
        transfer.add_argument("file", type=Path)
        transfer.add_argument(
            "--collection", default="", help="default: the file's or the service's"
        )
        transfer.add_argument(
            "--passphrase-env", metavar="VARIABLE", help="variable that holds the passphrase"
        )
        transfer.set_defaults(run=run)

    backup = commands.add_parser(
        "backup", help="copy the file of GALLERY_PATH, also while the service runs on it"
    )
    backup.add_argument("target", type=Path, help="new file; an existing one is refused")
    backup.set_defaults(needs_no_server=True, run=_backup)

    key = commands.add_parser(
        "key", help="make an API key: the key to stderr, its entry for API_KEYS_FILE to stdout"
    )
    key.add_argument("name", help="whose it is; stands in the log")
    key.add_argument(
        "--scope",
        action="append",
        required=True,
        choices=[str(scope) for scope in Scope],
        help="what it opens; may be repeated",
    )
    key.add_argument(
        "--collection", action="append", default=[], help="bind it to this one; may be repeated"
    )
    key.set_defaults(needs_no_server=True, run=_key)
    return parser


def _fail(message: str, status: int = 1) -> int:
    sys.stderr.write(f"facesvc: {message}\n")
    return status
