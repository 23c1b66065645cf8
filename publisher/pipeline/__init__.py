"""The verbs: each makes the next noun and nothing else. Decide is pure; record is one short transaction."""
