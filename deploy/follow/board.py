"""Follows the ranking's events of a log and builds a board from them, with the .proto files alone.

    python board.py --server tls://localhost:4222 --log guangling --ca ca.pem --user follower \
        --community xiguan --from 2026-11-01 --to 2026-11-30 --proto proto [--follow]

LINLI_NATS_PASSWORD holds the password. Needs nats-py, protobuf and grpcio-tools (which
reads .proto files) from PyPI. Prints the points of each building as one JSON object per line, the most first: of
what has happened so far, and with --follow again whenever something has come.

Each message is one commit, a JSON object: its entries' events are the canonical JSON of one oneof
per category of stream, which is the fourth token of the subject's rest.
"""

import argparse
import asyncio
import json
import os
import pathlib
import ssl
import sys
import tempfile
from collections import Counter

import grpc_tools
import nats
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from grpc_tools import protoc
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

CATEGORIES = {"tally": "Tally", "scoring": "Scoring", "wallet": "Wallet", "schedule": "Schedule",
              "bulletin": "Bulletin"}


class Contract:
    """The messages of the ranking, read from its .proto file."""

    def __init__(self, root):
        # Google's own types come with the compiler.
        known = pathlib.Path(grpc_tools.__file__).parent / "_proto"
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "ranking.bin"
            failed = protoc.main(["protoc", f"-I{root}", f"-I{known}", "--include_imports",
                                  f"--descriptor_set_out={out}", "linli/ranking/v1/ranking.proto"])
            if failed:
                raise SystemExit(f"{root} holds no linli/ranking/v1/ranking.proto: name --proto")
            compiled = descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes())
        self.pool = descriptor_pool.DescriptorPool()
        for file in compiled.file:
            self.pool.Add(file)

    def event(self, category, value):
        """An event as its name and message; an unknown field is an error."""
        name = f"linli.ranking.v1.{CATEGORIES[category]}"
        message = message_factory.GetMessageClass(self.pool.FindMessageTypeByName(name))()
        json_format.Parse(json.dumps(value), message, descriptor_pool=self.pool)
        which = message.WhichOneof("event")
        return which, getattr(message, which)


class Board:
    """Points by building, from credits and what was taken back."""

    def __init__(self, community, first, last):
        self.community, self.first, self.last = community, first, last
        self.points = Counter()
        self.streams = {}

    def hear(self, commit, contract):
        stream = commit["stream"]
        category = stream.split("/")[2]
        # Each event is heard once, whatever is delivered again.
        heard = self.streams.get(stream, 0)
        if commit["after"] < heard:
            return
        events = [event for entry in commit["entries"] for event in entry["events"]]
        self.streams[stream] = commit["after"] + len(events)
        for value in events:
            which, event = contract.event(category, value)
            if category == "tally" and which in ("credited", "reversed"):
                self.count(event, 1 if which == "credited" else -1)

    def count(self, credit, sign):
        # Dates as text are in order.
        if credit.community == self.community and self.first <= credit.on <= self.last:
            self.points[credit.building] += sign * credit.points

    def lines(self):
        lines = [(building, points) for building, points in self.points.items() if building and points]
        for building, points in sorted(lines, key=lambda line: (-line[1], line[0])):
            yield json.dumps({"id": building, "value": points}, ensure_ascii=False, separators=(",", ":"))


def record(data):
    """The commit that a message holds; none if somebody else wrote it."""
    try:
        commit = json.loads(data)
    except ValueError:
        return None
    return commit if isinstance(commit, dict) and {"stream", "after", "entries"} <= commit.keys() else None


async def connect(given):
    tls = None
    if given.ca:
        tls = ssl.create_default_context(cafile=given.ca)
    return await nats.connect(
        given.server, user=given.user, password=os.environ.get("LINLI_NATS_PASSWORD"), tls=tls,
        inbox_prefix=f"_INBOX_{given.user}", name="board", allow_reconnect=given.follow)


async def commits(connection, given):
    """All commits of the ranking, page by page: the last of a page says whether more is there."""
    stream, subject = f"LINLI_{given.log}", f"linli.{given.log}.*.ranking.>"
    js = connection.jetstream(timeout=10)
    # Only reads: nothing is acknowledged, and the consumer goes away by itself.
    config = ConsumerConfig(name=given.user, filter_subject=subject, ack_policy=AckPolicy.NONE,
                            deliver_policy=DeliverPolicy.ALL, inactive_threshold=60.0,
                            mem_storage=True, num_replicas=1)
    there = await js.add_consumer(stream, config=config)
    reader = await js.pull_subscribe_bind(consumer=given.user, stream=stream)
    left = there.num_pending
    try:
        while True:
            if left == 0:
                yield None
                if not given.follow:
                    return
            try:
                page = await reader.fetch(batch=min(left, 500) or 1, timeout=5 if left else 3600)
            except nats.errors.TimeoutError:
                if left:
                    raise
                continue
            for message in page:
                left = message.metadata.num_pending
                commit = record(message.data)
                if commit is None:
                    print(f"{message.subject}: a message that is none of Linli's is passed over",
                          file=sys.stderr)
                else:
                    yield commit
    finally:
        await js.delete_consumer(stream, given.user)


async def main():
    words = argparse.ArgumentParser(description="Points by building, from the events of a log.")
    for name, usual in [("server", None), ("log", None), ("community", None), ("from", None),
                        ("to", None), ("user", "follower"), ("ca", ""), ("proto", "proto")]:
        words.add_argument(f"--{name}", default=usual, required=usual is None,
                           dest="first" if name == "from" else name)
    words.add_argument("--follow", action="store_true")
    given = words.parse_args()
    contract, board = Contract(given.proto), Board(given.community, given.first, given.to)
    connection = await connect(given)
    try:
        async for commit in commits(connection, given):
            if commit is None:
                print("\n".join(board.lines()), flush=True)
            else:
                board.hear(commit, contract)
    finally:
        await connection.close()


if __name__ == "__main__":
    asyncio.run(main())
