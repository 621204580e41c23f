"""The names of the Lua scripts' keys and arguments: listed in Python, used in Lua, nothing else."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import facesvc.gallery.sharded
import facesvc.gallery.stores.redis
from facesvc.gallery.stores.redis import scripts as store
from facesvc.gallery.stores.redis.toolkit.requests import WriteScripts
from facesvc.gallery.stores.redis.toolkit.script import Script

FOLDER = Path(facesvc.gallery.__file__).parent
NAMED = re.compile(r"\b(keys|args)\.(\w+)")


def scripts() -> list[Script]:
    """Return every script there is, of whichever module."""
    found: dict[int, Script] = {}
    for package in (facesvc.gallery.sharded, facesvc.gallery.stores.redis):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            for one in vars(importlib.import_module(module.name)).values():
                if isinstance(one, WriteScripts):
                    found |= {id(each): each for each in one.all()}
                elif isinstance(one, Script):
                    found[id(one)] = one
    return list(found.values())


@pytest.mark.parametrize(
    "script", scripts(), ids=lambda one: f"{one.file.parts[-3]}-{one.file.stem}"
)
def test_script_uses_the_names_that_are_listed(script: Script) -> None:
    """Every name in the file is listed, and every listed one is used there or in its libraries."""
    listed = {("keys", name) for name in script.keys} | {("args", name) for name in script.args}
    assert set(NAMED.findall(script.file.read_text())) <= listed
    assert listed <= set(NAMED.findall(script.text))


def test_every_lua_file_belongs_to_a_script_and_counts_no_arguments() -> None:
    """KEYS and ARGV are only in the generated first lines."""
    texts = [script.text for script in scripts()]
    files = list(FOLDER.rglob("*.lua"))
    assert len(files) > 20
    for file in files:
        body = file.read_text()
        assert not re.search(r"\b(KEYS|ARGV)\b", body), file
        assert any(body in text for text in texts), file


def test_wrong_names_are_refused_before_anything_is_sent() -> None:
    """A missing name and an unknown one, of keys and of arguments."""
    script = store.LOAD
    keys = {"users": "u", "meta": "m"}
    args = {"base": "b", "gen": "0", "cursor": "0", "count": 1}
    assert script.command(keys, args, ["more"])[1:] == [2, "u", "m", "b", "0", "0", 1, "more"]
    for wrong_keys, wrong_args in (
        ({"users": "u"}, args),
        ({**keys, "log": "l"}, args),
        (keys, {**args, "coutn": 1}),
        (keys, {name: value for name, value in args.items() if name != "gen"}),
    ):
        with pytest.raises(TypeError, match=r"load\.lua"):
            script.command(wrong_keys, wrong_args)
