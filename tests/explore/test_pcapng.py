#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_pcapng.py TSHARK FOLDER: does tshark read the captures in it as they are
meant?

Nothing is malformed, no checksum is wrong, nothing seems lost or sent again; the
interfaces are those who sent or got something; each departure has its comment;
and what each stream carried is what the events of the same failure say.
"""

import collections
import json
import pathlib
import subprocess
import sys

FIELDS = [
    "frame.interface_name", "frame.time_epoch", "frame.comment", "tcp.stream",
    "tcp.srcport", "tcp.seq", "tcp.payload", "ip.checksum.status",
    "tcp.checksum.status", "_ws.expert.severity", "tcp.analysis.lost_segment",
    "tcp.analysis.ack_lost_segment", "tcp.analysis.retransmission",
    "tcp.analysis.out_of_order", "_ws.malformed",
]
GOOD = "1"  # of a checksum
ERROR = 0x800000  # the severity of an expert's remark


def run(tshark, path, *arguments):
    result = subprocess.run(
        [tshark, "-n", "-r", str(path), "-o", "tcp.check_checksum:TRUE",
         "-o", "ip.check_checksum:TRUE", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout.decode()


def read_events(path):
    lines = path.with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def sent_by_actor(events):
    """The bytes that each has sent, as far as they are kept."""
    sent = collections.OrderedDict()
    for event in events:
        if event["type"] == "sent" and event["len"]:
            sent.setdefault(event["actor"], b"")
            sent[event["actor"]] += bytes.fromhex(event["data"])
    return sorted(sent.values())


def read_packets(tshark, path):
    arguments = [part for field in FIELDS for part in ("-e", field)]
    lines = run(tshark, path, "-T", "fields", *arguments).splitlines()
    return [dict(zip(FIELDS, line.split("\t"))) for line in lines]


def check_packet(packet):
    for name in FIELDS:
        if name.startswith(("tcp.analysis", "_ws.malformed")):
            assert not packet[name], name
    assert packet["tcp.checksum.status"] == GOOD, "a wrong checksum of TCP"
    assert packet["ip.checksum.status"] in (GOOD, ""), "a wrong one of IP"
    for severity in filter(None, packet["_ws.expert.severity"].split(",")):
        assert int(severity, 0) < ERROR, "an error, says tshark"


def read_streams(packets):
    """The bytes of each direction of each stream, put together by their
    sequence numbers."""
    parts = collections.defaultdict(list)
    for packet in packets:
        if packet["tcp.payload"]:
            parts[packet["tcp.stream"], packet["tcp.srcport"]].append(
                (int(packet["tcp.seq"]), bytes.fromhex(packet["tcp.payload"])))
    streams = []
    for chunks in parts.values():
        chunks.sort()
        at = chunks[0][0]
        for seq, payload in chunks:
            assert seq == at, f"a gap before {seq}"
            at += len(payload)
        streams.append(b"".join(payload for _, payload in chunks))
    return sorted(streams)


def check_follow(tshark, path, streams):
    """What `Follow TCP Stream` shows."""
    shown = run(tshark, path, "-q", "-z", "follow,tcp,raw,0")
    for line in shown.splitlines():
        if line.strip() and set(line.strip()) <= set("0123456789abcdef"):
            data = bytes.fromhex(line.strip())
            assert any(data in stream for stream in streams), "another stream"


def check(tshark, path):
    events = read_events(path)
    packets = read_packets(tshark, path)
    for packet in packets:
        check_packet(packet)

    names = {event["id"]: event["name"] for event in events
             if event["type"] == "actor"}
    taking_part = set()
    for event in events:
        if event["type"] in ("sent", "arrived", "lost"):
            taking_part |= {event["actor"], event.get("to", event["actor"])}
    known = {names[actor] for actor in taking_part}
    if path.stem != "hostile":
        for packet in packets:
            assert packet["frame.interface_name"] in known, "who is that?"
    times = [packet["frame.time_epoch"] for packet in packets]
    assert times == sorted(times), "time runs back"

    comments = "\n".join(packet["frame.comment"] for packet in packets)
    for event in events:
        if event.get("departure") and packets:
            meaning = f"departure {event['departure']}: {event['meaning']}"
            assert meaning in comments, f"no comment: {meaning}"

    streams = read_streams(packets)
    assert streams == sent_by_actor(events), "the streams carry something else"
    if path.stem == "many":
        check_follow(tshark, path, streams)
    return len(packets)


def main():
    tshark, folder = sys.argv[1:3]
    paths = sorted(pathlib.Path(folder).glob("*.pcapng"))
    assert paths, "no captures"
    total = 0
    for path in paths:
        try:
            total += check(tshark, path)
        except AssertionError as error:
            sys.exit(f"{path.name}: {error}")
    assert total > 0, "no packets at all"


main()
