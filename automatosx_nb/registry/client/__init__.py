"""A registry over HTTP: the REST interface of a Jupyter server with the extension (docs/rest-api.md)."""
