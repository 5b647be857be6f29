"""Change one student by queue, and hear what became of it; needs aio-pika (pip install aio-pika).

echo '{"user": "900001", "postal_code": "6711 AB"}' |
AMQP_URL=amqp://automation:PASSWORD@HOST:5672/ python change.py users.person.change.v1
"""

import asyncio
import json
import os
import sys
from uuid import uuid4

import aio_pika
from yarl import URL

# What is asked, and the facts that answer it.
ANSWERS = {
    "users.person.change.v1": ("users.person.updated.v1", "users.person.refused.v1"),
    "users.person.register.v1": ("users.person.updated.v1", "users.person.refused.v1"),
    "portal.home-class.assign.v1": ("portal.home-class.assigned.v1", "portal.change.refused.v1"),
    "portal.department.change.v1": ("portal.department.changed.v1", "portal.change.refused.v1"),
}


async def ask(url: str, kind: str, body: str) -> bool:
    """Whether it happened."""
    user, request = URL(url).user, str(uuid4())
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        answers = await channel.declare_queue(f"automation.{user}.{request}", exclusive=True)
        for fact in ANSWERS[kind]:
            await answers.bind("doorstroom.facts", fact)
        persistent = aio_pika.DeliveryMode.PERSISTENT
        message = aio_pika.Message(
            body.encode(), message_id=request, correlation_id=request, user_id=user, delivery_mode=persistent
        )
        commands = await channel.get_exchange("doorstroom.commands", ensure=False)
        await commands.publish(message, kind)  # returns once the broker has it

        async with asyncio.timeout(60), answers.iterator(no_ack=True) as heard:
            async for fact in heard:
                if fact.correlation_id == request:  # else an answer to somebody else
                    print(fact.routing_key, json.dumps(json.loads(fact.body)))
                    return not fact.routing_key.endswith(".refused.v1")
    return False


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(ask(os.environ["AMQP_URL"], sys.argv[1], sys.stdin.read())) else 1)
