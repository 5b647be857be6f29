"""What makes a process of the house: HTTP, problems, rights, health, metrics, start and stop."""
