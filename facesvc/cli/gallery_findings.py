"""What to do about the findings of a gallery check, on the terminal and as a page."""

from __future__ import annotations

import html
import shlex
from collections.abc import Sequence
from typing import TypeAlias

from facesvc.v1 import gallery_service_pb2 as pb

Finding: TypeAlias = pb.GalleryFinding

ADVICE = {
    Finding.UNRECOGNIZABLE_SAMPLE: "matches three or more other users; take a better photo",
    Finding.MISFILED_SAMPLE: "matches another user and no other sample of its own",
    Finding.DUPLICATE_USER: "probably one person under two ids; make one of them",
    Finding.LOOK_ALIKE: "two users match; enrol better photos, or raise the threshold",
    Finding.POOR_ONLY_SAMPLE: "one poor photo is all there is; enrol another",
    Finding.UNICODE_VARIANT: "written nearly the same; one person, or two?",
}

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color-scheme: light dark; }
table { border-collapse: collapse; width: 100%; margin: 0 0 2rem; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #8884; }
code { overflow-wrap: anywhere; }
"""


def commands_for(finding: Finding, collection: str = "") -> list[str]:
    """Return the command lines that would mend it, none where a photo is what is needed."""
    user, other = shlex.quote(finding.user_id), shlex.quote(finding.other_user_id)
    sample = finding.sample_id
    there = f" --collection {shlex.quote(collection)}" if collection else ""
    lines = {
        Finding.DUPLICATE_USER: [f"merge {user} {other}"],
        Finding.MISFILED_SAMPLE: [f"move-sample {user} {sample} {other}"],
        Finding.UNRECOGNIZABLE_SAMPLE: [f"delete-sample {user} {sample}"],
        Finding.UNICODE_VARIANT: [f"show {user}", f"show {other}"],
    }
    return [f"facesvc gallery {line}{there}" for line in lines.get(finding.kind, [])]


def page_of(
    findings: Sequence[Finding], summary: pb.CheckGallerySummary, collection: str = ""
) -> str:
    """Return one HTML page that needs nothing beside it."""
    parts = [
        f"<p>{summary.users} users with {summary.samples} samples compared at a threshold of"
        f" {summary.threshold:.3f}.</p>"
    ]
    for kind, advice in ADVICE.items():
        found = [each for each in findings if each.kind == kind]
        name = pb.GalleryFinding.Kind.Name(kind)
        if found:
            title = name.capitalize().replace("_", " ")
            parts.append(f"<h2>{title} ({summary.counts[name]})</h2><p>{advice.capitalize()}.</p>")
            parts.append(_table(found, collection))
    body = "\n".join(parts)
    return (
        '<!doctype html>\n<html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>Gallery check</title><style>{_STYLE}</style>\n"
        f"<h1>Gallery check</h1>\n{body}\n</html>\n"
    )


def _table(found: Sequence[Finding], collection: str) -> str:
    head = "".join(
        f"<th scope=col>{name}</th>" for name in ("User", "Other user", "Measured", "What to run")
    )
    return f"<table><tr>{head}</tr>{''.join(_row(each, collection) for each in found)}</table>"


def _row(finding: Finding, collection: str) -> str:
    user = _cell(finding.user_id, finding.sample_id)
    other = _cell(finding.other_user_id, finding.other_sample_id)
    measured = f"{finding.measured:.3f}" if finding.limit else ""
    runs = "<br>".join(
        f"<code>{html.escape(line)}</code>" for line in commands_for(finding, collection)
    )
    return f"<tr><td>{user}</td><td>{other}</td><td>{measured}</td><td>{runs}</td></tr>"


def _cell(user_id: str, sample_id: str) -> str:
    sample = f"<br><small>sample {html.escape(sample_id)}</small>" if sample_id else ""
    return html.escape(user_id) + sample
