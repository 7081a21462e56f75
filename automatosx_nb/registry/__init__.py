"""The service that holds plugins, releases and their artifacts."""
