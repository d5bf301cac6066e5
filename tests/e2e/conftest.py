"""The real Directus and the real WordPress, of these tests' own: what they leave behind disturbs nobody."""

from tests.real.conftest import cms, directus

__all__ = ["cms", "directus"]
