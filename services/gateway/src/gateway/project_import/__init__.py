"""Import of a project file: users, then portal, then desktop, each all or nothing and repeatable."""
