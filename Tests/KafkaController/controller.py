"""A Kafka controller for tests, as far as making topics goes, which librdkafka's mock cluster does not do: one broker that answers
ApiVersions, Metadata and CreateTopics.

    controller.py [TOPIC:PARTITIONS]...

prints its address, and then a line of JSON for each request for a topic. The topics named exist. A new one has leaders only
after it has been asked about for the third time, as in a cluster whose brokers hear of it one after the other. More than one
replica is refused.
"""
import json
import socket
import struct
import sys
import threading

METADATA, API_VERSIONS, CREATE_TOPICS = 3, 18, 19
# The versions whose answers are written below.
VERSIONS = {METADATA: (0, 1), API_VERSIONS: (0, 0), CREATE_TOPICS: (2, 4)}
UNKNOWN_TOPIC, LEADER_NOT_AVAILABLE, UNSUPPORTED_VERSION = 3, 5, 35
TOPIC_ALREADY_EXISTS, INVALID_REPLICATION_FACTOR = 36, 38


class Request:
    """Reads the values of a request in turn."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self, kind):
        value = struct.unpack_from(">" + kind, self.data, self.at)[0]
        self.at += struct.calcsize(kind)
        return value

    def text(self):
        length = self.number("h")
        if length < 0:
            return None
        self.at += length
        return self.data[self.at - length:self.at].decode()

    def items(self, read):
        return [read() for _ in range(self.number("i"))]


def number(kind, *values):
    return struct.pack(">" + kind * len(values), *values)


def text(value):
    return number("h", -1) if value is None else number("h", len(value.encode())) + value.encode()


def array(items):
    return number("i", len(items)) + b"".join(items)


class Controller:
    def __init__(self, topics, port):
        self.topics, self.port = topics, port
        # How often a topic has to be asked about before it has leaders.
        self.waits = {}

    def answer(self, request):
        kind, version, correlation = request.number("h"), request.number("h"), request.number("i")
        request.text()
        head = number("i", correlation)
        if kind == API_VERSIONS:
            versions = [number("h", key, *limits) for key, limits in VERSIONS.items()]
            return head + number("h", UNSUPPORTED_VERSION if version > 0 else 0) + array(versions)
        if kind == METADATA:
            return head + self.metadata(request.items(request.text), version)
        return head + self.create(request)

    def metadata(self, names, version):
        broker = number("i", 1) + text("127.0.0.1") + number("i", self.port) + (text(None) if version else b"")
        topics = [self.described(name, version) for name in names]
        return array([broker]) + (number("i", 1) if version else b"") + array(topics)

    def described(self, name, version):
        internal = b"\0" if version else b""
        if name not in self.topics:
            return number("h", UNKNOWN_TOPIC) + text(name) + internal + array([])
        left = self.waits.get(name, 0)
        self.waits[name] = max(left - 1, 0)
        leader, error = (-1, LEADER_NOT_AVAILABLE) if left else (1, 0)
        copies = array([number("i", 1)])
        partitions = [
            number("h", error) + number("i", partition, leader) + copies + copies
            for partition in range(self.topics[name])
        ]
        return number("h", 0) + text(name) + internal + array(partitions)

    def create(self, request):
        def setting():
            return request.text(), request.text()

        def topic():
            name, partitions, replication = request.text(), request.number("i"), request.number("h")
            request.items(lambda: None)
            return name, partitions, replication, dict(request.items(setting))

        return number("i", 0) + array([self.made(*topic) for topic in request.items(topic)])

    def made(self, name, partitions, replication, settings):
        print(json.dumps({
            "name": name, "partitions": partitions, "replication": replication, "settings": settings,
        }), flush=True)
        if name in self.topics:
            return text(name) + number("h", TOPIC_ALREADY_EXISTS) + text(f"Topic '{name}' already exists.")
        if replication > 1:
            reason = f"Unable to replicate the partition {replication} time(s): only 1 broker(s) are registered."
            return text(name) + number("h", INVALID_REPLICATION_FACTOR) + text(reason)
        self.topics[name] = partitions
        self.waits[name] = 2
        return text(name) + number("h", 0) + text(None)


def serve(connection, controller):
    with connection, connection.makefile("rb") as stream:
        while len(head := stream.read(4)) == 4:
            body = controller.answer(Request(stream.read(struct.unpack(">i", head)[0])))
            connection.sendall(number("i", len(body)) + body)


def main(arguments):
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    topics = {name: int(count) for name, count in (argument.split(":") for argument in arguments)}
    controller = Controller(topics, port)
    print(f"127.0.0.1:{port}", flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection, controller), daemon=True).start()


main(sys.argv[1:])
