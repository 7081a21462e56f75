"""The steps of the schema, a file a revision."""
