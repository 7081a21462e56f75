"""What the host does on behalf of plugins, a file a capability."""
