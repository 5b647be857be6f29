"""What users does: one story a file. Features know neither HTTP nor AMQP, and never commit."""
