"""The portal's tables as rich models: the rules of the handbook live here, without a session."""
