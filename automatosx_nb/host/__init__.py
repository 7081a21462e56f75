"""The kernel's side of plugins: activation, calls, events, capabilities."""
