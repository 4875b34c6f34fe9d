"""A queue of plans: its journal, its state, its runner, and the messages that tell people of it."""
