"""What an agent needs to speak to a ledger's server: append, read, and follow the log. Python's standard library alone.

Not a client library: see docs/api.md for what the server gives.
"""

import json
import os
import time
import urllib.error
import urllib.request
import uuid


class Refused(Exception):
    """The ledger said no: a code, what was wrong, what to do."""


class Ledger:
    """One ledger, as the holder of one token."""

    def __init__(self):
        self.url = os.environ["LEDGER_SERVER"]
        with open(os.environ["ACCESS_TOKEN_FILE"], encoding="utf-8") as file:
            self.token = file.read().strip()

    def _open(self, path, body=None, headers=None, timeout=60):
        request = urllib.request.Request(self.url + path, data=body, headers=headers or {})
        request.add_header("Authorization", "Bearer " + self.token)
        return urllib.request.urlopen(request, timeout=timeout)

    def get(self, path):
        with self._open(path) as answer:
            return json.load(answer)

    def append(self, kind, actor, data, token=None):
        """Appends one intent; asks again while the server is busy, under one id, so that nothing is appended twice."""
        intent = {"kind": kind, "actor": actor, "id": str(uuid.uuid4()), "data": data}
        if token:
            intent["token"] = token
        for attempt in range(20):
            try:
                with self._open("/v1/append", json.dumps(intent).encode(), {"Content-Type": "application/json"}) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as refusal:
                problem = json.load(refusal)
                if refusal.code not in (429, 503):
                    error = problem["error"]
                    raise Refused(f"{kind}: {error['code']} {error['message']} ({error['remedy']})") from None
                time.sleep(float(refusal.headers.get("Retry-After", 1)))
        raise Refused(f"{kind}: the server was busy for too long")

    def follow(self, stream, since=0):
        """Every entry of a stream, from `since` on, as it comes; comes back by itself when the connection breaks."""
        last = None
        while True:
            headers = {} if last is None else {"Last-Event-ID": str(last)}
            try:
                with self._open(f"/v1/subscribe?stream={stream}&from={since}", headers=headers) as events:
                    for line in events:
                        if line.startswith(b"id: "):
                            last = int(line[4:])
                        elif line.startswith(b"data: "):
                            yield json.loads(line[6:])
            except (OSError, urllib.error.URLError):
                time.sleep(0.5)
