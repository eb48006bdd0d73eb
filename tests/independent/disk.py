"""The files of a ledger: segments, head, cut tail, guard: docs/format.md §10.

Nothing is written, and the database (§10.6) is not read: it promises nothing.
"""

import struct
from pathlib import Path

from .log import Entry, ERASED, Log
from .textbook import crc32c, demand

MAX_COMMIT, MAX_SEGMENT = 1 << 24, 1 << 26
SEGMENT_HEADER = struct.Struct("<8sIIQ32s4sI")
COMMIT_HEADER = struct.Struct("<4sIQQII4sI")
HEAD = struct.Struct("<8sIIQQQ32s16sQqI")
GUARD = struct.Struct("<8sIQ32sII")
CUT = struct.Struct("<8sIQQI")


def framed(data, form, magic):
    """Head and guard (§§10.3, 10.4): the fields before the checkpoint, and the checkpoint."""
    demand(len(data) == 1024 and data[:8] == magic, f"not 1,024 bytes that begin with {magic!r}")
    demand(crc32c(data[:1020]) == int.from_bytes(data[1020:], "little"), "CRC-32C differs")
    fields = form.unpack_from(data)
    end = form.size + fields[-1]
    demand(fields[1] == 1, f"format {fields[1]} is not 1")
    demand(end <= 1020 and not any(data[end:1020]), "checkpoint is not followed by zeros")
    return fields, data[form.size : end]


def entries_of_commit(body, count):
    """§10.2: the entries of one commit's body."""
    offset = 0

    def take(length):
        nonlocal offset
        demand(offset + length <= len(body), "commit's body is too short")
        offset += length
        return body[offset - length : offset]

    def take_part(length):
        salt, part = take(32), take(length)
        return (salt, part) if any(salt + part) else ERASED

    for _ in range(count):
        leaf_length, data_length, private_length = struct.unpack("<HII", take(10))
        leaf, data = take(leaf_length), take_part(data_length)
        yield Entry(leaf, data, take_part(private_length) if private_length else None)
    demand(offset == len(body), "commit's body is too long")


class Journal:
    """The segments, read from the first byte to where the head says that they end."""

    def __init__(self, report, directory):
        self.report, self.directory, self.log = report, directory, Log(report)
        self.head = self.checkpoint = self.log_id = None
        self.commits, self.end = 0, (0, 0, 0)

    def read(self):
        with self.report.at("head"):
            self.head, self.checkpoint = framed((self.directory / "head").read_bytes(), HEAD, b"\xffLEDGHED")
        names = sorted(path.name for path in (self.directory / "journal").iterdir())
        with self.report.at("journal"):
            demand(names == [f"{i:08}.seg" for i in range(len(names))], f"its files are {names}")
        for segment, name in enumerate(names):
            with self.report.at(f"journal/{name}"):
                self.read_segment(segment, (self.directory / "journal" / name).read_bytes())
        with self.report.at("tail.cut"):
            self.read_cut_tail()
        self.log.finish()
        self.report.facts.append(f"journal: {self.commits} commits, {len(names)} segments")
        with self.report.at("head"):
            self.check_head()

    def read_segment(self, segment, data):
        last, stop = (self.head[2], self.head[4]) if self.head else (segment, len(data))
        if segment > last:
            self.report.warnings.append(f"segment {segment} is behind the head: never acknowledged")
            return
        stop = stop if segment == last else len(data)
        self.check_segment_header(segment, data)
        offset = SEGMENT_HEADER.size
        while offset < stop and data[offset : offset + 4] == b"\xffLGC":
            offset = self.read_commit(segment, data, offset)
        demand(not any(data[offset:stop]), f"what stands at offset {offset} is no commit")
        if any(data[stop:]):
            self.report.warnings.append(f"segment {segment} goes on behind the head, at {stop}: never acknowledged")

    def check_segment_header(self, segment, data):
        magic, form, number, first, log_id, zeros, crc = SEGMENT_HEADER.unpack_from(data)
        demand(magic == b"\xffLEDGSEG" and form == 1 and not any(zeros), "segment header has another form")
        demand(crc == crc32c(data[:60]), "segment header's CRC-32C differs")
        demand(number == segment and first == len(self.log.entries), "segment header has another id or sequence")
        self.log_id = log_id

    def read_commit(self, segment, data, offset):
        """Checks one commit, adds its entries, gives the offset of what follows."""
        _, number, at, first, count, length, zeros, crc = COMMIT_HEADER.unpack_from(data, offset)
        begin, where = offset + COMMIT_HEADER.size, f"commit at offset {offset}"
        end = begin + length
        demand(end <= len(data) and end - offset <= MAX_COMMIT, f"{where} is longer than its segment, or than 16 MiB")
        demand(end <= MAX_SEGMENT or offset == SEGMENT_HEADER.size, f"{where} belongs in a new segment")
        with self.report.at(f"segment {segment}, {where}"):
            demand(crc == crc32c(data[offset : offset + 36] + data[begin:end]), "CRC-32C differs")
            demand((number, at, zeros) == (segment, offset, bytes(4)), "header belongs elsewhere")
            demand(first == len(self.log.entries) and count >= 1, f"holds {count} entries from {first} on")
        for entry in entries_of_commit(data[begin:end], count):
            self.log.add(entry)
        demand(self.log.entries[0].leaf_hash == self.log_id, "segment header has another log id")
        self.commits, self.end = self.commits + 1, (segment, end, offset)
        return end

    def read_cut_tail(self):
        """§10.5: what was cut from a torn tail, kept."""
        path = self.directory / "tail.cut"
        data, offset = path.read_bytes() if path.exists() else b"", 0
        while offset < len(data):
            magic, _, _, length, crc = CUT.unpack_from(data, offset)
            offset += CUT.size + length
            demand(magic == b"\xffLGT1\0\0\0" and offset <= len(data), "record has another form")
            demand(crc == crc32c(data[offset - length : offset]), "CRC-32C differs")

    def check_head(self):
        """§10.3: where the journal ends, and its last leaf."""
        demand(self.head, "unreadable, so that the end of the log is not known")
        _, _, segment, size, end, offset, chain, *_ = self.head
        said = (segment, end, offset)
        demand(said == self.end, f"says that the journal ends at {said}, and it ends at {self.end}")
        demand(size == len(self.log.entries), f"says that there are {size} entries")
        demand(chain == self.log.chain, "has another BLAKE3 of the last leaf")


def check_guard(report, log, path, vkey):
    """§10.4: size and root stand in the first sector; the checkpoint behind them may have been torn by a power cut."""
    with report.at(f"guard {path}"):
        data = Path(path).read_bytes()
        magic, form, size, root, crc, _ = GUARD.unpack_from(data)
        demand(magic == b"\xffLEDGGRD" and form == 1, "has another form")
        demand(crc == crc32c(data[:52]), "CRC-32C of size and root differs")
        demand(size < len(log.roots) and root == log.roots[size], f"the log has another root at {size} entries")
        demand(Path(path).name == log.entries[0].leaf_hash.hex(), "is named after another log")
        report.facts.append(f"guard: the log's root at {size} entries")
        if crc32c(data[:1020]) != int.from_bytes(data[1020:], "little"):
            report.warnings.append("guard: its checkpoint is torn, and counts as absent")
            return
        _, note = framed(data, GUARD, magic)
        demand(log.check_checkpoint(note, vkey) == (size, root), "its checkpoint is of another tree")
