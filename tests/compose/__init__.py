"""The deployment in real containers: `make test-compose`. Minutes, so no part of `make test`."""
