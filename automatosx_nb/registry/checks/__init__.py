"""Publishing checks, a file a check."""
