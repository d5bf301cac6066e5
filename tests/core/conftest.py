"""Laws are held by counts of examples, never by time: the first use of DeepDiff alone takes longer than a deadline."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("laws", deadline=None)
settings.load_profile("laws")
