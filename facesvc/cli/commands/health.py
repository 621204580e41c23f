"""``facesvc health``."""

from __future__ import annotations

from facesvc.cli import exits
from facesvc.cli.command import Call
from facesvc.cli.output import as_dict


def health(call: Call) -> int:
    """Tell what runs and how it is; exit status 4 when it is not well."""
    answer = call.service.health()
    if call.out.as_json:
        call.out.json(as_dict(answer))
    else:
        gallery, model = answer.gallery, answer.model
        call.out.fields(
            [
                ("status", answer.status),
                ("detail", gallery.detail),
                ("version", answer.version),
                ("up for", f"{answer.uptime_s:.0f} s"),
                ("model pack", f"{model.name}, {model.provider}"),
                ("licence", model.licence),
                ("recognizer", model.recognizer),
                ("match threshold", answer.match_threshold),
                ("quality threshold", answer.quality_threshold),
                ("gallery", f"{gallery.store}, {gallery.state}"),
                ("collections", gallery.collections),
                ("users", gallery.users),
                ("samples", gallery.samples),
            ]
        )
    return exits.DONE if answer.status == "ok" else exits.ANSWER_IS_NO
