"""What only the containers need: standard library alone, outside the packages, imported by no service."""
