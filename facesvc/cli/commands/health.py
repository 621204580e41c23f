"""``facesvc health``."""

from __future__ import annotations

from facesvc.cli import exits
from facesvc.cli.command import Call
from facesvc.cli.output import as_dict
from facesvc.v1 import face_service_pb2 as pb


def _limit_of(answer: pb.GetHealthResponse) -> str:
    if answer.HasField("recognizability_threshold"):
        return f"{answer.recognizability_threshold:.3g}"
    return "not checked: the model pack has no calibration"


def _warning(risk: pb.CollectionRisk) -> str:
    better = "the model pack's calibration does not reach a threshold for 1 %"
    if risk.HasField("threshold_for_target"):
        better = f"{risk.threshold_for_target:.3f} would do for 1 %"
    return (
        f"{risk.collection}: {risk.estimated_fpir:.1%} of strangers are answered with somebody "
        f"among {risk.users} users at {risk.threshold:.3f}; {better}"
    )


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
                ("recognizability", _limit_of(answer)),
                ("gallery", f"{gallery.store}, {gallery.state}"),
                *_counts(gallery),
                *(("at risk", _warning(risk)) for risk in answer.risks),
            ]
        )
    return exits.DONE if answer.status == "ok" else exits.ANSWER_IS_NO


def _counts(gallery: pb.GalleryHealth) -> list[tuple[str, object]]:
    if gallery.counts_hidden:
        return [("enrolled", "told to a key of scope enroll only")]
    names = ("collections", "users", "samples")
    return [(name, getattr(gallery, name)) for name in names]
