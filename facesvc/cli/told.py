"""The errors whose messages are for whoever typed the command."""

from __future__ import annotations


def told_errors() -> tuple[type[Exception], ...]:
    """Return the classes; imported late, since a command that succeeds needs none of them."""
    from facesvc.bootstrap.backup import NoFileError
    from facesvc.bootstrap.startup import StartupError
    from facesvc.cli.drawing.canvas import DrawingError
    from facesvc.cli.enrolment.photos import PhotoListError
    from facesvc.domain.errors import FaceError
    from facesvc.environment import SettingsError
    from facesvc.evaluation.labelled_photos import LabelError
    from facesvc.evaluation.observe import MixedModelsError
    from facesvc.models.pack_errors import PackError
    from facesvc.transport.authentication.api_keys import ApiKeysError

    return (
        ApiKeysError,
        DrawingError,
        FaceError,
        LabelError,
        MixedModelsError,
        NoFileError,
        PackError,
        PhotoListError,
        SettingsError,
        StartupError,
        OSError,
        EOFError,
    )
