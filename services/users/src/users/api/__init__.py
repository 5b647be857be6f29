"""HTTP in: one file per resource. The gateway shows them under `/api/users`."""
