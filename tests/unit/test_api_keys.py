"""The file of API keys."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from facesvc.domain.access import Caller, Scope
from facesvc.transport.authentication import api_keys
from facesvc.transport.authentication.api_keys import (
    ApiKeys,
    ApiKeysError,
    make_api_key,
    read_api_keys,
)

HASH = hashlib.sha256(b"known").hexdigest()


def entry(name: str = "a", digest: str = HASH, rest: str = 'scopes = ["search"]') -> str:
    """One key of the file."""
    return f'[[keys]]\nname = "{name}"\nsha256 = "{digest}"\n{rest}\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the keys are."""
    return tmp_path / "keys.toml"


@pytest.fixture(autouse=True)
def looks_always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests do not wait for the next look at the file."""
    monkeypatch.setattr(api_keys, "_LOOK_EVERY_S", 0.0)


def test_made_key_is_known_by_its_entry(file: Path) -> None:
    """The file holds no key, only what its hash is."""
    key, text = make_api_key('the "worker"', ["search", "enroll"], ["staff", "guests"])
    file.write_text(text)
    assert key not in text
    assert ApiKeys(file).caller_of(key) == Caller(
        'the "worker"',
        frozenset({Scope.SEARCH, Scope.ENROLL}),
        frozenset({"staff", "guests"}),
    )
    assert make_api_key("x", ["search"], [])[0] != make_api_key("x", ["search"], [])[0]


@pytest.mark.parametrize(
    ("key", "guessable"),
    [
        ("known", True),
        ("correct-horse-battery-staple", True),
        ("a" * 64, True),
        ("0123456" * 8, True),
        ("9f86d081884c7d659a2feaa0c55ad015", False),
        (make_api_key("made", ["search"], [])[0], False),
    ],
)
def test_key_that_somebody_chose_is_warned_of(file: Path, key: str, guessable: bool) -> None:
    """Once, when it is first used, by its name: the file has only hashes."""
    file.write_text(entry(digest=hashlib.sha256(key.encode()).hexdigest()))
    keys = ApiKeys(file)
    with capture_logs() as logs:
        for _ in range(3):
            assert keys.caller_of(key) is not None
    assert [one["log_level"] for one in logs] == ["warning"] * guessable
    assert key not in str(logs)


@pytest.mark.parametrize("key", ["", "Known", "known ", HASH, "\udcff"])
def test_other_keys_are_nobodys(file: Path, key: str) -> None:
    """Not the hash itself either."""
    file.write_text(entry())
    keys = ApiKeys(file)
    assert keys.caller_of("known") is not None
    assert keys.caller_of(key) is None


def test_key_without_collections_reaches_all(file: Path) -> None:
    """And one with some only these."""
    file.write_text(entry() + entry("b", "0" * 64, 'scopes = ["admin"]\ncollections = ["x"]'))
    everywhere, bound = read_api_keys(file).all
    assert everywhere.reaches("y")
    assert bound.reaches("x")
    assert not bound.reaches("y")


def test_admin_includes_the_other_scopes_and_none_else_does() -> None:
    """A key for searching opens nothing but searches."""
    assert all(Caller("a", frozenset({Scope.ADMIN})).has(scope) for scope in Scope)
    searcher = Caller("a", frozenset({Scope.SEARCH}))
    assert [scope for scope in Scope if searcher.has(scope)] == [Scope.SEARCH]


def test_changed_file_is_read_again(file: Path) -> None:
    """A key comes and goes without a restart."""
    file.write_text(entry())
    keys = ApiKeys(file)
    file.write_text(entry("b", hashlib.sha256(b"new").hexdigest()))
    assert keys.caller_of("known") is None
    assert keys.caller_of("new") is not None


def test_certificate_stands_for_a_key_of_its_own_or_beside_one(file: Path) -> None:
    """By any of its names; a name that the file does not know is a stranger's."""
    alone = "[[keys]]\nname = 'b'\nscopes = ['search']\ncertificates = ['cn:b', 'dns:b.example']\n"
    file.write_text(entry(rest="scopes = ['admin']\ncertificates = ['uri:spiffe://a']") + alone)
    keys = ApiKeys(file)
    holders = [
        keys.caller_named(names) for names in (("cn:x", "dns:b.example"), ("uri:spiffe://a",))
    ]
    assert [holder.name for holder in holders if holder] == ["b", "a"]
    assert keys.caller_named(("cn:a",)) is None
    assert len(read_api_keys(file).all) == 2


@pytest.mark.parametrize("later", ["[[keys", None])
def test_file_that_became_wrong_keeps_the_keys(file: Path, later: str | None) -> None:
    """An editor's half-written file, or none, locks nobody out."""
    file.write_text(entry())
    keys = ApiKeys(file)
    if later is None:
        file.unlink()
    else:
        file.write_text(later)
    assert keys.caller_of("known") is not None
    fresh = file.with_suffix(".new")
    fresh.write_text(entry("b", hashlib.sha256(b"new").hexdigest()))
    fresh.replace(file)
    assert keys.caller_of("new") is not None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("keys = 1", "keys"),
        ("[[keys]]\nname = 'a'", "keys.0.scopes"),
        ("[[keys]]\nname = 'a'\nscopes = ['search']", "sha256 or certificates"),
        (entry(digest="ABC"), "keys.0.sha256"),
        (entry(rest="scopes = []"), "keys.0.scopes"),
        (entry(rest="scopes = ['everything']"), "keys.0.scopes"),
        (entry(rest="scopes = ['search']\ncollections = []"), "keys.0.collections"),
        (entry(rest="scopes = ['search']\ncollections = ['A b']"), "keys.0.collections"),
        (entry(rest="scopes = ['search']\ncollection = 'a'"), "keys.0.collection"),
        (entry(name="a\\nb"), "keys.0.name"),
        (entry() + entry(digest="0" * 64), "same name"),
        (entry() + entry("b"), "same sha256"),
        (entry(rest="scopes = ['search']\ncertificates = ['worker']"), "keys.0.certificates"),
        (
            "".join(
                f"[[keys]]\nname = '{name}'\nscopes = ['search']\ncertificates = ['cn:a']\n"
                for name in "ab"
            ),
            "same certificate",
        ),
        ("[[keys", "keys.toml"),
        (None, "keys.toml"),
    ],
)
def test_wrong_file_is_refused_and_the_entry_named(file: Path, text: str | None, said: str) -> None:
    """Nothing that is not understood is passed over: it may be a bound."""
    if text is not None:
        file.write_text(text)
    with pytest.raises(ApiKeysError, match=said):
        ApiKeys(file)
