"""What plugin code imports: ``from automatosx_nb.sdk import ui, storage, http, log, events, tables`` and so on.

Outside a worker the package can be imported for type checking and for tests: importing it does nothing, and a
capability that needs the host says so when it is called.
"""
