"""Plain, slow twins of compiled code: what they say is what the compiled code must say."""
