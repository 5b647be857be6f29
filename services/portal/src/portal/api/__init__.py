"""HTTP in: one file per resource. The gateway shows these routes under /api/portal."""
