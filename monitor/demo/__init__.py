"""The example stack, alive: simulated accounts on loopback, the real engine over real HTTP, and a story to play."""
