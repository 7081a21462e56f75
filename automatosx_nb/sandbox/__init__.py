"""Plugin code runs here and nowhere else: a language policy, a confined process, limits, and a wire to the host."""
