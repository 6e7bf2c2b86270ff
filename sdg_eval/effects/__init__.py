"""Did the pilot work: what the design can answer, and what it cannot."""
