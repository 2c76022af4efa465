raise RuntimeError("at the top")
