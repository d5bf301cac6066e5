"""What tests of a vendor file are made of. Needs pytest."""
