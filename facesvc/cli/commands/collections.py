"""``facesvc collections``: which there are, and what each decides for itself."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from google.protobuf import field_mask_pb2

from facesvc.cli.command import Call, connected
from facesvc.cli.commands.gallery.collections import list_collections
from facesvc.cli.errors import UsageError
from facesvc.cli.exits import HELP
from facesvc.cli.output import as_dict
from facesvc.v1 import gallery_service_pb2 as pb

app = typer.Typer(help="List collections and their settings.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Which; else the service's default.")]


def show(call: Call, collection: Name = "") -> int:
    """Tell a collection's counts, its settings, and who decides what holds there."""
    found = call.service.gallery.GetCollection(pb.GetCollectionRequest(collection=collection))
    if call.out.as_json:
        call.out.json(as_dict(found))
        return 0
    effective = found.effective
    call.out.fields(
        [
            ("collection", found.collection),
            ("description", found.settings.description),
            ("aliases", ", ".join(found.aliases)),
            ("users", _out_of(found.users, found.settings.max_users)),
            ("samples", found.samples),
            ("version", found.version),
            ("settings version", found.settings_version),
            ("retention", _days(found.settings)),
            ("search threshold", _told(effective, "search_threshold")),
            ("expected FPIR", _rate(effective, "estimated_fpir")),
            ("verify threshold", _told(effective, "verify_threshold")),
            ("expected FMR", _rate(effective, "estimated_fmr")),
            ("quality threshold", _told(effective, "quality_threshold")),
        ]
    )
    return 0


def set_settings(
    call: Call,
    collection: Name = "",
    description: Annotated[str | None, typer.Option(help="For people.")] = None,
    match_threshold: Annotated[
        float | None, typer.Option(help="Similarity from which faces match.")
    ] = None,
    target_fpir: Annotated[
        float | None,
        typer.Option(help="Share of strangers who may be answered; makes the threshold."),
    ] = None,
    quality_threshold: Annotated[
        float | None, typer.Option(help="Quality from which a face is enrolled.")
    ] = None,
    max_users: Annotated[int | None, typer.Option(help="Most users that it takes.")] = None,
    retention_days: Annotated[
        int | None, typer.Option(help="Days unseen after which a user is deleted.")
    ] = None,
    unset: Annotated[
        list[str] | None,
        typer.Option(help="Setting that goes back to the server's default; several times."),
    ] = None,
    expected_version: Annotated[
        int | None, typer.Option(help="Settings version that it must still have.")
    ] = None,
) -> int:
    """Change a collection's settings; the others stay. It comes to be if it is new."""
    given: dict[str, Any] = {
        "description": description,
        "match_threshold": match_threshold,
        "target_fpir": target_fpir,
        "quality_threshold": quality_threshold,
        "max_users": max_users,
        "retention_days": retention_days,
    }
    values = {name: value for name, value in given.items() if value is not None}
    cleared = [name.replace("-", "_") for name in unset or []]
    for name in cleared:
        if name not in given:
            raise UsageError(f"--unset takes one of {', '.join(given)}.")
    if not values and not cleared:
        raise UsageError("Give a setting, or --unset with its name.")
    if set(values) & set(cleared):
        raise UsageError("A setting is both given and unset.")
    request = pb.SetCollectionRequest(
        collection=collection,
        settings=pb.CollectionSettings(**values),
        update_mask=field_mask_pb2.FieldMask(paths=[*values, *cleared]),
        expected_settings_version=expected_version,
    )
    answer = call.service.gallery.SetCollection(request)
    if call.out.as_json:
        call.out.json(as_dict(answer))
    else:
        call.out.line(f"{answer.collection}: settings version {answer.settings_version}")
    return 0


def _told(effective: pb.EffectiveSettings, name: str) -> str:
    origin = pb.EffectiveSettings.Origin.Name(getattr(effective, f"{name}_from"))
    return f"{getattr(effective, name):.3f}, from the {origin.lower()}"


def _out_of(users: int, most: int) -> str:
    return f"{users} of at most {most}" if most else str(users)


def _days(settings: pb.CollectionSettings) -> str:
    return f"{settings.retention_days} days" if settings.retention_days else ""


def _rate(effective: pb.EffectiveSettings, name: str) -> str:
    return f"{100 * getattr(effective, name):.2g} %" if effective.HasField(name) else ""


app.command("list", epilog=HELP)(connected(list_collections))
app.command("show", epilog=HELP)(connected(show))
app.command("set", epilog=HELP)(connected(set_settings))
