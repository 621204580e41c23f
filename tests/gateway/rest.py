"""REST as a caller sees it: status, headers, JSON."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any

JSON = {"content-type": "application/json"}


@dataclass(frozen=True)
class Answer:
    """One HTTP answer; ``body`` is the parsed JSON, None when there is no body."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> Any:
        assert self.headers.get("content-type", "").startswith("application/json"), self
        return json.loads(self.text)

    @property
    def reason(self) -> str:
        """The reason of an error; its body must have the service's shape."""
        assert set(self.body) == {"code", "message", "details"}, self.body
        assert isinstance(self.body["code"], int)
        assert self.body["message"]
        found = [
            detail
            for detail in self.body["details"]
            if detail["@type"] == "type.googleapis.com/google.rpc.ErrorInfo"
        ]
        assert len(found) == 1, self.body
        assert found[0]["domain"] == "facesvc"
        assert isinstance(found[0]["metadata"], dict)
        return str(found[0]["reason"])


@dataclass(frozen=True)
class Rest:
    """Calls a gateway."""

    port: int
    host: str = "127.0.0.1"
    timeout_s: float = 60.0

    def call(
        self,
        verb: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout_s)
        try:
            connection.request(verb, path, body, headers or {})
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, names, response.read().decode())
        finally:
            connection.close()

    def get(self, path: str) -> Answer:
        return self.call("GET", path)

    def delete(self, path: str) -> Answer:
        return self.call("DELETE", path)

    def post(self, path: str, **fields: Any) -> Answer:
        return self.call("POST", path, json.dumps(fields).encode(), JSON)

    def post_photo(self, path: str, photo: bytes, content_type: str = "image/jpeg") -> Answer:
        return self.call("POST", path, photo, {"content-type": content_type})
