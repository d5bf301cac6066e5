"""The real Directus, a server of these tests' own: what they leave behind disturbs nobody."""

from tests.real.conftest import directus

__all__ = ["directus"]
