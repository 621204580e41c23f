"""What became of things that have names."""

from __future__ import annotations

from collections.abc import Mapping


def named_changes(
    before: Mapping[str, object], after: Mapping[str, object]
) -> list[tuple[str, str]]:
    """Return what became of which name, removed, added or changed, in this order."""
    changes = [("removed", name) for name in before if name not in after]
    changes += [("added", name) for name in after if name not in before]
    both = [name for name in after if name in before]
    return changes + [("changed", name) for name in both if before[name] != after[name]]
