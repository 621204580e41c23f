"""The users of one collection, in order of user_id."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Mapping
from heapq import nsmallest

from facesvc.domain.gallery import User, UserPage
from facesvc.domain.metadata_filter import EVERYBODY, MetadataFilter
from facesvc.domain.page_token import read_token
from facesvc.gallery.record_filter import RecordFilter
from facesvc.gallery.stores import records


class Directory:
    """Written by one thread a time; reads are safe beside it and never wait.

    Users are kept as the bytes that stores have of them: a third of the memory and of the time of
    a start, and few of them are ever looked at.
    """

    def __init__(self, users: Mapping[str, bytes] | None = None) -> None:
        self._users = dict(users or {})
        self._ids = sorted(self._users)

    def __len__(self) -> int:
        return len(self._users)

    def get(self, user_id: str) -> User | None:
        """Return a user, None when there is none."""
        record = self._users.get(user_id)
        return None if record is None else records.decode_user(record)

    def name(self, user_id: str) -> tuple[str, int] | None:
        """Return a user's name and version, None when there is none."""
        record = self._users.get(user_id)
        return None if record is None else records.user_name(record)

    def put(self, user: User) -> None:
        """Add or replace a user."""
        if user.user_id not in self._users:
            insort(self._ids, user.user_id)
        self._users[user.user_id] = records.encode_user(user)

    def drop(self, user_id: str) -> None:
        """Forget a user; an unknown one is ignored."""
        if self._users.pop(user_id, None) is not None:
            del self._ids[bisect_left(self._ids, user_id)]

    def after(self, user_id: str, count: int) -> list[User]:
        """Return the next ``count`` users after this one, "" for the first ones."""
        start = bisect_right(self._ids, user_id) if user_id else 0
        found = map(self.get, self._ids[start : start + count])
        return [user for user in found if user is not None]

    def walk(self, user_id: str, step: int) -> Iterator[list[User]]:
        """Yield all users after this one, ``step`` at a time, as they are when it gets there."""
        while users := self.after(user_id, step):
            yield users
            user_id = users[-1].user_id

    def matching(self, where: MetadataFilter) -> set[str]:
        """Return the users whom a filter chooses, each as it is when its turn comes."""
        chosen = RecordFilter(where)
        needle, matches = chosen.needle, chosen.matches
        everybody = list(self._users.items())  # in one step: writes go on meanwhile
        return {user_id for user_id, record in everybody if needle in record and matches(record)}

    def page(self, size: int, token: str, where: MetadataFilter = EVERYBODY) -> UserPage:
        """Return a page of the users whom a filter chooses. Raises PageTokenError."""
        after = read_token(token)
        if where:
            matching = self.matching(where)
            next_ids = nsmallest(size + 1, (one for one in matching if one > after))
            users = [user for user in map(self.get, next_ids) if user is not None]
            total = len(matching)
        else:
            users, total = self.after(after, size + 1), len(self)
        return UserPage.of(users, size, total)
