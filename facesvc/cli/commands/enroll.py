"""``facesvc enroll``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from facesvc.cli import exits
from facesvc.cli.choices import Face, selection_of
from facesvc.cli.command import Call, fail
from facesvc.cli.enrolment.bulk import EnrollOptions
from facesvc.cli.enrolment.outcome import Account
from facesvc.cli.enrolment.photos import read_photo_list
from facesvc.cli.enrolment.run import enroll_photos
from facesvc.cli.output import Output

SOURCE_HELP = (
    "Folder with a folder per user, folder of photos named by user, CSV file with user_id, photo"
    " and perhaps name and metadata (JSON), or with --user one photo or one user's folder."
)
Source = Annotated[Path, typer.Argument(metavar="PHOTOS", help=SOURCE_HELP)]
Results = Annotated[
    Path, typer.Option(help="Takes each file's outcome; an existing file lets the run go on.")
]


def enroll(
    call: Call,
    photos: Source,
    user: Annotated[str, typer.Option(help="Whose photo or folder it is.")] = "",
    name: Annotated[str, typer.Option(help="With --user: the name to be shown.")] = "",
    collection: Annotated[str, typer.Option(help="Else the service's default.")] = "",
    add: Annotated[bool, typer.Option("--add", help="Keep the users' earlier samples.")] = False,
    check_liveness: Annotated[
        bool, typer.Option("--check-liveness", help="Refuse what does not look live.")
    ] = False,
    check_duplicate: Annotated[
        bool, typer.Option("--check-duplicate", help="Refuse faces that another user matches.")
    ] = False,
    check_same_person: Annotated[
        bool,
        typer.Option("--check-same-person", help="Refuse faces unlike the user's earlier ones."),
    ] = False,
    face: Face = "",
    results: Results = Path("enroll-results.jsonl"),
) -> int:
    """Enrol one photo, a folder or a CSV file's photos; every file that is not done is named."""
    options = EnrollOptions(
        collection,
        not add,
        check_liveness,
        check_duplicate,
        check_same_person,
        selection_of(face) if face else None,
    )
    found = read_photo_list(photos, user=user, name=name)
    account = enroll_photos(call, found, options, results)
    tell(call.out, account, results)
    return status_of(account)


def tell(out: Output, account: Account, results: Path) -> None:
    """Write the account."""
    if out.as_json:
        outcomes = [asdict(each) for each in account.outcomes]
        counts = account.counts()
        out.json({"counts": counts, "stopped": account.stopped, "outcomes": outcomes})
        return
    for line in account.lines():
        out.line(line)
    out.line(f"Each file's outcome is in {results}")


def status_of(account: Account) -> int:
    """Return the exit status; why the run ended early goes to stderr."""
    if account.stopped:
        return fail(f"{account.stopped} The same command goes on where it stopped.")
    return exits.DONE if account.complete else exits.SOME_NOT
