"""Dashboards for Grafana as code: `make generate` writes them to deploy/grafana."""
