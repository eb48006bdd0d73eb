#!/usr/bin/env python3
"""Finds things in the JSON of `ledger`: what a careful reader would look up with a finger on the page.

  look_up.py ber NODE            the BER of a node's present attempt, from `ledger pac show --json` on standard input
  look_up.py packet PACKET       the digest of the packet that was shown
  look_up.py answer PACKET CHALLENGE   one answer a line
  look_up.py ask CHALLENGE             the same, from the person at the terminal
"""

import json
import re
import sys


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def of(question, children):
    """The child that a question names: its Sub-PAC is in the text."""
    return next(c for c in children if re.search(re.escape(c["sub_pac_id"]) + r"(?![\w-])", question["text"]))


def answer(question, children):
    child, kind = of(question, children), question["question_type"]
    number = re.search(r"(?:task|number) (\d+)", question["text"])
    nth = int(number.group(1)) - 1 if number else 0
    return {
        "TASK_COUNT": lambda: len(child["tasks"]),
        "FILE_COUNT": lambda: len(child["outputs"]),
        "QUALITY_SCORE": lambda: child["quality_score"],
        "AGENT_IDENTITY": lambda: child["agent_name"],
        "AGENT_GID": lambda: child["agent_gid"],
        "TASK_RECALL": lambda: child["tasks"][nth]["task"],
        "FILE_RECALL": lambda: child["outputs"][nth]["path"],
        "SCOPE_COMPLIANCE": lambda: child["scope"]["paths"][0],
        "CONTENT_HASH_PREFIX": lambda: child["pdo_hash"][:6],
    }[kind]()


def main(what, *paths):
    if what == "ber":
        pac = json.load(sys.stdin)
        node = next(n for n in pac["graph"]["nodes"] if n["node_id"] == paths[0])
        print(node["ber"]["ber_id"])
    elif what == "packet":
        print(load(paths[0])["packet"])
    elif what == "ask":
        for question in load(paths[0])["questions"]:
            print(f"{question['text']} ({question['form']}) ", end="", file=sys.stderr, flush=True)
            print(sys.stdin.readline().strip())
    elif what == "answer":
        packet, challenge = load(paths[0]), load(paths[1])
        for question in challenge["questions"]:
            print(answer(question, packet["content"]["children"]))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:])
