"""What is installed: generations, a content-addressed store, plugin state."""
