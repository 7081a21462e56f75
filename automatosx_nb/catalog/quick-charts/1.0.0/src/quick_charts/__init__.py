"""Charts of a table, as pictures that need no library to draw them."""
