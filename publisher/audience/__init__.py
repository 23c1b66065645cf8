"""The people who read: how they come in, what is kept of them, and how they leave."""
