"""The real Directus, WordPress and PostgreSQL, of these tests' own: what they leave behind disturbs nobody."""

from tests.real.conftest import certified, cms, directus, postgres

__all__ = ["certified", "cms", "directus", "postgres"]
