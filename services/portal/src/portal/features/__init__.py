"""The business of the portal, one story per file. Plain functions; they know neither HTTP nor AMQP."""
