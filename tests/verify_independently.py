#!/usr/bin/env python3
"""Recomputes all that a ledger claims, from docs/format.md alone, with Python's standard library (3.9 or later) alone.

It shares no line with the program that writes ledgers: where the two agree, the document is precise. Marks like §10.2
name its sections. This file reads exports and proofs and reports; `independent/` has the log, its files on disk, and
textbook versions of the algorithms that the standard library lacks.

    verify_independently.py [DIR] [--export FILE] [--guard FILE] [--checkpoint FILE]... [--proof FILE]... [--vkey VKEY]
                            [--json]

DIR is a ledger's directory; --export what `ledger log --json` printed (given both, they must hold the same entries);
--guard the guard file; --checkpoint a checkpoint kept from earlier; --proof a file of `ledger prove`; --vkey the
verifier key as known from elsewhere. Without it, a log that was rewritten from its genesis on agrees with itself, and
the report warns of that.

Exit codes: 0 all agrees, 1 something does not, 2 wrong usage. Not checked: the rules of the domain (who may do what),
and the database (§10.6), which promises nothing.
"""

import argparse
import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True
from independent.disk import Journal, check_guard
from independent.log import ERASED, HEX32, Entry, Log, Report, from_base64, verifier_key
from independent.textbook import canonical, demand, h256, parse_canonical
from independent.textbook import root_by_inclusion, roots_by_consistency, self_test


# ---- Exports (§12) and proofs (§9)


def entry_of_event(line):
    """One line of `log --json`: the leaf's members, and the parts beside them."""
    # The parts stand one level deeper here than by themselves.
    event = parse_canonical(line, "event")

    def take_part(name):
        if name not in event and name + "salt" not in event:
            return None
        part, salt = event.pop(name), event.pop(name + "salt")
        if part is None and salt is None:
            return ERASED
        demand(re.fullmatch(HEX32, salt), f"{name}salt has another form")
        return bytes.fromhex(salt), canonical(part)

    data, private = take_part("data"), take_part("private")
    return Entry(canonical(event), data, private)


def read_export(report, path):
    entries = []
    with report.at(f"export {path}"):
        text = Path(path).read_bytes()
        demand(text.endswith(b"\n"), "last line does not end")
        for number, line in enumerate(text[:-1].split(b"\n"), 1):
            with report.at(f"export {path}, line {number}"):
                entries.append(entry_of_event(line))
    return entries


def compare(report, entries, exported):
    """Journal and export must hold the same bytes."""
    with report.at("export"):
        for sequence, (ours, theirs) in enumerate(zip(entries, exported)):
            same = (ours.leaf, ours.data, ours.private) == (theirs.leaf, theirs.data, theirs.private)
            demand(same, f"entry {sequence} differs from the journal's")
        demand(len(entries) == len(exported), f"has {len(exported)} entries, and the journal {len(entries)}")
        report.facts.append(f"export: the same {len(exported)} entries, byte for byte")


def check_inclusion(log, text, vkey):
    """A c2sp.org/tlog-proof@v1 file: header, extra, index, hashes, empty line, checkpoint."""
    head, _, note = text.partition("\n\n")
    _, extra, index, *hashes = head.split("\n")
    demand(extra.startswith("extra ") and re.fullmatch("index (0|[1-9][0-9]*)", index), "proof file has another form")
    said, index = parse_canonical(from_base64(extra[6:]), "extra"), int(index[6:])
    demand(said.keys() == {"leaf", "vkey"}, "extra has other members")
    demand(said["vkey"] == (vkey or said["vkey"]), "proof is for another verifier key")
    leaf_hash = h256(b"\0", said["leaf"].encode())
    size, root = log.check_checkpoint(note.encode(), said["vkey"])
    made = root_by_inclusion(index, size, leaf_hash, [from_base64(line) for line in hashes])
    demand(made == root, "hashes do not lead to the root")
    demand(not log.entries or log.entries[index].leaf_hash == leaf_hash, f"entry {index} of the log is another")
    return f"entry {index} is in the log of {size}"


def check_consistency(log, text, vkey):
    """A ledger/consistency-proof/v1 file. Without a checkpoint in it, the larger root must be known from elsewhere."""
    proof = parse_canonical(text.rstrip("\n").encode(), "proof")
    demand(proof["type"] == "ledger/consistency-proof/v1", "proof has another type")
    demand(proof["vkey"] == (vkey or proof["vkey"]), "proof is for another verifier key")
    old, new = int(proof["from"]), int(proof["to"])
    roots = (bytes.fromhex(proof["from_root"]), bytes.fromhex(proof["to_root"]))
    path = [bytes.fromhex(hash) for hash in proof["hashes"]]
    demand(old <= new and all(len(hash) == 32 for hash in (*roots, *path)), "proof has another form")
    if old:
        demand(roots_by_consistency(old, new, roots[0], path) == roots, "hashes do not lead to the roots")
    else:
        demand(roots[0] == h256() and not path, "the empty log is the beginning of any, without hashes")
    if "checkpoint" in proof:
        stated = log.check_checkpoint(proof["checkpoint"].encode(), proof["vkey"])
        demand(stated == (new, roots[1]), "its checkpoint is of another tree")
    demand(log.entries or "checkpoint" in proof, "nothing says whose roots these are: no checkpoint, no log")
    demand(not log.entries or roots == (log.roots[old], log.roots[new]), "the log has other roots")
    return f"the log of {old} is the beginning of the log of {new}"


def check_proof(report, log, path, vkey):
    with report.at(f"proof {path}"):
        text = Path(path).read_bytes().decode()
        check = check_inclusion if text.startswith("c2sp.org/tlog-proof@v1\n") else check_consistency
        report.facts.append(f"proof {path}: {check(log, text, vkey)}")
        if not vkey:
            report.warnings.append(f"proof {path}: checked with the verifier key that it brings itself")


# ---- The program


def arguments(argv):
    parser = argparse.ArgumentParser(description="Recomputes all that a ledger claims, from docs/format.md alone.")
    parser.add_argument("directory", nargs="?", type=Path, help="a ledger's directory")
    parser.add_argument("--export", help="what `ledger log --json` printed")
    parser.add_argument("--guard", help="the guard file of the log")
    parser.add_argument("--checkpoint", action="append", default=[], help="a checkpoint kept from earlier")
    parser.add_argument("--proof", action="append", default=[], help="a file of `ledger prove`")
    parser.add_argument("--vkey", help="the verifier key, as known from elsewhere")
    parser.add_argument("--json", action="store_true", help="report in JSON")
    given = parser.parse_args(argv)
    if not (given.directory or given.export or given.proof):
        parser.error("nothing to verify")
    if (given.guard or given.checkpoint) and not (given.directory or given.export):
        parser.error("a guard or a checkpoint says something only of a log")
    return given


def read_log(given, report):
    """The log from the directory, the export, or both; and the checkpoint of the directory's head."""
    exported = read_export(report, given.export) if given.export else []
    if given.directory:
        journal = Journal(report, given.directory)
        with report.at("journal"):
            journal.read()
        if given.export:
            compare(report, journal.log.entries, exported)
        return journal.log, journal.checkpoint
    log = Log(report)
    for entry in exported:
        log.add(entry)
    if given.export:
        log.finish()
    return log, None


def verify(given, report):
    log, head = read_log(given, report)
    vkey = given.vkey
    with report.at("genesis"):
        if log.genesis:
            vkey = verifier_key(log.genesis["origin"], bytes.fromhex(log.genesis["log_key"]))
            demand(given.vkey in (None, vkey), f"the verifier key of this log is {vkey}")
    if log.genesis and not given.vkey:
        report.warnings.append(f"compare the verifier key with one known from elsewhere: {vkey}")
    with report.at("head's checkpoint"):
        if head:
            size, _ = log.check_checkpoint(head, vkey)
            demand(size == len(log.entries), f"is of {size} entries")
            report.facts.append(f"checkpoint: of {size} entries, signed by the log's key")
    for path in given.checkpoint:
        with report.at(f"checkpoint {path}"):
            size, _ = log.check_checkpoint(Path(path).read_bytes(), vkey)
            report.facts.append(f"checkpoint {path}: of the first {size} entries, signed by the log's key")
    if given.guard:
        check_guard(report, log, given.guard, vkey)
    for path in given.proof:
        check_proof(report, log, path, vkey)


def main(argv=None):
    report, given = Report(), arguments(argv)
    with report.at("self-test"):
        self_test()
        verify(given, report)
    print(report.as_json() if given.json else report.as_text())
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
