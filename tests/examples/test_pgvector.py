"""The pgvector example: a real Postgres, real models, and a change of the model."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import psycopg
import pytest
from facesvc_client import Client
from pgvector.psycopg import register_vector
from PIL import Image

from tests.examples.conftest import Program
from tests.gateway.stack import ROOT, Stack

SAMPLES = ROOT / "data" / "samples"
PROBE = SAMPLES / "barack_obama" / "2.jpg"
STRANGER = SAMPLES / "joe_biden" / "1.jpg"


@pytest.fixture
def staff(tmp_path: Path) -> Path:
    """Three people, one of them with two photos."""
    for photo in ("barack_obama/1", "barack_obama/3", "emmanuel_macron/1", "jacinda_ardern/1"):
        place = tmp_path / f"{photo}.jpg"
        place.parent.mkdir(exist_ok=True)
        shutil.copy(SAMPLES / f"{photo}.jpg", place)
    return tmp_path


def test_people_are_enrolled_found_and_forgotten(
    pgvector: Program, service: Stack, staff: Path
) -> None:
    """By another photo of theirs; strangers are nobody."""
    enrolled = pgvector(service, "enrol", staff)
    assert (enrolled.returncode, enrolled.stdout) == (0, "4 of 4 photos enrolled\n")
    found = pgvector(service, "search", PROBE)
    assert found.returncode == 0
    assert re.fullmatch(r"0\.\d{3} barack_obama\n", found.stdout)
    assert pgvector(service, "search", STRANGER).returncode == 4
    assert pgvector(service, "remove", "barack_obama").stdout == "2 photos removed\n"
    assert pgvector(service, "search", PROBE).returncode == 4


def test_similarities_are_those_of_the_service(
    pgvector: Program, service: Stack, staff: Path
) -> None:
    """The cosine in Postgres of the kept embeddings is what Compare answers, for the best photo."""
    pgvector(service, "enrol", staff)
    (shown,) = re.findall(r"[\d.]+", pgvector(service, "search", PROBE).stdout)
    photos = (staff / "barack_obama" / name for name in ("1.jpg", "3.jpg"))
    with Client(service.grpc_target) as client:
        best = max(client.compare(PROBE, photo).similarity for photo in photos)
    assert float(shown) == pytest.approx(best, abs=0.001)


def test_a_change_of_the_model_mixes_nothing_and_loses_nobody(
    pgvector: Program, service: Stack, other_model: Stack, staff: Path
) -> None:
    """Until every photo is embedded anew, a search says so and names nobody."""
    pgvector(service, "enrol", staff)
    early = pgvector(other_model, "search", PROBE)
    assert (early.returncode, early.stdout) == (1, "")
    assert "4 photos were not yet seen" in early.stderr
    assert pgvector(other_model, "forget-others").returncode == 1

    photo = staff / "jacinda_ardern" / "1.jpg"
    aside = photo.rename(staff / "aside")
    partly = pgvector(other_model, "embed-anew")
    assert (partly.returncode, partly.stdout) == (3, "3 photos embedded anew\n")
    assert str(photo) in partly.stderr
    assert pgvector(other_model, "search", PROBE).returncode == 1
    aside.rename(photo)
    assert pgvector(other_model, "embed-anew").stdout == "1 photos embedded anew\n"

    after = pgvector(other_model, "search", PROBE)
    assert re.fullmatch(r"0\.\d{3} barack_obama\n", after.stdout)
    before = pgvector(service, "search", PROBE)
    assert before.stdout.endswith("barack_obama\n")
    assert before.stdout != after.stdout, "each model compares with its own embeddings"

    assert pgvector(other_model, "forget-others").returncode == 0
    assert pgvector(other_model, "search", PROBE).stdout == after.stdout
    assert pgvector(service, "search", PROBE).returncode == 1


def test_embeddings_of_two_recognizers_are_never_compared(
    pgvector: Program, database: str, service: Stack, staff: Path
) -> None:
    """Not even where they are equal: here the probe's own stands under another recognizer."""
    pgvector(service, "enrol", staff)
    with Client(service.grpc_target) as client, psycopg.connect(database) as connection:
        register_vector(connection)
        embedding = np.array(client.embed(STRANGER).embedding, np.float32)
        connection.execute("CREATE TABLE other PARTITION OF face FOR VALUES IN ('other')")
        connection.execute("INSERT INTO face SELECT photo_id, 'other', %s FROM photo", [embedding])
    assert pgvector(service, "search", STRANGER).returncode == 4


def test_a_photo_that_the_new_model_cannot_use_holds_nobody_up(
    pgvector: Program, service: Stack, other_model: Stack, staff: Path
) -> None:
    """It counts as seen, and is named."""
    pgvector(service, "enrol", staff)
    blank = staff / "jacinda_ardern" / "1.jpg"
    shutil.copy(_without_a_face(staff), blank)
    anew = pgvector(other_model, "embed-anew")
    assert (anew.returncode, anew.stdout) == (3, "3 photos embedded anew\n")
    assert str(blank) in anew.stderr
    assert pgvector(other_model, "search", PROBE).returncode == 0


def _without_a_face(folder: Path) -> Path:
    path = folder / "blank.jpg"
    Image.new("RGB", (640, 480), "grey").save(path)
    return path
