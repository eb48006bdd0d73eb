"""Leaves, entries, checkpoints and the log that they make: docs/format.md §§1-8.

Not here: where the bytes come from (`disk.py`, and exports in `verify_independently.py`). Each check is a function of
its own that says what is wrong by raising `Wrong`; `Report` collects what they say.
"""

import base64
import json
import re
import struct
from contextlib import contextmanager

from .textbook import MAX_DEPTH, Frontier, Wrong, blake3, canonical, decode, demand, ed25519_verify, h256, parse
from .textbook import parse_canonical, tree_root


class Report:
    """What was found: facts that hold, warnings, problems with their places. A problem ends the check that found it."""

    def __init__(self):
        self.facts, self.warnings, self.problems = [], [], []

    @contextmanager
    def at(self, place):
        try:
            yield
        except Wrong as wrong:
            self.problems.append((place, str(wrong)))
        except (ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError, struct.error) as error:
            # Bytes so damaged that a check stumbled over them before it could judge them.
            self.problems.append((place, f"unreadable: {type(error).__name__}: {error}"))

    def as_json(self):
        problems = [{"place": place, "message": message} for place, message in self.problems]
        return json.dumps({"ok": not problems, "facts": self.facts, "warnings": self.warnings, "problems": problems})

    def as_text(self):
        lines = [f"ok       {fact}" for fact in self.facts] + [f"warning  {warning}" for warning in self.warnings]
        lines += [f"WRONG    {place}: {message}" for place, message in self.problems]
        return "\n".join(lines + [f"disagrees: {len(self.problems)} problems" if self.problems else "agrees"])


# ---- Text forms (§1) and the members of a leaf (§2)

HEX32, NUMBER, GID = r"[0-9a-f]{64}", r"[0-9]{16}", r"GID-[A-Z0-9-]{1,60}"
SEGMENT = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9._:@+-]{1,128}"
STREAM = rf"{SEGMENT}(?:/{SEGMENT}){{0,3}}"
ID = rf"(?P<stream>{STREAM})/(?![0-9]+(?:/|$)){SEGMENT}(?P<further>/[1-9][0-9]{{0,8}})?"
TIME = r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})\.([0-9]{3})Z"
MEMBERS = {
    "actor": GID,
    "auth": "asserted|token|signed",
    "cause": NUMBER,
    "datahash": HEX32,
    "dataversion": r"[1-9][0-9]{0,4}",
    "id": ID,
    "keyid": HEX32,
    "logid": HEX32,
    "prevhash": HEX32,
    "privatehash": HEX32,
    "sequence": NUMBER,
    "signature": r"[0-9a-f]{128}",
    "source": r"[!#-*,-\[\]-~]{1,200}",
    "specversion": r"1\.0",
    "subject": STREAM,
    "subjectsequence": NUMBER,
    "time": TIME,
    "type": r"[a-z0-9_]{1,32}(?:\.[a-z0-9_]{1,32}){1,3}",
}
OPTIONAL = {"cause", "keyid", "logid", "privatehash", "signature"}
SIGNED = {"actor", "datahash", "dataversion", "id", "keyid", "logid", "privatehash", "source", "subject", "type"}
MAX_LEAF, MAX_PART = 65_535, 1 << 20
# Salt and bytes of a part that was erased.
ERASED = (bytes(32), b"")


def check_time(text):
    year, month, day, hour, minute, second, _ = map(int, re.fullmatch(TIME, text).groups())
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    real = 1 <= month <= 12 and 1 <= day <= days[month - 1] and hour < 24 and minute < 60 and second < 60
    demand(real, f"time {text} does not exist")


def milliseconds(text):
    """Since 1970, of a time that exists."""
    year, month, day, hour, minute, second, thousandths = map(int, re.fullmatch(TIME, text).groups())
    # Years from March on, so that the day that some years have more is the last one.
    year, month = (year - 1, month + 9) if month < 3 else (year, month - 3)
    days = 365 * year + year // 4 - year // 100 + year // 400 + (153 * month + 2) // 5 + day - 719_469
    return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + thousandths


class Entry:
    """One entry: the leaf's bytes; salt and bytes of the data, and of the private part if there is one."""

    def __init__(self, leaf, data, private):
        self.leaf, self.leaf_hash = leaf, h256(b"\0", leaf)
        self.data, self.private = data, private
        self.fields = {}

    def read(self):
        """The leaf's members (§2): which there must be, and their forms."""
        demand(len(self.leaf) <= MAX_LEAF, "leaf is longer than 65,535 bytes")
        fields = parse_canonical(self.leaf, "leaf")
        demand(isinstance(fields, dict), "leaf is no object")
        missing, unknown = MEMBERS.keys() - OPTIONAL - fields.keys(), fields.keys() - MEMBERS.keys()
        demand(not missing and not unknown, f"leaf lacks {sorted(missing)}, and has {sorted(unknown)} too many")
        for name, value in fields.items():
            is_number = name == "dataversion"
            demand(isinstance(value, float if is_number else str), f"{name} has another type")
            text = f"{value:.17g}" if is_number else value
            demand(re.fullmatch(MEMBERS[name], text), f"{name} has another form: {text!r}")
        demand(fields["dataversion"] <= 65_535, "dataversion is beyond 65535")
        demand(len(fields["subject"]) <= 256, "subject is longer than 256 characters")
        check_time(fields["time"])
        demand(("keyid" in fields) == ("signature" in fields), "keyid and signature go together")
        self.fields = fields

    def check_part(self, kind, part):
        """Data or private part (§3): its form, and the commitment to it."""
        committed = self.fields.get(f"{kind}hash")
        demand((part is None) == (committed is None), f"{kind}hash without its part, or the part without it")
        if part is not None:
            demand(part != ERASED, f"{kind} is not shown, and nothing in format 1 orders its erasure")
            salt, data = part
            made = h256(f"ledger/{kind}/v1\0".encode(), salt, data)
            demand(made.hex() == committed, f"{kind} is not what {kind}hash commits to")
            demand(2 <= len(data) <= MAX_PART, f"{kind} has {len(data)} bytes")
            demand(isinstance(parse_canonical(data, kind, MAX_DEPTH - 1), dict), f"{kind} is no object")

    def signature_input(self):
        """§4: members that the leaf has not are left out."""
        return b"ledger-intent/v1\n" + canonical({k: v for k, v in self.fields.items() if k in SIGNED})


# ---- Keys and checkpoints (§8)


def usable_key(text):
    """A public key in hex, if signatures can be verified with it."""
    demand(re.fullmatch(HEX32, text), "public key has another form")
    decode(bytes.fromhex(text))
    return bytes.fromhex(text)


def from_base64(text):
    data = base64.b64decode(text, validate=True)
    demand(base64.b64encode(data).decode() == text, "base64 is not canonical")
    return data


def key_hash(name, key):
    """First bytes of a hash of name, algorithm and key: how a note says which key signed it."""
    return h256(name.encode(), b"\n\1", key)[:4]


def verifier_key(name, key):
    return f"{name}+{key_hash(name, key).hex()}+{base64.b64encode(bytes([1]) + key).decode()}"


def check_note(note, vkey):
    """Verifies a signed checkpoint with a verifier key; gives the size and the root that it states."""
    demand(vkey, "there is no verifier key to check it with")
    name, _, encoded = vkey.split("+", 2)
    key = from_base64(encoded)[1:]
    demand(verifier_key(name, key) == vkey, "verifier key has another form")
    text, found, signatures = note.decode().rpartition("\n\n")
    demand(found and signatures.endswith("\n"), "checkpoint is no signed note")
    origin, size, root, *more = text.split("\n")
    demand(origin == name and not more, "checkpoint is of another log, or says more than a checkpoint does")
    demand(re.fullmatch("0|[1-9][0-9]*", size) and len(from_base64(root)) == 32, "size or root has another form")
    lines = [re.fullmatch(r"— (\S+) (\S+)", line) for line in signatures[:-1].split("\n")]
    demand(all(lines), "checkpoint has a line that is no signature")
    # Others may have signed too: what they say is for those who know their keys.
    blobs = [from_base64(line[2]) for line in lines if line[1] == name]
    ours = [blob[4:] for blob in blobs if blob[:4] == key_hash(name, key)]
    demand(len(ours) == 1, "checkpoint has not one signature of the log's key")
    ed25519_verify(key, f"{text}\n".encode(), ours[0])
    return int(size), from_base64(root)


# ---- The log as a whole (§§2-7)

GENESIS = {"type": "log.created", "subject": "registry", "id": "registry/genesis", "auth": "signed"}
GENESIS_DATA = {"admin", "format", "log_key", "nonce", "orchestrator", "origin", "policy", "profile"}


class Log:
    """Entries in order, and what they make together. Each check is for itself: a wrong entry gives all its findings."""

    def __init__(self, report):
        self.report, self.entries, self.frontier, self.roots = report, [], Frontier(), [h256(b"")]
        self.genesis, self.streams, self.ids, self.chain, self.time = {}, {}, set(), bytes(32), ""
        self.keys, self.keys_ever, self.offers = {}, set(), {}

    def add(self, entry):
        place = f"entry {len(self.entries)}"
        with self.report.at(place):
            entry.read()
        for check in self.checks() if entry.fields else ():
            with self.report.at(place):
                check(entry)
        self.entries.append(entry)
        self.chain = blake3(entry.leaf)
        self.frontier.push(entry.leaf_hash)
        self.roots.append(self.frontier.root())

    def checks(self):
        """In this order: an entry is signed with a key that was registered before it, genesis with the one it names."""
        yield self.check_data
        yield self.check_private_part
        if not self.entries:
            yield self.read_genesis
        yield from (self.check_position, self.check_names, self.check_chain, self.check_time)
        yield from (self.check_auth, self.check_signature, self.apply_to_registry)

    def check_data(self, entry):
        entry.check_part("data", entry.data)

    def check_private_part(self, entry):
        entry.check_part("private", entry.private)

    def read_genesis(self, entry):
        """§7: what entry 0 must be, and what it binds."""
        genesis = parse(entry.data[1])
        demand(genesis.keys() == GENESIS_DATA, "genesis data has other members")
        demand(genesis["format"] == 1, f"format {genesis['format']} is not 1")
        demand(re.fullmatch(HEX32, genesis["nonce"]), "nonce has another form")
        self.genesis = genesis
        for name, value in GENESIS.items():
            demand(entry.fields[name] == value, f"genesis has another {name}")
        demand(entry.fields["actor"] == genesis["admin"]["gid"], "genesis is not by its admin")
        demand("logid" not in entry.fields and "cause" not in entry.fields, "genesis has a logid or a cause")
        self.keys_ever.add(usable_key(genesis["log_key"]))
        self.hold(genesis["admin"])

    def check_position(self, entry):
        """Position in log and stream (§2)."""
        f, sequence = entry.fields, len(self.entries)
        position = self.streams.get(f["subject"], 0)
        self.streams[f["subject"]] = position + 1
        demand(f["sequence"] == f"{sequence:016}", f"sequence is {f['sequence']}")
        demand(f["subjectsequence"] == f"{position:016}", f"subjectsequence is {f['subjectsequence']}, not {position}")
        demand("cause" not in f or int(f["cause"]) < sequence, "cause is not earlier")

    def check_names(self, entry):
        """Which log, and an id that no other entry has (§§1, 2)."""
        f = entry.fields
        demand(f["source"] == self.genesis.get("origin"), "source is not the origin that genesis names")
        demand(not self.entries or f.get("logid") == self.entries[0].leaf_hash.hex(), "logid is not this log's")
        stream, further = re.fullmatch(ID, f["id"]).group("stream", "further")
        demand(len(stream) <= 256 and (further or stream == f["subject"]), "id is of another stream")
        demand(f["id"] not in self.ids, f"id {f['id']} was used before")
        self.ids.add(f["id"])

    def check_chain(self, entry):
        demand(entry.fields["prevhash"] == self.chain.hex(), "prevhash is not the BLAKE3 of the leaf before")

    def check_time(self, entry):
        """§6. Times of this form order as text."""
        earlier, self.time = self.time, entry.fields["time"]
        demand(self.time >= earlier or entry.fields["type"] == "clock.corrected", f"time is less than {earlier}")

    def check_auth(self, entry):
        """§4: what `signed` rests on."""
        f = entry.fields
        cause = self.entries[int(f["cause"])].fields if "cause" in f else {}
        # What the log adds to an entry has its id and a number; everything else is signed by whoever wants it.
        added = re.fullmatch(ID, f["id"]).group("further") is not None
        follows = added and "signature" in cause and cause["actor"] == f["actor"]
        demand(f["auth"] != "signed" or "signature" in f or follows, "auth is signed, and nothing signed it")
        demand("signature" not in f or f["auth"] == "signed", "has a signature, and auth is not signed")

    def check_signature(self, entry):
        f = entry.fields
        if "signature" in f:
            key = self.key_of_signer(entry)
            demand(key, f"{f['actor']} holds no key {f['keyid']} here")
            ed25519_verify(key, entry.signature_input(), bytes.fromhex(f["signature"]))

    def key_of_signer(self, entry):
        """The key of this id that the actor holds; of an enrolment the one in its own data, whose code must be good (§7.2)."""
        f = entry.fields
        if f["type"] != "enrolment.used":
            return self.keys.get((f["actor"], f["keyid"]))
        data = parse(entry.data[1])
        key = usable_key(data["key"])
        return key if h256(key).hex() == f["keyid"] else None

    def offer(self, entry, data):
        """§7.2: from here on, whoever knows the code may enrol one key of this human."""
        demand(re.fullmatch("sha256:" + HEX32, data["code_digest"]), "code_digest has another form")
        demand(data["code_digest"] not in self.offers, "this code was offered before")
        ahead = data["expires_at"] - milliseconds(entry.fields["time"])
        demand(0 < ahead <= 604_800_000, "the offer expires too early or too late")
        self.offers[data["code_digest"]] = {"gid": data["gid"], "expires_at": data["expires_at"], "open": True}

    def enrol(self, entry, data):
        """§7.2: the code is spent, and the key is held."""
        demand(re.fullmatch("[0-9A-HJKMNP-TV-Z]{28}", data["code"]), "code has another form")
        demand(entry.fields["actor"] == data["gid"], "a key is enrolled by another than its holder")
        offer = self.offers.get("sha256:" + h256(b"ledger/enrolment/v1\0" + data["code"].encode()).hex())
        demand(offer and offer["gid"] == data["gid"], "the code was not offered to this human")
        demand(offer["open"], "the code was used or withdrawn before")
        demand(milliseconds(entry.fields["time"]) < offer["expires_at"], "the code had expired")
        demand(entry.fields.get("keyid") == h256(bytes.fromhex(data["key"])).hex(), "the new key has not signed")
        self.hold(data)
        offer["open"] = False

    def hold(self, holder):
        """From here on, this actor may sign with this key."""
        key = usable_key(holder["key"])
        demand(key not in self.keys_ever, "key is, or was, somebody's already")
        self.keys_ever.add(key)
        self.keys[holder["gid"], h256(key).hex()] = key

    def apply_to_registry(self, entry):
        """§7.1: who holds which key from the next entry on."""
        kind = entry.fields["type"]
        if entry.fields["subject"] != "registry":
            return
        data = parse(entry.data[1])
        if kind == "log.created":
            self.hold(data["orchestrator"])
        elif kind in ("agent.registered", "human.registered", "key.registered") and "key" in data:
            self.hold(data)
        elif kind == "enrolment.offered":
            self.offer(entry, data)
        elif kind == "enrolment.withdrawn":
            offer = self.offers.get(data["code_digest"], {"open": False})
            demand(offer["open"], "withdraws an offer that is not open")
            offer["open"] = False
        elif kind == "enrolment.used":
            self.enrol(entry, data)
        elif kind == "key.retired":
            demand(self.keys.pop((data["gid"], data["keyid"]), None), "retires a key that is not held")
        elif kind == "agent.retired":
            self.keys = {holder: key for holder, key in self.keys.items() if holder[0] != data["gid"]}

    def finish(self):
        with self.report.at("log"):
            demand(self.entries, "there is no entry")
            root = tree_root([entry.leaf_hash for entry in self.entries])
            demand(root == self.roots[-1], "root by definition and root by frontier differ")
            signed = sum("signature" in entry.fields for entry in self.entries)
            counts = f"{len(self.streams)} streams, {signed} signatures, {len(self.keys)} keys held at the end"
            self.report.facts.append(f"log: {len(self.entries)} entries, {counts}")
            self.report.facts.append(f"log id: {self.entries[0].leaf_hash.hex()}")
            self.report.facts.append(f"root: {root.hex()}")
            self.report.facts.append(f"BLAKE3 of the last leaf: {self.chain.hex()}")

    def check_checkpoint(self, note, vkey):
        """A checkpoint of this log: signed by its key, with the root that its entries have at that size."""
        size, root = check_note(note, vkey)
        if self.entries:
            demand(size < len(self.roots), f"checkpoint is of {size} entries, and there are {len(self.entries)}")
            demand(root == self.roots[size], f"checkpoint has another root at {size} entries")
        return size, root
