"""The registry as a server of its own: the extension's paths on plain tornado, and nothing of a Jupyter server.

There is no ``ServerApp`` here, so there are no kernels, no contents and no terminals that could be reached, whatever
configuration says; who somebody is and what one may ask is Jupyter's IdentityProvider's and Authorizer's, as ever.
"""
