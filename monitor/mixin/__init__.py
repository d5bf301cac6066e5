"""Prometheus rules as data: what is recorded, what alerts, and for each alert a case in which it fires and one in which
it does not. `make generate` writes deploy/prometheus/ from it."""
