"""What plugin code imports. Runs inside the worker; every capability is a call to the host."""
