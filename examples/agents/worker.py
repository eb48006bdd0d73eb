"""One agent: waits for its dispatch, does its part, reports it, and files its proof artifact when the report is accepted.

usage: worker.py GID PAC NODE DIRECTORY [DEPENDENCY...]
The part of each node is a file in DIRECTORY; it is made of the parts of the nodes that it depends on.
"""

import hashlib
import pathlib
import sys
import time

from ledger_http import Ledger


def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def hand_over(file):
    """The dispatch token, which the orchestrator puts where only this agent looks: it never goes through the log."""
    for _ in range(600):
        if file.exists():
            return file.read_text(encoding="utf-8")
        time.sleep(0.1)
    sys.exit(f"{file} never came")


def work(place, node, dependencies):
    """The part of this node: its own line, below those that it builds on."""
    parts = [(place / f"{name}.md").read_bytes() for name in dependencies]
    content = b"".join(parts) + f"* {node.lower()}: done\n".encode()
    (place / f"{node}.md").write_bytes(content)
    return content, [digest(part) for part in parts]


def main():
    gid, pac, node, place, *dependencies = sys.argv[1:]
    place, sub_pac = pathlib.Path(place), f"Sub-{pac}-{node}"
    ledger = Ledger()
    for entry in ledger.follow(f"pac/{pac}"):
        data, kind = entry["data"], entry["type"]
        if kind == "dispatch.authorized" and data["sub_pac_id"] == sub_pac:
            token, session = hand_over(place / f"{node}.token"), data["session"]
            where = {"pac_id": pac, "sub_pac_id": sub_pac, "session": session}
            ledger.append("start", gid, where, token)
            content, inputs = work(place, node, dependencies)
            report = where | {
                "status": "PASS",
                "quality_score": 0.9,
                "tasks": [{"task": f"write the part {node}", "result": "PASS"}],
                "inputs": [{"digest": d} for d in inputs],
                "outputs": [{"path": f"parts/{node}.md", "digest": digest(content)}],
            }
            receipt = ledger.append("submit_ber", gid, report, token)
            print(f"{gid} reported {node} as entry {receipt['sequence']}", flush=True)
        elif kind == "ber.accepted" and data["ber_id"].startswith("BER-") and entry_is_mine(ledger, data, pac, sub_pac):
            content = (place / f"{node}.md").read_bytes()
            ledger.append("record_pdo", gid, {"pac_id": pac, "sub_pac_id": sub_pac, "pdo_hash": hashlib.sha256(content).hexdigest()})
            print(f"{gid} filed its proof artifact", flush=True)
            return


def entry_is_mine(ledger, accepted, pac, sub_pac):
    nodes = ledger.get(f"/v1/pacs/{pac}")["graph"]["nodes"]
    return any(n.get("sub_pac_id") == sub_pac and n.get("ber", {}).get("ber_id") == accepted["ber_id"] for n in nodes)


main()
