"""PostgreSQL: engine, naming of constraints, migrations and their roles."""
