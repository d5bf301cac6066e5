"""What is shipped to run Driftline with, each built, rendered or started as a person would."""
