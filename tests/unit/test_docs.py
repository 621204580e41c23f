"""The docs say what is: files, links, commands, flags, settings, reasons and limits exist."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from facesvc.application.search import DEFAULT_TOP_K
from facesvc.cli.app import app
from facesvc.cli.connection import MAX_MESSAGE_BYTES
from facesvc.domain import gallery_errors  # noqa: F401 - so that every error is known
from facesvc.domain.check_in import MIN_MARGIN, REVIEW_BAND
from facesvc.domain.errors import FaceError
from facesvc.domain.gallery import REQUEST_ID_LIFE_S
from facesvc.domain.limits import COLLECTION_NAME, MAX_TOP_K
from facesvc.domain.quality_score import FRONTAL_PITCH_DEG, FRONTAL_ROLL_DEG, FRONTAL_YAW_DEG
from facesvc.transport.status import CODES
from facesvc.v1 import error_reason_pb2

ROOT = Path(__file__).resolve().parents[2]
TRACKED = subprocess.run(
    ["git", "ls-files", "-co", "--exclude-standard"],
    cwd=ROOT,
    capture_output=True,
    text=True,
    check=True,
).stdout.split("\n")
PAGES = [name for name in TRACKED if name.endswith(".md") and name != "CHANGELOG.md"]
# Folders of the repository; what lies in others is made, not kept.
FOLDERS = sorted({name.partition("/")[0] for name in TRACKED if "/" in name})
PATH = re.compile(rf"(?<![\w./-])(?:{'|'.join(map(re.escape, FOLDERS))})/[\w./*-]*[\w*]")
MADE = ("clients/go/bin", "clients/go/v", "console/dist", "console/node_modules", "docs/site")


def text_of(page: str) -> str:
    """Return the page."""
    return (ROOT / page).read_text(encoding="utf-8")


def code_of(page: str) -> str:
    """Return what stands in the page between backticks, in blocks and in lines."""
    text = text_of(page)
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    rest = re.sub(r"^```\w*\n.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return "\n".join([*blocks, *re.findall(r"`([^`\n]+)`", rest)])


def source() -> str:
    """Return every text of the repository that is no page."""
    kinds = (".py", ".go", ".ts", ".tsx", ".sh", ".yaml", ".yml", ".toml", ".proto", ".lua")
    named = ("Makefile", "Dockerfile", ".ci/run")
    files = [name for name in TRACKED if name.endswith(kinds) or name in named]
    files = [name for name in files if "/v1/" not in name or name.endswith(".proto")]
    return "\n".join(
        (ROOT / name).read_text(encoding="utf-8", errors="replace")
        for name in files
        if (ROOT / name).is_file()
    )


SOURCE = source()
_ENUM = error_reason_pb2.DESCRIPTOR.enum_types_by_name["ErrorReason"]
REASONS = {value.name for value in _ENUM.values}
FOREIGN = {"NET_ADMIN", "SYS_ADMIN"}  # other programs' words


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files(page: str) -> None:
    """No dead ends for a newcomer, nor to a heading that is gone."""
    for link in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        if "://" in link:
            continue
        file, _, heading = link.partition("#")
        target = (ROOT / page).parent / file if file else ROOT / page
        assert target.exists(), link
        if heading and target.suffix == ".md":
            titles = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in {re.sub(r"[^\w -]", "", t).lower().replace(" ", "-") for t in titles}


@pytest.mark.parametrize("page", PAGES)
def test_files_that_are_named_exist(page: str) -> None:
    """Paths of the repository between backticks, files and folders alike."""
    for path in PATH.findall(code_of(page)):
        if path.startswith(MADE) or path.startswith("data/"):
            continue
        places = (ROOT / path, (ROOT / page).parent / path)
        pattern = path.rstrip("/")
        assert any(place.exists() for place in places) or any(ROOT.glob(pattern)), path


@pytest.mark.parametrize("page", PAGES)
def test_make_targets_that_are_named_exist(page: str) -> None:
    """A command that a reader types works."""
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    for named in re.findall(r"^(?:\$ )?(?:\w+=\S+ )*make ([a-z -]+)", code_of(page), re.MULTILINE):
        assert set(named.split()) <= targets, named


@pytest.mark.parametrize("page", PAGES)
def test_modules_that_are_run_exist(page: str) -> None:
    """``python -m`` finds each."""
    for module in re.findall(
        r"python -m ((?:facesvc|benchmarks|gateway|tests)[\w.]*)", code_of(page)
    ):
        place = ROOT / module.replace(".", "/")
        assert place.with_suffix(".py").exists() or (place / "__main__.py").exists(), module


def shown_commands(page: str) -> Iterator[list[str]]:
    """Yield the words of each ``facesvc`` command line that a page shows."""
    shown = re.findall(
        r"^(?:\$ )?(?:\w+=\S+ )*(?:\S*python -m )?facesvc( .*)$", code_of(page), re.MULTILINE
    )
    for line in shown:
        try:
            yield shlex.split(re.split(r"\s#\s|\s[|>]|\s>>", line)[0])
        except ValueError:
            continue  # prose


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_flags_that_are_shown_exist(page: str) -> None:
    """Each word up to the first that is no command, and each flag of what it leads to."""
    for words in shown_commands(page):
        command: Any = typer.main.get_command(app)
        rest = iter(words)
        for word in rest:
            if word.startswith("--"):
                takes_value = options_of(command).get(word.partition("=")[0])
                assert takes_value is not None, (word, words)
                if takes_value and "=" not in word:
                    next(rest, None)
            elif hasattr(command, "commands") and re.fullmatch(r"[a-z-]+", word):
                assert word in command.commands, (word, words)
                command = command.commands[word]


def options_of(command: Any) -> dict[str, bool]:
    """Return the command's flags, and whether each takes a value."""
    return {"--help": False} | {
        flag: not option.is_flag
        for option in command.params
        if option.param_type_name == "option"
        for flag in (*option.opts, *option.secondary_opts)
    }


@pytest.mark.parametrize("page", PAGES)
def test_variables_that_are_named_are_read_somewhere(page: str) -> None:
    """Settings and environment variables: a name that the code does not know is an old one."""
    names = r"\b[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+\b(?![\w.-]*\.[a-z]{2,4}\b)"  # no name of a file
    for name in set(re.findall(names, code_of(page))):
        known = name in SOURCE or re.search(rf"^\s+{name.lower()}\b", SOURCE, re.MULTILINE)
        assert known or name in REASONS | FOREIGN, name


def test_every_reason_has_its_row_with_its_code() -> None:
    """docs/errors.md, the contract's enum and the table of statuses name the same."""
    rows = re.findall(r"^\| ([A-Z_]+) \| ([A-Z_-]+) \|", text_of("docs/errors.md"), re.MULTILINE)
    reasons = {name.removeprefix("ERROR_REASON_") for name in REASONS} - {"UNSPECIFIED"}
    assert {reason for reason, _ in rows} == reasons
    codes = {error.reason: CODES[error.kind].name for error in _errors(FaceError) if error.reason}
    assert codes.items() <= dict(rows).items()


def _errors(base: type[FaceError]) -> Iterator[type[FaceError]]:
    for error in base.__subclasses__():
        yield error
        yield from _errors(error)


def test_the_contract_tells_the_limits_that_hold() -> None:
    """What protos say in words is what the code has in numbers."""
    types = text_of("protos/facesvc/v1/types.proto")
    limits = re.search(r"\|yaw\| < (\d+), \|pitch\| < (\d+) and \|roll\| < (\d+)", types)
    assert limits is not None
    assert tuple(map(float, limits.groups())) == (
        FRONTAL_YAW_DEG,
        FRONTAL_PITCH_DEG,
        FRONTAL_ROLL_DEG,
    )
    gallery = " ".join(text_of("protos/facesvc/v1/gallery_service.proto").replace("//", "").split())
    assert COLLECTION_NAME == r"[a-z0-9][a-z0-9_-]{0,63}"
    assert f"0 to 2; default {REVIEW_BAND}" in gallery
    assert f"0 to 2; default {MIN_MARGIN}" in gallery
    assert f"1 to {MAX_TOP_K}; default {DEFAULT_TOP_K}" in gallery
    assert "1 to 64 characters of a-z, 0-9, - and _, starting with a letter or digit" in gallery
    assert f"one version, for {REQUEST_ID_LIFE_S // 3600} hours" in gallery
    assert f"again for {REQUEST_ID_LIFE_S // 3600} hours" in text_of("docs/gallery.md")


def test_the_glossary_is_short_and_one_spelling_is_used() -> None:
    """At most thirty words; recognizer everywhere, British spelling in prose."""
    words = re.findall(
        r"^\| (\w+) \| ", text_of("docs/architecture.md").partition("## Words")[2], re.M
    )
    assert 20 < len(set(words) - {"word"}) <= 30
    for name in (*PAGES, *(n for n in TRACKED if n.endswith((".py", ".proto", ".go")))):
        if (ROOT / name).is_file() and name != "tests/unit/test_docs.py":
            assert "recogniser" not in text_of(name).lower(), name


def test_every_room_has_its_row_on_the_map() -> None:
    """Each folder of the service, in docs/architecture.md."""
    rooms = {
        name.split("/")[1]
        for name in TRACKED
        if name.startswith("facesvc/") and name.count("/") > 1
    }
    text = text_of("docs/architecture.md")
    assert {room for room in rooms if f"| `facesvc/{room}/`" not in text} == {"v1"}


def test_clients_take_answers_of_the_same_size() -> None:
    """The command line and the Go client; the server bounds none."""
    (mebibytes,) = re.findall(r"maxMessageBytes = (\d+) << 20", text_of("clients/go/client.go"))
    assert int(mebibytes) * 2**20 == MAX_MESSAGE_BYTES
