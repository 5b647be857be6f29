"""Let students leave by queue, and hear what became of it; needs aio-pika (pip install aio-pika).

AMQP_URL=amqp://automation:PASSWORD@HOST:5672/ python automation.py 900001 900002
"""

import asyncio
import json
import os
import sys
from uuid import uuid4

import aio_pika
from yarl import URL


async def leave(url: str, students: set[str]) -> bool:
    """Whether all of them have left, with nothing left behind."""
    user, request = URL(url).user, str(uuid4())
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        # Exclusive: it goes when we do. A program that runs on takes a durable queue, and misses nothing.
        answers = await channel.declare_queue(f"automation.{user}.{request}", exclusive=True)
        for fact in ("requested", "refused", "completed"):
            await answers.bind("doorstroom.facts", f"portal.departure.{fact}.v1")

        body = json.dumps({"students": sorted(students), "reason": "left"}).encode()
        persistent = aio_pika.DeliveryMode.PERSISTENT
        message = aio_pika.Message(
            body, message_id=request, correlation_id=request, user_id=user, delivery_mode=persistent
        )
        commands = await channel.get_exchange("doorstroom.commands", ensure=False)
        await commands.publish(message, "portal.departure.request.v1")  # returns once the broker has it

        going = set[str]()
        async with asyncio.timeout(60), answers.iterator(no_ack=True) as heard:
            async for fact in heard:
                said = json.loads(fact.body)
                if fact.correlation_id != request and said.get("departure") not in going:
                    continue  # an answer to somebody else
                print(fact.routing_key, json.dumps(said))
                match fact.routing_key.split(".")[2]:
                    case "refused":
                        return False
                    case "requested":
                        going.add(said["departure"])
                    case "completed":
                        students.discard(said["student"])
                if not students:
                    return True
    return False


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(leave(os.environ["AMQP_URL"], set(sys.argv[1:]))) else 1)
