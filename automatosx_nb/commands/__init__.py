"""The verbs, once; magics and the command line are thin faces over them."""
