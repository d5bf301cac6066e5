"""The first hour on one's own stack: what a credential sees, what watching costs, what to watch. No terminal here."""
