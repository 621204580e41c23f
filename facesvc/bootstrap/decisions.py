"""What decides, of the settings and of what was measured of the pack."""

from __future__ import annotations

from facesvc.bootstrap.startup import StartupError
from facesvc.domain.calibration import PackCalibration
from facesvc.domain.operating_point import ThresholdRule
from facesvc.domain.recognizable import RecognizabilityRule
from facesvc.settings import Settings


def recognizability_rule_of(
    settings: Settings, calibration: PackCalibration | None
) -> RecognizabilityRule:
    """Return which faces carry an identity. Raises StartupError when a limit is set and the pack
    has no curve.
    """
    limit = settings.recognizability_threshold
    if calibration is None and limit is not None:
        raise StartupError("RECOGNIZABILITY_THRESHOLD: the model pack has no calibration.")
    if calibration is not None and limit is None:
        limit = calibration.recognizability.limit
    sure = None if calibration is None else calibration.sure_confidence
    return RecognizabilityRule(limit, settings.match_unrecognizable, sure)


def threshold_rule_of(settings: Settings, calibration: PackCalibration | None) -> ThresholdRule:
    """Return which thresholds decide. Raises ValueError when a target is set and the pack has no
    calibration.
    """
    return ThresholdRule(
        settings.match_threshold,
        None if calibration is None else calibration.impostors,
        settings.target_fpir,
        settings.target_fmr,
        None if calibration is None else calibration.genuine,
    )
