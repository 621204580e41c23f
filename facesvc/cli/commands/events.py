"""``facesvc events``: follow them, and see to what webhooks did not deliver."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from facesvc.cli import exits
from facesvc.cli.command import Call, connected
from facesvc.cli.output import as_dict
from facesvc.cli.paging import pages
from facesvc.v1 import event_service_pb2 as pb

_PAGE = 1000


def tail(
    call: Call,
    collection: Annotated[str, typer.Option(help="Else those of all.")] = "",
    kind: Annotated[
        list[str] | None, typer.Option(help="Such as user.deleted, or user.*; again for more.")
    ] = None,
    cursor: Annotated[str, typer.Option(help="Go on behind it; else from the oldest event.")] = "",
    new: Annotated[bool, typer.Option("--new", help="Leave out what was before.")] = False,
    once: Annotated[
        bool, typer.Option("--once", help="End behind the last event instead of waiting.")
    ] = False,
) -> int:
    """Show events as they happen: one a line, with --json as CloudEvents. The cursor to go on from
    is told on stderr at the end.
    """
    request = pb.StreamEventsRequest(
        cursor=cursor, collection=collection, kinds=kind or [], only_new=new, no_wait=once
    )
    last = cursor
    try:
        for told in call.service.events.StreamEvents(request):
            last = told.cursor or last
            if not told.HasField("event"):
                continue
            if call.out.as_json:
                call.out.json_line(_cloud_event(told.event))
            else:
                call.out.line(_line(told.event))
    finally:
        if last:
            call.out.note(f"--cursor {last}")
    return exits.DONE


def dead_letters(
    call: Call,
    endpoint: Annotated[str, typer.Option(help="Else those of all.")] = "",
) -> int:
    """List the events that webhook endpoints did not take; exit status 4 when there are some."""
    found = list(_letters(call, endpoint))
    if call.out.as_json:
        call.out.json([as_dict(each) for each in found])
    elif found:
        call.out.table(
            ["letter", "endpoint", "event", "subject", "attempts", "error", "failed at"],
            [
                (
                    each.letter_id,
                    each.endpoint,
                    each.event.type,
                    each.event.subject,
                    each.attempts,
                    "sent again" if each.replays else each.error,
                    each.failed_at.ToJsonString(),
                )
                for each in found
            ],
        )
    return exits.ANSWER_IS_NO if found else exits.DONE


def replay(
    call: Call,
    letters: Annotated[
        list[str] | None, typer.Argument(help="Ids of dead letters; else every one.")
    ] = None,
    endpoint: Annotated[str, typer.Option(help="Those of this endpoint alone.")] = "",
) -> int:
    """Have dead letters sent again."""
    answer = call.service.events.ReplayDeadLetters(
        pb.ReplayDeadLettersRequest(endpoint=endpoint, letter_ids=letters or [])
    )
    if call.out.as_json:
        call.out.json(as_dict(answer))
    else:
        call.out.line(f"{answer.replayed} sent again")
    return exits.DONE


def _letters(call: Call, endpoint: str) -> Iterator[pb.DeadLetter]:
    request = pb.ListDeadLettersRequest(endpoint=endpoint, page_size=_PAGE)
    for page in pages(call.service.events.ListDeadLetters, request):
        yield from page.dead_letters


def _cloud_event(event: pb.Event) -> dict[str, Any]:
    """Return the event as JSON, whole numbers as such: a Struct has none."""
    told = as_dict(event)
    told["data"] = {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in told["data"].items()
    }
    return told


def _line(event: pb.Event) -> str:
    told = [f"{name}={_short(value)}" for name, value in sorted(event.data.items())]
    return f"{event.time.ToJsonString()}  {event.type}  {'  '.join(told)}"


def _short(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return str(value) if isinstance(value, str | bool) else ",".join(map(str, value))  # type: ignore[call-overload] # a list


app = typer.Typer(help="Follow events, and see to dead letters.", no_args_is_help=True)
app.command("tail", epilog=exits.HELP)(connected(tail))
app.command("dead-letters", epilog=exits.HELP)(connected(dead_letters))
app.command("replay", epilog=exits.HELP)(connected(replay))
