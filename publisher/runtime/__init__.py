"""What drives the verbs: the scheduler, the embedded engine, recovery of what a dead process left."""
