"""The whole system on one machine, without docker: `make up`, and the same thing as a library for tests."""
