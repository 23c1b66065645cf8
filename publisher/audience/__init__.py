"""The people who read: how they come in and how they leave."""
