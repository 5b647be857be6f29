"""A list of students as a student administration exports it: read here, compared by users and the portal."""
