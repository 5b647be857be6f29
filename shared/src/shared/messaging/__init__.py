"""The road between services: nothing lost, nothing done twice (docs/messages.md).

unit_of_work → outbox → relay → RabbitMQ → consumer → inbox + reaction + outbox, one transaction.
"""
