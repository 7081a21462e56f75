"""What a plugin adds, a file a kind."""
