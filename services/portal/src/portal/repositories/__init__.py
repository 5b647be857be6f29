"""Queries of the portal. `get` raises, `find` may return None; scope stands in every query for a person."""
