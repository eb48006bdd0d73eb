"""The orchestrator: dispatches every node as soon as what it depends on is done, judges reports by their form, composes and seals.

usage: orchestrator.py PAC DIRECTORY
"""

import os
import pathlib
import sys
import uuid

from ledger_http import Ledger

ORCHESTRATOR = "GID-00"


def dispatch(ledger, pac, node, place):
    """Gives the token to the agent in a file that only this user can read."""
    sub_pac = node["sub_pac_id"]
    receipt = ledger.append("dispatch", ORCHESTRATOR, {"pac_id": pac, "sub_pac_id": sub_pac, "session": f"run-{uuid.uuid4()}"})
    draft = place / f"{node['node_id']}.draft"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(receipt["token"])
    draft.rename(place / f"{node['node_id']}.token")
    print(f"dispatched {sub_pac}", flush=True)


def main():
    pac, place = sys.argv[1], pathlib.Path(sys.argv[2])
    ledger = Ledger()
    dispatched, accepted = set(), set()
    for _ in ledger.follow(f"pac/{pac}"):
        view = ledger.get(f"/v1/pacs/{pac}")
        nodes = {n["node_id"]: n for n in view["graph"]["nodes"]}
        before = {name: [e["from"] for e in view["graph"]["edges"] if e["to"] == name] for name in nodes}
        for name, node in nodes.items():
            ready = all(nodes[p]["state"] == "COMPLETE" for p in before[name])
            if node["state"] == "ISSUED" and ready and name not in dispatched:
                dispatched.add(name)
                dispatch(ledger, pac, node, place)
            report = node.get("ber")
            if node["state"] == "BER_PENDING" and report and report["ber_id"] not in accepted:
                accepted.add(report["ber_id"])
                ledger.append("accept_ber", ORCHESTRATOR, {"pac_id": pac, "ber_id": report["ber_id"]})
        if all(n["state"] == "COMPLETE" for n in nodes.values()):
            ledger.append("compose_opdo", ORCHESTRATOR, {"pac_id": pac})
            ledger.append("seal", ORCHESTRATOR, {"pac_id": pac})
            print(f"sealed; a human reviews {pac} now", flush=True)
            return


main()
