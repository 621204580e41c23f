"""What request fields may hold."""

from __future__ import annotations

import unicodedata

import pytest

from facesvc.domain import limits
from facesvc.domain.errors import InvalidFieldError


def test_ids_and_names_are_the_same_in_either_unicode_form() -> None:
    """A Mac's file names are decomposed, a form's text is composed: both mean one person."""
    composed, decomposed = "Zoë", unicodedata.normalize("NFD", "Zoë")
    assert composed != decomposed
    assert limits.user_id(decomposed) == limits.user_id(composed) == composed
    assert limits.text(decomposed, "name", 10) == composed


def test_characters_are_counted_as_they_are_kept() -> None:
    """A letter with its accent is one character, however it came."""
    decomposed = unicodedata.normalize("NFD", "ë" * limits.MAX_USER_ID_CHARS)
    assert len(limits.user_id(decomposed)) == limits.MAX_USER_ID_CHARS


@pytest.mark.parametrize("number", [2.0**53, -(2.0**53), 1e20, 2**60])
def test_a_whole_number_that_may_have_been_another_is_refused_with_its_place(number: float) -> None:
    """2^53 + 1 arrives as 2^53, and nobody could tell."""
    with pytest.raises(InvalidFieldError) as refused:
        limits.new_metadata({"badge": [{"no": number}]})
    assert refused.value.field == "metadata.badge[0].no"


def test_numbers_that_are_told_apart_are_kept() -> None:
    """Up to 2^53 - 1 every whole number has a double of its own."""
    kept = {"n": 2.0**53 - 1, "x": 0.1, "deep": [{"t": True}]}
    assert limits.new_metadata(kept) == kept


def test_what_is_not_finite_is_still_named_as_that() -> None:
    """Infinity is no number that was rounded."""
    with pytest.raises(InvalidFieldError, match="finite"):
        limits.new_metadata({"n": float("inf")})
