"""A face that a device has found and aligned: the crop that recognizers take, and no photo."""

from __future__ import annotations

from facesvc.domain.errors import InvalidFieldError
from facesvc.domain.photo import Photo
from facesvc.domain.quality import Light, Quality
from facesvc.domain.quality_score import sharpness_score

ALIGNED_CROP_PX = 112  # both sides: ArcFace's crop, InsightFace face_align.arcface_dst


def require_aligned(photo: Photo) -> None:
    """Raise InvalidFieldError unless the picture has the size of an aligned crop."""
    if (photo.width, photo.height) != (ALIGNED_CROP_PX, ALIGNED_CROP_PX):
        raise InvalidFieldError(
            f"An ALIGNED_CROP has {ALIGNED_CROP_PX} x {ALIGNED_CROP_PX} pixels; send other "
            "pictures as a PHOTO.",
            width=photo.width,
            height=photo.height,
            limit=ALIGNED_CROP_PX,
        )


def crop_quality(*, laplacian_variance: float, light: Light) -> Quality:
    """Return what a crop alone tells: blur and light. Confidence, pose and size are of the photo
    that it was cut from, and so is the score.
    """
    return Quality(
        score=0.0,
        blur=1.0 - sharpness_score(laplacian_variance),
        pose_yaw=0.0,
        pose_pitch=0.0,
        pose_roll=0.0,
        face_size=0,
        is_frontal=False,
        light=light,
    )
