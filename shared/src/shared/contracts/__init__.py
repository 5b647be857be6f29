"""What the services say to each other: each message once, with its owner, senders and receivers."""
