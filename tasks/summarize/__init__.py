"""Short, true, and traceable to the sentence."""
