"""The nearest samples of one shard, asked for in growing numbers until the answer is settled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from facesvc.domain.gallery import Match, SearchQuery
from facesvc.gallery.sharded.half_precision import HalfPrecisionCodec, from_half, to_half
from facesvc.gallery.sharded.merge import Found, by_rank
from facesvc.gallery.sharded.search_index import INDEX
from facesvc.gallery.stores.redis.toolkit.script import Argument

FIRST_COUNT = 16  # samples asked of a shard at once, and how much more of them the next time
_GROWTH = 2
# A filter is applied to what the index returns: the rarer those whom it chooses, the more of it is
# looked at, at worst everything.
_GROWTH_FILTERED = 8

Ask: TypeAlias = Callable[[Mapping[str, Argument]], list[Any]]


def nearest(
    ask: Ask, codec: HalfPrecisionCodec, name: str, probe: NDArray[np.float32], query: SearchQuery
) -> Found:
    """Return the best users of one shard; more than asked for or below the threshold may be among
    them. ``ask`` runs search.lua with these arguments on the collection ``name``.
    """
    count = max(FIRST_COUNT, 2 * query.top_k)
    args: dict[str, Argument] = {
        "index": INDEX,
        "vector": to_half(probe),
        "where": query.where.as_json() if query.where else "",
        "metadata": int(query.with_metadata),
    }
    while True:
        answer = ask({**args, "count": count})
        found = _read(answer, codec, name, probe, count, with_metadata=query.with_metadata)
        if found.settles(query.top_k, query.threshold):
            return found
        count *= _GROWTH_FILTERED if query.where else _GROWTH


def _read(
    answer: list[Any],
    codec: HalfPrecisionCodec,
    name: str,
    probe: NDArray[np.float32],
    count: int,
    *,
    with_metadata: bool,
) -> Found:
    returned, farthest, *rows = answer
    vectors = from_half(b"".join(rows[3::4]))
    best: dict[str, Match] = {}
    for user, label, more, similarity in zip(
        rows[::4], rows[1::4], rows[2::4], vectors @ probe, strict=True
    ):
        user_id, cosine = user.decode(), float(np.clip(similarity, -1.0, 1.0))
        if user_id not in best or cosine > best[user_id].similarity:
            text = codec.unpack_name(name, user_id, label)
            metadata = codec.unpack_metadata(name, user_id, more) if with_metadata else None
            best[user_id] = Match(user_id, cosine, text, metadata=metadata)
    floor = 1.0 - float(farthest) if farthest else 1.0
    matches = sorted(best.values(), key=by_rank)
    return Found(matches, floor, int(returned) < count, int(returned) >= 0)
