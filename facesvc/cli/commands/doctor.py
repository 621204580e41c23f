"""``facesvc doctor``: what is probably wrong in a collection."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from facesvc.cli import exits
from facesvc.cli.command import Call
from facesvc.cli.gallery_findings import ADVICE, Finding, commands_for, page_of
from facesvc.cli.output import as_dict
from facesvc.v1 import gallery_service_pb2 as pb

_SHOWN = 10  # findings of a kind whose commands are written out; the page has those of all


def doctor(
    call: Call,
    collection: Annotated[str, typer.Option(help="Else the service's default.")] = "",
    threshold: Annotated[
        float | None, typer.Option(help="Similarity from which samples match; else the service's.")
    ] = None,
    most: Annotated[int, typer.Option(help="Most findings of each kind that are listed.")] = 1000,
    html: Annotated[
        Path | None, typer.Option(help="Page that takes the findings, with nothing beside it.")
    ] = None,
) -> int:
    """Look for users who look alike, duplicates, and samples that are filed wrongly or carry no
    identity. Nothing is changed: the commands that would are shown. Exit status 4 with findings.
    """
    request = pb.CheckGalleryRequest(collection=collection, threshold=threshold, max_findings=most)
    findings, summary = _follow(call, request)
    if call.out.as_json:
        call.out.json(
            {"findings": [as_dict(each) for each in findings], "summary": as_dict(summary)}
        )
    else:
        _tell(call, findings, summary, collection)
    if html:
        html.write_text(page_of(findings, summary, collection), encoding="utf-8")
    return exits.ANSWER_IS_NO if findings else exits.DONE


def _follow(
    call: Call, request: pb.CheckGalleryRequest
) -> tuple[list[Finding], pb.CheckGallerySummary]:
    findings: list[Finding] = []
    summary = pb.CheckGallerySummary()
    with call.out.progress("comparing", 1.0) as bar:
        events: Iterator[pb.CheckGalleryResponse] = call.service.gallery.CheckGallery(request)
        for event in events:
            if event.HasField("progress"):
                bar.update(bar.tasks[0].id, completed=event.progress.compared)
            elif event.HasField("finding"):
                findings.append(event.finding)
            else:
                summary = event.summary
    return findings, summary


def _tell(
    call: Call, findings: list[Finding], summary: pb.CheckGallerySummary, collection: str
) -> None:
    for kind, advice in ADVICE.items():
        found = [each for each in findings if each.kind == kind]
        if not found:
            continue
        name = pb.GalleryFinding.Kind.Name(kind)
        call.out.line(f"{name.lower().replace('_', ' ')} ({summary.counts[name]}): {advice}")
        call.out.table(
            ["user", "sample", "other user", "other sample", "measured"],
            [
                (
                    each.user_id,
                    each.sample_id[:8],
                    each.other_user_id,
                    each.other_sample_id[:8],
                    each.measured if each.limit else "",
                )
                for each in found
            ],
        )
        for each in found[:_SHOWN]:
            for command in commands_for(each, collection):
                call.out.line(f"  {command}")
        call.out.line("")
    call.out.line(
        f"{summary.users} users with {summary.samples} samples compared at"
        f" {summary.threshold:.3f}: {sum(summary.counts.values())} findings"
    )
