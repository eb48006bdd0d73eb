"""Gives the document of the API with examples that name what is in the ledger behind it, so that not every question is about nothing.

Usage: examples.py http://127.0.0.1:PORT TOKEN > openapi.json
"""

import json
import sys
import urllib.request


def get(url: str):
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {sys.argv[2]}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def main() -> None:
    base = sys.argv[1]
    document = get(f"{base}/openapi.json")
    opdo = get(f"{base}/v1/opdos")["opdos"][0]
    child = get(f"{base}/v1/opdos/{opdo['opdo_id']}")["child_pdos"][0]["pdo_id"]
    known = {
        "id": opdo["pac_id"], "opdo_id": opdo["opdo_id"], "pdo_id": child, "gid": "GID-01", "name": "registry", "sequence": 3,
        "pac": opdo["pac_id"], "reviewer": "GID-H01", "actor": "GID-00", "at": 40, "since": "2026-01-01", "type": "note.*",
    }
    for path, item in document["paths"].items():
        # Grants have examples of their own, and came later than entry 40.
        own = {"id", "at"} if path.startswith("/v1/trust") else set()
        for operation in item.values():
            for parameter in operation.get("parameters", []):
                if parameter["name"] in known and parameter["name"] not in own:
                    parameter["example"] = known[parameter["name"]]
    json.dump(document, sys.stdout)


if __name__ == "__main__":
    main()
