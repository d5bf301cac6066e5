"""Configuration: written by people, only read by Driftline, used whole or not at all."""

from .loader import Config, load
from .models import Integration
from .problems import ConfigError, Problem

__all__ = ["Config", "ConfigError", "Integration", "Problem", "load"]
