"""Services: what plugins and the host offer to plugins and to the notebook, as request and reply.

``offers`` says what there is, ``calls`` carries a call out, ``core`` is what the host itself offers.
"""
