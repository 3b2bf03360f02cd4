"""Reads a topic to its end as a member of a group, by confluent-kafka.

    consume.py BROKERS TOPIC GROUP

Prints a line of JSON for each message: partition, offset, key, headers, value. Then it commits, so that who comes next in the
group gets what is new.
"""
import json
import sys
import time

from confluent_kafka import Consumer, KafkaError


def text(value):
    return None if value is None else value.decode()


def show(message):
    headers = {name: text(value) for name, value in message.headers() or []}
    print(json.dumps({
        "partition": message.partition(), "offset": message.offset(), "key": text(message.key()), "headers": headers,
        "value": text(message.value()),
    }))


def main(brokers, topic, group):
    # The mock cluster lets nobody into a group whose last member has left before that member's session would have ended.
    consumer = Consumer({
        "bootstrap.servers": brokers, "group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False,
        "enable.partition.eof": True, "session.timeout.ms": 6000, "heartbeat.interval.ms": 1000,
    })
    partitions = set(consumer.list_topics(topic, timeout=20).topics[topic].partitions)
    consumer.subscribe([topic])
    deadline = time.monotonic() + 50
    count = 0
    while partitions:
        if time.monotonic() > deadline:
            sys.exit(f"partitions {sorted(partitions)} were not read to their ends within 50 s")
        message = consumer.poll(1)
        if message is None:
            continue
        if not message.error():
            show(message)
            count += 1
        elif message.error().code() == KafkaError._PARTITION_EOF:
            partitions.discard(message.partition())
        else:
            sys.exit(f"{message.error()}")
    if count:
        consumer.commit(asynchronous=False)
    consumer.close()


main(*sys.argv[1:])
