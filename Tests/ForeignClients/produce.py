"""Writes each line of a file as a message, by confluent-kafka.

    produce.py BROKERS TOPIC FILE

The key is the event's user_id. A line that is no JSON object has no key; an empty one is a message without a value. The lines are
written in five parts, each in another compression. Prints where each has come to be: its number, its partition, its offset.
"""
import json
import sys

from confluent_kafka import Producer

COMPRESSIONS = ["none", "gzip", "snappy", "lz4", "zstd"]


def key_of(line):
    try:
        return json.loads(line)["user_id"].encode()
    except (ValueError, KeyError, TypeError):
        return None


def report(number):
    def delivered(error, message):
        if error is not None:
            sys.exit(f"line {number}: {error}")
        print(number, message.partition(), message.offset())

    return delivered


def write(brokers, topic, compression, lines):
    producer = Producer({
        "bootstrap.servers": brokers, "compression.type": compression, "partitioner": "murmur2_random",
        "enable.idempotence": True, "message.timeout.ms": 30000,
    })
    for number, line in lines:
        headers = [("source", b"produce.py"), ("line", str(number).encode()), ("nothing", None)]
        producer.produce(topic, line or None, key_of(line), headers=headers, on_delivery=report(number))
        producer.poll(0)
    left = producer.flush(40)
    if left:
        sys.exit(f"{left} messages were not delivered within 40 s")


def main(brokers, topic, path):
    with open(path, "rb") as file:
        lines = list(enumerate(line.rstrip(b"\n") for line in file))
    size = max(1, -(-len(lines) // len(COMPRESSIONS)))
    for part, compression in enumerate(COMPRESSIONS):
        write(brokers, topic, compression, lines[part * size:(part + 1) * size])


main(*sys.argv[1:])
