"""What the editor and the operator want: schedules.yaml, .env and the key file, read and checked."""
